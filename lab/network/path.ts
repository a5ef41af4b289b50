/**
 * A path between a server and a viewer: one bottleneck whose capacity changes, a first-in-first-out queue before it that drops what
 * does not fit (a long one is buffer bloat: Gettys and Nichols, CACM 2012), other people's traffic in the same queue, loss behind it, and a round
 * trip. Deterministic: the same conditions and the same packets give the same times.
 */
import { uniform } from '../../protocol/network-profiles.ts'
import { lossProcess, type LossModel, NO_LOSS } from './loss.ts'
import { RateCurve, type RateStep } from './rate-curve.ts'

/** One stretch of time on the path. */
export interface PathStep extends RateStep {
  /** Round trip without queues, ms. */
  rttMs: number
  /** What the stretch is called: `tunnel`. */
  state?: string
}

/** Everything there is to know about a path. */
export interface Conditions {
  /** Repeated when they end. */
  steps: readonly PathStep[]
  /** What the queue before the bottleneck holds, bytes. */
  queueBytes: number
  loss: LossModel
  /** What others send through the same queue; null: nobody. Never more than the capacity at its time. */
  cross: readonly RateStep[] | null
  /** For the losses. */
  seed: number
}

/** A path that does not change and loses nothing but what its queue cannot hold. */
export function steadyPath(bps: number, rttMs: number, queueBytes: number): Conditions {
  return { steps: [{ durationMs: 1_000, bps, rttMs }], queueBytes, loss: NO_LOSS, cross: null, seed: 1 }
}

/** An Ethernet frame's payload, and what of it TCP with timestamps leaves to the application, bytes. */
export const PACKET_BYTES = 1_500
export const PAYLOAD_BYTES = 1_448

/** What became of a packet. `at` is when it reaches the viewer, ms; null: never. */
export interface Fate {
  atMs: number | null
  because: 'arrived' | 'queue' | 'lost'
}

/** See the head of this file. Packets are sent in the order of time. */
export class Path {
  readonly #steps: readonly PathStep[]
  readonly #capacity: RateCurve
  readonly #cross: RateCurve | null
  readonly #queueBits: number
  readonly #lost: () => boolean
  /** The bottleneck's work is known up to this point of `#capacity`, bits. */
  #busyBits = 0
  #crossBits = 0
  #lastArrivalMs = 0

  /** Throws `RangeError` for a path on which nothing ever passes. */
  constructor({ steps, queueBytes, loss, cross, seed }: Conditions) {
    this.#steps = steps
    this.#capacity = new RateCurve(steps)
    if (this.#capacity.meanBps === 0) throw new RangeError('nothing ever passes on this path')
    this.#cross = cross === null ? null : new RateCurve(cross)
    this.#queueBits = Math.max(queueBytes, 2 * PACKET_BYTES) * 8
    this.#lost = lossProcess(loss, uniform(seed))
  }

  /** Length of the conditions before they repeat, ms. */
  get durationMs(): number {
    return this.#capacity.durationMs
  }

  rttMs(atMs: number): number {
    return this.#steps[this.#capacity.stepAt(atMs)]?.rttMs ?? 0
  }

  state(atMs: number): string | null {
    return this.#steps[this.#capacity.stepAt(atMs)]?.state ?? null
  }

  /** What is left to the viewer between two moments, bit/s of payload: what estimators are to find. */
  availableBps(fromMs: number, toMs: number): number {
    const bits = this.#capacity.bitsUntil(toMs) - this.#capacity.bitsUntil(fromMs)
    const others = this.#cross === null ? 0 : this.#cross.bitsUntil(toMs) - this.#cross.bitsUntil(fromMs)
    return (Math.max(0, bits - others) * 1000 * PAYLOAD_BYTES) / PACKET_BYTES / (toMs - fromMs)
  }

  /** A packet of so many bytes, headers included, enters the queue. */
  send(atMs: number, bytes: number): Fate {
    const passed = this.#capacity.bitsUntil(atMs)
    this.#busyBits = Math.max(passed, this.#busyBits + this.#newCross(atMs))
    if (this.#busyBits - passed + bytes * 8 > this.#queueBits) return { atMs: null, because: 'queue' }
    this.#busyBits += bytes * 8
    const leavesMs = this.#capacity.timeOf(this.#busyBits)
    if (this.#lost()) return { atMs: null, because: 'lost' }
    // A round trip that becomes shorter does not let a packet overtake another.
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, leavesMs + this.rttMs(leavesMs) / 2)
    return { atMs: this.#lastArrivalMs, because: 'arrived' }
  }

  /** What others sent since the packet before. It never fills the queue: others slow down, too. */
  #newCross(atMs: number): number {
    if (this.#cross === null) return 0
    const until = this.#cross.bitsUntil(atMs)
    const bits = until - this.#crossBits
    this.#crossBits = until
    return bits
  }
}
