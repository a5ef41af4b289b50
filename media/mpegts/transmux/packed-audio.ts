/**
 * Packed audio (RFC 8216bis 3.1.3): segments of bare AAC, MP3 or AC-3 frames, with an ID3 tag in front that says when they
 * begin. To CMAF, a segment at a time; the same outputs as those of a transport stream.
 */
import { MediaError } from '../../errors.ts'
import { PTS_HZ, PTS_WRAP } from '../pes.ts'
import { AdtsSplitter } from './audio/adts.ts'
import { DolbySplitter } from './audio/dolby.ts'
import { MpegAudioSplitter } from './audio/mpeg.ts'
import type { Splitter } from './audio/splitter.ts'
import { AudioTrack } from './audio-track.ts'
import type { TransmuxOptions, TransmuxOutput } from './model.ts'
import { Timeline } from './timeline.ts'

/** "a 33-bit MPEG-2 Program Elementary Stream timestamp expressed as a big-endian eight-octet number" in a PRIV frame of this owner. */
const TIMESTAMP_OWNER = 'com.apple.streaming.transportStreamTimestamp'

export type PackedCodec = 'aac' | 'mp3' | 'dolby'

/** What a segment of packed audio begins with. */
export interface PackedHead {
  codec: PackedCodec
  /** 33 bits of 90 kHz, as stored; null where no tag says it. */
  pts: number | null
  /** Where the first frame begins. */
  framesAt: number
}

/** Looks at the first bytes of a segment; null when it is no packed audio. */
export function readPackedHead(bytes: Uint8Array): PackedHead | null {
  let at = 0
  let pts: number | null = null
  // "ID3", version (2), flags (1), size of what follows (4 × 7 bits); flag 0x10: ten more bytes at the end (ID3v2.4 3.1)
  while (bytes[at] === 0x49 && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x33) {
    const size = 10 + synchsafe(bytes, at + 6) + ((bytes[at + 5] ?? 0) & 0x10 ? 10 : 0)
    pts ??= timestampIn(bytes.subarray(at, at + size))
    at += size
  }
  const codec = codecAt(bytes, at)
  return codec === null ? null : { codec, pts, framesAt: at }
}

/** See the head of this file. */
export class PackedAudioTransmuxer {
  readonly #options: TransmuxOptions
  readonly #timeline = new Timeline()
  #track: AudioTrack | null = null
  #codec: PackedCodec | null = null

  constructor(options: TransmuxOptions = {}) {
    this.#options = options
  }

  /**
   * Takes a whole segment; its bytes are not kept. One without a tag begins at `untimedSeconds`. Throws `MediaError`
   * 'malformed' when it is no packed audio.
   */
  segment(bytes: Uint8Array, untimedSeconds: number): TransmuxOutput[] {
    const head = readPackedHead(bytes)
    if (head === null) throw new MediaError('malformed', 'no frames of AAC, MP3 or AC-3: this is no packed audio')
    if (head.codec !== this.#codec) {
      this.#track?.flush()
      this.#codec = head.codec
      this.#track = new AudioTrack(splitterFor(head.codec, this.#options), this.#timeline, true)
    }
    const pts = head.pts ?? Math.round(Math.max(0, untimedSeconds) * PTS_HZ) % PTS_WRAP
    const pes = asPes(bytes.subarray(head.framesAt), pts)
    this.#track?.packet(pes, 0, pes.length, true)
    this.#track?.flush()
    this.#timeline.flush()
    return this.#timeline.take()
  }

  /** After a seek: the next segment has nothing to do with those before, and comes with an initialization segment. */
  reset(): void {
    this.#track = null
    this.#codec = null
    this.#timeline.clear()
    this.#timeline.restart()
  }
}

function splitterFor(codec: PackedCodec, { mp3 }: TransmuxOptions): Splitter {
  if (codec === 'aac') return new AdtsSplitter()
  return codec === 'mp3' ? new MpegAudioSplitter(mp3 !== 'mpeg') : new DolbySplitter()
}

/** The frames as one PES packet without a length, with a PTS (ISO/IEC 13818-1 2.4.3.6). */
function asPes(frames: Uint8Array, pts: number): Uint8Array {
  const pes = new Uint8Array(14 + frames.length)
  const high = Math.floor(pts / 2 ** 30) & 7
  pes.set([0, 0, 1, 0xc0, 0, 0, 0x80, 0x80, 5])
  pes.set([0x21 | (high << 1), (pts >>> 22) & 0xff, 1 | ((pts >>> 14) & 0xfe), (pts >>> 7) & 0xff, 1 | ((pts << 1) & 0xfe)], 9)
  pes.set(frames, 14)
  return pes
}

function codecAt(bytes: Uint8Array, at: number): PackedCodec | null {
  const [first = 0, second = 0] = bytes.subarray(at, at + 2)
  if (first === 0x0b && second === 0x77) return 'dolby'
  if (first !== 0xff) return null
  // layer '00' is ADTS; the others are MPEG audio, whose syncword is one bit shorter
  if ((second & 0xf6) === 0xf0) return 'aac'
  return (second & 0xe0) === 0xe0 && (second & 0x06) !== 0 ? 'mp3' : null
}

function synchsafe(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at, at + 4)
  return ((a & 0x7f) << 21) | ((b & 0x7f) << 14) | ((c & 0x7f) << 7) | (d & 0x7f)
}

/** The owner's name, a zero, and eight bytes, wherever in the tag they stand: frames need not be read for that. */
function timestampIn(tag: Uint8Array): number | null {
  const name = new TextEncoder().encode(`${TIMESTAMP_OWNER}\0`)
  for (let at = tag.indexOf(name[0] ?? 0); at !== -1 && at + name.length + 8 <= tag.length; at = tag.indexOf(name[0] ?? 0, at + 1)) {
    if (!name.every((byte, index) => tag[at + index] === byte)) continue
    const view = new DataView(tag.buffer, tag.byteOffset + at + name.length, 8)
    return (view.getUint32(0) & 1) * 2 ** 32 + view.getUint32(4)
  }
  return null
}
