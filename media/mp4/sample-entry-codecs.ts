/** What sample entries mean codec by codec: the box that sets up the decoder, the RFC 6381 string, what a sound really is. */
import { aacCodec, readEsds } from '../codecs/aac.ts'
import { readAacConfig } from '../codecs/aac-config.ts'
import { av1Codec } from '../codecs/av1.ts'
import { avcCodec } from '../codecs/avc.ts'
import { readAc3Config, readEac3Config } from '../codecs/dolby-audio.ts'
import { hevcCodec } from '../codecs/hevc.ts'
import { hexByte, twoDigits } from '../codecs/hex.ts'
import { vp9Codec } from '../codecs/vp9.ts'
import { MediaError } from '../errors.ts'
import type { SoundEntry, SoundHead } from './sample-entry.ts'
import type { SoundUnits } from './sample-tables.ts'

/** Box of the decoder's set-up, by sample entry. */
const BOXES: Readonly<Record<string, string>> = {
  ...{ avc1: 'avcC', avc2: 'avcC', avc3: 'avcC', avc4: 'avcC', dvav: 'avcC', dva1: 'avcC' },
  ...{ hvc1: 'hvcC', hev1: 'hvcC', dvh1: 'hvcC', dvhe: 'hvcC', vvc1: 'vvcC', vvi1: 'vvcC' },
  ...{ vp08: 'vpcC', vp09: 'vpcC', av01: 'av1C', mp4v: 'esds', mp4a: 'esds', mp4s: 'esds', s263: 'd263' },
  ...{ Opus: 'dOps', fLaC: 'dfLa', alac: 'alac', 'ac-3': 'dac3', 'ec-3': 'dec3', 'ac-4': 'dac4', mlpa: 'dmlp' },
  ...{ dtsc: 'ddts', dtse: 'ddts', dtsh: 'ddts', dtsl: 'ddts', samr: 'damr', sawb: 'damr', mha1: 'mhaC', mhm1: 'mhaC' },
  ...{ ipcm: 'pcmC', fpcm: 'pcmC', wvtt: 'vttC' },
}

export function codecBox(type: string): string | null {
  return BOXES[type] ?? null
}

/**
 * RFC 6381, as MSE takes it; null for a codec without a string, and where the set-up does not say enough. `bodyOf` answers
 * another box of the entry.
 */
export function codecString(type: string, config: Uint8Array, bodyOf: (type: string) => Uint8Array | null): string | null {
  return FIXED[type] ?? attempt(() => FROM_CONFIG[type]?.(config, type, bodyOf)) ?? null
}

/** Null for a set-up that is cut short or contradicts itself: the samples can be listed all the same. */
function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

/** Codecs whose string is their name, WebVTT and TTML among them (ISO/IEC 14496-30). `.mp3` and QuickTime's wrapped Microsoft tag 0x55 are what `mp4a.6b` is. */
const FIXED: Readonly<Record<string, string>> = {
  ...{ Opus: 'opus', fLaC: 'flac', alac: 'alac', 'ac-3': 'ac-3', 'ec-3': 'ec-3', 'ac-4': 'ac-4' },
  ...{ '.mp3': 'mp4a.6b', 'ms\0U': 'mp4a.6b', dtsc: 'dtsc', dtse: 'dtse', dtsh: 'dtsh', dtsl: 'dtsl' },
  ...{ wvtt: 'wvtt', stpp: 'stpp', tx3g: 'tx3g' },
}

type FromConfig = (config: Uint8Array, type: string, bodyOf: (type: string) => Uint8Array | null) => string | null

/** The strings of a codec differ by entry in their first four characters only. */
const named = (codec: (config: Uint8Array) => string): FromConfig => {
  return (config, type) => type + codec(config).slice(4)
}

/** "Dolby Vision Streams within the ISO Base Media File Format" 3.2: dv_profile (7), dv_level (6) after two version bytes. */
const dolbyVision: FromConfig = (_config, type, bodyOf) => {
  const body = bodyOf('dvcC') ?? bodyOf('dvvC') ?? bodyOf('dvwC')
  const [, , high = 0, low = 0] = body ?? []
  return body === null ? null : `${type}.${twoDigits(high >> 1)}.${twoDigits(((high & 1) << 5) | (low >> 3))}`
}

/** MPEG-4 Part 2 (`mp4v.20.9`) and what else `esds` may name: profile_and_level_indication follows visual_object_sequence_start_code. */
const mpeg4Visual: FromConfig = (config) => {
  const { objectType, config: header } = readEsds(config)
  if (objectType !== 0x20) return `mp4v.${hexByte(objectType)}`
  const [zero, alsoZero, one, code, profile] = header
  return zero === 0 && alsoZero === 0 && one === 1 && code === 0xb0 && profile !== undefined ? `mp4v.20.${profile}` : 'mp4v.20'
}

const FROM_CONFIG: Readonly<Record<string, FromConfig>> = {
  ...{ avc1: named(avcCodec), avc2: named(avcCodec), avc3: named(avcCodec), avc4: named(avcCodec) },
  ...{ hvc1: named(hevcCodec), hev1: named(hevcCodec), vp08: named(vp9Codec), vp09: named(vp9Codec), av01: av1Codec },
  ...{ dvav: dolbyVision, dva1: dolbyVision, dvh1: dolbyVision, dvhe: dolbyVision },
  ...{ mp4v: mpeg4Visual, mp4a: (config) => aacCodec(readEsds(config)) },
}

/** Bits of a sample where the entry's number means something else, or nothing. */
const PCM_BITS: Readonly<Record<string, number>> = {
  ...{ ulaw: 8, alaw: 8, 'raw ': 8, twos: 16, sowt: 16, in24: 24, in32: 32, fl32: 32, fl64: 64 },
  ...{ lpcm: 0, NONE: 0, ipcm: 0, fpcm: 0 },
}

/** Corrects what the entry says by what the decoder will: entries of MP4 often say "2 channels, 16 bits" for anything. */
export function readSound(type: string, config: Uint8Array, head: SoundHead): SoundEntry {
  const said = { channels: head.channels, sampleRateHz: head.sampleRateHz }
  const real: Partial<typeof said> = attempt(() => SOUNDS[type]?.(config)) ?? {}
  const sound = { channels: real.channels || said.channels, sampleRateHz: real.sampleRateHz || said.sampleRateHz }
  return { ...sound, units: unitsOf(type, head) }
}

function unitsOf(type: string, { channels, bitsPerSample, samplesPerPacket, bytesPerPacket }: SoundHead): SoundUnits | null {
  const known = PCM_BITS[type]
  if (known !== undefined) {
    // 8-bit sound was `twos` and `sowt` once too
    const bits = known === 0 || (known === 16 && bitsPerSample === 8) || (type === 'raw ' && bitsPerSample === 16) ? bitsPerSample : known
    const bytes = Math.ceil(bits / 8) * channels
    return bytes > 0 ? { samples: 1, bytes } : null
  }
  return samplesPerPacket > 1 && bytesPerPacket > 0 ? { samples: samplesPerPacket, bytes: bytesPerPacket } : null
}

const SOUNDS: Readonly<Record<string, (config: Uint8Array) => { channels?: number; sampleRateHz?: number }>> = {
  mp4a(body) {
    const { objectType, config } = readEsds(body)
    // 0x40: MPEG-4; 0x66 to 0x68: AAC of MPEG-2, which is set up the same way
    if (objectType !== 0x40 && (objectType < 0x66 || objectType > 0x68)) return {}
    const { channels, sampleRateHz, sbr, outputRateHz, parametricStereo } = readAacConfig(config)
    const explicit = config[0] !== undefined && [5, 29].includes(config[0] >> 3) && sbr === true
    const stereo = parametricStereo === true && explicit ? 2 : channels
    return { ...(stereo === null ? {} : { channels: stereo }), sampleRateHz: explicit ? outputRateHz : sampleRateHz }
  },
  // Version, OutputChannelCount, …: "Opus is always decoded at 48 kHz" (Encapsulation of Opus in ISOBMFF 4.3)
  Opus: ([, channels = 0]) => ({ channels, sampleRateHz: 48_000 }),
  // FullBox, METADATA_BLOCK_HEADER; STREAMINFO: 10 bytes, then sample rate u(20), channels - 1 u(3) (RFC 9639 8.2)
  fLaC: ({ 18: high = 0, 19: middle = 0, 20: low = 0 }) => ({
    ...{ channels: ((low >> 1) & 7) + 1, sampleRateHz: high * 4096 + middle * 16 + (low >> 4) },
  }),
  // FullBox; ALACSpecificConfig: numChannels is its 10th byte, sampleRate the last 32 bits of 24 bytes
  alac: ({ 13: channels = 0, 24: a = 0, 25: b = 0, 26: c = 0, 27: d = 0 }) => ({
    ...{ channels, sampleRateHz: a * 2 ** 24 + b * 2 ** 16 + c * 256 + d },
  }),
  'ac-3'(body) {
    const { channels, sampleRateHz } = readAc3Config(body)
    return { channels, ...(sampleRateHz === null ? {} : { sampleRateHz }) }
  },
  'ec-3'(body) {
    const [first] = readEac3Config(body).streams
    return first === undefined
      ? {}
      : { channels: first.channels, ...(first.sampleRateHz === null ? {} : { sampleRateHz: first.sampleRateHz }) }
  },
}
