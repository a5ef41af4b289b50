/**
 * An estimator is made of two choices: how one transfer is measured, and how the measurements of many are averaged. Each is
 * a file in this folder; any two fit together.
 */
import { type Estimator, isSane, type TransferSample } from '../estimator.ts'

/** What one transfer says about the network. */
export interface Measurement {
  /** bit/s, finite and above 0. */
  bps: number
  /** What it rests on: a large transfer may count more. */
  bytes: number
  /** The network carries this or more: the transfer never filled it. May raise an estimate, does not lower one. */
  atLeast?: boolean
}

/** How a transfer is measured; null when it says nothing. May remember earlier ones. */
export type Measure = (sample: TransferSample) => Measurement | null

/** How measurements become one figure. */
export interface Average {
  /** Null before the first measurement. */
  readonly value: number | null
  add(measurement: Measurement): void
}

/** An estimator that knows nothing yet but `priorBps`, which counts until something is measured. */
export function estimatorOf(measure: Measure, average: Average, priorBps: number | null): Estimator {
  let samples = 0
  return {
    add(sample) {
      if (sample.cached || !isSane(sample)) return false
      const measured = measure(sample)
      if (measured === null || !(measured.bps > 0) || !Number.isFinite(measured.bps)) return false
      if (measured.atLeast === true && average.value !== null && measured.bps <= average.value) return false
      average.add(measured)
      samples += 1
      return true
    },
    get estimate() {
      const { value } = average
      return { bps: value ?? priorBps, fastBps: value, slowBps: value, samples }
    },
  }
}
