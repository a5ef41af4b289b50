/** Video codecs in words: profile, level, bit depth and chroma, from the configuration or else from the codec string. */
import { ByteReader } from '../bytes/byte-reader.ts'
import { readEsds } from './aac.ts'
import { type AvcSps, readAvcSps } from './avc-sps.ts'
import type { CodecFamily } from './codec-family.ts'
import type { CodecFacts, Described } from './describe-codec.ts'
import {
  av1Level,
  av1Profile,
  avcLevel,
  avcProfile,
  CHROMA,
  DOLBY_VISION,
  hevcLevel,
  hevcProfile,
  mpeg4Profile,
  PRORES,
  VP9_CHROMA,
} from './profile-words.ts'

/** Null where the family is no video codec that has more to say than its name. Throws `MediaError` on a damaged configuration. */
export function describeVideo(family: CodecFamily, facts: CodecFacts): Described | null {
  if (/^(dvh[1e]|dva[1v]|dav1)\./.test(facts.codec ?? '')) return dolbyVision(facts.codec ?? '')
  switch (family) {
    case 'avc':
      return avc(facts)
    case 'hevc':
      return hevc(facts)
    case 'vp9':
      return vp9(facts)
    case 'av1':
      return av1(facts)
    case 'mpeg4':
      return mpeg4(facts)
    case 'prores':
      return { profile: PRORES[facts.codecId] ?? null }
    case 'dnx':
      return facts.codecId === 'AVdh' ? { name: 'DNxHR' } : {}
    default:
      return null
  }
}

/** Eight bits and 4:2:0 go without saying. */
function depthAndChroma(depth: number, chroma: string | undefined): string[] {
  return [...(depth === 8 ? [] : [`${depth}-bit`]), ...(chroma === undefined || chroma === '4:2:0' ? [] : [chroma])]
}

function avc({ codec, config }: CodecFacts): Described {
  const hex = /^avc[1-4]\.([0-9a-f]{6})$/i.exec(codec ?? '')?.[1]
  if (config.length === 0 && hex === undefined) return {}
  // configurationVersion, AVCProfileIndication, profile_compatibility, AVCLevelIndication
  const reader = new ByteReader(config.length === 0 ? bytesOfHex(`01${hex}`) : config)
  reader.skip(1)
  const [profile, constraints, level] = [reader.u8(), reader.u8(), reader.u8()]
  const sps = reader.remaining === 0 ? null : firstAvcSps(reader)
  return {
    profile: avcProfile(profile, constraints) ?? `profile ${profile}`,
    level: avcLevel(profile, constraints, level),
    details: [
      ...(sps === null ? [] : depthAndChroma(sps.bitDepthLuma, CHROMA[sps.chromaFormat])),
      ...(sps?.interlaced ? ['interlaced'] : []),
    ],
  }
}

function firstAvcSps(reader: ByteReader): AvcSps | null {
  // reserved (6), lengthSizeMinusOne (2); reserved (3), numOfSequenceParameterSets (5); sequenceParameterSetLength
  reader.skip(1)
  if ((reader.u8() & 0x1f) === 0) return null
  return readAvcSps(reader.take(reader.u16()))
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function hevc({ codec, config }: CodecFacts): Described {
  if (config.length === 0) return hevcString(codec ?? '')
  const reader = new ByteReader(config)
  // configurationVersion
  reader.skip(1)
  const head = reader.u8()
  reader.skip(4)
  const constraints = reader.take(6)
  const level = reader.u8()
  // min_spatial_segmentation_idc (16), parallelismType (8), chroma_format_idc, bit_depth_luma_minus8
  reader.skip(3)
  const chroma = CHROMA[reader.u8() & 3]
  const depth = (reader.u8() & 7) + 8
  const profile = hevcProfile(head & 0x1f, constraints) ?? `profile ${head & 0x1f}`
  // The profile's name says it already, but for those of which it does not
  const said = profile.startsWith('Main') || profile.startsWith('Monochrome')
  const tier = head & 0x20 ? ['high tier'] : []
  return { profile, level: hevcLevel(level), details: [...tier, ...(said ? [] : depthAndChroma(depth, chroma))] }
}

/** `hvc1.2.4.H153.b0`: see `hevcCodec`. */
function hevcString(codec: string): Described {
  const [, profileText = '', , tierLevel = '', ...constraints] = codec.split('.')
  const profile = Number(profileText.replace(/^[A-C]/, ''))
  const level = Number(tierLevel.slice(1))
  if (!/^[A-C]?\d+$/.test(profileText) || !/^[LH]\d+$/.test(tierLevel)) return {}
  const flags = Uint8Array.from(constraints, (text) => Number.parseInt(text, 16))
  return {
    profile: hevcProfile(profile, flags) ?? `profile ${profile}`,
    level: hevcLevel(level),
    details: tierLevel.startsWith('H') ? ['high tier'] : [],
  }
}

function vp9({ codecId, codec, config }: CodecFacts): Described {
  const [, ...parts] = (codec ?? '').split('.')
  let [profile, level, depth, chroma = 1] = parts.map(Number)
  if (codecId === 'vp09' && config.length > 0) {
    const reader = new ByteReader(config)
    // FullBox; profile; level; bitDepth (4), chromaSubsampling (3), videoFullRangeFlag (1)
    reader.skip(4)
    profile = reader.u8()
    level = reader.u8()
    const packed = reader.u8()
    depth = packed >> 4
    chroma = (packed >> 1) & 7
  }
  if (profile === undefined || level === undefined || depth === undefined) return {}
  return {
    profile: `profile ${profile}`,
    level: level === 0 ? null : (level / 10).toFixed(1),
    details: depthAndChroma(depth, VP9_CHROMA[chroma]),
  }
}

function av1({ codec, config }: CodecFacts): Described {
  if (config.length === 0) {
    const [, profile, index, tier, depth] = /^av01\.(\d)\.(\d\d)([MH])\.(\d\d)/.exec(codec ?? '') ?? []
    if (profile === undefined) return {}
    const details = [...(tier === 'H' ? ['high tier'] : []), ...depthAndChroma(Number(depth), undefined)]
    return { profile: av1Profile(Number(profile)) ?? `profile ${profile}`, level: av1Level(Number(index)), details }
  }
  const reader = new ByteReader(config)
  // marker, version; seq_profile (3), seq_level_idx_0 (5)
  reader.skip(1)
  const profileLevel = reader.u8()
  // seq_tier_0, high_bitdepth, twelve_bit, monochrome, chroma_subsampling_x, chroma_subsampling_y, chroma_sample_position (2)
  const packed = reader.u8()
  const depth = packed & 0x40 ? (packed & 0x20 ? 12 : 10) : 8
  const chroma = packed & 0x10 ? 'monochrome' : packed & 0x08 ? (packed & 0x04 ? '4:2:0' : '4:2:2') : '4:4:4'
  return {
    profile: av1Profile(profileLevel >> 5) ?? `profile ${profileLevel >> 5}`,
    level: av1Level(profileLevel & 0x1f),
    details: [...(packed & 0x80 ? ['high tier'] : []), ...depthAndChroma(depth, chroma)],
  }
}

/** Object type indications of video that `mp4v` also carries (MP4 registration authority). */
const OTHER_IN_MP4V: Readonly<Record<number, Described>> = {
  ...{ 0x60: { name: 'MPEG-2', profile: 'Simple' }, 0x61: { name: 'MPEG-2', profile: 'Main' }, 0x62: { name: 'MPEG-2', profile: 'SNR' } },
  ...{
    0x63: { name: 'MPEG-2', profile: 'Spatial' },
    0x64: { name: 'MPEG-2', profile: 'High' },
    0x65: { name: 'MPEG-2', profile: '4:2:2' },
  },
  ...{ 0x6a: { name: 'MPEG-1' }, 0x6c: { name: 'JPEG' }, 0x6d: { name: 'PNG' }, 0x6e: { name: 'JPEG 2000' } },
}

function mpeg4({ codecId, codec, config }: CodecFacts): Described {
  if (codecId === 'mp4v' && config.length > 0) {
    const esds = readEsds(config)
    return OTHER_IN_MP4V[esds.objectType] ?? visualObjectSequence(esds.config)
  }
  const [, objectType, indication] = (codec ?? '').split('.')
  const type = Number.parseInt(objectType ?? '20', 16)
  return OTHER_IN_MP4V[type] ?? (indication === undefined ? visualObjectSequence(config) : mpeg4Profile(Number(indication)))
}

/** visual_object_sequence_start_code (00 00 01 b0), profile_and_level_indication. */
function visualObjectSequence(config: Uint8Array): Described {
  const starts = config[0] === 0 && config[1] === 0 && config[2] === 1 && config[3] === 0xb0
  return starts ? mpeg4Profile(config[4] ?? 0) : {}
}

/** `dvh1.08.06`: profile and level (Dolby Vision Streams within the HTTP Live Streaming format). */
function dolbyVision(codec: string): Described {
  const [, profile = '', level = ''] = codec.split('.')
  const words = DOLBY_VISION[Number(profile)]
  const name = 'Dolby Vision'
  return { name, profile: `profile ${Number(profile)}`, level: String(Number(level)), details: words === undefined ? [] : [words] }
}
