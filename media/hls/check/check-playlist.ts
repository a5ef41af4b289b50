/**
 * The strict reader: everything in which a playlist breaks RFC 8216bis (draft 22), by line and clause. It says nothing of what
 * cannot be seen in the text (what segments hold, when a server answers). Not part of the player.
 */
import { MediaError } from '../../errors.ts'
import { checkLive } from './check-live.ts'
import { checkMedia } from './check-media.ts'
import { checkMultivariant } from './check-multivariant.ts'
import { checkSyntax } from './check-syntax.ts'
import { checkVersion } from './check-version.ts'
import { attribute, type CheckedLine, type Finding, type Report } from './model.ts'
import { TAG_SPECS } from './tags.ts'

const MAX_CHARACTERS = 16 * 1024 * 1024
/** A list of ten thousand wrong lines says no more than one of a thousand. */
const MAX_FINDINGS = 1000
const MAX_ENTRIES = 1000

/** What is wrong, in the order of lines; at most 1,000. Throws `MediaError` when there is more than in any playlist. */
export function checkPlaylist(text: string): Finding[] {
  if (text.length > MAX_CHARACTERS) throw new MediaError('too-large', `a playlist of ${text.length} characters`)
  const findings: Finding[] = []
  const report: Report = (level, line, clause, what) => {
    if (findings.length < MAX_FINDINGS) findings.push({ level, line, clause, text: what })
  }
  const lines = checkSyntax(text, report)
  const kinds = lines.map(({ name }) => TAG_SPECS.get(name)?.in)
  const multivariant = lines.find((_, index) => kinds[index] === 'multivariant')
  const media = lines.find((_, index) => kinds[index] === 'media' || kinds[index] === 'segment')
  const entries = kinds.filter((kind) => kind === 'multivariant').length
  // The reader's limit, too: members of groups are compared with each other.
  if (entries > MAX_ENTRIES) throw new MediaError('too-large', `a multivariant playlist of more than ${MAX_ENTRIES} entries`)
  if (multivariant && media) {
    const [one, other] = [multivariant, media].toSorted((first, second) => first.line - second.line)
    report('must', other?.line ?? null, '4.4.6', `${other?.name} and ${one?.name} (line ${one?.line}) must not be in one playlist.`)
  }
  if (multivariant) checkMultivariant(lines, report)
  else {
    checkMedia(lines, report)
    checkLive(lines, report)
  }
  checkVariables(lines, multivariant !== undefined, report)
  checkVersion(lines, report)
  return findings.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
}

/** EXT-X-DEFINE and references to what it declares (4.3, 4.4.2.3). */
function checkVariables(lines: readonly CheckedLine[], multivariant: boolean, report: Report): void {
  const clause = '4.4.2.3'
  const names = new Set<string>()
  for (const one of lines) {
    if (one.name === 'EXT-X-DEFINE') {
      const given = ['NAME', 'IMPORT', 'QUERYPARAM'].filter((name) => one.attributes.has(name))
      if (given.length !== 1) report('must', one.line, clause, 'EXT-X-DEFINE must have one of NAME, IMPORT and QUERYPARAM.')
      if (given[0] === 'NAME' && !one.attributes.has('VALUE')) report('must', one.line, clause, 'A NAME must have a VALUE.')
      if (given[0] === 'IMPORT' && multivariant) report('must', one.line, clause, 'IMPORT must not be in a multivariant playlist.')
      const name = attribute(one, given[0] ?? '') ?? ''
      if (!/^[\w-]*$/.test(name)) report('must', one.line, clause, 'The name of a variable must be of letters, digits, - and _ only.')
      if (names.has(name)) report('must', one.line, clause, `The variable ${name} is declared twice.`)
      names.add(name)
    } else if (one.name !== 'EXTINF') {
      for (const [, name = ''] of one.value.matchAll(/\{\$([\w-]+)\}/g)) {
        if (!names.has(name)) report('must', one.line, '4.3', `No line before declares the variable ${name}.`)
      }
    }
  }
}
