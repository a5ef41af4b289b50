/** A transfer measured as a player waits for it: all bytes over all the time since the request. Slow start and the round trip count. */
import type { TransferSample } from '../estimator.ts'
import type { Measurement } from './estimator-of.ts'

/** Smaller transfers measure the round trip, not the capacity. */
const MIN_BYTES = 16_000

/** See the head of this file. */
export function wholeTransfer({ bytes, durationMs, ttfbMs }: TransferSample): Measurement | null {
  if (bytes < MIN_BYTES) return null
  return { bps: (bytes * 8_000) / Math.max(1, ttfbMs + durationMs), bytes }
}
