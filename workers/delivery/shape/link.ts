/**
 * A slow link: a token bucket that is filled at what the link carries at each moment. Everybody who sends over it takes
 * from the same bucket, so that requests side by side share the link as they would share a wire. No clock of its own:
 * times are Unix milliseconds that the caller gives.
 */
import type { NetworkStep } from '../../../protocol/network-profiles.ts'

/** How deep the bucket is, in time: a timer that fires late loses nothing, and a pause makes no burst that one would see. */
const DEPTH_MS = 250
/** A piece takes about so long, so that bytes come evenly; but no smaller and no larger than these. */
const PIECE_MS = 40
const MIN_PIECE_BYTES = 512
const MAX_PIECE_BYTES = 64 * 1024
/** Longest sleep before the bucket is looked at again: a link that changed meanwhile is noticed. */
const MAX_WAIT_MS = 100
/** Who waits asks ten times a second; who was not heard for so long is gone, milliseconds. */
const SILENCE_MS = 2_000
/** What happened longer ago is not added up. */
const MAX_IDLE_MS = 60_000

/** What a link carries: steps one after another, from the beginning again at their end. One step is a constant rate. */
export interface Capacity {
  steps: readonly NetworkStep[]
  /** Time into the steps at which the link begins, milliseconds. */
  skipMs: number
}

export class Link {
  #capacity: Capacity
  #startMs: number
  #lengthMs: number
  #filledMs: number
  #bytes = 0
  #joined = 0
  /** Who waits, in order, and when it last asked, Unix ms. */
  readonly #queue = new Map<number, number>()

  constructor(capacity: Capacity, nowMs: number) {
    this.#capacity = capacity
    this.#lengthMs = lengthOf(capacity)
    this.#startMs = nowMs
    this.#filledMs = nowMs
  }

  /** From now on it carries something else; its time begins anew. */
  change(capacity: Capacity, nowMs: number): void {
    this.#fill(nowMs)
    this.#capacity = capacity
    this.#lengthMs = lengthOf(capacity)
    this.#startMs = nowMs
  }

  /** What it is like at this moment. */
  at(nowMs: number): NetworkStep {
    return this.#stepAt(nowMs).step
  }

  /** Bytes that are well sent at once, now. */
  pieceBytes(nowMs: number): number {
    return Math.round(Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, (this.at(nowMs).bps * PIECE_MS) / 8000)))
  }

  /** Who wants to send has a number. */
  join(): number {
    this.#joined += 1
    return this.#joined
  }

  /** Left before its turn came. */
  leave(sender: number): void {
    this.#queue.delete(sender)
  }

  /**
   * Takes `bytes` and answers 0, or answers how many milliseconds to wait before asking again. Senders take turns. A taker
   * may leave a debt, which is paid before the next: a piece that was cut for a fast link passes a slow one, too.
   */
  take(sender: number, bytes: number, nowMs: number): number {
    this.#fill(nowMs)
    // Who was cut off does not say goodbye.
    for (const [other, askedMs] of this.#queue) if (nowMs - askedMs > SILENCE_MS) this.#queue.delete(other)
    this.#queue.set(sender, nowMs)
    const before = [...this.#queue.keys()].indexOf(sender)
    // Out of turn only what those before would leave: one timer that is late must not stop the others.
    if (this.#bytes > before * bytes) {
      this.#bytes -= bytes
      this.#queue.delete(sender)
      return 0
    }
    const { bps } = this.at(nowMs)
    const waitMs = bps > 0 ? ((before * bytes + 1 - this.#bytes) * 8000) / bps : MAX_WAIT_MS
    return Math.max(1, Math.min(MAX_WAIT_MS, Math.ceil(waitMs)))
  }

  #fill(nowMs: number): void {
    // More than the bucket holds need not be added up; a debt is never older than a piece on the slowest link.
    for (let atMs = Math.max(this.#filledMs, nowMs - MAX_IDLE_MS); atMs < nowMs;) {
      const { step, leftMs } = this.#stepAt(atMs)
      const untilMs = Math.min(nowMs, atMs + leftMs)
      this.#bytes = Math.min((step.bps * DEPTH_MS) / 8000, this.#bytes + (step.bps * (untilMs - atMs)) / 8000)
      atMs = untilMs
    }
    // A clock that was set back (the machine's time was corrected) must not stop the link.
    this.#filledMs = nowMs
  }

  #stepAt(nowMs: number): { step: NetworkStep; leftMs: number } {
    const { steps, skipMs } = this.#capacity
    let leftMs = Math.max(0, nowMs - this.#startMs + skipMs) % this.#lengthMs
    for (const step of steps) {
      if (leftMs < step.durationMs) return { step, leftMs: step.durationMs - leftMs }
      leftMs -= step.durationMs
    }
    throw new RangeError('a link needs a step that lasts')
  }
}

function lengthOf({ steps }: Capacity): number {
  return steps.reduce((sum, { durationMs }) => sum + durationMs, 0)
}
