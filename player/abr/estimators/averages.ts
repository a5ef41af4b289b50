/** How the measurements of many transfers become one figure: the averages that players use. */
import type { Average, Measurement } from './estimator-of.ts'

/** Arithmetic mean of everything there was: never forgets. */
export class Mean implements Average {
  #sum = 0
  #count = 0

  add({ bps }: Measurement): void {
    this.#sum += bps
    this.#count += 1
  }

  get value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count
  }
}

/** Exponentially weighted moving average: the newest measurement counts `alpha`, all before it the rest. */
export class Ewma implements Average {
  readonly #alpha: number
  #value: number | null = null

  /** Throws `RangeError` unless 0 < alpha ≤ 1. */
  constructor(alpha: number) {
    if (!(alpha > 0 && alpha <= 1)) throw new RangeError(`alpha is ${alpha}; it lies above 0 and goes up to 1`)
    this.#alpha = alpha
  }

  add({ bps }: Measurement): void {
    this.#value = this.#value === null ? bps : this.#alpha * bps + (1 - this.#alpha) * this.#value
  }

  get value(): number | null {
    return this.#value
  }
}

/**
 * Harmonic mean of the last measurements: the rate at which equal sizes one after another would have arrived, so one outlier
 * upwards moves it little (Jiang et al., "Improving Fairness, Efficiency, and Stability in HTTP-based Adaptive Video
 * Streaming with FESTIVE", CoNEXT 2012; MPC uses the last five, Yin et al., SIGCOMM 2015).
 */
export class HarmonicMean implements Average {
  readonly #window: number
  readonly #last: number[] = []

  constructor(window: number) {
    this.#window = window
  }

  add({ bps }: Measurement): void {
    this.#last.push(bps)
    if (this.#last.length > this.#window) this.#last.shift()
  }

  get value(): number | null {
    return this.#last.length === 0 ? null : this.#last.length / this.#last.reduce((sum, bps) => sum + 1 / bps, 0)
  }
}

/** A measurement weighs the root of its bytes: a large one counts more, ten times larger not ten times more. */
const weightOf = ({ bytes }: Measurement): number => Math.sqrt(Math.max(1, bytes))

/** Most measurements a window holds, whatever they weigh. */
const MAX_KEPT = 64

/**
 * Weighted percentile of a sliding window, as ExoPlayer's bandwidth meter does it: blind to outliers on either side, and
 * changes at once when more than its part of the window says so.
 */
export class SlidingPercentile implements Average {
  readonly #percentile: number
  readonly #maxWeight: number
  readonly #kept: { bps: number; weight: number }[] = []

  /** `percentile` from 0 to 1; the window holds measurements of `maxWeight` in all: 2,000 are four transfers of 250 kB. */
  constructor(percentile: number, maxWeight: number) {
    this.#percentile = percentile
    this.#maxWeight = maxWeight
  }

  add(measurement: Measurement): void {
    this.#kept.push({ bps: measurement.bps, weight: weightOf(measurement) })
    const total = (): number => this.#kept.reduce((sum, { weight }) => sum + weight, 0)
    while (this.#kept.length > MAX_KEPT || (this.#kept.length > 1 && total() > this.#maxWeight)) this.#kept.shift()
  }

  get value(): number | null {
    return percentileOf(this.#kept, this.#percentile)
  }
}

/** The smallest value that this part of the weight does not exceed; null for nothing. */
export function percentileOf(values: readonly { bps: number; weight: number }[], percentile: number): number | null {
  const sorted = values.toSorted((a, b) => a.bps - b.bps)
  let left = sorted.reduce((sum, { weight }) => sum + weight, 0) * percentile
  for (const { bps, weight } of sorted) {
    left -= weight
    if (left <= 0) return bps
  }
  return sorted.at(-1)?.bps ?? null
}
