/**
 * PES payloads of a video stream to access units. One is found by its NAL units, not by PES packets: a PES packet may hold
 * several or a part of one. Its time is that of the PES packet in which it begins.
 */
import { MediaError } from '../../errors.ts'
import type { ParameterSets } from './parameter-sets.ts'
import { PesPayload } from './pes-payload.ts'
import { readSei } from './sei.ts'
import type { Timeline } from './timeline.ts'
import { UnitBuffer } from './unit-buffer.ts'
import { DISPOSABLE, DROPPED, FIRST, PARAMETERS, PICTURE, SEI, STARTS, type VideoSyntax } from './unit-role.ts'
import type { VideoSamples } from './video-samples.ts'

/** 00 00 01. */
const START_CODE_BYTES = 3
/** A packet's payload without an adaptation field. */
const FULL_PAYLOAD_BYTES = 184
/** Bytes that wait for the end of a fragment; then they go out without. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024
/** Bytes that are not needed any more are taken out of the buffer when there are so many: moving what stays costs more than a few are worth. */
const DISCARD_BYTES = 1024

/** Where a PES packet's payload begins, and its times in ticks of 90 kHz, unwrapped. */
interface Stamp {
  offset: number
  pts: number
  dts: number
}

/** An access unit. Its NAL units are those of `VideoSamples` that are pending. */
export interface Picture {
  stamp: Stamp | null
  /** What its slices say, see `unit-role.ts`. */
  roles: number
  /** There are slices. */
  hasPicture: boolean
  /** A recovery point at which the picture is right at once. */
  recoveryPoint: boolean
  /** A recovery point from which the picture becomes right by and by. */
  gradual: boolean
  /** Parameter sets that are other than before: which of the pending units. */
  changed: number[]
  captions: Uint8Array<ArrayBuffer>[]
}

/** Who takes what is found. */
export interface PictureSink {
  /** An access unit is whole. */
  endPicture(picture: Picture): void
  /** Pictures were lost: `count` of them at least. */
  lostPictures(count: number): void
  /** Room is needed: what waits has to go out. */
  cut(): void
}

/** See the head of this file. */
export class PictureReader {
  readonly #timeline: Timeline
  readonly #syntax: VideoSyntax
  readonly #sets: ParameterSets
  readonly #samples: VideoSamples
  readonly #sink: PictureSink
  readonly #payload = new PesPayload()
  readonly #buffer = new UnitBuffer()
  #stamps: Stamp[] = []
  /** First byte of the NAL unit that is open; -1: none. */
  #unit = -1
  #picture: Picture | null = null
  /** Where the payload of the open PES packet begins in the buffer; it may be taken back. */
  #pesStart = 0
  /** The open PES packet begins with a start code and has a time: what was before it is whole. */
  #pesBegins = false

  constructor(timeline: Timeline, syntax: VideoSyntax, sets: ParameterSets, samples: VideoSamples, sink: PictureSink) {
    this.#timeline = timeline
    this.#syntax = syntax
    this.#sets = sets
    this.#samples = samples
    this.#sink = sink
  }

  /** What the units of `VideoSamples` point into. */
  get bytes(): Uint8Array {
    return this.#buffer.bytes
  }

  /** Payload `[from, to)` of a packet. */
  packet(bytes: Uint8Array, from: number, to: number, unitStart: boolean): void {
    if (unitStart) {
      this.#endPes()
      this.#startPes(bytes, to, this.#payload.start(bytes, from, to))
      return
    }
    const { left } = this.#payload
    if (left === 0) {
      if (this.#payload.collecting) this.#startPes(bytes, to, this.#payload.more(bytes, from, to))
      return
    }
    const length = Math.min(left, to - from)
    this.#buffer.append(bytes, from, from + length)
    this.#payload.left = left - length
  }

  /** Packets in a row that go on with a picture, read as words: see `UnitBuffer.appendPackets`. Answers how many were taken; 0: take them one by one. */
  packets(words: Int32Array, first: number, last: number, strideWords: number): number {
    const { left } = this.#payload
    if (left < FULL_PAYLOAD_BYTES || !this.#buffer.aligned) return 0
    const count = this.#buffer.appendPackets(words, first, last, strideWords, Math.floor(left / FULL_PAYLOAD_BYTES))
    this.#payload.left = left - count * FULL_PAYLOAD_BYTES
    return count
  }

  /** Packets were lost: the open PES packet is not whole. */
  lost(): void {
    const open = this.#buffer.length > this.#pesStart || this.#payload.left > 0
    if (!open && this.#picture === null && this.#unit === -1) return
    if (open && this.#payload.left === 0) {
      // A packet that says its length and has it is whole
      this.#endPes()
      this.#endPictures()
      this.#sink.lostPictures(0)
    } else {
      this.#buffer.truncate(this.#pesStart)
      this.#stamps = this.#stamps.filter(({ offset }) => offset < this.#pesStart)
      if (open && this.#pesBegins) this.#endPictures()
      else this.#dropPicture()
      this.#sink.lostPictures(1)
    }
    this.#payload.close()
  }

  /** The end of a segment: what is open is taken for whole. */
  flush(): void {
    this.#endPes()
    this.#endPictures()
    this.#payload.close()
  }

  /** Forgets everything; what `VideoSamples` has must have been written. */
  clear(): void {
    this.#buffer.clear()
    this.#payload.close()
    this.#stamps = []
    this.#unit = -1
    this.#picture = null
    this.#pesStart = 0
  }

  /** `payload`: where it begins; -1: there is no header. */
  #startPes(bytes: Uint8Array, to: number, payload: number): void {
    if (payload === -1) {
      this.#timeline.warn('malformed', 'a PES packet of the video stream has no header')
      this.lost()
      return
    }
    if (this.#payload.collecting) return
    if (this.#payload.scrambled) {
      this.#timeline.warn('unsupported', 'the video stream is scrambled')
      this.#payload.close()
      return
    }
    const { pts, dts } = this.#payload
    const begins = beginsUnit(bytes, payload, to)
    const end = Math.min(to, payload + this.#payload.left)
    if (begins) this.#buffer.pad(end - payload)
    this.#pesStart = this.#buffer.length
    this.#pesBegins = begins && pts !== null
    if (pts !== null) {
      const ticks = this.#timeline.unwrap(pts)
      this.#stamps.push({ offset: this.#pesStart, pts: ticks, dts: dts === null ? ticks : this.#timeline.unwrapBeside(dts, ticks) })
    }
    if (end > payload) this.#buffer.append(bytes, payload, end)
    this.#payload.left -= Math.max(0, end - payload)
  }

  /** Finds the units of what came. The last one may go on in the next PES packet, so it stays open. */
  #endPes(): void {
    const { length } = this.#buffer
    if (length === this.#pesStart) return
    const count = this.#buffer.findStarts()
    for (let index = 0; index < count; index += 1) {
      const start = this.#buffer.starts[index] ?? 0
      if (this.#unit !== -1) this.#endUnit(this.#unit, start)
      this.#unit = start + START_CODE_BYTES
    }
    if (length > MOST_WAITING_BYTES) {
      if (this.#samples.count > 0) this.#sink.cut()
      else this.#overflow()
    }
    // Of what is no unit, the end is kept: a start code may be cut in two
    const first = this.#samples.firstByte !== -1 ? this.#samples.firstByte : this.#unit !== -1 ? this.#unit : this.#buffer.length
    this.#discard(first - 4)
    this.#pesStart = this.#buffer.length
  }

  /** A picture larger than any: the stream is none. */
  #overflow(): void {
    this.#timeline.warn('malformed', `no access unit ends within ${MOST_WAITING_BYTES} bytes`)
    this.#dropPicture()
    this.#buffer.clear()
    this.#stamps = []
    this.#sink.lostPictures(1)
  }

  #discard(offset: number): void {
    if (offset < DISCARD_BYTES) return
    const by = this.#buffer.discard(offset)
    if (this.#unit !== -1) this.#unit -= by
    for (const stamp of this.#stamps) stamp.offset -= by
    this.#samples.move(by)
  }

  /** The unit from `start` to the start code at `next`. */
  #endUnit(start: number, next: number): void {
    const { bytes } = this.#buffer
    let end = next
    // trailing_zero_8bits, and the zero_byte of the next start code
    while (end > start && bytes[end - 1] === 0) end -= 1
    if (end <= start) return
    const role = this.#syntax.role(bytes, start)
    if (this.#picture?.hasPicture && (role & STARTS || (role & PICTURE && role & FIRST))) this.#endPicture()
    const picture = (this.#picture ??= this.#startPicture(start - START_CODE_BYTES))
    if (role & PARAMETERS) {
      if (!this.#takeParameters(bytes.subarray(start, end))) return
      picture.changed.push(this.#samples.pending)
    }
    if (role & DROPPED) return
    if (role & SEI) {
      const { recoveryFrames, captions } = readSei(bytes.subarray(start, end), this.#syntax.headerBytes)
      if (recoveryFrames === 0) picture.recoveryPoint = true
      else if (recoveryFrames !== null) picture.gradual = true
      picture.captions.push(...captions)
    }
    if (role & PICTURE) {
      picture.roles = picture.hasPicture ? picture.roles & (role | ~DISPOSABLE) : role
      picture.hasPicture = true
    }
    this.#samples.addUnit(start, end)
  }

  /** Whether the unit has to stand in the sample: it is other than what the initialization segment has. */
  #takeParameters(unit: Uint8Array): boolean {
    try {
      return this.#sets.take(unit)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      this.#timeline.warn('malformed', `a parameter set cannot be read: ${error.message}`)
      return false
    }
  }

  /** `start`: of its first start code. */
  #startPicture(start: number): Picture {
    // The newest time at or before it: older ones belong to PES packets in which no picture begins
    let stamp: Stamp | null = null
    while (this.#stamps[0] !== undefined && this.#stamps[0].offset <= start) stamp = this.#stamps.shift() ?? null
    return { stamp, roles: 0, hasPicture: false, recoveryPoint: false, gradual: false, changed: [], captions: [] }
  }

  /** Closes the unit that is open, and the picture. */
  #endPictures(): void {
    if (this.#unit !== -1) this.#endUnit(this.#unit, this.#buffer.length)
    this.#unit = -1
    this.#endPicture()
  }

  #endPicture(): void {
    const picture = this.#picture
    this.#picture = null
    if (picture === null) return
    if (picture.hasPicture) this.#sink.endPicture(picture)
    else this.#samples.dropPending()
  }

  #dropPicture(): void {
    this.#samples.dropPending()
    this.#picture = null
    this.#unit = -1
  }
}

/** 00 00 01 or 00 00 00 01. */
function beginsUnit(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 4 > end || bytes[at] !== 0 || bytes[at + 1] !== 0) return false
  return bytes[at + 2] === 1 || (bytes[at + 2] === 0 && bytes[at + 3] === 1)
}
