/** How large the segments to come are, in every rendition: as the playlist says, else by the average bit rate. */
import type { AbrInput, Rung, Upcoming } from './rule.ts'

/** Bits of one segment in one rendition. */
export function segmentBits(rung: Rung, { durationS, bytes }: Upcoming): number {
  return (bytes[rung.id] ?? (rung.averageBps * durationS) / 8) * 8
}

/** The segments to look at: those that are known, and more of the same length up to `count` unless the presentation ends before. */
export function segmentsAhead({ upcoming, segmentDurationS, remainingS }: AbrInput, count: number): Upcoming[] {
  const ahead = upcoming.slice(0, count)
  let restS = (remainingS ?? Infinity) - ahead.reduce((sum, { durationS }) => sum + durationS, 0)
  // A tenth of a segment is what rounded durations leave.
  while (ahead.length === 0 || (ahead.length < count && restS > segmentDurationS / 10)) {
    ahead.push({ durationS: segmentDurationS, bytes: {} })
    restS -= segmentDurationS
  }
  return ahead
}
