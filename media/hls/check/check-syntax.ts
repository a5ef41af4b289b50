/** Lines, values and attribute lists against the grammar of RFC 8216bis 4.1 and 4.2, and against what each tag says of itself. */
import type { AttributeValue, CheckedLine, Report } from './model.ts'
import { type AttributeKind, TAG_SPECS, type TagSpec } from './tags.ts'

/** The lines that count, with everything reported that is wrong with one of them alone, or with how often it stands. */
export function checkSyntax(text: string, report: Report): CheckedLine[] {
  const must = (line: number, clause: string, what: string): void => report('must', line, clause, what)
  if (text.startsWith('\uFEFF')) must(1, '4.1', 'The text begins with a byte order mark, which it must not.')
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (lines[0] !== '#EXTM3U') must(1, '4.4.1.1', 'The first line must be #EXTM3U.')
  const checked: CheckedLine[] = []
  const first = new Map<string, number>()
  for (const [index, raw] of lines.entries()) {
    const line = index + 1
    const content = raw.trim()
    if (content === '' || (content.startsWith('#') && !content.startsWith('#EXT'))) continue
    if (raw !== content) must(line, '4.1', 'There is white space at the beginning or the end of the line.')
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/.test(content)) must(line, '4.1', 'There is a control character in the line.')
    const colon = content.indexOf(':')
    const name = content.startsWith('#') ? content.slice(1, colon < 0 ? undefined : colon) : ''
    const value = name === '' ? content : colon < 0 ? '' : content.slice(colon + 1)
    const spec = TAG_SPECS.get(name)
    // "Clients MUST ignore any unrecognized tags": they may stand there.
    if (name !== '' && spec === undefined) continue
    const before = first.get(name)
    if (spec?.once && before !== undefined) must(line, spec.clause, `${name} stands in line ${before} already, and must not stand twice.`)
    first.set(name, before ?? line)
    const attributes = spec?.value === 'attributes' ? readList(value, line, must) : new Map<string, AttributeValue>()
    if (spec !== undefined) checkValue({ line, name, value, attributes }, spec, must)
    checked.push({ line, name, value, attributes })
  }
  return checked
}

type Must = (line: number, clause: string, what: string) => void

/** `[A-Z0-9-]+=value`, separated by commas, without white space. What cannot be read ends the list. */
function readList(value: string, line: number, must: Must): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>()
  const item = /([A-Z0-9-]+)=(?:"([^"]*)"|([^",\s][^",]*))(,|$)/y
  for (let at = 0; at < value.length; at = item.lastIndex) {
    item.lastIndex = at
    const match = item.exec(value)
    if (match === null) {
      must(line, '4.2', `The attribute list cannot be read from '${value.slice(at, at + 30)}' on.`)
      break
    }
    const [, name = '', quoted, plain, end] = match
    if (attributes.has(name)) must(line, '4.2', `The attribute ${name} stands twice in the list.`)
    else attributes.set(name, { text: quoted ?? plain ?? '', quoted: quoted !== undefined })
    if (end === ',' && item.lastIndex === value.length) must(line, '4.2', 'The attribute list ends with a comma.')
  }
  return attributes
}

const VALUES: Readonly<Record<Exclude<TagSpec['value'], 'attributes'>, [RegExp, string]>> = {
  none: [/^$/, 'nothing'],
  integer: [/^\d{1,20}$/, 'a decimal integer'],
  extinf: [/^\d+(\.\d+)?,/, 'a duration, a comma, and perhaps a title'],
  byterange: [/^\d+(@\d+)?$/, 'a length, and perhaps @ and an offset'],
  date: [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/, 'a date and time of ISO 8601'],
  type: [/^(EVENT|VOD)$/, 'EVENT or VOD'],
}

const KINDS: Readonly<Record<Extract<AttributeKind, string>, [RegExp, string]>> = {
  quoted: [/^/, 'a quoted string'],
  integer: [/^\d{1,20}$/, 'a decimal integer'],
  float: [/^\d+(\.\d+)?$/, 'a decimal number'],
  signed: [/^-?\d+(\.\d+)?$/, 'a decimal number with or without a minus sign'],
  hex: [/^0[xX][0-9A-Fa-f]+$/, 'a hexadecimal sequence'],
  word: [/^[^",\s]+$/, 'a word without quotes'],
  resolution: [/^\d+x\d+$/, 'width x height'],
  'quoted-or-NONE': [/^/, 'a quoted string or NONE'],
}

function checkValue({ line, name, value, attributes }: CheckedLine, spec: TagSpec, must: Must): void {
  if (spec.value !== 'attributes') {
    const [pattern, what] = VALUES[spec.value]
    if (!pattern.test(value)) must(line, spec.clause, `What follows ${name} must be ${what}, not '${value.slice(0, 40)}'.`)
    return
  }
  for (const required of spec.required) {
    if (!attributes.has(required)) must(line, spec.clause, `${name} must have the attribute ${required}.`)
  }
  for (const [attribute, { text, quoted }] of attributes) {
    const kind = Object.hasOwn(spec.attributes, attribute) ? spec.attributes[attribute] : undefined
    // "Clients MUST ignore any attribute … with an unrecognized AttributeName."
    if (kind === undefined) continue
    if (typeof kind === 'object') {
      if (quoted || !kind.includes(text))
        must(line, spec.clause, `${attribute} of ${name} must be ${kind.join(' or ')}, not '${text.slice(0, 40)}'.`)
      continue
    }
    const [pattern, what] = KINDS[kind]
    const fits = kind === 'quoted' ? quoted : kind === 'quoted-or-NONE' ? quoted || text === 'NONE' : !quoted && pattern.test(text)
    if (!fits) must(line, spec.clause, `${attribute} of ${name} must be ${what}.`)
  }
}
