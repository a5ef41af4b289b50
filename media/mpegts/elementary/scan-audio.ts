/** Frames and configuration of sound. Frames may begin in one PES packet and end in another. */
import { channelWords, rateWords } from '../../codecs/channel-words.ts'
import type { CodecFacts } from '../analyze/report.ts'
import { PTS_HZ } from '../pes.ts'
import { type AudioFrame, type FrameReader, HEADER_BYTES } from './audio-frames.ts'
import { opusSamples, readOpusUnits } from './opus.ts'
import type { Scanner, UnitContent } from './scanner.ts'

type Words = Pick<AudioFrame, 'codec' | 'name' | 'sampleRateHz' | 'channels'>

export class AudioScanner implements Scanner {
  readonly #read: FrameReader
  /** Bytes of the open frame that are still to come. */
  #skip = 0
  /** The start of a frame whose header is not there whole. */
  #rest = new Uint8Array(0)
  /** The frame that starts in `#rest` was counted: it begins in the PES packet whose end cut it. */
  #counted = false
  #last: AudioFrame | null = null
  #facts: CodecFacts | null = null

  constructor(read: FrameReader) {
    this.#read = read
  }

  scan(payload: Uint8Array): UnitContent {
    let bytes = payload
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + payload.length)
      bytes.set(this.#rest)
      bytes.set(payload, this.#rest.length)
      this.#rest = new Uint8Array(0)
    }
    let at = this.#skip
    const content = { frames: 0, ticks: 0 }
    while (at < bytes.length) {
      const frame = this.#read(bytes, at)
      // What was read of a header that is cut may be wrong.
      if (at + HEADER_BYTES > bytes.length && (frame === null || at + frame.bytes > bytes.length)) break
      if (frame === null) {
        at += 1
        this.#counted = false
        continue
      }
      if (!this.#counted) count(content, frame)
      this.#counted = false
      if (frame.samples > 0) this.#see(frame)
      at += frame.bytes
    }
    this.#skip = Math.max(0, at - bytes.length)
    if (at < bytes.length) this.#keep(bytes.slice(at), content)
    return { frames: content.frames, keyframe: false, durationTicks: content.ticks > 0 ? content.ticks : null }
  }

  #see(frame: AudioFrame): void {
    const last = this.#last
    this.#last = frame
    const same = last?.codec === frame.codec && last.sampleRateHz === frame.sampleRateHz && last.channels === frame.channels
    if (!same || last.name !== frame.name) this.#facts = soundFacts(frame)
  }

  /** Less than a header: when it looks like one, its frame is taken to be like the one before. */
  #keep(rest: Uint8Array<ArrayBuffer>, content: Content): void {
    this.#rest = rest
    if (this.#counted || this.#last === null || !SYNC.has(rest[0] ?? 0)) return
    count(content, this.#last)
    this.#counted = true
  }

  facts(): CodecFacts | null {
    return this.#facts
  }
}

interface Content {
  frames: number
  ticks: number
}

function count(content: Content, { samples, sampleRateHz }: AudioFrame): void {
  if (samples === 0) return
  content.frames += 1
  if (sampleRateHz > 0) content.ticks += (samples * PTS_HZ) / sampleRateHz
}

/** First bytes of sync words: ADTS and MPEG audio, AC-3, LOAS. */
const SYNC: ReadonlySet<number> = new Set([0xff, 0x0b, 0x56])

export class OpusScanner implements Scanner {
  readonly #channels: number | null
  #facts: CodecFacts | null = null

  /** `channels` as the PMT's descriptor has them. */
  constructor(channels: number | null) {
    this.#channels = channels
  }

  scan(payload: Uint8Array): UnitContent {
    const units = readOpusUnits(payload)
    if (units.length > 0) this.#facts ??= soundFacts({ codec: 'opus', name: 'Opus', sampleRateHz: 48_000, channels: this.#channels ?? 0 })
    const samples = units.reduce((sum, { packet, startTrim, endTrim }) => sum + opusSamples(packet) - startTrim - endTrim, 0)
    return { frames: units.length, keyframe: false, durationTicks: units.length > 0 ? (samples * PTS_HZ) / 48_000 : null }
  }

  facts(): CodecFacts | null {
    return this.#facts
  }
}

function soundFacts({ codec, name, sampleRateHz, channels }: Words): CodecFacts {
  const rate = sampleRateHz > 0 ? [rateWords(sampleRateHz)] : []
  const layout = channels > 0 ? [channelWords(channels)] : []
  return {
    codec,
    text: [name, ...rate, ...layout].join(', '),
    ...{ width: null, height: null, frameRate: null },
    channels: channels > 0 ? channels : null,
    sampleRateHz: sampleRateHz > 0 ? sampleRateHz : null,
  }
}
