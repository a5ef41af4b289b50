/**
 * Playlist delta updates (RFC 8216bis 6.2.5.1, 6.3.7): what a server left out is taken from the playlist before. "A client
 * MUST merge the contents of a Playlist Delta Update with its previous version of the Playlist".
 */
import type { EncryptionKey, MediaMap } from './model.ts'
import { placeSegments } from './place-segments.ts'
import { addDateRange } from './read-date-range.ts'
import type { ReadDateRange, ReadMediaPlaylist, ReadOpenSegment, ReadSegment } from './read-model.ts'

/** The playlist as it would have come whole; a delta's parts of skipped segments are gone, as they are there. */
export type Merged = { playlist: ReadMediaPlaylist } | { reason: string }

/**
 * Neither playlist is changed. `delta` may be a whole playlist: it is the answer then. Where the two do not fit, the reason is
 * said, and the client has to ask for the whole.
 */
export function mergeDelta(previous: ReadMediaPlaylist, delta: ReadMediaPlaylist): Merged {
  const { skip, ...rest } = delta
  if (skip === undefined) return { playlist: delta }
  if (previous.skip !== undefined) return { reason: 'the playlist before is itself a delta update that was not merged' }
  const from = delta.mediaSequence - previous.mediaSequence
  if (from < 0) return { reason: `it begins with segment ${delta.mediaSequence}, the playlist before with ${previous.mediaSequence}` }
  const last = previous.mediaSequence + previous.segments.length
  if (from + skip.segments > previous.segments.length) {
    return { reason: `it leaves out segments up to ${delta.mediaSequence + skip.segments - 1}, the playlist before ends before ${last}` }
  }
  const kept = previous.segments.slice(from, from + skip.segments).map(bare)
  const [first] = kept
  // A server may leave out the tag of the segment that became the first, and count it in the sequence number instead.
  if (first?.discontinuity && first.discontinuityNumber === delta.discontinuitySequence) delete first.discontinuity
  const inherit = inheritance(kept, skip.openMaps)
  const segments = delta.segments.map((segment, index): ReadSegment => inherit(segment, index < (skip.keysEndAt ?? Infinity)))
  continueRanges(segments.slice(0, skip.openRanges), kept.at(-1))
  const merged: ReadMediaPlaylist = { ...rest, segments: [...kept, ...segments], dateRanges: mergeDateRanges(previous, delta) }
  if (delta.open) merged.open = inherit<ReadOpenSegment>(delta.open, skip.keysEndAt === undefined)
  const map = merged.segments[0]?.map ?? merged.open?.map
  if (map) merged.map = map
  placeSegments(merged)
  return { playlist: merged }
}

/**
 * "EXT-X-PART tags SHOULD be removed from the Playlist after they are greater than three Target Durations from the end": what is
 * skipped is older. Times are counted again.
 */
function bare(segment: ReadSegment): ReadSegment {
  const copy = { ...segment }
  delete copy.parts
  delete copy.dateTimeMs
  return copy
}

/** Tags that go on until the next of their kind, from what was skipped: map, keys and bit rate. */
function inheritance(kept: readonly ReadSegment[], openMaps: ReadonlySet<MediaMap>) {
  const last = kept.at(-1)
  const bitrateBps = kept.findLast((segment) => segment.bitrateBps !== undefined)?.bitrateBps
  const withKeys = <T extends { keys?: EncryptionKey[] }>(item: T): T => {
    const others = last?.keys?.filter(({ keyFormat }) => !item.keys?.some((key) => key.keyFormat === keyFormat))
    return others ? { ...item, keys: [...others, ...(item.keys ?? [])] } : item
  }
  const maps = new Map([...openMaps].map((map) => [map, withKeys(map)]))
  return <T extends ReadSegment | ReadOpenSegment>(segment: T, keysGoOn: boolean): T => {
    const copy = keysGoOn ? withKeys({ ...segment }) : { ...segment }
    const map = copy.map ? (maps.get(copy.map) ?? copy.map) : last?.map
    if (map) copy.map = map
    const plain = 'uri' in copy && !copy.byteRange && copy.bitrateBps === undefined
    return plain && bitrateBps !== undefined ? { ...copy, bitrateBps } : copy
  }
}

/** Ranges without offsets: they count on from the last one that was skipped, if it is of the same resource. */
function continueRanges(segments: ReadSegment[], last: ReadSegment | undefined): void {
  if (!last?.byteRange || segments[0]?.uri !== last.uri) return
  const end = last.byteRange.offset + last.byteRange.length
  for (const segment of segments) {
    if (segment.byteRange) segment.byteRange = { ...segment.byteRange, offset: segment.byteRange.offset + end }
  }
}

/** Without RECENTLY-REMOVED-DATERANGES none was left out. */
function mergeDateRanges({ dateRanges }: ReadMediaPlaylist, { skip, dateRanges: added }: ReadMediaPlaylist): ReadDateRange[] {
  const ranges = new Map<string, ReadDateRange>()
  const fresh = (range: ReadDateRange): ReadDateRange => {
    const copy = { ...range }
    delete copy.endsMs
    return copy
  }
  if (skip?.removedDateRanges) {
    const removed = new Set(skip.removedDateRanges)
    for (const range of dateRanges) if (!removed.has(range.id)) ranges.set(range.id, fresh(range))
  }
  for (const range of added) addDateRange(ranges, fresh(range))
  return [...ranges.values()].filter(({ startMs }) => startMs !== undefined)
}
