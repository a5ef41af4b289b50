/** Audio codecs in words: object type, channels and rate, from the configuration or else from the codec string. */
import { ByteReader } from '../bytes/byte-reader.ts'
import { readEsds } from './aac.ts'
import { readAacConfig } from './aac-config.ts'
import { channelWords, rateWords } from './channel-words.ts'
import type { CodecFamily } from './codec-family.ts'
import type { CodecFacts, Described } from './describe-codec.ts'
import { readAc3Config, readEac3Config } from './dolby-audio.ts'

/** Null where the family is no audio codec that has more to say than its name. Throws `MediaError` on a damaged configuration. */
export function describeAudio(family: CodecFamily, facts: CodecFacts): Described | null {
  const { config } = facts
  if (family === 'aac') return mp4a(facts)
  if (family === 'pcm') return pcm(facts.codecId)
  if (config.length === 0) return null
  switch (family) {
    case 'ac-3':
      return ac3(config)
    case 'e-ac-3':
      return eac3(config)
    case 'opus':
      return opus(config)
    case 'flac':
      return flac(config)
    case 'alac':
      return alac(config)
    case 'vorbis':
      return vorbis(config)
    default:
      return null
  }
}

function sound(channels: number | null, sampleRateHz: number | null): string[] {
  return [...(channels === null ? [] : [channelWords(channels)]), ...(sampleRateHz === null ? [] : [rateWords(sampleRateHz)])]
}

/** audioObjectType (ISO/IEC 14496-3 table 1.17), those that are met. */
const OBJECT_TYPES: Readonly<Record<number, Described>> = {
  ...{ 1: { profile: 'Main' }, 2: { profile: 'LC' }, 3: { profile: 'SSR' }, 4: { profile: 'LTP' }, 5: { name: 'HE-AAC' } },
  ...{ 17: { profile: 'ER LC' }, 23: { profile: 'LD' }, 29: { name: 'HE-AAC v2' }, 34: { name: 'MP3' }, 32: { name: 'MP1' } },
  ...{ 33: { name: 'MP2' }, 36: { name: 'MPEG-4 ALS' }, 39: { profile: 'ELD' }, 42: { name: 'xHE-AAC' } },
}

/** objectTypeIndication of `mp4a` (MP4 registration authority). */
const IN_MP4A: Readonly<Record<number, Described>> = {
  ...{
    0x66: { name: 'MPEG-2 AAC', profile: 'Main' },
    0x67: { name: 'MPEG-2 AAC', profile: 'LC' },
    0x68: { name: 'MPEG-2 AAC', profile: 'SSR' },
  },
  ...{ 0x69: { name: 'MP3' }, 0x6b: { name: 'MP3' }, 0xa5: { name: 'AC-3' }, 0xa6: { name: 'E-AC-3' }, 0xa9: { name: 'DTS' } },
  ...{ 0xad: { name: 'Opus' }, 0xdd: { name: 'Vorbis' } },
}

function mp4a({ codecId, codec, config }: CodecFacts): Described {
  if (config.length === 0) {
    const [, indication = '', objectType = ''] = (codec ?? '').split('.')
    const other = IN_MP4A[Number.parseInt(indication, 16)]
    return other ?? (indication === '40' ? (OBJECT_TYPES[Number(objectType)] ?? {}) : {})
  }
  if (codecId.startsWith('A_')) return aac(config)
  const esds = readEsds(config)
  return IN_MP4A[esds.objectType] ?? (esds.config.length === 0 ? {} : aac(esds.config))
}

function aac(config: Uint8Array): Described {
  const { objectType, channels, sbr, parametricStereo, outputRateHz } = readAacConfig(config)
  const extended = parametricStereo ? 29 : sbr ? 5 : objectType
  const described = OBJECT_TYPES[objectType === 2 ? extended : objectType] ?? { profile: `object type ${objectType}` }
  return { ...described, details: sound(parametricStereo && channels === 1 ? 2 : channels, outputRateHz) }
}

function ac3(config: Uint8Array): Described {
  const { channels, sampleRateHz, bitRateKbps } = readAc3Config(config)
  return { details: [...sound(channels, sampleRateHz), ...(bitRateKbps === null ? [] : [`${bitRateKbps} kb/s`])] }
}

function eac3(config: Uint8Array): Described {
  const { atmos, dataRateKbps, streams } = readEac3Config(config)
  const [first] = streams
  const rate = dataRateKbps === 0 ? [] : [`${dataRateKbps} kb/s`]
  return {
    ...(atmos ? { profile: 'with Dolby Atmos' } : {}),
    details: [...sound(first?.channels ?? null, first?.sampleRateHz ?? null), ...rate],
  }
}

/** `dOps` (Opus in ISOBMFF 4.3.2: Version 0, big-endian) or an identification header ("OpusHead", RFC 7845 5.1). */
function opus(config: Uint8Array): Described {
  const reader = new ByteReader(config)
  if (config[0] === 0x4f) reader.skip(8)
  reader.skip(1)
  // The decoder's rate is 48 kHz, whatever was put in
  return { details: sound(reader.u8(), null) }
}

/** STREAMINFO (RFC 9639 8.2) behind `dfLa`'s version and flags, or behind "fLaC". */
function flac(config: Uint8Array): Described {
  const reader = new ByteReader(config)
  // METADATA_BLOCK_HEADER; minimum and maximum block size (16), frame size (24)
  reader.skip(4 + 4 + 10)
  // sample rate (20), channels - 1 (3), bits per sample - 1 (5)
  const packed = reader.u32()
  return { details: [...sound(((packed >>> 9) & 7) + 1, packed >>> 12), `${((packed >>> 4) & 31) + 1}-bit`] }
}

/** ALACSpecificConfig, bare or behind a FullBox's header, with or without the box's own header before that. */
function alac(config: Uint8Array): Described {
  const reader = new ByteReader(config)
  reader.skip(config.length >= 36 ? 12 : config.length >= 28 ? 4 : 0)
  // frameLength (32), compatibleVersion (8)
  reader.skip(5)
  const depth = reader.u8()
  // pb, mb, kb
  reader.skip(3)
  const channels = reader.u8()
  // maxRun (16), maxFrameBytes (32), avgBitRate (32)
  reader.skip(10)
  return { details: [...sound(channels, reader.u32()), `${depth}-bit`] }
}

/** The identification header (Vorbis I 4.2.2), first of three in Xiph lacing. */
function vorbis(config: Uint8Array): Described {
  const reader = new ByteReader(config)
  // Number of headers less one; two lengths, 255 for "and more"
  reader.skip(1)
  for (let lengths = 0; lengths < 2; lengths += 1) while (reader.u8() === 255);
  // packet type 1, "vorbis", version (32)
  reader.skip(1 + 6 + 4)
  const channels = reader.u8()
  const rate = reader.take(4)
  return { details: sound(channels, new DataView(rate.buffer, rate.byteOffset).getUint32(0, true)) }
}

/** Kinds of PCM by what QuickTime and Matroska call them. */
const PCM: Readonly<Record<string, string>> = {
  ...{ sowt: '16-bit little-endian', twos: 'big-endian', in24: '24-bit', in32: '32-bit', fl32: '32-bit float', fl64: '64-bit float' },
  ...{ ulaw: 'µ-law', alaw: 'A-law', ipcm: 'integer', fpcm: 'float' },
  ...{ 'A_PCM/INT/LIT': 'little-endian', 'A_PCM/INT/BIG': 'big-endian', 'A_PCM/FLOAT/IEEE': 'float' },
}

function pcm(codecId: string): Described {
  const words = PCM[codecId]
  return words === undefined ? {} : { profile: words }
}
