/** A trace on a grid of time: when a segment that is asked for at one point of the grid arrives. */
import { LabError } from '../error.ts'
import type { Trace } from './trace.ts'

/** Points of the grid. A longer session takes a coarser one. */
const MAX_POINTS = 4_000_000

/** See the head of this file. */
export class RateGrid {
  readonly stepMs: number
  /** Bits that the path carried from the beginning to each point. */
  readonly #carried: Float64Array
  /** As many when the answer to a request made at the point begins. */
  readonly #atFirstByte: Float64Array

  /** Throws `LabError` when `untilMs` is too far for the grid. */
  constructor(trace: Trace, stepMs: number, untilMs: number) {
    this.stepMs = stepMs
    const points = Math.ceil(untilMs / stepMs) + 2
    if (!(points <= MAX_POINTS)) throw new LabError(`${trace.name}: a session of ${Math.round(untilMs / 1000)} s is too long to search`)
    const curve = new Curve(trace)
    this.#carried = Float64Array.from({ length: points }, (_, index) => curve.carriedAt(index * stepMs))
    this.#atFirstByte = Float64Array.from({ length: points }, (_, index) => curve.carriedAt(curve.firstByteMs(index * stepMs)))
  }

  /**
   * For segments of this size: the last point of the grid before the arrival of one that was asked for at a point. To be asked in
   * rising order. Past the grid's end it says that end.
   */
  arrivals(bits: number): (point: number) => number {
    const carried = this.#carried
    const last = carried.length - 1
    let at = 0
    return (point) => {
      const target = (this.#atFirstByte[Math.min(point, last)] ?? Infinity) + bits
      // A rounding error of the sums is not a step of the grid.
      const enough = target * (1 - 1e-12)
      if (at < point) at = Math.min(point, last)
      while (at < last && (carried[at + 1] ?? Infinity) < enough) at += 1
      return at
    }
  }
}

/** The trace without end: bits carried by a time, and the end of a latency that began at a time. Times are asked for in rising order. */
class Curve {
  readonly #steps: { fromMs: number; durationMs: number; kbps: number; latencyMs: number; carried: number }[]
  readonly #roundMs: number
  readonly #roundBits: number

  constructor({ steps }: Trace) {
    let [fromMs, carried] = [0, 0]
    this.#steps = steps.map((step) => {
      const placed = { ...step, fromMs, carried }
      fromMs += step.durationMs
      carried += step.durationMs * step.kbps
      return placed
    })
    this.#roundMs = fromMs
    this.#roundBits = carried
  }

  carriedAt(ms: number): number {
    const round = Math.floor(ms / this.#roundMs)
    const inside = ms - round * this.#roundMs
    const step = this.#steps[this.#indexAt(inside)]
    return step ? round * this.#roundBits + step.carried + (inside - step.fromMs) * step.kbps : 0
  }

  firstByteMs(ms: number): number {
    let round = Math.floor(ms / this.#roundMs)
    let index = this.#indexAt(ms - round * this.#roundMs)
    let [share, now] = [1, ms]
    for (;;) {
      const step = this.#steps[index]
      if (!step) return now
      const leftMs = round * this.#roundMs + step.fromMs + step.durationMs - now
      const wait = share * step.latencyMs
      if (wait <= leftMs) return now + wait
      share -= leftMs / step.latencyMs
      now += leftMs
      index += 1
      if (index < this.#steps.length) continue
      index = 0
      round += 1
    }
  }

  /** The step that holds a time of the first round. */
  #indexAt(ms: number): number {
    let [low, high] = [0, this.#steps.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#steps[middle]?.fromMs ?? 0) <= ms) low = middle
      else high = middle - 1
    }
    return low
  }
}
