/** AAC in ADTS (ISO/IEC 13818-7 6.2, 14496-3 1.A.2): frames without their headers, and the AudioSpecificConfig that they spell. */
import { aacFormat } from './mp4a.ts'
import type { AudioFormat, Split, Splitter } from './splitter.ts'

const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350]
/** By channel_configuration; 0 is told by a program_config_element inside the frame. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8]
const HEADER_BYTES = 7
const FRAME_SAMPLES = 1024

/** See the head of this file. */
export class AdtsSplitter implements Splitter {
  /** profile, sampling_frequency_index and channel_configuration of `#format`, as they stand in the header. */
  #setup = -1
  #format: AudioFormat | null = null

  split(bytes: Uint8Array, at: number, end: number): Split {
    let start = at
    // syncword 0xFFF, ID (either), layer '00'
    while (start + 1 < end && (bytes[start] !== 0xff || ((bytes[start + 1] ?? 0) & 0xf6) !== 0xf0)) start += 1
    if (start > at) return { frame: null, next: start }
    if (start + HEADER_BYTES > end) return { frame: null, next: at }
    const third = bytes[start + 2] ?? 0
    const fourth = bytes[start + 3] ?? 0
    const length = ((fourth & 3) << 11) | ((bytes[start + 4] ?? 0) << 3) | ((bytes[start + 5] ?? 0) >> 5)
    // protection_absent: 0, and crc_check of two bytes follows
    const headerBytes = (bytes[start + 1] ?? 0) & 1 ? HEADER_BYTES : HEADER_BYTES + 2
    const rate = RATES[(third >> 2) & 0x0f]
    if (rate === undefined || length <= headerBytes) return { frame: null, next: start + 1 }
    const next = start + length
    // The next frame follows at once: else this was no header
    if (next + 1 < end && (bytes[next] !== 0xff || ((bytes[next + 1] ?? 0) & 0xf6) !== 0xf0)) return { frame: null, next: start + 1 }
    if (next > end) return { frame: null, next: at }
    if ((bytes[start + 6] ?? 0) & 3) return { frame: null, next, problem: 'ADTS frames with several raw data blocks' }
    const channelConfiguration = ((third & 1) << 2) | (fourth >> 6)
    if (channelConfiguration === 0) return { frame: null, next, problem: 'AAC whose channels are told by a program_config_element' }
    const setup = ((third & 0xfd) << 2) | (fourth >> 6)
    if (setup !== this.#setup || this.#format === null) {
      this.#setup = setup
      this.#format = adtsFormat((third >> 6) + 1, (third >> 2) & 0x0f, channelConfiguration, rate)
    }
    return { frame: { start, data: bytes.subarray(start + headerBytes, next), samples: FRAME_SAMPLES, format: this.#format }, next }
  }
}

function adtsFormat(objectType: number, rateIndex: number, channelConfiguration: number, sampleRateHz: number): AudioFormat {
  // audioObjectType (5), samplingFrequencyIndex (4), channelConfiguration (4), GASpecificConfig (3) = 0
  const config = Uint8Array.of((objectType << 3) | (rateIndex >> 1), ((rateIndex & 1) << 7) | (channelConfiguration << 3))
  return aacFormat({ config, sampleRateHz, channels: CHANNELS[channelConfiguration] ?? 2, channelConfiguration })
}
