/** From a track's media time to the clock that a viewer sees, by its edit list (ISO/IEC 14496-12 8.6.6). */
import type { Track } from './model.ts'

/**
 * Answers seconds for ticks of media time. What no edit shows (encoder delay, frames that were cut off) gets the time it
 * would have beside the first edit: before 0 for what is cut from the start. What several edits show gets its first time.
 */
export function presentationClock({ edits, timescale }: Pick<Track, 'edits' | 'timescale'>): (mediaTicks: number) => number {
  const pieces: { startSeconds: number; mediaTicks: number; endTicks: number; rate: number }[] = []
  let startSeconds = 0
  for (const { durationSeconds, mediaTicks, rate } of edits) {
    const long = durationSeconds ?? Infinity
    if (mediaTicks !== null) {
      // A duration of 0 is how a fragmented file says "to the end".
      const endTicks = long === 0 ? Infinity : mediaTicks + long * timescale * (rate > 0 ? rate : 1)
      pieces.push({ startSeconds, mediaTicks, endTicks, rate: rate > 0 ? rate : 1 })
    }
    startSeconds += Number.isFinite(long) ? long : 0
  }
  const [first] = pieces
  if (first === undefined) return (ticks) => ticks / timescale + startSeconds
  return (ticks) => {
    const piece = pieces.find(({ mediaTicks, endTicks }) => ticks >= mediaTicks && ticks < endTicks) ?? first
    return piece.startSeconds + (ticks - piece.mediaTicks) / timescale / piece.rate
  }
}
