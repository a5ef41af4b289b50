/**
 * When the bytes of a transfer came, in bounded space. What a transfer's duration hides (slow start, a server that waits for
 * its encoder, a request that was held) shows in it.
 */

/** Bytes that a reader was given at once. */
export interface Arrival {
  /** Since the request. */
  atMs: number
  bytes: number
}

/** Reads of a transfer that are kept apart. */
export const MAX_ARRIVALS = 256

/** See the head of this file. */
export class ArrivalLog {
  readonly #arrivals: Arrival[] = []

  /** `atMs` since the request, never less than the one before. */
  add(atMs: number, bytes: number): void {
    this.#arrivals.push({ atMs, bytes })
    if (this.#arrivals.length > MAX_ARRIVALS) this.#join()
  }

  /** A copy, times in tenths of a millisecond: browsers know no better. */
  get all(): Arrival[] {
    return this.#arrivals.map(({ atMs, bytes }) => ({ atMs: Math.round(atMs * 10) / 10, bytes }))
  }

  /**
   * Joins two neighbours where the time over both is shortest: a pause stays visible, and so does what came right behind it.
   * The first one stays, it is when the answer began.
   */
  #join(): void {
    let at = 2
    let shortestMs = Infinity
    for (let index = 2; index < this.#arrivals.length; index += 1) {
      const spanMs = (this.#arrivals[index]?.atMs ?? 0) - (this.#arrivals[index - 2]?.atMs ?? 0)
      if (spanMs >= shortestMs) continue
      shortestMs = spanMs
      at = index
    }
    const [before, after] = this.#arrivals.slice(at - 1, at + 1)
    if (before && after) this.#arrivals.splice(at - 1, 2, { atMs: after.atMs, bytes: before.bytes + after.bytes })
  }
}
