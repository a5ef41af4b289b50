/**
 * The Range field of RFC 9110 clause 14.2, read against the size of what is asked for. The one thing to know: a field that
 * is not understood is ignored (the whole is sent), only one that is understood and asks for nothing is refused (416).
 */

/** Bytes `first … last`, both included, as in `Content-Range`. */
export interface ByteRange {
  first: number
  last: number
}

/** What to send. `ranges` has one entry or several that neither overlap nor touch, in the order they were asked for. */
export type RangeChoice = { kind: 'whole' } | { kind: 'ranges'; ranges: ByteRange[] } | { kind: 'unsatisfiable' }

/**
 * More ranges than this in one request are answered by the whole. RFC 9110 clause 17.15: "a server ought to ignore, coalesce,
 * or reject egregious range requests, such as requests for … many small ranges in the set."
 */
export const MAX_RANGES = 16

const WHOLE: RangeChoice = { kind: 'whole' }

/**
 * Reads a Range field for a representation of `size` bytes. Overlapping and touching ranges are coalesced (RFC 9110
 * clause 15.3.7.2), so the answer is never longer than the whole.
 */
export function chooseRanges(field: string | null, size: number): RangeChoice {
  if (field === null) return WHOLE
  const specs = readSpecs(field)
  if (specs === null || specs.length > MAX_RANGES) return WHOLE
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const range = resolve(spec, size)
    if (range === 'empty-whole') return WHOLE
    if (range !== null) ranges.push(range)
  }
  return ranges.length === 0 ? { kind: 'unsatisfiable' } : { kind: 'ranges', ranges: coalesce(ranges) }
}

/** `Content-Range` of a part (RFC 9110 clause 14.4). */
export function contentRange({ first, last }: ByteRange, size: number): string {
  return `bytes ${first}-${last}/${size}`
}

/** `Content-Range` of a 416. */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`
}

/** Bytes in a range. */
export function rangeLength({ first, last }: ByteRange): number {
  return last - first + 1
}

/** `first-last`, `first-` (last is null) or `-suffix` (first is null). Digits beyond 2^53 are inexact, and beyond any size. */
interface RangeSpec {
  first: number | null
  last: number | null
}

/** Null when the field is not a valid `bytes` ranges-specifier, or has unreasonably many elements. */
function readSpecs(field: string): RangeSpec[] | null {
  // "range-unit names are case-insensitive" (RFC 9110 clause 14.1); whitespace is allowed around the commas only.
  const set = /^[ \t]*bytes=(.*)$/i.exec(field)?.[1]
  if (set === undefined) return null
  const specs: RangeSpec[] = []
  const elements = set.split(',', MAX_ELEMENTS + 1)
  if (elements.length > MAX_ELEMENTS) return null
  for (const element of elements) {
    const text = element.replace(/^[ \t]+|[ \t]+$/g, '')
    if (text === '') continue // "a recipient MUST parse and ignore a reasonable number of empty list elements" (5.6.1.2)
    const match = /^(\d*)-(\d*)$/.exec(text)
    if (match === null) return null
    const [first, last] = [digits(match[1]), digits(match[2])]
    if (first === null && last === null) return null
    // "An int-range is invalid if the last-pos value is present and less than first-pos" (14.1.1): the whole set is.
    if (first !== null && last !== null && last < first) return null
    specs.push({ first, last })
  }
  return specs.length === 0 ? null : specs
}
/** Elements looked at, empty ones included. */
const MAX_ELEMENTS = 4 * MAX_RANGES

function digits(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text)
}

/** The bytes a spec means; null when there are none; `empty-whole` for a suffix of an empty file, which no Content-Range can name. */
function resolve({ first, last }: RangeSpec, size: number): ByteRange | 'empty-whole' | null {
  if (first === null) {
    if (last === null || last === 0) return null
    return size === 0 ? 'empty-whole' : { first: Math.max(0, size - last), last: size - 1 }
  }
  return first >= size ? null : { first, last: Math.min(last ?? size - 1, size - 1) }
}

/** Joins ranges that overlap or touch; each joined range takes the place of the first of them. */
function coalesce(ranges: ByteRange[]): ByteRange[] {
  const sorted = ranges.map((range, place) => ({ ...range, place })).toSorted((a, b) => a.first - b.first)
  const joined: (ByteRange & { place: number })[] = []
  for (const range of sorted) {
    const before = joined.at(-1)
    if (before === undefined || range.first > before.last + 1) {
      joined.push(range)
    } else {
      before.last = Math.max(before.last, range.last)
      before.place = Math.min(before.place, range.place)
    }
  }
  return joined.toSorted((a, b) => a.place - b.place).map(({ first, last }) => ({ first, last }))
}
