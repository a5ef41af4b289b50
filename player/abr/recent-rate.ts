/** The rate of a transfer's last second: what its mean since the request hides when the network changes on the way. */

/** Shorter stretches measure how reads are bundled, ms. */
const WINDOW_MS = 1_000

/** See the head of this file. One for each transfer. */
export class RecentRate {
  /** Progress from the start of the window on, oldest first. */
  readonly #marks: { atMs: number; bytes: number }[] = []

  /** Bytes so far, at a time since the request. The first call marks the beginning. */
  add(atMs: number, bytes: number): void {
    this.#marks.push({ atMs, bytes })
    while ((this.#marks[1]?.atMs ?? Infinity) <= atMs - WINDOW_MS) this.#marks.shift()
  }

  /** As a part of a `Download`: nothing before a window has passed. */
  get figure(): { recentBps?: number } {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)]
    if (!first || !last || last.atMs - first.atMs < WINDOW_MS) return {}
    return { recentBps: ((last.bytes - first.bytes) * 8_000) / (last.atMs - first.atMs) }
  }
}
