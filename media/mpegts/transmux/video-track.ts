/** The video stream: access units to samples, samples to fragments that start where decoding can. */
import { writeInit } from '../../mp4/init-boxes.ts'
import { PTS_HZ } from '../pes.ts'
import { AVC_SYNTAX } from './avc-syntax.ts'
import { DISPOSABLE_FLAGS, type FragmentSample, NON_SYNC_FLAGS, startFragment, SYNC_FLAGS } from './fragment.ts'
import { HEVC_SYNTAX } from './hevc-syntax.ts'
import { AvcParameterSets, HevcParameterSets, type ParameterSets } from './parameter-sets.ts'
import { type Picture, PictureReader } from './picture-reader.ts'
import type { Timeline } from './timeline.ts'
import { DISPOSABLE, OPEN, RANDOM_ACCESS, SKIPPED_LEADING } from './unit-role.ts'
import { type VideoSample, VideoSamples } from './video-samples.ts'

/** Decode times that run back by less are put in order; by more, the clock jumped. */
const REORDER_TICKS = PTS_HZ / 2
/** A longer pause is a jump. */
const JUMP_TICKS = 10 * PTS_HZ
/** Pictures a second that are believed. */
const MOST_RATE = 480
const USUAL_RATE = 30

/** See the head of this file. */
export class VideoTrack {
  readonly #timeline: Timeline
  readonly #sets: ParameterSets
  /** Called when a fragment went out, so that sound is cut at the same place. */
  readonly #cutHere: () => void
  readonly #samples = new VideoSamples()
  readonly #reader: PictureReader
  /** Pictures are left out until decoding can start. */
  #waiting = true
  #leftOut = 0
  /** A picture at which decoding can start was seen. */
  #seenRandom = false
  /** Presentation time of the open random access point that decoding started at: pictures before it are left out. HEVC: -Infinity. */
  #leadingBefore: number | null = null
  /** Which state of the parameter sets the initialization segment has; -1: none was written. */
  #writtenSets = -1
  #lastDts: number | null = null
  /** Expected of the next picture, when its time is missing. */
  #nextDts = 0
  #offsetTicks = 0
  #durationTicks = 0
  #sequence = 1

  constructor(codec: 'h264' | 'hevc', timeline: Timeline, cutHere: () => void) {
    this.#timeline = timeline
    this.#sets = codec === 'h264' ? new AvcParameterSets() : new HevcParameterSets()
    this.#cutHere = cutHere
    this.#reader = new PictureReader(timeline, codec === 'h264' ? AVC_SYNTAX : HEVC_SYNTAX, this.#sets, this.#samples, {
      endPicture: (picture) => this.#endPicture(picture),
      lostPictures: (count) => {
        this.#leftOut += count
        this.#waiting = true
        this.#leadingBefore = null
      },
      cut: () => this.#cut(null),
    })
  }

  /** Payload `[from, to)` of a packet. */
  packet(bytes: Uint8Array, from: number, to: number, unitStart: boolean): void {
    this.#reader.packet(bytes, from, to, unitStart)
  }

  /** See `PictureReader.packets`. */
  packets(words: Int32Array, first: number, last: number, strideWords: number): number {
    return this.#reader.packets(words, first, last, strideWords)
  }

  lost(): void {
    this.#reader.lost()
  }

  /** The end of a segment: everything goes out. */
  flush(): void {
    this.#reader.flush()
    this.#cut(null)
    this.#reader.clear()
    // The next segment may begin a little before this one ends
    this.#lastDts = null
    this.#sayLeftOut()
  }

  #endPicture(picture: Picture): void {
    const { pts, dts } = this.#timesOf(picture)
    const random = picture.recoveryPoint || (picture.roles & RANDOM_ACCESS) !== 0 || this.#isOnlyChance(picture)
    this.#seenRandom ||= random
    if (this.#waiting ? !this.#startAt(picture, random, pts) : this.#isBrokenLeading(picture, pts)) {
      this.#samples.dropPending()
      this.#leftOut += 1
      return
    }
    const ordered = this.#inOrder(dts)
    if (random) {
      this.#cut(ordered)
      this.#writeInit()
      // What the initialization segment says is not said again; a change without a keyframe stays where it stands
      this.#samples.removePending(picture.changed)
    }
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
    if (!random || this.#sets.config() === null) return false
    this.#waiting = false
    this.#leadingBefore = null
    if (picture.roles & OPEN) this.#leadingBefore = -Infinity
    else if ((picture.roles & RANDOM_ACCESS) === 0) this.#leadingBefore = pts
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
    return ticks >= PTS_HZ / MOST_RATE && ticks <= PTS_HZ ? ticks : PTS_HZ / USUAL_RATE
  }

  #writeInit(): void {
    const config = this.#sets.config()
    if (config === null || this.#sets.version === this.#writtenSets) return
    this.#writtenSets = this.#sets.version
    const { codecs, width, height, sampleAspect, sampleEntry } = config
    const shown = Math.min(0xffff, sampleAspect === null ? width : Math.round((width * sampleAspect.width) / sampleAspect.height))
    const init = { kind: 'video', timescale: PTS_HZ, mediaTime: 0, width: shown * 65536, height: height * 65536, sampleEntry } as const
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
    const { bytes, payload } = startFragment(heads, this.#sequence, Math.max(0, (samples[0]?.dts ?? 0) + shift))
    this.#sequence += 1
    this.#samples.write(this.#reader.bytes, bytes, payload)
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

function head({ dts, pts, sizeBytes, flags }: VideoSample, nextDts: number): FragmentSample {
  return { sizeBytes, durationTicks: nextDts - dts, compositionOffsetTicks: pts - dts, flags }
}
