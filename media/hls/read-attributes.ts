/** Reads attribute lists (RFC 8216bis 4.2): `NAME=value,NAME="a,b"`. Commas inside quotes belong to the value. */

/** Names to values; quotes are taken off. */
export type Attributes = ReadonlyMap<string, string>

/** Tolerant: white space around names and values is dropped, a missing closing quote ends with the line, of equal names the first counts. */
export function readAttributes(text: string): Attributes {
  const attributes = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    const equals = text.indexOf('=', at)
    if (equals < 0) break
    // A stray comma or an attribute without a value stands before the name: the name is what follows the last comma.
    const name = text.slice(text.lastIndexOf(',', equals - 1) < at ? at : text.lastIndexOf(',', equals - 1) + 1, equals).trim()
    let value: string
    let next = equals + 1
    while (text[next] === ' ' || text[next] === '\t') next += 1
    if (text[next] === '"') {
      const close = text.indexOf('"', next + 1)
      const end = close < 0 ? text.length : close
      value = text.slice(next + 1, end)
      next = text.indexOf(',', end)
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
  if (text === undefined || !/^\d+(\.\d*)?$|^\.\d+$/.test(text.trim())) return undefined
  const value = Number(text)
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined
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
