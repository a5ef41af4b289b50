/** Whether a download in flight is given up for a smaller rendition: pure, asked while bytes arrive. */
import { byBitrate, type AbandonInput, type AbrDecision, type Rung } from './rule.ts'

/** Less than this says nothing about the rate yet, ms. */
const MIN_ELAPSED_MS = 1_000

/** The rendition to take instead and why, or null to go on. */
export function abandonFor({ rungs, bufferS, download }: AbandonInput): AbrDecision | null {
  const { rungId, segmentDurationS, bytes, totalBytes, elapsedMs } = download
  const current = rungs.find((rung) => rung.id === rungId)
  if (!current || elapsedMs < MIN_ELAPSED_MS || bytes === 0) return null
  const bps = (bytes * 8 * 1000) / elapsedMs
  const total = totalBytes ?? (current.averageBps * segmentDurationS) / 8
  const leftS = (Math.max(0, total - bytes) * 8) / bps
  if (leftS <= bufferS) return null
  const smaller = byBitrate(rungs).filter((rung) => rung.averageBps < current.averageBps)
  const costS = (rung: Rung): number => (rung.averageBps * segmentDurationS) / bps
  // The best smaller one that arrives in time, else the smallest; in any case only when it arrives clearly sooner.
  const choice = smaller.findLast((rung) => costS(rung) < bufferS * 0.8) ?? smaller[0]
  if (!choice || costS(choice) > leftS * 0.6) return null
  const seconds = (value: number): string => `${value.toFixed(1)} s`
  const numbers = { bps: Math.round(bps), leftS, bufferS, costS: costS(choice) }
  return { id: choice.id, reason: `the rest takes ${seconds(leftS)}, the buffer lasts ${seconds(bufferS)}`, numbers }
}
