/** Whether a download in flight is given up for a smaller rendition: pure, asked while bytes arrive. */
import type { Rung } from './rule.ts'
import { byBitrate } from './rule.ts'

export interface AbandonInput {
  rungs: readonly Rung[]
  currentId: string
  segmentDurationS: number
  /** So far. */
  bytes: number
  elapsedMs: number
  /** Size of the whole answer, bytes; null when the server did not say. */
  totalBytes: number | null
  /** Media ahead of the playhead now, seconds. */
  bufferS: number
}

/** Less than this says nothing about the rate yet, ms. */
const MIN_ELAPSED_MS = 1_000

/** The rendition to take instead and why, or null to go on. */
export function abandonFor(input: AbandonInput): { id: string; reason: string } | null {
  const current = input.rungs.find((rung) => rung.id === input.currentId)
  if (!current || input.elapsedMs < MIN_ELAPSED_MS || input.bytes === 0) return null
  const bps = (input.bytes * 8 * 1000) / input.elapsedMs
  const total = input.totalBytes ?? (current.averageBps * input.segmentDurationS) / 8
  const leftS = (Math.max(0, total - input.bytes) * 8) / bps
  if (leftS <= input.bufferS) return null
  const smaller = byBitrate(input.rungs).filter((rung) => rung.averageBps < current.averageBps)
  const costS = (rung: Rung): number => (rung.averageBps * input.segmentDurationS) / bps
  // The best smaller one that arrives in time, else the smallest; in any case only when it arrives clearly sooner.
  const choice = smaller.findLast((rung) => costS(rung) < input.bufferS * 0.8) ?? smaller[0]
  if (!choice || costS(choice) > leftS * 0.6) return null
  const seconds = (value: number): string => `${value.toFixed(1)} s`
  return { id: choice.id, reason: `the rest takes ${seconds(leftS)}, the buffer lasts ${seconds(input.bufferS)}` }
}
