/**
 * AC-3 and E-AC-3 (ETSI TS 102 366). A sample of MP4 is a syncframe of AC-3; of E-AC-3 all syncframes that make six blocks,
 * 1536 samples, with their dependent and further independent substreams (annex F.3, F.5).
 */
import { u8 } from '../../../bytes/write-bytes.ts'
import { box } from '../../../mp4/write-box.ts'
import { type AudioFrame, readAc3Frame } from '../../elementary/audio-frames.ts'
import { audioEntry } from './mp4a.ts'
import type { AudioFormat, Split, Splitter } from './splitter.ts'

const HEADER_BYTES = 8
const SAMPLES = 1536

/** See the head of this file. */
export class DolbySplitter implements Splitter {
  /** The bytes of the header that `#format` was made of. */
  #setup = ''
  #format: AudioFormat | null = null

  split(bytes: Uint8Array, at: number, end: number, final: boolean): Split {
    let start = at
    while (start + 1 < end && (bytes[start] !== 0x0b || bytes[start + 1] !== 0x77)) start += 1
    if (start > at) return { frame: null, next: start }
    if (start + HEADER_BYTES > end) return { frame: null, next: at }
    const first = readAc3Frame(bytes, start)
    if (first === null || first.bytes < HEADER_BYTES || first.sampleRateHz === 0) return { frame: null, next: start + 1 }
    // A dependent substream whose independent one was lost
    if (first.samples === 0) return { frame: null, next: Math.min(end, start + first.bytes) }
    const group =
      first.codec === 'ac-3'
        ? { next: start + first.bytes, whole: start + first.bytes <= end, frames: [] }
        : gather(bytes, start, end, first, final)
    if (!group.whole) return { frame: null, next: at }
    const { next } = group
    if (next + 1 < end && (bytes[next] !== 0x0b || bytes[next + 1] !== 0x77)) return { frame: null, next: start + 1 }
    this.#learn(bytes, start, first, group.frames)
    return this.#format === null
      ? { frame: null, next }
      : { frame: { start, data: bytes.subarray(start, next), samples: SAMPLES, format: this.#format }, next }
  }

  #learn(bytes: Uint8Array, start: number, first: AudioFrame, dependents: number[]): void {
    const setup = `${first.codec} ${bytes[start + 4]} ${bytes[start + 5]} ${bytes[start + 6]} ${bytes[start + 7]} ${first.bytes} ${dependents.length}`
    if (setup === this.#setup) return
    this.#setup = setup
    const config = first.codec === 'ac-3' ? box('dac3', dac3(bytes, start, first)) : box('dec3', dec3(bytes, start, first, dependents))
    const { codec, sampleRateHz, channels } = first
    const same = this.#format?.codecs === codec && this.#format.sampleRateHz === sampleRateHz && this.#format.channels === channels
    // Bits of the header that no configuration box has may change from frame to frame (CRC, dialogue level)
    const sampleEntry = audioEntry(codec, channels, sampleRateHz, config)
    if (same && this.#format?.sampleEntry.every((byte, index) => byte === sampleEntry[index])) return
    this.#format = { codecs: codec, sampleRateHz, channels, sampleEntry, inMp4: true, silence: null }
  }
}

/** The syncframes from `start` on that make one sample; `frames`: where dependent substreams begin. */
function gather(
  bytes: Uint8Array,
  start: number,
  end: number,
  first: AudioFrame,
  final: boolean,
): { next: number; whole: boolean; frames: number[] } {
  let next = start + first.bytes
  let samples = first.samples
  const frames: number[] = []
  for (;;) {
    if (next > end) return { next, whole: false, frames }
    if (next + HEADER_BYTES > end) return { next, whole: final && samples >= SAMPLES, frames }
    const frame = readAc3Frame(bytes, next)
    const time = frame?.samples ?? SAMPLES
    if (frame === null || (time > 0 && samples >= SAMPLES)) return { next, whole: true, frames }
    if (time === 0 && (bytes[next + 2] ?? 0) >> 6 === 1) frames.push(next)
    samples += time
    next += Math.max(frame.bytes, HEADER_BYTES)
  }
}

/** AC3SpecificBox, F.4: fscod (2), bsid (5), bsmod (3), acmod (3), lfeon (1), bit_rate_code (5), reserved (5). */
function dac3(bytes: Uint8Array, start: number, { channels }: AudioFrame): Uint8Array {
  const [e = 0, f = 0, g = 0] = bytes.subarray(start + 4, start + 7)
  const acmod = g >> 5
  const lfe = channels - (FULL_CHANNELS[acmod] ?? 0)
  return bits([e >> 6, 2], [f >> 3, 5], [f & 7, 3], [acmod, 3], [lfe, 1], [(e & 0x3f) >> 1, 5], [0, 5])
}

/** By acmod, table 4.3. */
const FULL_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5]

/** EC3SpecificBox, F.6, of one independent substream. */
function dec3(bytes: Uint8Array, start: number, first: AudioFrame, dependents: number[]): Uint8Array {
  const [e = 0, f = 0] = bytes.subarray(start + 4, start + 6)
  // data_rate: kbit/s of this substream, 1536 samples
  const kbps = Math.round((first.bytes * 8 * first.sampleRateHz) / first.samples / 1000)
  const fields: [number, number][] = [
    ...(
      [
        [kbps, 13],
        [0, 3],
      ] as const
    ).map(([value, width]): [number, number] => [value, width]),
    // fscod, bsid, reserved, asvc, bsmod, acmod, lfeon, reserved, num_dep_sub
    [e >> 6, 2],
    [f >> 3, 5],
    [0, 1],
    [0, 1],
    [0, 3],
    [(e >> 1) & 7, 3],
    [e & 1, 1],
    [0, 3],
    [dependents.length, 4],
  ]
  // chan_loc (9): bit 1 is Lrs/Rrs, what a dependent substream adds to make 7.1; or a reserved bit
  if (dependents.length > 0) fields.push([0b0_0000_0010, 9])
  else fields.push([0, 1])
  return bits(...fields)
}

/** Fields as [value, width], most significant bit first, filled up with zeros to a byte. */
function bits(...fields: [value: number, width: number][]): Uint8Array {
  const text = fields.map(([value, width]) => value.toString(2).padStart(width, '0').slice(-width)).join('')
  const bytes: number[] = []
  for (let at = 0; at < text.length; at += 8) bytes.push(Number.parseInt(text.slice(at, at + 8).padEnd(8, '0'), 2))
  return u8(...bytes)
}
