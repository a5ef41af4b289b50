/** MPEG audio layer III (ISO/IEC 11172-3, 13818-3): frames as they stand. */
import { readMpegFrame } from '../../elementary/audio-frames.ts'
import { mpegAudioFormat } from './mp4a.ts'
import type { AudioFormat, Split, Splitter } from './splitter.ts'

const HEADER_BYTES = 4

/** See the head of this file. */
export class MpegAudioSplitter implements Splitter {
  #format: AudioFormat | null = null
  readonly #inMp4: boolean

  constructor(inMp4: boolean) {
    this.#inMp4 = inMp4
  }

  split(bytes: Uint8Array, at: number, end: number): Split {
    let start = at
    while (start + 1 < end && (bytes[start] !== 0xff || ((bytes[start + 1] ?? 0) & 0xe0) !== 0xe0)) start += 1
    if (start > at) return { frame: null, next: start }
    if (start + HEADER_BYTES > end) return { frame: null, next: at }
    const header = readMpegFrame(bytes, start)
    if (header === null || header.bytes < HEADER_BYTES) return { frame: null, next: start + 1 }
    const next = start + header.bytes
    if (next + 1 < end && (bytes[next] !== 0xff || ((bytes[next + 1] ?? 0) & 0xe0) !== 0xe0)) return { frame: null, next: start + 1 }
    if (next > end) return { frame: null, next: at }
    // layer '01' is III: no browser plays the others from MP4
    if ((((bytes[start + 1] ?? 0) >> 1) & 3) !== 1) return { frame: null, next, problem: 'MPEG audio of layer I or II' }
    const { sampleRateHz, channels } = header
    const objectType = header.codec === 'mp4a.6b' ? 0x6b : 0x69
    if (this.#format?.sampleRateHz !== sampleRateHz || this.#format.channels !== channels) {
      this.#format = mpegAudioFormat(objectType, sampleRateHz, channels, this.#inMp4)
    }
    return { frame: { start, data: bytes.subarray(start, next), samples: header.samples, format: this.#format }, next }
  }
}
