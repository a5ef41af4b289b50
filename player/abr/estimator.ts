/**
 * The throughput estimator: two exponentially weighted averages over transfer time, a fast and a slow one; the lower of
 * the two counts, so that it believes bad news at once and good news after a while.
 */
import type { Arrival } from './arrivals.ts'
import type { Estimate } from './rule.ts'

/** One finished transfer. */
export interface TransferSample {
  bytes: number
  /** From the first byte to the last. */
  durationMs: number
  /** From the request to the first byte. */
  ttfbMs: number
  /** The browser's own cache answered: says nothing about the network. */
  cached: boolean
  /** In order, at most `MAX_ARRIVALS` of `arrivals.ts`; absent where nobody watched. */
  arrivals?: readonly Arrival[]
}

/** What measures the network: is told every transfer, and asked what to decide with. No clock of its own. */
export interface Estimator {
  /** Takes a transfer into account; false when it says nothing about the network. */
  add(sample: TransferSample): boolean
  readonly estimate: Estimate
}

/** Clocks jump and servers lie: a transfer that cannot have been is not measured. */
export function isSane({ bytes, durationMs, ttfbMs }: TransferSample): boolean {
  return [bytes, durationMs, ttfbMs].every((value) => value >= 0 && value <= Number.MAX_SAFE_INTEGER)
}

/** Smaller transfers measure the round trip, not the capacity. */
const MIN_BYTES = 16_000
/** Half-lives, seconds of transfer. */
const FAST_HALF_LIFE_S = 2
const SLOW_HALF_LIFE_S = 8

/** One average, weighted by transfer time, corrected for having started at zero. */
class Ewma {
  #value = 0
  #weightS = 0
  readonly #halfLifeS: number
  constructor(halfLifeS: number) {
    this.#halfLifeS = halfLifeS
  }
  add(weightS: number, value: number): void {
    const alpha = 0.5 ** (weightS / this.#halfLifeS)
    this.#value = value * (1 - alpha) + alpha * this.#value
    this.#weightS += weightS
  }
  get value(): number | null {
    return this.#weightS === 0 ? null : this.#value / (1 - 0.5 ** (this.#weightS / this.#halfLifeS))
  }
}

/** See the head of this file. */
export class ThroughputEstimator implements Estimator {
  readonly #fast = new Ewma(FAST_HALF_LIFE_S)
  readonly #slow = new Ewma(SLOW_HALF_LIFE_S)
  readonly #priorBps: number | null
  #samples = 0

  /** `priorBps` is what an earlier session knew; it counts until something is measured. */
  constructor(priorBps: number | null) {
    this.#priorBps = priorBps
  }

  add(sample: TransferSample): boolean {
    if (sample.cached || sample.bytes < MIN_BYTES || !isSane(sample)) return false
    // The wait for the first byte counts too: a player waits for it with every segment.
    const seconds = Math.max(sample.ttfbMs + sample.durationMs, 1) / 1000
    const bps = (sample.bytes * 8) / seconds
    // A floor on the weight, else fast transfers would need hundreds to be believed.
    const weightS = Math.max(seconds, 0.25)
    this.#fast.add(weightS, bps)
    this.#slow.add(weightS, bps)
    this.#samples += 1
    return true
  }

  get estimate(): Estimate {
    const fastBps = this.#fast.value
    const slowBps = this.#slow.value
    const bps = fastBps === null || slowBps === null ? this.#priorBps : Math.min(fastBps, slowBps)
    return { bps, fastBps, slowBps, samples: this.#samples }
  }
}
