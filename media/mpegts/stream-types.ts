/** What a stream of a PMT carries: `stream_type` (ISO/IEC 13818-1 table 2-34, ATSC A/53, SCTE 35) and the descriptors that tell private streams apart. */
import type { PmtStream } from './sections.ts'

export interface StreamCodec {
  kind: 'video' | 'audio' | 'metadata' | 'other'
  /** Short and stable, for programs: `h264`, `hevc`, `aac`, `aac-latm`, `mp3`, `ac-3`, `e-ac-3`, `opus`, `id3`, `scte-35`; `unknown`. */
  codec: string
  /** For people. */
  name: string
  /** Encrypted as HLS SAMPLE-AES has it, which the stream type alone says. */
  sampleAes?: true
}

const TYPES: Readonly<Record<number, StreamCodec>> = {
  0x01: { kind: 'video', codec: 'mpeg1', name: 'MPEG-1 video' },
  0x02: { kind: 'video', codec: 'mpeg2', name: 'MPEG-2 video' },
  0x03: { kind: 'audio', codec: 'mp3', name: 'MPEG-1 audio' },
  0x04: { kind: 'audio', codec: 'mp3', name: 'MPEG-2 audio' },
  0x05: { kind: 'other', codec: 'private-sections', name: 'private sections' },
  0x06: { kind: 'other', codec: 'private', name: 'private data' },
  0x0f: { kind: 'audio', codec: 'aac', name: 'AAC (ADTS)' },
  0x10: { kind: 'video', codec: 'mpeg4', name: 'MPEG-4 Part 2 video' },
  0x11: { kind: 'audio', codec: 'aac-latm', name: 'AAC (LATM)' },
  0x15: { kind: 'metadata', codec: 'id3', name: 'timed metadata' },
  0x1b: { kind: 'video', codec: 'h264', name: 'H.264' },
  0x1c: { kind: 'audio', codec: 'aac-raw', name: 'AAC (raw)' },
  0x20: { kind: 'video', codec: 'h264-mvc', name: 'H.264 MVC' },
  0x21: { kind: 'video', codec: 'jpeg2000', name: 'JPEG 2000' },
  0x24: { kind: 'video', codec: 'hevc', name: 'HEVC' },
  0x33: { kind: 'video', codec: 'vvc', name: 'VVC' },
  0x42: { kind: 'video', codec: 'avs', name: 'AVS' },
  0x80: { kind: 'audio', codec: 'lpcm', name: 'LPCM (Blu-ray)' },
  0x81: { kind: 'audio', codec: 'ac-3', name: 'AC-3' },
  0x82: { kind: 'audio', codec: 'dts', name: 'DTS' },
  0x83: { kind: 'audio', codec: 'truehd', name: 'Dolby TrueHD' },
  0x84: { kind: 'audio', codec: 'e-ac-3', name: 'E-AC-3 (Blu-ray)' },
  0x86: { kind: 'metadata', codec: 'scte-35', name: 'SCTE-35 splice information' },
  0x87: { kind: 'audio', codec: 'e-ac-3', name: 'E-AC-3' },
  0x90: { kind: 'other', codec: 'pgs', name: 'PGS subtitles' },
  0xc1: { kind: 'audio', codec: 'ac-3', name: 'AC-3 (SAMPLE-AES)', sampleAes: true },
  0xc2: { kind: 'audio', codec: 'e-ac-3', name: 'E-AC-3 (SAMPLE-AES)', sampleAes: true },
  0xcf: { kind: 'audio', codec: 'aac', name: 'AAC (SAMPLE-AES)', sampleAes: true },
  0xdb: { kind: 'video', codec: 'h264', name: 'H.264 (SAMPLE-AES)', sampleAes: true },
  0xea: { kind: 'video', codec: 'vc1', name: 'VC-1' },
}

/** registration_descriptor, 2.6.8: format_identifier. */
const REGISTERED: Readonly<Record<string, StreamCodec>> = {
  'AC-3': { kind: 'audio', codec: 'ac-3', name: 'AC-3' },
  EAC3: { kind: 'audio', codec: 'e-ac-3', name: 'E-AC-3' },
  Opus: { kind: 'audio', codec: 'opus', name: 'Opus' },
  HEVC: { kind: 'video', codec: 'hevc', name: 'HEVC' },
  AV01: { kind: 'video', codec: 'av1', name: 'AV1' },
  'VC-1': { kind: 'video', codec: 'vc1', name: 'VC-1' },
  CUEI: { kind: 'metadata', codec: 'scte-35', name: 'SCTE-35 splice information' },
  'ID3 ': { kind: 'metadata', codec: 'id3', name: 'ID3' },
  KLVA: { kind: 'metadata', codec: 'klv', name: 'KLV metadata' },
  DTS1: { kind: 'audio', codec: 'dts', name: 'DTS' },
  DTS2: { kind: 'audio', codec: 'dts', name: 'DTS' },
  DTS3: { kind: 'audio', codec: 'dts', name: 'DTS' },
  BSSD: { kind: 'audio', codec: 's302m', name: 'SMPTE 302M' },
}

/** Descriptors of DVB (ETSI EN 300 468) that name what private data is. */
const DVB: Readonly<Record<number, StreamCodec>> = {
  0x56: { kind: 'other', codec: 'teletext', name: 'DVB teletext' },
  0x59: { kind: 'other', codec: 'dvb-subtitle', name: 'DVB subtitles' },
  0x6a: { kind: 'audio', codec: 'ac-3', name: 'AC-3' },
  0x7a: { kind: 'audio', codec: 'e-ac-3', name: 'E-AC-3' },
  0x7b: { kind: 'audio', codec: 'dts', name: 'DTS' },
  0x7c: { kind: 'audio', codec: 'aac', name: 'AAC' },
}

/** What a stream carries. A stream_type that says it stands; private data (0x06) and user types are told by their descriptors. */
export function streamCodec({ streamType, descriptors }: PmtStream): StreamCodec {
  const known = TYPES[streamType]
  if (known !== undefined && streamType !== 0x05 && streamType !== 0x06 && streamType !== 0x15) return known
  for (const { tag, data } of descriptors) {
    const identifier = tag === 0x05 ? data.subarray(0, 4) : tag === 0x26 ? metadataFormat(data) : null
    const registered = identifier === null ? undefined : REGISTERED[String.fromCharCode(...identifier)]
    if (registered !== undefined) return registered
    const dvb = streamType === 0x06 ? DVB[tag] : undefined
    if (dvb !== undefined) return dvb
  }
  return known ?? { kind: 'other', codec: 'unknown', name: `stream type 0x${streamType.toString(16).padStart(2, '0')}` }
}

/**
 * metadata_descriptor, 2.6.60: metadata_application_format (its identifier behind it when it is 0xFFFF), then
 * metadata_format (its identifier behind it when it is 0xFF). Answers that last one.
 */
function metadataFormat(data: Uint8Array): Uint8Array | null {
  const format = data[0] === 0xff && data[1] === 0xff ? 6 : 2
  return data[format] === 0xff ? data.subarray(format + 1, format + 5) : null
}
