/** AAC in LOAS/LATM (ISO/IEC 14496-3 1.7): AudioSyncStream frames. Their payload is not byte-aligned, so it is shifted. */
import { readAacConfig } from '../../../codecs/aac-config.ts'
import { BitReader } from '../../../codecs/bit-reader.ts'
import { MediaError } from '../../../errors.ts'
import { aacFormat } from './mp4a.ts'
import type { AudioFormat, Split, Splitter } from './splitter.ts'

/** Syncword 0x2B7 (11 bits), audioMuxLengthBytes (13). */
const HEADER_BYTES = 3

/** StreamMuxConfig(), as far as frames need it. */
interface MuxConfig {
  format: AudioFormat
  frameSamples: number
  /** Bytes of a frame where the stream fixes it; null: each says its own. */
  fixedBytes: number | null
}

/** See the head of this file. */
export class LatmSplitter implements Splitter {
  #config: MuxConfig | null = null
  /** AudioSpecificConfig of `#config`. */
  #specific: Uint8Array = new Uint8Array()

  split(bytes: Uint8Array, at: number, end: number): Split {
    let start = at
    while (start + 1 < end && !isSync(bytes, start)) start += 1
    if (start > at) return { frame: null, next: start }
    if (start + HEADER_BYTES > end) return { frame: null, next: at }
    const next = start + HEADER_BYTES + ((((bytes[start + 1] ?? 0) & 0x1f) << 8) | (bytes[start + 2] ?? 0))
    if (next + 1 < end && !isSync(bytes, next)) return { frame: null, next: start + 1 }
    if (next > end) return { frame: null, next: at }
    try {
      const data = this.#readElement(new BitReader(bytes.subarray(start + HEADER_BYTES, next)))
      if (data === null || this.#config === null) return { frame: null, next }
      return { frame: { start, data, samples: this.#config.frameSamples, format: this.#config.format }, next }
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      return { frame: null, next, problem: `LATM: ${error.message}` }
    }
  }

  /** AudioMuxElement(1), table 1.41; null before the first configuration. */
  #readElement(reader: BitReader): Uint8Array | null {
    // useSameStreamMux
    if (!reader.flag()) this.#config = this.#readConfig(reader)
    const config = this.#config
    if (config === null) return null
    // PayloadLengthInfo(), table 1.44: MuxSlotLengthBytes
    let length = config.fixedBytes ?? 0
    if (config.fixedBytes === null) {
      let part: number
      do {
        part = reader.bits(8)
        length += part
      } while (part === 255)
    }
    return takeBytes(reader, length)
  }

  /** StreamMuxConfig(), table 1.42. */
  #readConfig(reader: BitReader): MuxConfig {
    const version = reader.bits(1)
    if (version === 1 && reader.flag()) throw new MediaError('unsupported', 'audioMuxVersionA 1')
    // taraBufferFullness
    if (version === 1) latmValue(reader)
    // allStreamsSameTimeFraming
    reader.skip(1)
    // numSubFrames (6), numProgram (4), numLayer (3)
    if (reader.bits(6) !== 0 || reader.bits(4) !== 0 || reader.bits(3) !== 0)
      throw new MediaError('unsupported', 'several frames, programs or layers in one element')
    const specific = readSpecificConfig(reader, version === 1 ? latmValue(reader) : null)
    const frameLengthType = reader.bits(3)
    if (frameLengthType > 1) throw new MediaError('unsupported', `frameLengthType ${frameLengthType}`)
    // latmBufferFullness; or frameLength: "frameLength + 20" bytes
    const fixedBytes = frameLengthType === 0 ? (reader.skip(8), null) : reader.bits(9) + 20
    // otherDataPresent, otherDataLenBits
    if (reader.flag()) {
      if (version === 1) latmValue(reader)
      else {
        let more: boolean
        do {
          more = reader.flag()
          reader.skip(8)
        } while (more)
      }
    }
    // crcCheckPresent, crcCheckSum
    if (reader.flag()) reader.skip(8)
    if (this.#config !== null && equal(specific, this.#specific)) return { ...this.#config, fixedBytes }
    const facts = readAacConfig(specific)
    this.#specific = specific
    const { sampleRateHz, channelConfiguration, frameSamples } = facts
    const channels = facts.channels ?? 2
    return { format: aacFormat({ config: specific, sampleRateHz, channels, channelConfiguration }), frameSamples, fixedBytes }
  }
}

function isSync(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x56 && ((bytes[at + 1] ?? 0) & 0xe0) === 0xe0
}

/** LatmGetValue(), table 1.43. */
function latmValue(reader: BitReader): number {
  return reader.bits((reader.bits(2) + 1) * 8)
}

/** Longer than any that is in use. */
const LONGEST_BITS = 512

/** AudioSpecificConfig, whose length version 0 does not say: what it needs is found by reading it. `length`: bits, version 1. */
function readSpecificConfig(reader: BitReader, length: number | null): Uint8Array {
  const start = reader.position
  const bits = length ?? specificBits(reader)
  reader.position = start
  if (bits > LONGEST_BITS) throw new MediaError('unsupported', `an AudioSpecificConfig of ${bits} bits`)
  const bytes = takeBytes(reader, bits >> 3)
  const rest = bits & 7
  if (rest === 0) return bytes
  const whole = new Uint8Array(bytes.length + 1)
  whole.set(bytes)
  whole[bytes.length] = reader.bits(rest) << (8 - rest)
  return whole
}

/** Bits of AudioSpecificConfig() for AAC without extensions behind it (table 1.15, GASpecificConfig table 4.1). */
function specificBits(reader: BitReader): number {
  const start = reader.position
  const rate = (): void => {
    if (reader.bits(4) === 15) reader.skip(24)
  }
  let objectType = reader.bits(5)
  rate()
  const channelConfiguration = reader.bits(4)
  if (objectType === 5 || objectType === 29) {
    rate()
    objectType = reader.bits(5)
  }
  if (objectType < 1 || objectType > 4 || channelConfiguration === 0)
    throw new MediaError('unsupported', `AAC of object type ${objectType}, channelConfiguration ${channelConfiguration}`)
  // frameLengthFlag; dependsOnCoreCoder, coreCoderDelay (14); extensionFlag
  reader.skip(1)
  if (reader.flag()) reader.skip(14)
  reader.skip(1)
  return reader.position - start
}

function takeBytes(reader: BitReader, count: number): Uint8Array {
  if (count * 8 > reader.remaining) throw new MediaError('truncated', `a frame of ${count} bytes in ${reader.remaining >> 3}`)
  const { bytes, position } = reader
  const shift = position & 7
  const from = position >> 3
  reader.skip(count * 8)
  if (shift === 0) return bytes.slice(from, from + count)
  const out = new Uint8Array(count)
  for (let index = 0; index < count; index += 1) {
    out[index] = ((bytes[from + index] ?? 0) << shift) | ((bytes[from + index + 1] ?? 0) >> (8 - shift))
  }
  return out
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
