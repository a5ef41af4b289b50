/**
 * Room in a track's buffer: what is far from the playhead goes, and when the browser holds no more, less is loaded ahead
 * from then on.
 */
import type { TrackKind } from './events.ts'
import type { Ledger } from './ledger.ts'
import { planEviction } from './plan.ts'
import type { TimeRange } from './ranges.ts'
import { BufferFullError, type Part, type TrackBuffer } from './source-buffer.ts'
import type { TrackHost } from './track.ts'

/** See the head of this file. */
export class Room {
  readonly #kind: TrackKind
  readonly #buffer: TrackBuffer
  readonly #ledger: Ledger
  readonly #host: TrackHost
  /** Seconds that are loaded ahead. */
  forwardBufferS: number

  constructor(kind: TrackKind, buffer: TrackBuffer, ledger: Ledger, host: TrackHost) {
    this.#kind = kind
    this.#buffer = buffer
    this.#ledger = ledger
    this.#host = host
    this.forwardBufferS = host.config.forwardBufferS
  }

  /** Appends; when the browser refuses, removes and tries again. Throws `BufferFullError` when nothing helps. */
  async append(part: Part): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#buffer.append(part)
      } catch (error) {
        if (!(error instanceof BufferFullError) || attempt === 4) throw error
        // First what was played, then less and less ahead: 1 s behind and half of what was allowed ahead stays.
        this.forwardBufferS = Math.max(4, this.forwardBufferS * (attempt === 0 ? 0.8 : 0.5))
        this.#host.emit({ type: 'buffer-full', track: this.#kind, forwardBufferS: this.forwardBufferS })
        const playheadS = this.#host.playheadS()
        await this.#remove({ start: 0, end: playheadS - 1 }, 'the browser holds no more')
        if (attempt > 0) await this.#remove({ start: playheadS + this.forwardBufferS, end: Infinity }, 'the browser holds no more')
      }
    }
  }

  /** Removes what is far from the playhead. */
  async evict(): Promise<void> {
    const { backBufferS, farBufferS } = this.#host.config
    for (const range of planEviction(this.#buffer.ranges, this.#host.playheadS(), backBufferS, farBufferS)) {
      await this.#remove(range, 'far from the playhead')
    }
  }

  async #remove({ start, end }: TimeRange, reason: string): Promise<void> {
    if (end <= start || !this.#buffer.ranges.some((range) => range.start < end && range.end > start)) return
    this.#ledger.remove({ start, end })
    const endS = Number.isFinite(end) ? end : (this.#buffer.ranges.at(-1)?.end ?? start)
    await this.#buffer.remove(Math.max(0, start), end)
    this.#host.emit({ type: 'evicted', track: this.#kind, startS: start, endS, reason })
  }
}
