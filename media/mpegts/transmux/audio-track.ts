/**
 * The stream of sound: PES payloads to frames, frames to a timeline without holes, in ticks of the sample rate.
 *
 * The timeline counts samples, so it cannot drift by rounding. Time stamps only check it: they are of 90 kHz, and encoders
 * and packagers write them some ticks off. Half a frame off and more is real: sound that is missing is filled, sound that is
 * there twice is left out.
 */
import { writeInit } from '../../mp4/init-boxes.ts'
import { PTS_HZ } from '../pes.ts'
import type { AudioFormat, SplitFrame, Splitter } from './audio/splitter.ts'
import { type FragmentSample, startFragment, SYNC_FLAGS } from './fragment.ts'
import { PesPayload } from './pes-payload.ts'
import type { Timeline } from './timeline.ts'

const FIRST_BYTES = 64 * 1024
/** More than this off is another place on the timeline, not a gap. */
const JUMP_SECONDS = 10
/** Sound without pictures is cut when so much of it waits. */
const ALONE_SECONDS = 2
/** Sound whose pictures do not come is cut when so much of it waits. */
const WAITING_SECONDS = 10
/** A frame that does not end within this is none. */
const MOST_OPEN_BYTES = 1024 * 1024

/** Where a PES packet's payload begins, and its time. */
interface Stamp {
  offset: number
  pts: number
}

/** See the head of this file. */
export class AudioTrack {
  readonly #timeline: Timeline
  readonly #splitter: Splitter
  readonly #payload = new PesPayload()
  /** Payload that was not split yet. */
  #bytes = new Uint8Array(FIRST_BYTES)
  #length = 0
  #stamps: Stamp[] = []
  #format: AudioFormat | null = null
  #initWritten = false
  /** Frames that wait, one after another. */
  #frames = new Uint8Array(FIRST_BYTES)
  #framesLength = 0
  #samples: FragmentSample[] = []
  /** When the first of them is shown, and when the next will be; ticks of the format's rate. */
  #startTicks = 0
  #endTicks: number | null = null
  /** When the next frame is by the stream's time stamps; null before the first. */
  #sourceTicks: number | null = null
  #sequence = 1
  readonly #alone: boolean

  /** `alone`: there is no video whose keyframes say where to cut. */
  constructor(splitter: Splitter, timeline: Timeline, alone: boolean) {
    this.#splitter = splitter
    this.#timeline = timeline
    this.#alone = alone
  }

  /** Payload `[from, to)` of a packet. */
  packet(bytes: Uint8Array, from: number, to: number, unitStart: boolean): void {
    let at = from
    if (unitStart) {
      this.#split(false)
      at = this.#payload.start(bytes, from, to)
    } else if (this.#payload.collecting) at = this.#payload.more(bytes, from, to)
    else if (this.#payload.left === 0) return
    if (unitStart || at !== from) {
      if (at === -1) {
        this.#timeline.warn('malformed', 'a PES packet of the audio stream has no header')
        this.lost()
        return
      }
      if (!this.#payload.collecting && !this.#startPes()) return
    }
    const end = Math.min(to, at + this.#payload.left)
    if (end <= at) return
    if (this.#length + end - at > this.#bytes.length) this.#bytes = grown(this.#bytes, this.#length, this.#length + end - at)
    this.#bytes.set(bytes.subarray(at, end), this.#length)
    this.#length += end - at
    this.#payload.left -= end - at
  }

  /** Packets were lost: the frame that is open is not whole. */
  lost(): void {
    this.#split(true)
    this.#length = 0
    this.#stamps = []
    this.#payload.close()
  }

  /** The end of a segment: all whole frames go out; a frame that goes on in the next segment is kept. */
  flush(): void {
    this.#split(true)
    this.cut()
  }

  /** Writes what waits as one fragment. */
  cut(): void {
    const format = this.#format
    const end = this.#endTicks
    if (this.#samples.length === 0 || format === null || end === null) return
    this.#writeInit(format)
    const shift = Math.round((this.#timeline.shift() * format.sampleRateHz) / PTS_HZ)
    const bytes = this.#fragmentBytes(format, Math.max(0, this.#startTicks + shift))
    this.#sequence += 1
    this.#timeline.fragment({
      ...{ type: 'fragment', kind: 'audio', bytes },
      ...{ startSeconds: (this.#startTicks + shift) / format.sampleRateHz, endSeconds: (end + shift) / format.sampleRateHz },
      ...{ keyframe: true, sampleCount: this.#samples.length, timeline: this.#timeline.number },
    })
    this.#samples = []
    this.#framesLength = 0
  }

  #fragmentBytes({ inMp4 }: AudioFormat, decodeTicks: number): Uint8Array<ArrayBuffer> {
    if (!inMp4) return this.#frames.slice(0, this.#framesLength)
    const { bytes, payload } = startFragment(this.#samples, this.#sequence, decodeTicks)
    bytes.set(this.#frames.subarray(0, this.#framesLength), payload)
    return bytes
  }

  /** A PES packet begins; false when it cannot be read. */
  #startPes(): boolean {
    if (this.#payload.scrambled) {
      this.#timeline.warn('unsupported', 'the audio stream is scrambled')
      this.#payload.close()
      return false
    }
    if (this.#payload.pts !== null) this.#stamps.push({ offset: this.#length, pts: this.#timeline.unwrap(this.#payload.pts) })
    return true
  }

  #split(final: boolean): void {
    let at = 0
    for (;;) {
      const { frame, next, problem } = this.#splitter.split(this.#bytes, at, this.#length, final)
      if (problem !== undefined) this.#timeline.warn('unsupported', problem)
      if (frame !== null) this.#add(frame)
      if (next === at) break
      at = next
    }
    if (this.#length - at > MOST_OPEN_BYTES) at = this.#length
    this.#bytes.copyWithin(0, at, this.#length)
    this.#length -= at
    for (const stamp of this.#stamps) stamp.offset -= at
    const waiting = this.#format === null || this.#endTicks === null ? 0 : (this.#endTicks - this.#startTicks) / this.#format.sampleRateHz
    if (this.#samples.length > 0 && waiting >= (this.#alone ? ALONE_SECONDS : WAITING_SECONDS)) this.cut()
  }

  #add({ start, data, samples, format }: SplitFrame): void {
    this.#setFormat(format)
    // The newest time at or before the frame's first byte
    let stamp: Stamp | null = null
    while (this.#stamps[0] !== undefined && this.#stamps[0].offset <= start) stamp = this.#stamps.shift() ?? null
    if (stamp !== null) this.#sourceTicks = Math.round((stamp.pts * format.sampleRateHz) / PTS_HZ)
    const source = this.#sourceTicks
    // Frames before the first time stamp belong to nowhere
    if (source === null) return
    this.#sourceTicks = source + samples
    if (this.#place(source, samples, data)) this.#append(data, samples)
  }

  /** Makes the timeline end where the frame begins; false when the frame is one too many. */
  #place(source: number, samples: number, data: Uint8Array): boolean {
    const rate = this.#format?.sampleRateHz ?? PTS_HZ
    if (this.#endTicks === null) {
      this.#restartAt(source, rate)
      return true
    }
    const gap = source - this.#endTicks
    if (Math.abs(gap) <= samples / 2) return true
    if (Math.abs(gap) > JUMP_SECONDS * rate) {
      this.#timeline.warn('timestamp', `sound jumps by ${(gap / rate).toFixed(3)} s`)
      this.cut()
      this.#restartAt(source, rate)
      return true
    }
    if (gap < 0) {
      this.#timeline.warn('audio-overlap', `sound is there twice, for ${(-gap / rate).toFixed(3)} s: a frame was left out`)
      return false
    }
    this.#fill(gap, samples, data)
    this.#timeline.warn('audio-gap', `${(gap / rate).toFixed(3)} s of sound are missing and were filled`)
    return true
  }

  #restartAt(ticks: number, rate: number): void {
    this.#startTicks = ticks
    this.#endTicks = ticks
    this.#timeline.note(Math.floor((ticks * PTS_HZ) / rate))
  }

  /** Silence for as long as the gap; where none can be made the last frame lasts longer, or a copy of the next comes before it. */
  #fill(gap: number, samples: number, data: Uint8Array): void {
    // Frames without a container last as long as they do
    const silence = this.#format?.inMp4 === false ? data : (this.#format?.silence ?? null)
    if (silence === null) {
      const last = this.#samples.at(-1)
      if (last === undefined) this.#append(data, gap)
      else {
        last.durationTicks += gap
        this.#endTicks = (this.#endTicks ?? 0) + gap
      }
      return
    }
    // At least one, because the gap is more than half a frame; the last one takes the rest
    const count = Math.max(1, Math.round(gap / samples))
    for (let index = 1; index < count; index += 1) this.#append(silence, samples)
    this.#append(silence, gap - (count - 1) * samples)
  }

  #append(data: Uint8Array, durationTicks: number): void {
    const end = this.#endTicks ?? 0
    if (this.#samples.length === 0) this.#startTicks = end
    if (this.#framesLength + data.length > this.#frames.length)
      this.#frames = grown(this.#frames, this.#framesLength, this.#framesLength + data.length)
    this.#frames.set(data, this.#framesLength)
    this.#framesLength += data.length
    this.#samples.push({ sizeBytes: data.length, durationTicks, compositionOffsetTicks: 0, flags: SYNC_FLAGS })
    this.#endTicks = end + durationTicks
  }

  #setFormat(format: AudioFormat): void {
    const before = this.#format
    if (before === format) return
    if (before !== null) {
      this.cut()
      const scale = format.sampleRateHz / before.sampleRateHz
      if (this.#endTicks !== null) this.#endTicks = Math.round(this.#endTicks * scale)
      if (this.#sourceTicks !== null) this.#sourceTicks = Math.round(this.#sourceTicks * scale)
    }
    this.#format = format
    this.#initWritten = false
  }

  #writeInit({ codecs, sampleRateHz, channels, sampleEntry, inMp4 }: AudioFormat): void {
    if (this.#initWritten) return
    this.#initWritten = true
    const init = { kind: 'audio', timescale: sampleRateHz, mediaTime: 0, width: 0, height: 0, sampleEntry } as const
    this.#timeline.output({
      ...{ type: 'init', kind: 'audio', codecs, mimeType: inMp4 ? `audio/mp4; codecs="${codecs}"` : 'audio/mpeg' },
      bytes: inMp4 ? writeInit(init).slice() : new Uint8Array(),
      ...{ timescale: sampleRateHz, video: null, audio: { channels, sampleRateHz } },
    })
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, used: number, wanted: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes.length * 2, wanted))
  larger.set(bytes.subarray(0, used))
  return larger
}
