/**
 * What a track does next, as pure functions of the playlist, the buffered ranges and the playhead. The scheduler asks,
 * does it, and asks again; there is no other loading logic.
 */
import { covers, overlap, rangeAt, type TimeRange } from './ranges.ts'

/** As much of a segment as planning needs. Seconds on the playlist's timeline. */
export interface PlanSegment {
  /** Media sequence number: names the segment across reloads of its playlist. */
  number: number
  startS: number
  durationS: number
}

export interface PlanInput {
  playheadS: number
  ranges: readonly TimeRange[]
  segments: readonly PlanSegment[]
  /** The playlist will not grow. */
  ended: boolean
  forwardBufferS: number
  /** It was appended and not removed since. What it lacks in the buffer is not in it. */
  isAppended: (segment: PlanSegment) => boolean
  /** It was given up. */
  isSkipped: (segment: PlanSegment) => boolean
  /** Part of it was removed. */
  isTorn: (segment: PlanSegment) => boolean
  /** It is buffered, and is to come again in another rendition over what is there. */
  isStale: (segment: PlanSegment) => boolean
}

export type Plan =
  | { action: 'load'; number: number }
  /** Enough is buffered. */
  | { action: 'full' }
  /** Everything listed is there, and the playlist will grow. */
  | { action: 'wait-for-playlist' }
  /** Everything to the end is there. */
  | { action: 'done' }

/** What is shorter may lie wholly beside its time: the rest of a stream, off by what picture and sound begin apart by, seconds. */
export const TINY_S = 0.1

/** What is missing first, from the playhead on. */
export function planNext(input: PlanInput): Plan {
  // At the very end the last segment is still needed, else the presentation would end with what happens to be buffered.
  const first = Math.min(segmentIndexAt(input.segments, input.playheadS), Math.max(0, input.segments.length - 1))
  for (const segment of input.segments.slice(first)) {
    if (segment.startS >= input.playheadS + input.forwardBufferS) return { action: 'full' }
    if (!isThere(segment, input)) return { action: 'load', number: segment.number }
  }
  return { action: input.ended ? 'done' : 'wait-for-playlist' }
}

/**
 * A segment is there when the buffer holds it, give or take what playlists and AAC frames round. One that was appended
 * counts although it came out shorter than the playlist says, else it would be loaded for ever.
 */
function isThere(segment: PlanSegment, input: PlanInput): boolean {
  if (input.isSkipped(segment)) return true
  // What plays already is not exchanged under the viewer's eyes.
  if (segment.startS > input.playheadS && input.isStale(segment)) return false
  const end = segment.startS + segment.durationS
  if (input.isAppended(segment) && (overlap(input.ranges, segment.startS, end) > 0 || segment.durationS < TINY_S)) return true
  const slack = Math.min(0.25, segment.durationS / 4)
  if (input.playheadS <= segment.startS + slack) return !input.isTorn(segment) && covers(input.ranges, segment.startS + slack, end - slack)
  return rangeAt(input.ranges, input.playheadS) !== null && covers(input.ranges, input.playheadS, end - slack)
}

/** Index of the segment that holds the time; the first one for earlier times, `length` for later ones. */
export function segmentIndexAt(segments: readonly PlanSegment[], timeS: number): number {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const { startS = 0, durationS = 0 } = segments[middle] ?? {}
    // A microsecond of slack: sums of durations are not exact, and a time on a border belongs to the later segment.
    if (startS + durationS <= timeS + 1e-6) low = middle + 1
    else high = middle
  }
  return low
}

/** What is too far from the playhead to be kept, as ranges to remove. */
export function planEviction(ranges: readonly TimeRange[], playheadS: number, backS: number, farS: number): TimeRange[] {
  const removals: TimeRange[] = []
  const before = playheadS - backS
  const after = playheadS + farS
  for (const range of ranges) {
    // Two seconds at least: an eviction a frame would keep the buffer busy with nothing.
    if (range.start < before - 2) removals.push({ start: range.start, end: Math.min(range.end, before) })
    if (range.end > after) removals.push({ start: Math.max(range.start, after), end: range.end })
  }
  return removals
}

/**
 * Where the buffer is replaced from when the viewer chose another rendition: the first segment border that leaves time
 * to load what follows; null when there is none.
 */
export function replaceFrom(segments: readonly PlanSegment[], playheadS: number, marginS: number): number | null {
  return segments.find((segment) => segment.startS >= playheadS + marginS)?.startS ?? null
}

/**
 * Whether a switch should wait for a later border: the segment of the other rendition, cut at other places, begins at or
 * before the playhead, or most of it is buffered already. `fromS` is where media is missing.
 */
export function undoesTooMuch(copy: PlanSegment, fromS: number, now: Pick<PlanInput, 'playheadS' | 'ranges'>): boolean {
  const undoneS = overlap(now.ranges, copy.startS, Math.min(fromS, copy.startS + copy.durationS))
  // What equal borders differ by.
  if (undoneS <= 0.25) return false
  return copy.startS < now.playheadS + 0.5 || undoneS > copy.durationS / 2
}

/** Where playback goes on when the playhead stands in a hole. */
export interface GapInput {
  playheadS: number
  /** What the media element can play: the intersection of all tracks. */
  ranges: readonly TimeRange[]
  /**
   * True when every track has planned past the hole: what lies in it is appended or given up, and nothing more will come.
   * A hole that may still be filled is never jumped, however small: a seek would land on another frame than was asked for.
   */
  holeIsFinal: (startS: number, endS: number) => boolean
}

/** The time to jump to, or null when there is no hole, nothing behind it, or it may still be filled. */
export function planGapJump(input: GapInput): number | null {
  // Playback stops a few frames before the end of a range: such a playhead stands in the hole behind it.
  const current = rangeAt(input.ranges, input.playheadS)
  if (current && current.end - input.playheadS > 0.2) return null
  const from = current ? current.end : input.playheadS
  const next = input.ranges.find((range) => range.start >= from - 1e-3 && range.end - range.start > 0.05 && range !== current)
  if (!next) return null
  return input.holeIsFinal(from, next.start) ? next.start + 0.001 : null
}
