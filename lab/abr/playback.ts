/** Playback of what was loaded: plays as time passes, and stalls when there is nothing. Its clock is the viewer's. */

/** Playback stood still because nothing was there. */
export interface Stall {
  /** When, on the session's clock. */
  atMs: number
  durationMs: number
  /** Media played before it. */
  mediaMs: number
}

/** Shorter ones are rounding, ms. */
const SHORTEST_STALL_MS = 0.001

/** Whether a viewer could have seen it. */
export function isStall({ durationMs }: Stall): boolean {
  return durationMs >= SHORTEST_STALL_MS
}

/** See the head of this file. */
export class Playback {
  readonly #segmentMs: number
  /** Segments that were not played to their end. */
  #queued = 0
  /** Played of the first of them, ms. */
  #consumedMs = 0
  #begun = false
  #stalled = false
  /** On the session's clock. */
  nowMs = 0
  readonly stalls: Stall[] = []
  /** When each segment began to play. */
  readonly startedMs: number[] = []

  constructor(segmentMs: number) {
    this.#segmentMs = segmentMs
  }

  /** Media ahead of the playhead. */
  get levelMs(): number {
    return this.#segmentMs * this.#queued - this.#consumedMs
  }

  /** The next segment is there whole. */
  append(): void {
    this.#queued += 1
    this.#begun = true
    this.#stalled = false
  }

  /** Time passes. Before the first segment that is start-up, later a lack of media is a stall. */
  pass(ms: number): void {
    if (!this.#begun) {
      this.nowMs += ms
      return
    }
    let left = ms
    while (left > 0 && this.#queued > 0) {
      if (this.#consumedMs === 0) this.startedMs.push(this.nowMs)
      const rest = this.#segmentMs - this.#consumedMs
      if (left < rest) {
        this.#consumedMs += left
        this.nowMs += left
        return
      }
      left -= rest
      this.nowMs += rest
      this.#queued -= 1
      this.#consumedMs = 0
    }
    if (left > 0) this.#stall(left)
  }

  /** Plays what is left. Rounding may leave a "stall" of some femtoseconds, which Sabre counts too: see `isStall`. */
  finish(): void {
    this.pass(this.levelMs)
  }

  #stall(ms: number): void {
    const last = this.stalls.at(-1)
    if (this.#stalled && last) last.durationMs += ms
    else this.stalls.push({ atMs: this.nowMs, durationMs: ms, mediaMs: this.startedMs.length * this.#segmentMs })
    this.#stalled = true
    this.nowMs += ms
  }
}
