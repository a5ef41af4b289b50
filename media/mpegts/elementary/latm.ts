/** AAC in LOAS/LATM (ISO/IEC 14496-3 1.7): AudioSyncStream frames, whose first elements say how the sound is made. */
import { BitReader } from '../../codecs/bit-reader.ts'
import { MediaError } from '../../errors.ts'
import { type AudioFrame, describeAac } from './audio-frames.ts'

type LatmConfig = Pick<AudioFrame, 'codec' | 'name' | 'sampleRateHz' | 'channels' | 'samples'>

/** Keeps the configuration, which a frame may leave out when it is the one before's. */
export class LatmReader {
  #config: LatmConfig | null = null

  /** AudioSyncStream(), table 1.23: syncword 0x2B7 (11 bits), audioMuxLengthBytes (13). Null when there is none, or no configuration yet. */
  readonly read = (bytes: Uint8Array, at: number): AudioFrame | null => {
    if (bytes[at] !== 0x56 || ((bytes[at + 1] ?? 0) & 0xe0) !== 0xe0) return null
    const length = 3 + ((((bytes[at + 1] ?? 0) & 0x1f) << 8) | (bytes[at + 2] ?? 0))
    try {
      this.#config = readMuxElement(new BitReader(bytes.subarray(at + 3, at + length))) ?? this.#config
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
    }
    const silent = { codec: 'mp4a.40.2', name: 'AAC', sampleRateHz: 0, channels: 0, samples: 0 }
    return { ...(this.#config ?? silent), bytes: length }
  }
}

/** AudioMuxElement(1), tables 1.41 and 1.42; null for useSameStreamMux. Throws `MediaError`. */
function readMuxElement(reader: BitReader): LatmConfig | null {
  if (reader.flag()) return null
  // audioMuxVersion, audioMuxVersionA
  const version = reader.bits(1)
  if (version === 1 && reader.flag()) throw new MediaError('unsupported', 'audioMuxVersionA 1')
  if (version === 1) latmValue(reader)
  // allStreamsSameTimeFraming
  reader.skip(1)
  const subFrames = reader.bits(6) + 1
  // numProgram (4), numLayer (3): the first layer of the first program is read
  reader.skip(7)
  if (version === 1) latmValue(reader)
  return { ...readAudioConfig(reader), samples: subFrames * 1024 }
}

/** LatmGetValue(), table 1.43. */
function latmValue(reader: BitReader): void {
  const bytesForValue = reader.bits(2)
  reader.skip((bytesForValue + 1) * 8)
}

/** The head of AudioSpecificConfig(), table 1.15. */
function readAudioConfig(reader: BitReader): Omit<LatmConfig, 'samples'> {
  const objectType = readObjectType(reader)
  const rateIndex = reader.bits(4)
  const explicitHz = rateIndex === 15 ? reader.bits(24) : 0
  const words = describeAac(objectType, rateIndex, reader.bits(4))
  return explicitHz > 0 ? { ...words, sampleRateHz: explicitHz } : words
}

function readObjectType(reader: BitReader): number {
  const short = reader.bits(5)
  return short === 31 ? 32 + reader.bits(6) : short
}
