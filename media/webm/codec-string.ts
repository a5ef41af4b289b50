/** RFC 6381 strings for Matroska's CodecIDs (RFC 9559 section 19 leaves them to "Media Container Codec Specifications"). */
import { aacCodec } from '../codecs/aac.ts'
import { av1Codec } from '../codecs/av1.ts'
import { avcCodec } from '../codecs/avc.ts'
import { hevcCodec } from '../codecs/hevc.ts'
import { MediaError } from '../errors.ts'
import { printVp9, readVp9Features, readVp9Frame, vp9Level } from './vp9.ts'

export interface CodecFacts {
  codecId: string
  /** CodecPrivate, its compression undone. */
  config: Uint8Array
  /** Pixels as coded, and frames a second where the header says; for the level of VP9. */
  pixels: number
  fps: number | null
  /** The beginning of the first keyframe; empty when it was not read. */
  firstFrame: Uint8Array
}

/** Codecs whose string needs no configuration. */
const PLAIN: Readonly<Record<string, string>> = {
  V_VP8: 'vp8',
  V_MPEG1: 'mp4v.6a',
  V_MPEG2: 'mp4v.61',
  A_OPUS: 'opus',
  A_VORBIS: 'vorbis',
  A_FLAC: 'flac',
  A_ALAC: 'alac',
  // 11172-3 audio, any layer, has one object type
  'A_MPEG/L3': 'mp4a.6b',
  A_AC3: 'ac-3',
  'A_AC3/BSID9': 'ac-3',
  'A_AC3/BSID10': 'ac-3',
  A_EAC3: 'ec-3',
  A_TRUEHD: 'mlpa',
  A_DTS: 'dtsc',
}

/** Null for codecs without a string, and for a CodecPrivate that cannot be read. */
export function codecString(facts: CodecFacts): string | null {
  try {
    return configured(facts) ?? PLAIN[facts.codecId] ?? null
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

/** Assumed for VP9's level where the header says no rate: most are not faster, and a decoder for one level decodes the next. */
const USUAL_FPS = 30

function configured({ codecId, config, pixels, fps, firstFrame }: CodecFacts): string | null {
  if (codecId === 'V_MPEG4/ISO/AVC') return config.length === 0 ? null : avcCodec(config)
  if (codecId === 'V_MPEGH/ISO/HEVC') return config.length === 0 ? null : hevcCodec(config)
  if (codecId === 'V_AV1') return config.length === 0 ? null : av1Codec(config)
  if (codecId === 'V_VP9') {
    const facts = readVp9Features(config) ?? readVp9Frame(firstFrame)
    // Without either: the old name, which MSE takes for WebM.
    return facts === null ? 'vp9' : printVp9(facts, vp9Level(pixels, fps ?? USUAL_FPS))
  }
  if (codecId === 'A_AAC' || codecId.startsWith('A_AAC/')) return config.length === 0 ? null : aacCodec({ objectType: 0x40, config })
  return null
}

/**
 * AudioSpecificConfig for the CodecIDs of old: `A_AAC/MPEG4/LC/SBR` has no CodecPrivate, the profile is in its name. Null
 * for any other.
 */
export function legacyAacConfig(codecId: string, sampleRateHz: number, outputRateHz: number, channels: number): Uint8Array | null {
  const match = /^A_AAC\/MPEG[24]\/(MAIN|LC|SSR|LTP)(\/SBR)?$/.exec(codecId)
  if (match === null) return null
  const objectType = ['MAIN', 'LC', 'SSR', 'LTP'].indexOf(match[1] ?? '') + 1
  const rate = rateIndex(sampleRateHz)
  // audioObjectType u(5), samplingFrequencyIndex u(4), channelConfiguration u(4), GASpecificConfig u(3) = 0
  const packed = (objectType << 11) | (rate << 7) | (Math.min(channels, 7) << 3)
  const head = [packed >> 8, packed & 0xff]
  if (match[2] === undefined) return Uint8Array.from(head)
  // syncExtensionType u(11) = 0x2b7, extensionAudioObjectType u(5) = 5, sbrPresentFlag u(1) = 1, extensionSamplingFrequencyIndex u(4)
  return Uint8Array.from([...head, 0x56, 0xe5, 0x80 | (rateIndex(outputRateHz) << 3)])
}

/** ISO/IEC 14496-3 table 1.18; a rate between is given its neighbour's, as decoders do (4.5.1.1). */
const RATES: readonly number[] = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]

function rateIndex(rateHz: number): number {
  const distances = RATES.map((rate) => Math.abs(rate - rateHz))
  return distances.indexOf(Math.min(...distances))
}
