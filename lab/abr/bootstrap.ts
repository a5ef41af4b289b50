/** Confidence intervals by resampling (Efron, 1979; the percentile method): nothing is assumed of how the figures are distributed. */
import { uniform } from '../../protocol/network-profiles.ts'

/** A mean and the interval that holds it. */
export interface Interval {
  mean: number
  low: number
  high: number
}

export interface BootstrapOptions {
  /** The same seed gives the same interval. */
  seed?: number
  resamples?: number
  /** Share of the resampled means inside the interval. */
  confidence?: number
}

/** Of the mean. One value has no interval: it is given as one without width. NaN of none. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Interval {
  const { seed = 1, resamples = 2_000, confidence = 0.95 } = options
  const mean = sum(values) / values.length
  if (values.length < 2) return { mean, low: mean, high: mean }
  const random = uniform(seed)
  const means = new Float64Array(resamples)
  for (let resample = 0; resample < resamples; resample += 1) {
    let total = 0
    for (let draw = 0; draw < values.length; draw += 1) total += values[Math.floor(random() * values.length)] ?? 0
    means[resample] = total / values.length
  }
  means.sort()
  const at = (share: number): number => means[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))] ?? mean
  return { mean, low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
