/**
 * From the bytes of segments to what SourceBuffers take, for one track: MP4 as it is, everything else by way of the
 * transmuxer, which is loaded when the first such segment arrives.
 */
import type { Convert } from '../transmux/client.ts'
import { describe } from './errors.ts'
import { fragmentStart } from './fragment-start.ts'
import type { Segment } from './presentation.ts'
import { RequestError } from './request.ts'
import { sniffType } from './sniff.ts'
import { sniffContainer } from './sniff-container.ts'
import type { Part } from './source-buffer.ts'

/** A segment with its initialization segment, decrypted. */
export interface Packed {
  segment: Segment
  /** Its rendition. */
  rendition: string
  /** As the playlist says; null where it does not. */
  type: string | null
  init: Uint8Array<ArrayBuffer> | null
  bytes: Uint8Array<ArrayBuffer>
}

export interface Unpacked {
  /** In order. Where `offsetS` is a number, it is where the part begins on the stream's clock: its bytes carry no times. */
  parts: Part[]
  /** When the segment begins on the stream's clock, seconds; null: it says no time. */
  startS: number | null
  warnings: string[]
}

/** See the head of this file. */
export class Unpacker {
  readonly #signal: AbortSignal
  #lastInit: Uint8Array | null = null
  /** What was unpacked last: the next segment may continue it. */
  #last: Packed | null = null
  #convert: Promise<Convert> | null = null
  /** Unpacked to see what is in it; taken by the next call. */
  #seen: { packed: Packed; unpacked: Unpacked } | null = null

  /** The worker ends with the signal. */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Starts what transmuxes, before it is known to be needed. */
  warmUp(): void {
    this.#converter().catch(() => undefined)
  }

  /** Unpacks a segment before there are SourceBuffers, to know which; the same one is not unpacked again. */
  async look(packed: Packed): Promise<Unpacked> {
    const unpacked = await this.unpack(packed)
    this.#seen = { packed, unpacked }
    return unpacked
  }

  /** Throws `RequestError` when there is nothing in it that can be read. `packed.bytes` may be empty afterwards. */
  async unpack(packed: Packed): Promise<Unpacked> {
    const seen = this.#seen
    this.#seen = null
    if (seen?.packed.segment === packed.segment && seen.packed.rendition === packed.rendition) return seen.unpacked
    const { init, bytes } = packed
    if (init && sniffContainer(init) === 'mp4') return this.#mp4(packed)
    const container = sniffContainer(bytes)
    if (container === null) throw new RequestError('it is neither MP4 nor MPEG-TS nor packed audio', 200, false)
    return container === 'mp4' ? this.#mp4(packed) : this.#transmuxed(packed)
  }

  /** What was unpacked last is not in the buffer: nothing continues it. */
  restart(): void {
    this.#last = null
    this.#lastInit = null
  }

  #mp4(packed: Packed): Unpacked {
    const { type, init, bytes } = packed
    const parts: Part[] = [{ kind: 'whole', type: null, bytes, offsetS: null }]
    if (init && init !== this.#lastInit) {
      parts.unshift({ kind: 'whole', type: type ?? sniffType(init), bytes: init, offsetS: null })
      this.#lastInit = init
    }
    this.#last = null
    return { parts, startS: fragmentStart(init, bytes), warnings: [] }
  }

  async #transmuxed(packed: Packed): Promise<Unpacked> {
    const { segment, rendition, init, bytes } = packed
    const last = this.#last
    const continues =
      last?.rendition === rendition &&
      last.segment.number + 1 === segment.number &&
      last.segment.discontinuity === segment.discontinuity &&
      last.init === init
    // The transmuxer takes the bytes of the segment with it.
    this.#last = { ...packed, bytes: new Uint8Array() }
    this.#lastInit = null
    try {
      const convert = await this.#converter()
      const whole = init ? joined(init, bytes) : bytes
      const { pieces, startS, warnings } = await convert({ bytes: whole, restart: !continues, startS: segment.startS, mp3: mp3Way() })
      const parts = pieces.map(({ kind, type, bytes: own, untimedStartS }): Part => ({ kind, type, bytes: own, offsetS: untimedStartS }))
      return { parts, startS, warnings }
    } catch (error) {
      this.#signal.throwIfAborted()
      this.restart()
      throw new RequestError(describe(error), 200, false)
    }
  }

  #converter(): Promise<Convert> {
    this.#convert ??= import('../transmux/client.ts').then(({ startConverting }) => startConverting(this.#signal))
    return this.#convert
  }
}

/** In MP4 where the browser takes that; Chromium takes MP3 as `audio/mpeg` only. */
function mp3Way(): 'mp4' | 'mpeg' {
  const can = (type: string): boolean => globalThis.MediaSource?.isTypeSupported(type) ?? false
  return can('audio/mp4; codecs="mp4a.6b"') || !can('audio/mpeg') ? 'mp4' : 'mpeg'
}

function joined(init: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(init.length + bytes.length)
  all.set(init)
  all.set(bytes, init.length)
  return all
}
