/**
 * Throughput and latency of a session's transfers, apart: two exponentially weighted averages of each, of which the more
 * cautious one counts. Throughput is weighted by the time of the transfer, latency by the request. The form and the half-lives
 * are those of dash.js and of Sabre (K. Spiteri et al., MMSys 2018).
 */
import type { Download } from './rule.ts'

/** Of throughput, ms of transfer. */
const HALF_LIVES_MS = [3_000, 8_000]
/** A transfer cannot be seen to take less, ms. */
const SHORTEST_MS = 0.1

/** See the head of this file. */
export class TransferHistory {
  readonly #throughput = HALF_LIVES_MS.map(() => 0)
  readonly #latency = HALF_LIVES_MS.map(() => 0)
  #transferMs = 0
  #requests = 0
  #segmentMs = 0
  /** Bits a millisecond (kbit/s) without the wait for the first byte; null before the first transfer. */
  kbps: number | null = null
  /** From a request to its first byte. */
  latencyMs = 0

  /** Takes a finished download into account, unless the browser's cache answered it. */
  add({ bytes, elapsedMs, ttfbMs, segmentDurationS, cached }: Download): void {
    if (cached || bytes === 0) return
    const ms = Math.max(elapsedMs - ttfbMs, SHORTEST_MS)
    const kbps = (bytes * 8) / ms
    this.#transferMs += ms
    this.#requests += 1
    // A request counts for latency as much as a segment's duration of transfer does for throughput. The first one's, throughout.
    this.#segmentMs ||= Math.max(segmentDurationS * 1000, 1)
    let [throughput, latencyMs] = [Infinity, 0]
    for (const [index, halfLifeMs] of HALF_LIVES_MS.entries()) {
      const requests = halfLifeMs / this.#segmentMs
      const keepThroughput = 0.5 ** (ms / halfLifeMs)
      const keepLatency = 0.5 ** (1 / requests)
      this.#throughput[index] = keepThroughput * (this.#throughput[index] ?? 0) + (1 - keepThroughput) * kbps
      this.#latency[index] = keepLatency * (this.#latency[index] ?? 0) + (1 - keepLatency) * ttfbMs
      // Both averages began at zero; this takes that out again.
      const seenThroughput = 1 - 0.5 ** (this.#transferMs / halfLifeMs)
      const seenLatency = 1 - 0.5 ** (this.#requests / requests)
      throughput = Math.min(throughput, (this.#throughput[index] ?? 0) / seenThroughput)
      latencyMs = Math.max(latencyMs, (this.#latency[index] ?? 0) / seenLatency)
    }
    this.kbps = throughput
    this.latencyMs = latencyMs
  }
}
