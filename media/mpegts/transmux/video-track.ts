/**
 * The video stream: PES payloads to access units, access units to samples, samples to fragments that start with a keyframe.
 *
 * An access unit is found by its NAL units, not by PES packets: a PES packet may hold several or a part of one. Its time is
 * that of the PES packet in which it begins.
 */
import { MediaError } from '../../errors.ts'
import { writeInit } from '../../mp4/init-boxes.ts'
import { PTS_HZ } from '../pes.ts'
import { AVC_SYNTAX } from './avc-syntax.ts'
import { DISPOSABLE_FLAGS, NON_SYNC_FLAGS, startFragment, SYNC_FLAGS } from './fragment.ts'
import { HEVC_SYNTAX } from './hevc-syntax.ts'
import { AvcParameterSets, HevcParameterSets, type ParameterSets } from './parameter-sets.ts'
import { PesPayload } from './pes-payload.ts'
import { readSei } from './sei.ts'
import type { Timeline } from './timeline.ts'
import { UnitBuffer } from './unit-buffer.ts'
import {
  DISPOSABLE,
  DROPPED,
  FIRST,
  OPEN,
  PARAMETERS,
  PICTURE,
  RANDOM_ACCESS,
  SEI,
  SKIPPED_LEADING,
  STARTS,
  type VideoSyntax,
} from './unit-role.ts'
import { VideoSamples, type VideoSample } from './video-samples.ts'

/** A whole packet without an adaptation field. */
const FULL_PAYLOAD_BYTES = 184
/** Bytes that wait for a keyframe to end their fragment; then they go out without. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024
/** Bytes that are not needed any more are taken out of the buffer when there are so many. */
const DISCARD_BYTES = 1024
/** Decode times that run back by less are put in order; by more, the clock jumped. */
const REORDER_TICKS = PTS_HZ / 2
/** A longer pause is a jump. */
const JUMP_TICKS = 10 * PTS_HZ

/** Where a PES packet's payload begins, and its times. */
interface Stamp {
  offset: number
  pts: number
  dts: number
}

/** The access unit that is being put together. */
interface Picture {
  stamp: Stamp | null
  roles: number
  hasPicture: boolean
  recoveryPoint: boolean
  /** A recovery point from which the picture becomes right by and by. */
  gradual: boolean
  /** Parameter sets that are other than before: which of its units. */
  changed: number[]
  captions: Uint8Array<ArrayBuffer>[]
}

/** See the head of this file. */
export class VideoTrack {
  readonly #timeline: Timeline
  readonly #syntax: VideoSyntax
  readonly #sets: ParameterSets
  /** Called when a fragment went out, so that sound is cut at the same place. */
  readonly #cutHere: () => void
  readonly #payload = new PesPayload()
  readonly #buffer = new UnitBuffer()
  readonly #samples = new VideoSamples()
  #stamps: Stamp[] = []
  /** First byte of the NAL unit that is open; -1: none. */
  #unit = -1
  #picture: Picture | null = null
  /** Where the payload of the open PES packet begins in the buffer; it may be taken back. */
  #pesStart = 0
  /** The open PES packet begins with a start code and has a time: what was before it is whole. */
  #pesBegins = false
  /** Pictures are left out until decoding can start. */
  #waiting = true
  #leftOut = 0
  /** A picture at which decoding can start was seen. */
  #seenRandom = false
  /** Presentation time of the open random access point that decoding started at; pictures before it are left out. */
  #leadingBefore: number | null = null
  #setsChanged = true
  #lastDts: number | null = null
  /** Expected of the next picture, when its time is missing. */
  #nextDts = 0
  #offsetTicks = 0
  #durationTicks = 0
  #sequence = 1

  constructor(codec: 'h264' | 'hevc', timeline: Timeline, cutHere: () => void) {
    this.#timeline = timeline
    this.#syntax = codec === 'h264' ? AVC_SYNTAX : HEVC_SYNTAX
    this.#sets = codec === 'h264' ? new AvcParameterSets() : new HevcParameterSets()
    this.#cutHere = cutHere
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
    // A packet that says its length and has it is whole
    if (open && this.#payload.left === 0) {
      this.#endPes()
      this.#endPictures()
    } else {
      this.#buffer.truncate(this.#pesStart)
      this.#stamps = this.#stamps.filter(({ offset }) => offset < this.#pesStart)
      if (open && this.#pesBegins) this.#endPictures()
      else this.#dropPicture()
      this.#leftOut += 1
    }
    this.#payload.close()
    this.#wait()
  }

  /** The end of a segment: everything goes out. */
  flush(): void {
    this.#endPes()
    this.#endPictures()
    this.#cut(null)
    this.#buffer.clear()
    this.#pesStart = 0
    this.#stamps = []
    this.#payload.close()
    this.#lastDts = null
    this.#sayLeftOut()
  }

  /** Another timeline, or another place on this one: nothing before counts. */
  restart(): void {
    this.#buffer.clear()
    this.#samples.clear()
    this.#payload.close()
    this.#stamps = []
    this.#unit = -1
    this.#picture = null
    this.#pesStart = 0
    this.#wait()
    this.#leftOut = 0
    this.#lastDts = null
    this.#setsChanged = true
  }

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
    this.#buffer.append(bytes, payload, end)
    this.#payload.left -= end - payload
  }

  /** Finds the units of what came. The last one may go on in the next PES packet, so it stays open. */
  #endPes(): void {
    const { length } = this.#buffer
    if (length === this.#pesStart) return
    const count = this.#buffer.findStarts()
    for (let index = 0; index < count; index += 1) {
      const start = this.#buffer.starts[index] ?? 0
      if (this.#unit !== -1) this.#endUnit(this.#unit, start)
      this.#unit = start + 3
    }
    if (length > MOST_WAITING_BYTES) {
      if (this.#samples.count > 0) this.#cut(null)
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
    this.#wait()
  }

  #discard(offset: number): void {
    // Moving what stays costs more than a few bytes are worth
    if (offset < DISCARD_BYTES) return
    const by = this.#buffer.discard(offset)
    if (this.#unit !== -1) this.#unit -= by
    this.#pesStart = Math.max(0, this.#pesStart - by)
    for (const stamp of this.#stamps) stamp.offset -= by
    if (this.#picture?.stamp) this.#picture.stamp.offset -= by
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
    const picture = (this.#picture ??= this.#startPicture(start))
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
      const changed = this.#sets.take(unit)
      if (changed) this.#setsChanged = true
      return changed
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      this.#timeline.warn('malformed', `a parameter set cannot be read: ${error.message}`)
      return false
    }
  }

  #startPicture(start: number): Picture {
    // The newest time at or before the unit: older ones belong to PES packets in which none begins
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

  #dropPicture(): void {
    this.#samples.dropPending()
    this.#picture = null
    this.#unit = -1
  }

  #wait(): void {
    this.#waiting = true
    this.#leadingBefore = null
  }

  #endPicture(): void {
    const picture = this.#picture
    this.#picture = null
    if (picture === null) return
    if (!picture.hasPicture) {
      this.#samples.dropPending()
      return
    }
    const { pts, dts } = this.#timesOf(picture)
    const random = picture.recoveryPoint || (picture.roles & RANDOM_ACCESS) !== 0 || this.#isOnlyChance(picture)
    this.#seenRandom ||= random
    if (this.#waiting ? !this.#startAt(picture, random, pts) : this.#isBrokenLeading(picture, pts)) {
      this.#samples.dropPending()
      this.#leftOut += 1
      return
    }
    const ordered = this.#inOrder(dts)
    if (random) this.#cut(ordered)
    if (random && this.#setsChanged) this.#writeInit()
    // What the initialization segment says is not said again; a change without a keyframe stays where it stands
    if (random) this.#samples.removePending(picture.changed)
    for (const captions of picture.captions) this.#timeline.metadata('captions', captions, pts)
    this.#timeline.note(ordered)
    this.#samples.end(ordered, pts, random ? SYNC_FLAGS : picture.roles & DISPOSABLE ? NON_SYNC_FLAGS | DISPOSABLE_FLAGS : NON_SYNC_FLAGS)
    this.#lastDts = ordered
    this.#nextDts = ordered + this.#usualDuration()
    this.#offsetTicks = pts - ordered
  }

  /** A stream of gradual refreshes has no other place to start at: the first pictures are damaged then. */
  #isOnlyChance({ gradual }: Picture): boolean {
    if (!gradual || !this.#waiting || this.#seenRandom) return false
    this.#timeline.warn('unsupported', 'no keyframes but gradual refreshes: the pictures become right by and by')
    return true
  }

  #timesOf({ stamp }: Picture): { pts: number; dts: number } {
    if (stamp !== null) return stamp
    this.#timeline.warn('timestamp', 'a picture without a time: it follows the one before')
    return { pts: this.#nextDts + this.#offsetTicks, dts: this.#nextDts }
  }

  /** Whether decoding can start at this picture; it does then. */
  #startAt(picture: Picture, random: boolean, pts: number): boolean {
    if (!random) return false
    if (this.#setsChanged && this.#sets.config() === null) return false
    this.#waiting = false
    this.#leadingBefore = picture.recoveryPoint && (picture.roles & RANDOM_ACCESS) === 0 ? pts : picture.roles & OPEN ? -Infinity : null
    this.#sayLeftOut()
    return true
  }

  /** Needs pictures from before the place where decoding started. */
  #isBrokenLeading(picture: Picture, pts: number): boolean {
    if (this.#leadingBefore === null) return false
    if (picture.roles & SKIPPED_LEADING || pts < this.#leadingBefore) return true
    // H.264: the first picture behind the keyframe in both orders ends them. HEVC: the next random access point does.
    if (this.#leadingBefore !== -Infinity || picture.roles & RANDOM_ACCESS) this.#leadingBefore = null
    return false
  }

  #sayLeftOut(): void {
    if (this.#leftOut > 0) this.#timeline.warn('dropped-pictures', `${this.#leftOut} pictures that cannot be decoded were left out`)
    this.#leftOut = 0
  }

  /** A decode time behind the last one. */
  #inOrder(dts: number): number {
    const last = this.#lastDts
    if (last === null || (dts > last && dts <= last + JUMP_TICKS)) return dts
    if (dts <= last && last - dts < REORDER_TICKS) {
      this.#timeline.warn('timestamp', `a decode time runs back by ${last - dts} ticks of 90 kHz`)
      return last + 1
    }
    this.#timeline.warn('timestamp', `decode times jump by ${((dts - last) / PTS_HZ).toFixed(3)} s`)
    this.#cut(null)
    return dts
  }

  #usualDuration(): number {
    if (this.#durationTicks > 0) return this.#durationTicks
    const rate = this.#sets.config()?.frameRate
    const ticks = rate ? Math.round((PTS_HZ * rate.denominator) / rate.numerator) : 0
    // A rate that nobody films at is a mistake: 30 pictures a second then
    return ticks >= PTS_HZ / 480 && ticks <= PTS_HZ ? ticks : PTS_HZ / 30
  }

  #writeInit(): void {
    const config = this.#sets.config()
    if (config === null) return
    this.#setsChanged = false
    const { codecs, width, height, sampleAspect, sampleEntry } = config
    const shown = sampleAspect === null ? width : Math.round((width * sampleAspect.width) / sampleAspect.height)
    const init = {
      kind: 'video',
      timescale: PTS_HZ,
      mediaTime: 0,
      width: Math.min(shown, 0xffff) * 65536,
      height: height * 65536,
      sampleEntry,
    } as const
    this.#timeline.output({
      ...{ type: 'init', kind: 'video', codecs, mimeType: `video/mp4; codecs="${codecs}"`, bytes: writeInit(init).slice() },
      ...{ timescale: PTS_HZ, video: { width: shown, height }, audio: null },
    })
  }

  /** Writes what waits as one fragment. `nextDts`: when the next picture is decoded; null when that is not known. */
  #cut(nextDts: number | null): void {
    const { samples } = this.#samples
    const last = samples.at(-1)
    if (last === undefined) return
    const before = samples.at(-2)
    if (before !== undefined) this.#durationTicks = last.dts - before.dts
    const endDts = nextDts ?? last.dts + this.#usualDuration()
    const heads = samples.map((sample, index) => head(sample, samples[index + 1]?.dts ?? endDts))
    const shift = this.#timeline.shift()
    const decodeTicks = Math.max(0, (samples[0]?.dts ?? 0) + shift)
    const { bytes, payload } = startFragment(heads, this.#sequence, decodeTicks)
    this.#sequence += 1
    this.#samples.write(this.#buffer.bytes, bytes, payload)
    let start = Infinity
    let end = -Infinity
    for (const [index, { pts }] of samples.entries()) {
      start = Math.min(start, pts)
      end = Math.max(end, pts + (heads[index]?.durationTicks ?? 0))
    }
    this.#timeline.fragment({
      ...{ type: 'fragment', kind: 'video', bytes, startSeconds: (start + shift) / PTS_HZ, endSeconds: (end + shift) / PTS_HZ },
      ...{ keyframe: samples[0]?.flags === SYNC_FLAGS, sampleCount: samples.length, timeline: this.#timeline.number },
    })
    this.#samples.release()
    this.#cutHere()
  }
}

function head({ dts, pts, sizeBytes, flags }: VideoSample, nextDts: number): Parameters<typeof startFragment>[0][number] {
  return { sizeBytes, durationTicks: nextDts - dts, compositionOffsetTicks: pts - dts, flags }
}

/** 00 00 01 or 00 00 00 01. */
function beginsUnit(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 4 > end || bytes[at] !== 0 || bytes[at + 1] !== 0) return false
  return bytes[at + 2] === 1 || (bytes[at + 2] === 0 && bytes[at + 3] === 1)
}
