/** The other end of a simulated buffer: plays what is appended, stalls when it runs dry, pauses when the viewer did. */
import type { EventBody } from '../engine/events.ts'

const SAMPLE_MS = 500

/** See the head of this file. Times are ms on the log's clock. */
export class VirtualViewer {
  readonly #startMs: number
  readonly #pauses: readonly { fromMs: number; toMs: number }[]
  readonly #emit: (atMs: number, event: EventBody) => void
  #nowMs: number
  #bufferS = 0
  #playheadS = 0
  #started = false
  /** A seek waits for what was asked for, and the end is the end: neither is a stall. */
  #seeking = false
  #finishing = false
  #stalledAtMs: number | null = null
  #sampledAtMs = -Infinity
  rate = 1
  /** Time stops here, whatever is asked: what is simulated may come from anywhere. */
  readonly limitMs: number

  constructor(
    startMs: number,
    limitMs: number,
    pauses: readonly { fromMs: number; toMs: number }[],
    emit: (atMs: number, event: EventBody) => void,
  ) {
    this.#startMs = startMs
    this.limitMs = limitMs
    this.#nowMs = startMs
    this.#pauses = pauses
    this.#emit = emit
  }

  get nowMs(): number {
    return this.#nowMs
  }
  /** Media ahead of the playhead, seconds. */
  get bufferS(): number {
    return this.#bufferS
  }

  /** Lets time pass until then; a time that is past changes nothing. */
  advance(untilMs: number): void {
    const toMs = Math.min(untilMs, this.limitMs)
    while (this.#nowMs < toMs) {
      const next = Math.min(toMs, this.#nextChange(), Math.max(this.#sampledAtMs + SAMPLE_MS, this.#nowMs + 1))
      const plays = this.#started && !this.#isPaused(this.#nowMs)
      const wantedS = plays ? ((next - this.#nowMs) / 1000) * this.rate : 0
      const playedS = Math.min(wantedS, this.#bufferS)
      const dryAtMs = this.#nowMs + (playedS / this.rate) * 1000
      this.#bufferS -= playedS
      this.#playheadS += playedS
      if (playedS < wantedS && this.#stalledAtMs === null && !this.#seeking && !this.#finishing) {
        this.#stalledAtMs = dryAtMs
        this.#emit(dryAtMs, { type: 'stall', atS: this.#playheadS, waitsFor: 'the segment that is loading' })
      }
      this.#nowMs = next
      if (next - this.#sampledAtMs >= SAMPLE_MS) this.#sample()
    }
  }

  /** Waits until a player would load on: until less than the goal is ahead. */
  waitUntilBelow(goalS: number): void {
    // The viewer may be in a pause that never ends: then nothing is loaded either.
    for (let waited = 0; this.#bufferS >= goalS && waited < 1_000; waited += 1) {
      const pause = this.#pauses.find(({ fromMs, toMs }) => fromMs <= this.#nowMs && this.#nowMs < toMs)
      if (pause?.toMs === Infinity) return
      this.advance(pause?.toMs ?? this.#nowMs + Math.max(1, ((this.#bufferS - goalS) / this.rate) * 1000 + 1))
    }
  }

  /** Media was appended; answers where on the played timeline it begins, seconds. */
  append(durationS: number): number {
    const startS = this.#playheadS + this.#bufferS
    this.#bufferS += durationS
    this.#seeking = false
    if (!this.#started) {
      this.#started = true
      this.#emit(this.#nowMs, { type: 'first-frame', tookMs: Math.round(this.#nowMs - this.#startMs) })
    }
    this.#endStall()
    return startS
  }

  /** Playback was moved; so much was there at most where it went. */
  seek(bufferS: number): void {
    this.#endStall()
    this.#bufferS = Math.min(this.#bufferS, Math.max(0, bufferS))
    this.#seeking = this.#bufferS === 0
  }

  /** Plays what is left. */
  finish(): void {
    this.#finishing = true
    const { toMs } = this.#pauses.at(-1) ?? { toMs: 0 }
    if (toMs !== Infinity) this.advance(Math.max(this.#nowMs, toMs) + (this.#bufferS / this.rate) * 1000)
    this.#sample()
  }

  #endStall(): void {
    if (this.#stalledAtMs === null) return
    this.#emit(this.#nowMs, { type: 'stall-ended', atS: this.#playheadS, tookMs: Math.round(this.#nowMs - this.#stalledAtMs) })
    this.#stalledAtMs = null
  }

  #sample(): void {
    this.#sampledAtMs = this.#nowMs
    const round = (value: number): number => Math.round(value * 1000) / 1000
    const bufferS = { main: round(this.#bufferS) }
    this.#emit(this.#nowMs, {
      type: 'sample',
      playheadS: round(this.#playheadS),
      bufferS,
      decodedFrames: 0,
      droppedFrames: 0,
      behindEdgeS: null,
    })
  }

  #isPaused(atMs: number): boolean {
    return this.#pauses.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)
  }

  #nextChange(): number {
    const ahead = this.#pauses.flatMap(({ fromMs, toMs }) => [fromMs, toMs]).filter((atMs) => atMs > this.#nowMs)
    return Math.min(Infinity, ...ahead)
  }
}
