/** Headers of sound frames as they stand in a transport stream: how long a frame is, and what it says of the sound. */

export interface AudioFrame {
  /** With its header. */
  bytes: number
  /** Per channel; 0: it adds no time (a dependent substream). */
  samples: number
  sampleRateHz: number
  /** 0: not said by the header. */
  channels: number
  /** RFC 6381. */
  codec: string
  /** `AAC-LC`, `MP3`. */
  name: string
}

/** Reads a frame's header at `at`; null when there is none. `HEADER_BYTES` must be there. */
export type FrameReader = (bytes: Uint8Array, at: number) => AudioFrame | null

/** What a `FrameReader` looks at to tell a frame; the configuration in LATM takes more, and may come with the next frame. */
export const HEADER_BYTES = 8

const AAC_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350]
const AAC_CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8]
const AAC_NAMES: Readonly<Record<number, string>> = {
  1: 'AAC Main',
  2: 'AAC-LC',
  3: 'AAC SSR',
  4: 'AAC LTP',
  5: 'HE-AAC',
  29: 'HE-AAC v2',
  42: 'xHE-AAC',
}

/** How an AudioSpecificConfig's numbers read in words. */
export function describeAac(
  objectType: number,
  rateIndex: number,
  channelConfig: number,
): Pick<AudioFrame, 'codec' | 'name' | 'sampleRateHz' | 'channels'> {
  return {
    codec: `mp4a.40.${objectType}`,
    name: AAC_NAMES[objectType] ?? `MPEG-4 audio object type ${objectType}`,
    sampleRateHz: AAC_RATES[rateIndex] ?? 0,
    channels: AAC_CHANNELS[channelConfig] ?? 0,
  }
}

/** adts_frame(), ISO/IEC 13818-7 6.2. */
export function readAdtsFrame(bytes: Uint8Array, at: number): AudioFrame | null {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = bytes.subarray(at, at + 7)
  // syncword 0xFFF, ID, layer '00', protection_absent
  if (first !== 0xff || (second & 0xf6) !== 0xf0) return null
  const rateIndex = (third >> 2) & 0x0f
  const length = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5)
  if (rateIndex >= AAC_RATES.length || length < (second & 1 ? 7 : 9)) return null
  return {
    ...describeAac((third >> 6) + 1, rateIndex, ((third & 1) << 2) | (fourth >> 6)),
    bytes: length,
    // number_of_raw_data_blocks_in_frame: "minus 1"
    samples: 1024 * ((seventh & 3) + 1),
  }
}

const MPEG_BITRATES: Readonly<Record<string, number[]>> = {
  // kbit/s by bitrate_index, 11172-3 2.4.2.3 and 13818-3 2.4.2.3
  '1-1': [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1-2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1-3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2-1': [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2-2': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2-3': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const MPEG_RATES = [44_100, 48_000, 32_000]

/** An MPEG audio frame, ISO/IEC 11172-3 2.4.1.3. */
export function readMpegFrame(bytes: Uint8Array, at: number): AudioFrame | null {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + 4)
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return null
  // ID with the bit of MPEG 2.5: 3 is MPEG-1, 2 is MPEG-2, 0 is 2.5
  const version = (second >> 3) & 3
  const layer = 4 - ((second >> 1) & 3)
  const rate = MPEG_RATES[(third >> 2) & 3]
  const kbps = MPEG_BITRATES[`${version === 3 ? 1 : 2}-${layer}`]?.[third >> 4]
  if (version === 1 || layer === 4 || rate === undefined || !kbps) return null
  const sampleRateHz = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4
  const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152
  const padding = (third >> 1) & 1
  const slots = Math.floor(((layer === 1 ? 12 : samples / 8) * kbps * 1000) / sampleRateHz) + padding
  return {
    bytes: layer === 1 ? slots * 4 : slots,
    samples,
    sampleRateHz,
    channels: fourth >> 6 === 3 ? 1 : 2,
    // RFC 6381 by the registration of object types: 0x6B MPEG-1, 0x69 MPEG-2
    codec: version === 3 ? 'mp4a.6b' : 'mp4a.69',
    name: `MPEG-${version === 3 ? 1 : version === 2 ? 2 : 2.5} layer ${'I'.repeat(layer)}${layer === 3 ? ' (MP3)' : ''}`,
  }
}

const AC3_RATES = [48_000, 44_100, 32_000]
/** kbit/s by frmsizecod / 2, ETSI TS 102 366 table 4.13. */
const AC3_BITRATES = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640]
/** By acmod, without the low-frequency channel. */
const AC3_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5]

/** A syncframe of AC-3 or E-AC-3, ETSI TS 102 366 4.3 and E.1.2. */
export function readAc3Frame(bytes: Uint8Array, at: number): AudioFrame | null {
  if (bytes[at] !== 0x0b || bytes[at + 1] !== 0x77) return null
  const [c = 0, d = 0, e = 0, f = 0, g = 0] = bytes.subarray(at + 2, at + 7)
  // bsid stands at the same place in both
  const bsid = f >> 3
  if (bsid > 10) return bsid <= 16 ? readEac3Frame(c, d, e) : null
  const rate = AC3_RATES[e >> 6]
  const kbps = AC3_BITRATES[(e & 0x3f) >> 1]
  if (rate === undefined || kbps === undefined) return null
  // Words of 16 bits for 1536 samples; at 44.1 kHz every other frame is one longer
  const words = Math.floor((kbps * 96_000) / rate) + (rate === 44_100 ? e & 1 : 0)
  const acmod = g >> 5
  // Before lfeon stand two bits of mix level for each of centre, surround, and Dolby Surround mode, where acmod has them
  const mixBits = (acmod & 1 && acmod !== 1 ? 2 : 0) + (acmod & 4 ? 2 : 0) + (acmod === 2 ? 2 : 0)
  const lfe = (((g << 8) | (bytes[at + 7] ?? 0)) >> (12 - mixBits)) & 1
  const halved = bsid > 8 ? 2 ** (bsid - 8) : 1
  return {
    bytes: words * 2,
    samples: 1536,
    sampleRateHz: rate / halved,
    channels: (AC3_CHANNELS[acmod] ?? 0) + lfe,
    codec: 'ac-3',
    name: 'AC-3',
  }
}

/** strmtyp (2), substreamid (3), frmsiz (11), fscod (2), numblkscod or fscod2 (2), acmod (3), lfeon (1). */
function readEac3Frame(c: number, d: number, e: number): AudioFrame {
  const type = c >> 6
  const substream = (c >> 3) & 7
  const fscod = e >> 6
  const sampleRateHz = fscod === 3 ? (AC3_RATES[(e >> 4) & 3] ?? 0) / 2 : (AC3_RATES[fscod] ?? 0)
  const blocks = fscod === 3 ? 6 : ([1, 2, 3, 6][(e >> 4) & 3] ?? 6)
  return {
    bytes: ((((c & 7) << 8) | d) + 1) * 2,
    // Only the first independent substream moves time on.
    samples: type !== 1 && substream === 0 ? 256 * blocks : 0,
    sampleRateHz,
    channels: (AC3_CHANNELS[(e >> 1) & 7] ?? 0) + (e & 1),
    codec: 'ec-3',
    name: 'E-AC-3',
  }
}
