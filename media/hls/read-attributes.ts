/** Reads attribute lists (RFC 8216bis 4.2): `NAME=value,NAME="a,b"`. Commas inside quotes belong to the value. */
import type { ByteRange } from './model.ts'

/** Names to values; quotes are taken off. */
export type Attributes = ReadonlyMap<string, string>

/**
 * Tolerant: white space around names and values is dropped, a missing closing quote ends with the line, of equal names the first
 * counts. `quoted` receives the names whose values stood in quotes.
 */
export function readAttributes(text: string, quoted?: Set<string>): Attributes {
  const attributes = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    const equals = text.indexOf('=', at)
    if (equals < 0) break
    // A stray comma or an attribute without a value stands before the name: the name is what follows the last comma.
    const before = text.slice(at, equals)
    const name = before.slice(before.lastIndexOf(',') + 1).trim()
    let value: string
    let next = equals + 1
    while (text[next] === ' ' || text[next] === '\t') next += 1
    if (text[next] === '"') {
      const close = text.indexOf('"', next + 1)
      const end = close < 0 ? text.length : close
      value = text.slice(next + 1, end)
      next = text.indexOf(',', end)
      if (!attributes.has(name)) quoted?.add(name)
    } else {
      const comma = text.indexOf(',', next)
      value = text.slice(next, comma < 0 ? text.length : comma).trim()
      next = comma
    }
    if (name !== '' && !attributes.has(name)) attributes.set(name, value)
    if (next < 0) break
    at = next + 1
  }
  return attributes
}

/** A number that is not negative, or undefined: `BANDWIDTH`, `FRAME-RATE`. */
export function readNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*(\d+(\.\d*)?|\.\d+)\s*$/.test(text)) return undefined
  const value = Number(text)
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined
}

/** `YES`, also when it is written small; undefined when there is nothing. */
export function readFlag(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text.toUpperCase() === 'YES'
}

/** What stands between separators, white space and nothing left out; undefined when there is nothing at all. */
export function readList(text: string | undefined, separator: string): string[] | undefined {
  if (text === undefined) return undefined
  const items = text.split(separator).map((item) => item.trim())
  const found = items.filter((item) => item !== '')
  return found.length > 0 ? found : undefined
}

/** `0x1F…`: two digits a byte, the first perhaps alone. */
export function readHex(text: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  const digits = /^0x([\da-f]+)$/i.exec(text?.trim() ?? '')?.[1]
  if (digits === undefined) return undefined
  const odd = digits.length % 2
  return Uint8Array.from({ length: (digits.length + odd) / 2 }, (_, index) =>
    Number.parseInt(digits.slice(Math.max(0, 2 * index - odd), 2 * index + 2 - odd), 16),
  )
}

/** ISO 8601, Unix milliseconds. "If no time zone is indicated, the client SHOULD treat the time zone as UTC." */
export function readDate(text: string | undefined): number | undefined {
  // No date is longer, and the patterns below take their time over what is none.
  const date = text?.trim().slice(0, 64) ?? ''
  // Some write the zone without its colon, or a blank for the T.
  const iso = date
    .replace(/^(\d{4}-\d\d-\d\d)\s+/, '$1T')
    .replace(/([+-]\d\d)(\d\d)?$/, (whole, hours: string, minutes: string | undefined) =>
      date.includes(':') ? `${hours}:${minutes ?? '00'}` : whole,
    )
  const zoned = /T.*(Z|[+-]\d\d:\d\d)$/i.test(iso) || !iso.includes('T') ? iso : `${iso}Z`
  const time = Date.parse(zoned)
  return Number.isNaN(time) ? undefined : time
}

/** `1280x720`. */
export function readResolution(text: string | undefined): { width: number; height: number } | undefined {
  const match = /^(\d{1,6})x(\d{1,6})$/i.exec(text ?? '')
  return match === null ? undefined : { width: Number(match[1]), height: Number(match[2]) }
}

/** `<length>[@<offset>]`; the offset is null where it is left to the range before. */
export function readByteRange(text: string | undefined): { length: number; offset: number | null } | undefined {
  const match = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(text?.trim() ?? '')
  return match === null ? undefined : { length: Number(match[1]), offset: match[2] === undefined ? null : Number(match[2]) }
}

/** The same as a range of a resource. "If o is not present, the sub-range begins at the next byte following the sub-range of the previous". */
export function placeByteRange(range: { length: number; offset: number | null } | undefined, next: number): ByteRange | undefined {
  return range && { offset: range.offset ?? next, length: range.length }
}

/** Fields of which those that are undefined may be missing. */
type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The object without the fields that are undefined: what a playlist does not say is not there. */
export function defined<const T extends object>(fields: T): Defined<T> {
  const rest: Record<string, unknown> = {}
  // Many times as fast as by entries: a playlist has a hundred thousand of them.
  for (const key in fields) if (fields[key] !== undefined) rest[key] = fields[key]
  return rest as unknown as Defined<T>
}
