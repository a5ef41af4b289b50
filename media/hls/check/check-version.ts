/** EXT-X-VERSION against what the playlist uses (RFC 8216bis 8). */
import { attribute, type CheckedLine, type Report } from './model.ts'

/** The version that a line needs, and for what. */
function needs(one: CheckedLine, iframesOnly: boolean): [number, string] | null {
  const { name, value, attributes } = one
  if ([...attributes.keys()].some((key) => key.startsWith('REQ-'))) return [12, 'an attribute that begins with REQ-']
  switch (name) {
    case 'EXTINF':
      return value.split(',')[0]?.includes('.') ? [3, 'a fraction in EXTINF'] : null
    case 'EXT-X-BYTERANGE':
    case 'EXT-X-I-FRAMES-ONLY':
      return [4, name]
    case 'EXT-X-MAP':
      return iframesOnly ? [5, name] : [6, `${name} without EXT-X-I-FRAMES-ONLY`]
    case 'EXT-X-KEY':
    case 'EXT-X-SESSION-KEY':
      if (attributes.has('KEYFORMAT') || attributes.has('KEYFORMATVERSIONS')) return [5, 'KEYFORMAT or KEYFORMATVERSIONS']
      if (attribute(one, 'METHOD') === 'SAMPLE-AES') return [5, 'METHOD=SAMPLE-AES']
      return attributes.has('IV') ? [2, 'IV'] : null
    case 'EXT-X-DEFINE':
      return attributes.has('QUERYPARAM') ? [11, 'QUERYPARAM'] : [8, name]
    case 'EXT-X-SKIP':
      return attributes.has('RECENTLY-REMOVED-DATERANGES') ? [10, 'date ranges that are left out'] : [9, name]
    case 'EXT-X-MEDIA': {
      const id = attribute(one, 'INSTREAM-ID')
      if (id !== undefined && attribute(one, 'TYPE') !== 'CLOSED-CAPTIONS') return [13, 'INSTREAM-ID of what are no closed captions']
      return id?.startsWith('SERVICE') ? [7, 'a SERVICE in INSTREAM-ID'] : null
    }
    default:
      return null
  }
}

export function checkVersion(lines: readonly CheckedLine[], report: Report): void {
  const iframesOnly = lines.some(({ name }) => name === 'EXT-X-I-FRAMES-ONLY')
  const version = Number(lines.find(({ name }) => name === 'EXT-X-VERSION')?.value ?? 1)
  // Once for each thing, where it stands first.
  const said = new Set<string>()
  for (const one of lines) {
    const [least, what] = needs(one, iframesOnly) ?? [0, '']
    if (least <= version || said.has(what)) continue
    said.add(what)
    report('must', one.line, '8', `EXT-X-VERSION must be ${least} or more for ${what}; it is ${version}.`)
  }
}
