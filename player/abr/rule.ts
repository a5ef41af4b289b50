/**
 * The interface of every ABR rule. A rule starts a session, which is told what arrived and asked what comes next; it has no
 * clock and no DOM, and what it answers depends on nothing but what it was told, in that order. So the same rule runs in the
 * player, in the simulator and in a replay of a recorded session.
 */
import type { Arrival } from './arrivals.ts'

/** One rendition to choose from. */
export interface Rung {
  id: string
  /** Peak bit rate (`BANDWIDTH`), audio included, bit/s. */
  peakBps: number
  /** Average bit rate (`AVERAGE-BANDWIDTH`; the peak where the playlist does not say), bit/s. */
  averageBps: number
  /** Pixels; 0 when unknown or audio. */
  width: number
  height: number
  /** Measured quality, for comparison within the ladder (`SCORE` of RFC 8216bis, 4.4.6.2); absent where the playlist does not say. */
  score?: number
}

/** What the estimator knows. */
export interface Estimate {
  /** The figure to decide with, bit/s; null before anything is known. */
  bps: number | null
  /** Follows the last seconds of transfer, bit/s. */
  fastBps: number | null
  /** Follows a longer stretch, bit/s. */
  slowBps: number | null
  /** Downloads measured in this session: 0 means that `bps` is a guess from an earlier one. */
  samples: number
}

/** A segment that is to come, the same stretch of time in every rendition. */
export interface Upcoming {
  durationS: number
  /** Size by rung id, bytes, where the playlist says (`EXT-X-BITRATE`, a byte range); others are unknown. */
  bytes: Readonly<Record<string, number>>
}

export interface AbrInput {
  /** Monotonic clock of the session, ms. */
  nowMs: number
  /** Of the segment that is chosen for: counts up by one along the playlist. */
  segment: number
  estimate: Estimate
  /** Media ahead of the playhead, seconds. */
  bufferS: number
  /** What the player fills the buffer to, seconds. */
  bufferGoalS: number
  /** Duration of the segment that is chosen for, seconds. */
  segmentDurationS: number
  /** The segment that is chosen for and those behind it, as many as are known up to a horizon; may be empty. */
  upcoming: readonly Upcoming[]
  /** Media from the segment that is chosen for to the end, seconds; null live. */
  remainingS: number | null
  /** In the playlist's order; never empty. */
  rungs: readonly Rung[]
  /** The rendition of the segment before; null at the start. */
  currentId: string | null
  playbackRate: number
  /** Pixels of the element's height on the screen; null when the choice is not to be limited. */
  maxHeight: number | null
}

export interface AbrDecision {
  /** An id of `rungs`. */
  id: string
  /** One sentence for a person. */
  reason: string
  /** What the sentence rests on. Keys carry their unit. */
  numbers: Record<string, number>
  /** The rule wants the segment to be asked for this much later, ms: its buffer is as long as it wants it. */
  waitMs?: number
}

/** A segment's download, finished or under way. */
export interface Download {
  rungId: string
  segment: number
  segmentDurationS: number
  /** So far. */
  bytes: number
  /** Of the whole answer; null when the server did not say. */
  totalBytes: number | null
  /** From the request to the first byte. */
  ttfbMs: number
  /** Since the request. */
  elapsedMs: number
  /** The browser's own cache answered: says nothing about the network. */
  cached: boolean
  /** Rate of about the last second before, bit/s; absent while the transfer is younger. */
  recentBps?: number
  /** When the bytes came, once all of them are there. */
  arrivals?: readonly Arrival[]
}

/** What a download under way is judged by. */
export type AbandonInput = Pick<AbrInput, 'nowMs' | 'estimate' | 'bufferS' | 'bufferGoalS' | 'rungs' | 'playbackRate'> & {
  download: Download
}

/** A rule at work for one viewer. */
export interface AbrSession {
  decide(input: AbrInput): AbrDecision
  /** A segment arrived whole. */
  arrived?(download: Download): void
  /** Asked while bytes arrive; an answer ends the download, and the session may remember it. Null goes on, and changes nothing. */
  abandon?(input: AbandonInput): AbrDecision | null
  /** Playback was moved by the viewer: what follows begins with an empty buffer, or nearly. */
  seeked?(): void
}

export interface AbrRule {
  name: string
  /** A session that knows nothing yet. */
  start(): AbrSession
}

/** A rule whose decision depends on nothing but the moment. */
export function stateless(
  name: string,
  decide: (input: AbrInput) => AbrDecision,
  abandon: (input: AbandonInput) => AbrDecision | null,
): AbrRule {
  return { name, start: () => ({ decide, abandon }) }
}

/** The first of a list that is never empty. */
export function firstOf(rungs: readonly Rung[]): Rung {
  const [first] = rungs
  if (!first) throw new RangeError('there is no rendition to choose from')
  return first
}

/** Rungs from the smallest bit rate up. */
export function byBitrate(rungs: readonly Rung[]): Rung[] {
  return rungs.toSorted((a, b) => a.averageBps - b.averageBps || a.peakBps - b.peakBps)
}

/**
 * Without the rungs that the element cannot show: the smallest one that fills it stays, all larger ones go. The short
 * side counts, so that portrait and landscape are limited alike.
 */
export function withinHeight(rungs: readonly Rung[], maxHeight: number | null): Rung[] {
  if (maxHeight === null) return [...rungs]
  const filling = rungs.filter((rung) => rung.height >= maxHeight).map((rung) => rung.height)
  const limit = filling.length > 0 ? Math.min(...filling) : Infinity
  return rungs.filter((rung) => rung.height <= limit)
}
