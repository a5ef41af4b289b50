/** Opus, an access unit of a transport stream at a time; each PES packet has whole units. */
import { concat, u16, u32, u8 } from '../../../bytes/write-bytes.ts'
import { box } from '../../../mp4/write-box.ts'
import { opusSamples, readOpusUnits } from '../../elementary/opus.ts'
import { audioEntry } from './mp4a.ts'
import type { AudioFormat, Split, Splitter } from './splitter.ts'

/** "Encapsulation of Opus in ISO Base Media File Format" 4.3: the timescale is 48,000 whatever the input's rate. */
const RATE_HZ = 48_000

/** Streams and coupled streams by number of channels, and their Vorbis order (RFC 7845 5.1.1.2). */
const FAMILY_1: readonly (readonly [streams: number, coupled: number, mapping: readonly number[]] | undefined)[] = [
  undefined,
  [1, 0, [0]],
  [1, 1, [0, 1]],
  [2, 1, [0, 2, 1]],
  [2, 2, [0, 1, 2, 3]],
  [3, 2, [0, 4, 1, 2, 3]],
  [4, 2, [0, 4, 1, 2, 3, 5]],
  [4, 3, [0, 4, 1, 2, 3, 5, 6]],
  [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]],
]

/** See the head of this file. */
export class OpusSplitter implements Splitter {
  readonly #format: AudioFormat

  constructor(channels: number) {
    this.#format = {
      codecs: 'opus',
      sampleRateHz: RATE_HZ,
      channels,
      sampleEntry: audioEntry('Opus', channels, RATE_HZ, box('dOps', dOps(channels))),
      inMp4: true,
      silence: null,
    }
  }

  split(bytes: Uint8Array, at: number, end: number): Split {
    // control_header_prefix 0x3FF (11 bits)
    let start = at
    while (start + 1 < end && (bytes[start] !== 0x7f || ((bytes[start + 1] ?? 0) & 0xe0) !== 0xe0)) start += 1
    if (start > at) return { frame: null, next: start }
    const length = unitBytes(bytes, start, end)
    if (length === null) return { frame: null, next: at }
    const next = start + length
    const [unit] = readOpusUnits(bytes.subarray(start, next))
    const samples = unit === undefined ? 0 : opusSamples(unit.packet)
    if (unit === undefined || samples === 0) return { frame: null, next: start + 1 }
    return { frame: { start, data: unit.packet, samples, format: this.#format }, next }
  }
}

/** Bytes of the access unit at `start` with its control header; null when it is not there whole. */
function unitBytes(bytes: Uint8Array, start: number, end: number): number | null {
  const flags = bytes[start + 1] ?? 0
  let at = start + 2
  let size = 0
  while (at < end && bytes[at] === 0xff) {
    size += 255
    at += 1
  }
  if (at >= end) return null
  size += bytes[at] ?? 0
  // start_trim and end_trim, two bytes each; control_extension
  at += 1 + (flags & 0x10 ? 2 : 0) + (flags & 0x08 ? 2 : 0)
  if (flags & 0x04) at += 1 + (bytes[at] ?? 0)
  return at + size > end ? null : at + size - start
}

/** OpusSpecificBox: Version, OutputChannelCount, PreSkip, InputSampleRate, OutputGain, ChannelMappingFamily. */
function dOps(channels: number): Uint8Array {
  const [streams = 1, coupled = 0, mapping = []] = FAMILY_1[channels] ?? []
  const family = channels > 2 ? [u8(1, streams, coupled, ...mapping)] : [u8(0)]
  // A transport stream has no pre-skip: its time stamps say what is heard
  return concat([u8(0, channels), u16(0), u32(RATE_HZ), u16(0), ...family])
}
