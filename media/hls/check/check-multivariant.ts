/** The rules of multivariant playlists between lines (RFC 8216bis 4.4.6). */
import { checkKey } from './check-media.ts'
import { attribute, type CheckedLine, type Report } from './model.ts'

type Must = (line: number, clause: string, text: string) => void

export function checkMultivariant(lines: readonly CheckedLine[], report: Report): void {
  const must: Must = (line, clause, text) => report('must', line, clause, text)
  for (const [index, one] of lines.entries()) {
    if (one.name === 'EXT-X-STREAM-INF' && lines[index + 1]?.name !== '')
      must(one.line, '4.4.6.2', 'An address must follow EXT-X-STREAM-INF.')
    if (one.name === '' && lines[index - 1]?.name !== 'EXT-X-STREAM-INF')
      must(one.line, '4.4.6.2', 'No EXT-X-STREAM-INF stands before this address.')
    if (one.name === 'EXT-X-SESSION-KEY') {
      checkKey(one, (text) => must(one.line, '4.4.6.5', text))
      if (attribute(one, 'METHOD') === 'NONE') must(one.line, '4.4.6.5', 'METHOD of EXT-X-SESSION-KEY must not be NONE.')
    }
  }
  checkRenditions(lines, must)
  checkVariants(lines, must, report)
  checkSession(lines, must)
}

const ONLY_AUDIO = ['BIT-DEPTH', 'SAMPLE-RATE', 'CHANNELS']
/** "identical attributes with the exception of" these, and of the group itself. */
const MAY_DIFFER = new Set(['URI', 'CHANNELS', 'BIT-DEPTH', 'STABLE-RENDITION-ID', 'INSTREAM-ID', 'SAMPLE-RATE', 'GROUP-ID'])

function checkRenditions(lines: readonly CheckedLine[], must: Must): void {
  const groups = new Map<string, CheckedLine[]>()
  for (const one of lines.filter(({ name }) => name === 'EXT-X-MEDIA')) {
    const type = attribute(one, 'TYPE') ?? ''
    const say = (text: string): void => must(one.line, '4.4.6.1', text)
    const has = (name: string): boolean => one.attributes.has(name)
    if (type === 'CLOSED-CAPTIONS' && has('URI')) say('Closed captions must have no URI.')
    if (type === 'SUBTITLES' && !has('URI')) must(one.line, '4.4.6.2.1', 'Subtitles must have a URI.')
    if (type === 'CLOSED-CAPTIONS' && !/^(CC[1-4]|SERVICE([1-9]|[1-5]\d|6[0-3]))$/.test(attribute(one, 'INSTREAM-ID') ?? '')) {
      say('Closed captions must have an INSTREAM-ID of CC1 to CC4 or SERVICE1 to SERVICE63.')
    }
    if (has('FORCED') && type !== 'SUBTITLES') say('Only subtitles may have FORCED.')
    for (const name of ONLY_AUDIO) if (has(name) && type !== 'AUDIO') say(`Only audio may have ${name}.`)
    if (attribute(one, 'DEFAULT') === 'YES' && attribute(one, 'AUTOSELECT') === 'NO')
      say('With DEFAULT=YES, AUTOSELECT must be YES where it is said.')
    checkStableId(one, 'STABLE-RENDITION-ID', '4.4.6.1', must)
    const key = `${type} ${attribute(one, 'GROUP-ID') ?? ''}`
    const group = groups.get(key) ?? []
    if (group.some((other) => attribute(other, 'NAME') === attribute(one, 'NAME')))
      must(one.line, '4.4.6.1.1', 'Names in a group must be different.')
    if (attribute(one, 'DEFAULT') === 'YES' && group.some((other) => attribute(other, 'DEFAULT') === 'YES')) {
      must(one.line, '4.4.6.1.1', 'Only one member of a group may have DEFAULT=YES.')
    }
    groups.set(key, [...group, one])
  }
  compareGroups(groups, must)
}

/** "each Group of the same TYPE MUST have the same set of members, and each corresponding member MUST have identical attributes" */
function compareGroups(groups: ReadonlyMap<string, CheckedLine[]>, must: Must): void {
  const models = new Map<string, CheckedLine[]>()
  for (const [key, group] of groups) {
    const type = key.split(' ')[0] ?? ''
    const model = models.get(type)
    const [first] = group
    if (model === undefined || first === undefined) {
      models.set(type, group)
      continue
    }
    const names = (list: readonly CheckedLine[]): string =>
      [...new Set(list.map((one) => attribute(one, 'NAME') ?? ''))].toSorted((one, other) => (one < other ? -1 : 1)).join('\n')
    if (names(model) !== names(group)) must(first.line, '4.4.6.1.1', `All groups of ${type} must have members of the same names.`)
    for (const one of group) {
      const same = model.find((other) => attribute(other, 'NAME') === attribute(one, 'NAME'))
      const differ = [...new Set([...one.attributes.keys(), ...(same?.attributes.keys() ?? [])])].find(
        (name) => same !== undefined && !MAY_DIFFER.has(name) && attribute(one, name) !== attribute(same, name),
      )
      if (differ !== undefined)
        must(one.line, '4.4.6.1.1', `${differ} must be as in line ${same?.line}: it is the same member of another group.`)
    }
  }
}

function checkVariants(lines: readonly CheckedLine[], must: Must, report: Report): void {
  const variants = lines.filter(({ name }) => name === 'EXT-X-STREAM-INF' || name === 'EXT-X-I-FRAME-STREAM-INF')
  const groups = new Set(
    lines.filter(({ name }) => name === 'EXT-X-MEDIA').map((one) => `${attribute(one, 'TYPE')} ${attribute(one, 'GROUP-ID')}`),
  )
  const withoutCaptions = (one: CheckedLine): boolean => one.attributes.get('CLOSED-CAPTIONS')?.quoted === false
  for (const one of variants) {
    for (const type of ['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS']) {
      const group = one.attributes.get(type)
      if (group?.quoted && !groups.has(`${type} ${group.text}`))
        must(one.line, '4.4.6.2', `There is no EXT-X-MEDIA of the ${type} group "${group.text}".`)
    }
    if (one.name === 'EXT-X-STREAM-INF' && !withoutCaptions(one) && variants.some(withoutCaptions)) {
      must(one.line, '4.4.6.2', 'Where one variant has CLOSED-CAPTIONS=NONE, all must.')
    }
    if (
      attribute(one, 'REQ-VIDEO-LAYOUT')
        ?.split(',')
        .some((entry) => entry === '')
    )
      must(one.line, '4.4.6.2', 'No entry of REQ-VIDEO-LAYOUT may be empty.')
    if (one.attributes.has('SCORE') !== variants.some(({ attributes }) => attributes.has('SCORE'))) {
      report('should', one.line, '4.4.6.2', 'Where one variant has a SCORE, all should.')
    }
    if (!one.attributes.has('CODECS')) report('should', one.line, '4.4.6.2', `${one.name} should have CODECS.`)
    checkStableId(one, 'STABLE-VARIANT-ID', '4.4.6.2', must)
  }
}

function checkStableId(one: CheckedLine, name: string, clause: string, must: Must): void {
  const id = attribute(one, name)
  if (id !== undefined && !/^[a-zA-Z0-9+/=.\-_]*$/.test(id))
    must(one.line, clause, `${name} must be of letters, digits and + / = . - _ only.`)
}

function checkSession(lines: readonly CheckedLine[], must: Must): void {
  const known = new Map<string, number>()
  for (const one of lines) {
    if (one.name !== 'EXT-X-SESSION-DATA' && one.name !== 'EXT-X-SESSION-KEY') continue
    const isData = one.name === 'EXT-X-SESSION-DATA'
    const clause = isData ? '4.4.6.4' : '4.4.6.5'
    if (isData && one.attributes.has('VALUE') === one.attributes.has('URI'))
      must(one.line, clause, 'EXT-X-SESSION-DATA must have either VALUE or URI.')
    const names = isData ? ['DATA-ID', 'LANGUAGE'] : ['METHOD', 'URI', 'IV', 'KEYFORMAT', 'KEYFORMATVERSIONS']
    const key = JSON.stringify([one.name, ...names.map((name) => attribute(one, name) ?? null)])
    const before = known.get(key)
    if (before !== undefined) must(one.line, clause, `Line ${before} has the same ${names.join(', ')}.`)
    known.set(key, before ?? one.line)
  }
  const steering = lines.find(({ name }) => name === 'EXT-X-CONTENT-STEERING')
  const pathway = steering && attribute(steering, 'PATHWAY-ID')
  const pathways = lines.filter(({ name }) => name === 'EXT-X-STREAM-INF').map((one) => attribute(one, 'PATHWAY-ID') ?? '.')
  if (steering && pathway !== undefined && !pathways.includes(pathway))
    must(steering.line, '4.4.6.6', 'PATHWAY-ID must be one that a variant has.')
}
