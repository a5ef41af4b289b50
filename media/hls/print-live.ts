/** Tags that live playlists have: parts (RFC 8216bis 4.4.4.9), date ranges, what was skipped, hints and reports (4.4.5). */
import type { DateRange, Part, PreloadHint, RenditionReport, Skip } from './model.ts'
import { type AttributeValue, printAttributes, printHex, printSeconds } from './print-attributes.ts'

const quoted = (text: string | undefined): AttributeValue => (text === undefined ? undefined : { quoted: text })
const yes = (flag: boolean | undefined): AttributeValue => (flag === true ? { plain: 'YES' } : undefined)
const seconds = (value: number | undefined): AttributeValue => (value === undefined ? undefined : { plain: printSeconds(value) })
const plain = (value: number | undefined): AttributeValue => (value === undefined ? undefined : { plain: value })
const date = (ms: number | undefined): AttributeValue => (ms === undefined ? undefined : { quoted: new Date(ms).toISOString() })

export function printPart({ uri, durationSeconds, byteRange, independent, gap }: Part): string {
  return `#EXT-X-PART:${printAttributes({
    DURATION: seconds(durationSeconds),
    URI: { quoted: uri },
    BYTERANGE: byteRange && quoted(`${byteRange.length}@${byteRange.offset}`),
    INDEPENDENT: yes(independent),
    GAP: yes(gap),
  })}`
}

export function printSkip({ segments, removedDateRanges }: Skip): string {
  const removed = quoted(removedDateRanges?.join('\t'))
  return `#EXT-X-SKIP:${printAttributes({ 'SKIPPED-SEGMENTS': { plain: segments }, 'RECENTLY-REMOVED-DATERANGES': removed })}`
}

export function printHint({ type, uri, offset, length }: PreloadHint): string {
  const range = { 'BYTERANGE-START': plain(offset), 'BYTERANGE-LENGTH': plain(length) }
  return `#EXT-X-PRELOAD-HINT:${printAttributes({ TYPE: { plain: type }, URI: { quoted: uri }, ...range })}`
}

export function printReport({ uri, lastNumber, lastPart }: RenditionReport): string {
  return `#EXT-X-RENDITION-REPORT:${printAttributes({ URI: { quoted: uri }, 'LAST-MSN': plain(lastNumber), 'LAST-PART': plain(lastPart) })}`
}

export function printDateRange(range: DateRange): string {
  const others = Object.entries(range.attributes ?? {}).map(([name, value]): [string, AttributeValue] => {
    if (typeof value === 'string') return [name, { quoted: value }]
    return [name, { plain: typeof value === 'number' ? value : printHex(value) }]
  })
  return `#EXT-X-DATERANGE:${printAttributes({
    ID: { quoted: range.id },
    CLASS: quoted(range.class),
    'START-DATE': date(range.startMs),
    CUE: quoted(range.cue?.join(',')),
    'END-DATE': date(range.endMs),
    DURATION: seconds(range.durationSeconds),
    'PLANNED-DURATION': seconds(range.plannedDurationSeconds),
    'END-ON-NEXT': yes(range.endOnNext),
    ...Object.fromEntries(others),
  })}`
}
