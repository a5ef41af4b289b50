/** The last step of a track: what a segment unpacks to goes into the buffer, at its place on the timeline. */
import { isNear } from './clock.ts'
import type { TrackKind } from './events.ts'
import { TINY_S } from './plan.ts'
import type { Segment } from './presentation.ts'
import { overlap } from './ranges.ts'
import { RequestError } from './request.ts'
import type { Room } from './room.ts'
import type { TrackBuffer } from './source-buffer.ts'
import type { TrackHost } from './track.ts'
import type { Packed, Unpacker } from './unpack.ts'

/** See the head of this file. */
export class Feed {
  readonly #kind: TrackKind
  readonly #buffer: TrackBuffer
  readonly #unpacker: Unpacker
  readonly #room: Room
  readonly #host: TrackHost
  #lastOffsetS = 0

  constructor(kind: TrackKind, buffer: TrackBuffer, unpacker: Unpacker, room: Room, host: TrackHost) {
    this.#kind = kind
    this.#buffer = buffer
    this.#unpacker = unpacker
    this.#room = room
    this.#host = host
  }

  /** Throws `RequestError` when the segment is no use, and the signal's reason when it is no longer wanted. */
  async append(packed: Packed, signal: AbortSignal): Promise<void> {
    const { segment, rendition } = packed
    const { number, startS, durationS } = segment
    const unpacked = await this.#unpacker.unpack(packed)
    for (const message of unpacked.warnings) {
      this.#host.emit({ type: 'media-warning', track: this.#kind, rendition, number, message })
    }
    try {
      const offsetS = unpacked.startS === null ? 0 : await this.#offset(segment, unpacked.startS, signal)
      for (const part of unpacked.parts.filter(({ kind }) => this.#buffer.takes(kind))) {
        await this.#room.append({ ...part, offsetS: offsetS + (part.offsetS ?? 0) })
      }
      if (durationS >= TINY_S && overlap(this.#buffer.ranges, startS, startS + durationS) === 0) {
        // Its parser may still wait for the rest of a box that never was, and would swallow all that follows.
        this.#buffer.resetParser()
        throw new RequestError('it holds nothing for its time', 200, false)
      }
    } catch (error) {
      this.#unpacker.restart()
      throw error
    }
  }

  /** Seconds to add to the stream's times. Sound follows the picture: what both are off by is not to come between them. */
  async #offset(segment: Segment, measuredS: number, signal: AbortSignal): Promise<number> {
    const { clock, mainHas, emit } = this.#host
    const { discontinuity, number } = segment
    if (this.#kind === 'audio' && !isNear(segment, measuredS)) {
      while (!clock.isSettled(discontinuity) && mainHas(discontinuity)) {
        await clock.changed(signal)
        signal.throwIfAborted()
      }
    }
    const offsetS = clock.place(segment, measuredS)
    if (offsetS !== this.#lastOffsetS) emit({ type: 'timestamp-offset', track: this.#kind, number, offsetS })
    this.#lastOffsetS = offsetS
    return offsetS
  }
}
