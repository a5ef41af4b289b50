/**
 * The path between viewer and server, as a trace says it was: a clock that moves as bytes do. A request first waits for a
 * latency, then its bits pass at the capacity of the moment, alone. When latency changes while a request waits, the part of the
 * wait that is left takes the new one (as in Sabre).
 */
import { LabError } from '../error.ts'
import type { Trace, TraceStep } from './trace.ts'

/** More steps than this pass in no session worth simulating: the trace carries next to nothing. */
const MAX_STEPS_PASSED = 100_000_000

/** See the head of this file. */
export class Path {
  readonly #trace: Trace
  #index = 0
  #step: TraceStep
  /** Left of the step, ms. */
  #leftMs: number
  #passed = 0
  /** Since the beginning. */
  nowMs = 0

  constructor(trace: Trace) {
    this.#trace = trace
    const [first] = trace.steps
    if (!first) throw new LabError(`${trace.name}: has no steps`)
    this.#step = first
    this.#leftMs = first.durationMs
  }

  /** Time passes and nothing is asked for. */
  pass(ms: number): void {
    let left = ms
    while (left > this.#leftMs) {
      left -= this.#leftMs
      this.#next()
    }
    this.#advance(left)
  }

  /** A request goes out and its first byte comes: how long that took, ms. */
  latency(): number {
    let share = 1
    let total = 0
    while (share > 0) {
      const { latencyMs } = this.#step
      const ms = share * latencyMs
      if (ms <= this.#leftMs) {
        this.#advance(ms)
        return total + ms
      }
      total += this.#leftMs
      share -= this.#leftMs / latencyMs
      this.#next()
    }
    return total
  }

  /**
   * Bits pass until all `bits` did, or both `minBits` and `minMs` are over: when a player hears of progress. Returns how many
   * passed and in what time.
   */
  transfer(bits: number, minBits: number, minMs: number): { bits: number; ms: number } {
    let [left, wantBits, wantMs] = [bits, minBits, minMs]
    const done = { bits: 0, ms: 0 }
    while (left > 0 && (wantBits > 0 || wantMs > 0)) {
      const { kbps } = this.#step
      const want = Math.max(wantBits, wantMs * kbps)
      const carried = this.#leftMs * kbps
      const some = Math.min(left, want)
      let [passed, ms] = [some, some / kbps]
      if (kbps === 0) {
        const waits = wantBits > 0 || wantMs > this.#leftMs
        ;[passed, ms] = [0, waits ? this.#leftMs : wantMs]
        if (waits) this.#next()
        else this.#advance(ms)
      } else if (some <= carried) {
        // Nothing is left of what was wanted, whatever rounding says.
        ;[wantBits, wantMs] = [0, 0]
        this.#advance(ms)
      } else {
        ;[passed, ms] = [carried, this.#leftMs]
        this.#next()
      }
      done.bits += passed
      done.ms += ms
      left -= passed
      wantBits -= passed
      wantMs -= ms
    }
    return done
  }

  #advance(ms: number): void {
    this.#leftMs -= ms
    this.nowMs += ms
  }

  #next(): void {
    this.nowMs += this.#leftMs
    this.#passed += 1
    if (this.#passed > MAX_STEPS_PASSED) throw new LabError(`${this.#trace.name}: carries too little for this ladder`)
    this.#index = (this.#index + 1) % this.#trace.steps.length
    this.#step = this.#trace.steps[this.#index] ?? this.#step
    this.#leftMs = this.#step.durationMs
  }
}
