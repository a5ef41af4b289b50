/** Reads `EXT-X-DATERANGE` (RFC 8216bis 4.4.5.1) and puts together tags that speak of one range. */
import type { DateRange } from './model.ts'
import { defined, readAttributes, readDate, readFlag, readHex, readList, readNumber } from './read-attributes.ts'

/** Null without an ID. */
export function readDateRange(text: string): DateRange | null {
  const quoted = new Set<string>()
  const attributes = readAttributes(text, quoted)
  const id = attributes.get('ID')
  if (id === undefined) return null
  const others: [string, string | number | Uint8Array][] = []
  for (const [name, value] of attributes) {
    if (!/^(X-|SCTE35-)/.test(name)) continue
    const number = /^[-+]?[\d.]+$/.test(value) ? Number(value) : Number.NaN
    others.push([name, quoted.has(name) ? value : (readHex(value) ?? (Number.isNaN(number) ? value : number))])
  }
  return defined({
    id,
    class: attributes.get('CLASS'),
    startMs: readDate(attributes.get('START-DATE')),
    endMs: readDate(attributes.get('END-DATE')),
    durationSeconds: readNumber(attributes.get('DURATION')),
    plannedDurationSeconds: readNumber(attributes.get('PLANNED-DURATION')),
    endOnNext: readFlag(attributes.get('END-ON-NEXT')) || undefined,
    cue: readList(attributes.get('CUE'), ','),
    attributes: others.length > 0 ? Object.fromEntries(others) : undefined,
  })
}

/** A later tag of the same ID "can introduce new attributes but cannot change (or lose) attributes of the existing Date Range". */
export function addDateRange<T extends DateRange>(ranges: Map<string, T>, range: T): void {
  const known = ranges.get(range.id)
  const attributes = { ...range.attributes, ...known?.attributes }
  ranges.set(range.id, { ...range, ...known, ...(Object.keys(attributes).length > 0 ? { attributes } : {}) })
}
