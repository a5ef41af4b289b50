/** A rate that changes in steps and begins anew at its end: how much passes until when, and when so much has passed. */

export interface RateStep {
  durationMs: number
  bps: number
}

/** Steps of a curve: an hour in tenths of a second is 36,000. */
const MAX_STEPS = 1_000_000

/** Times in ms from 0, amounts in bits. */
export class RateCurve {
  readonly #startMs: Float64Array
  readonly #bps: Float64Array
  readonly #bits: Float64Array
  readonly #totalMs: number
  readonly #totalBits: number
  readonly #count: number
  /** Where the last question was: the next is near it. */
  #near = 0

  /** Throws `RangeError` for no steps, too many, or figures that are none. */
  constructor(steps: readonly RateStep[]) {
    if (steps.length === 0 || steps.length > MAX_STEPS) throw new RangeError(`a curve has 1 to ${MAX_STEPS} steps, not ${steps.length}`)
    this.#count = steps.length
    this.#startMs = new Float64Array(steps.length)
    this.#bps = new Float64Array(steps.length)
    this.#bits = new Float64Array(steps.length)
    let [ms, bits] = [0, 0]
    for (const [index, { durationMs, bps }] of steps.entries()) {
      if (!(durationMs > 0 && durationMs < 1e9 && bps >= 0 && bps < 1e12))
        throw new RangeError(`step ${index}: ${durationMs} ms at ${bps} bit/s`)
      this.#startMs[index] = ms
      this.#bps[index] = bps
      this.#bits[index] = bits
      ms += durationMs
      bits += (bps * durationMs) / 1000
    }
    this.#totalMs = ms
    this.#totalBits = bits
  }

  /** Of one round through all steps, ms. */
  get durationMs(): number {
    return this.#totalMs
  }

  /** Over one round, bit/s. */
  get meanBps(): number {
    return (this.#totalBits * 1000) / this.#totalMs
  }

  /** The step at a time, by its index. */
  stepAt(atMs: number): number {
    const ms = atMs % this.#totalMs
    let index = this.#near
    while ((this.#startMs[index] ?? 0) > ms) index -= 1
    while (index + 1 < this.#count && (this.#startMs[index + 1] ?? Infinity) <= ms) index += 1
    this.#near = index
    return index
  }

  bpsAt(atMs: number): number {
    return this.#bps[this.stepAt(atMs)] ?? 0
  }

  /** What passes from 0 to `atMs`. */
  bitsUntil(atMs: number): number {
    const rounds = Math.floor(atMs / this.#totalMs)
    const index = this.stepAt(atMs)
    const insideMs = atMs - rounds * this.#totalMs - (this.#startMs[index] ?? 0)
    return rounds * this.#totalBits + (this.#bits[index] ?? 0) + ((this.#bps[index] ?? 0) * insideMs) / 1000
  }

  /** The first moment at which so much has passed; Infinity when nothing ever does. */
  timeOf(bits: number): number {
    if (bits <= 0) return 0
    if (this.#totalBits === 0) return Infinity
    const rounds = Math.max(0, Math.ceil(bits / this.#totalBits) - 1)
    const inside = bits - rounds * this.#totalBits
    let [low, high] = [0, this.#count - 1]
    // The last step that begins with less than that.
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#bits[middle] ?? Infinity) < inside) low = middle
      else high = middle - 1
    }
    return rounds * this.#totalMs + (this.#startMs[low] ?? 0) + ((inside - (this.#bits[low] ?? 0)) * 1000) / (this.#bps[low] ?? 1)
  }
}
