/** Gives segments what is counted: numbers, start times, wall-clock times. For the reader, and for a delta update when it is merged. */
import type { ReadMediaPlaylist, ReadOpenSegment, ReadSegment } from './read-model.ts'

/** Sets it on the playlist's own segments, date ranges and duration. */
export function placeSegments(playlist: ReadMediaPlaylist): void {
  const { segments, open, mediaSequence, skip } = playlist
  const all: (ReadSegment | ReadOpenSegment)[] = open ? [...segments, open] : segments
  const first = mediaSequence + (skip?.segments ?? 0)
  let discontinuityNumber = playlist.discontinuitySequence
  let startSeconds = 0
  for (const [index, segment] of all.entries()) {
    if (segment.discontinuity) discontinuityNumber += 1
    segment.number = first + index
    segment.discontinuityNumber = discontinuityNumber
    segment.startSeconds = startSeconds
    if ('durationSeconds' in segment) startSeconds += segment.durationSeconds
  }
  playlist.durationSeconds = startSeconds
  // "the client SHOULD extrapolate backward from that tag … forward from the last EXT-X-PROGRAM-DATE-TIME tag" (6.3.3)
  let known = all.find(({ programDateTimeMs }) => programDateTimeMs !== undefined)
  for (const segment of known ? all : []) {
    if (segment.programDateTimeMs !== undefined) known = segment
    if (known?.programDateTimeMs !== undefined) {
      segment.dateTimeMs = known.programDateTimeMs + (segment.startSeconds - known.startSeconds) * 1000
    }
  }
  placeDateRanges(playlist)
}

/** "the end of the range containing it is equal to the START-DATE of its Following Range": the next of its class. */
function placeDateRanges({ dateRanges }: ReadMediaPlaylist): void {
  const starts = new Map<string, number>()
  const sorted = dateRanges.toSorted((one, other) => (other.startMs ?? 0) - (one.startMs ?? 0))
  /** Ranges that start together follow the same one. */
  let together: typeof sorted = []
  const pass = (): void => {
    for (const one of together) if (one.class !== undefined && one.startMs !== undefined) starts.set(one.class, one.startMs)
    together = []
  }
  for (const range of sorted) {
    if (together[0]?.startMs !== range.startMs) pass()
    together.push(range)
    const { startMs, durationSeconds } = range
    const counted = startMs !== undefined && durationSeconds !== undefined ? startMs + durationSeconds * 1000 : undefined
    const next = range.endOnNext ? starts.get(range.class ?? '') : undefined
    const endsMs = range.endMs ?? counted ?? next
    if (endsMs !== undefined) range.endsMs = endsMs
  }
}
