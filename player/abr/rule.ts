/**
 * The interface of every ABR rule: a pure function from what is known to a choice with its reason. No clock, no state, no
 * DOM: the same rule runs in the player, in the simulator and in a replay of a recorded session.
 */

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

export interface AbrInput {
  estimate: Estimate
  /** Media ahead of the playhead, seconds. */
  bufferS: number
  /** What the player fills the buffer to, seconds. */
  bufferGoalS: number
  /** Duration of the segment that is chosen for, seconds. */
  segmentDurationS: number
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
}

export interface AbrRule {
  name: string
  decide(input: AbrInput): AbrDecision
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
