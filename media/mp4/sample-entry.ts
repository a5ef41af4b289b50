/**
 * Sample entries (`stsd`, ISO/IEC 14496-12 8.5.2 and 12): what a track is coded in and how its decoder is set up. With the
 * sound entries of QuickTime ("QuickTime File Format", Sound Media), versions 1 and 2, and its `wave` atom.
 */
import { ByteReader } from '../bytes/byte-reader.ts'
import type { ColourFacts, EncryptionFacts } from '../container/model.ts'
import { hexByte } from '../codecs/hex.ts'
import { type Box, boxesIn, boxesInside, readBody } from './read-box.ts'
import type { SoundUnits } from './sample-tables.ts'
import { codecBox, codecString, readSound } from './sample-entry-codecs.ts'

export interface SampleEntry {
  /** Its type, or what `frma` says the type was before encryption. */
  codecId: string
  codec: string | null
  /** Body of the box that sets up the decoder. */
  config: Uint8Array
  /** The whole entry. */
  bytes: Uint8Array
  encryption: EncryptionFacts | null
  picture: PictureEntry | null
  sound: SoundEntry | null
}

export interface PictureEntry {
  width: number
  height: number
  /** Pixel aspect ratio (`pasp`); null where it is not said. */
  aspect: { horizontal: number; vertical: number } | null
  /** Clean aperture (`clap`), pixels. */
  aperture: { width: number; height: number } | null
  colour: ColourFacts | null
}

export interface SoundEntry {
  channels: number
  sampleRateHz: number
  units: SoundUnits | null
}

/** SampleEntry: reserved[6] (8), data_reference_index (16). */
const ENTRY_BYTES = 8
/** And VisualSampleEntry. */
const VISUAL_BYTES = 78

/** The entry at `entry`, a child of `stsd` in a track of kind `kind`. Throws `MediaError` for one that is too short. */
export function readSampleEntry(moov: Uint8Array, entry: Box, kind: 'video' | 'audio' | 'other'): SampleEntry {
  const head = kind === 'video' ? readPictureHead(moov, entry) : kind === 'audio' ? readSoundHead(moov, entry) : null
  const children = boxesIn(moov, Math.min(entry.end, entry.body + (head?.bytes ?? ENTRY_BYTES)), entry.end)
  const protection = boxesInside(moov, children, 'sinf')
  const codecId = originalFormat(moov, protection) ?? entry.type
  // QuickTime puts the boxes of a sound's decoder into `wave`
  const boxes = [...children, ...boxesInside(moov, children, 'wave')]
  const config = bodyOf(moov, find(boxes, codecBox(codecId))) ?? new Uint8Array()
  const common = { codecId, config, bytes: moov.subarray(entry.start, entry.end), encryption: readProtection(moov, protection) }
  const codec = codecString(codecId, config, (type) => bodyOf(moov, find(boxes, type)))
  if (head === null) return { ...common, codec, picture: null, sound: null }
  if ('channels' in head) return { ...common, codec, picture: null, sound: readSound(codecId, config, head) }
  const picture = {
    ...{ width: head.width, height: head.height, aspect: readAspect(moov, find(children, 'pasp')) },
    ...{ aperture: readAperture(moov, find(children, 'clap')), colour: readColour(moov, children) },
  }
  return { ...common, codec, picture, sound: null }
}

function find(boxes: Box[], type: string | null): Box | null {
  return boxes.find((box) => box.type === type) ?? null
}

function bodyOf(bytes: Uint8Array, box: Box | null): Uint8Array | null {
  return box === null ? null : bytes.subarray(box.body, box.end)
}

function readPictureHead(moov: Uint8Array, entry: Box): { bytes: number; width: number; height: number } {
  return readBody(moov, entry, (reader) => {
    // pre_defined (16); reserved (16); pre_defined[3] (32); width (16); height (16)
    reader.skip(ENTRY_BYTES + 16)
    return { bytes: VISUAL_BYTES, width: reader.u16(), height: reader.u16() }
  })
}

/** What the entry of a sound says, before its decoder's set-up corrects it. */
export interface SoundHead {
  /** Up to its boxes. */
  bytes: number
  channels: number
  sampleRateHz: number
  bitsPerSample: number
  /** QuickTime: samples that are coded together, and their bytes for all channels; 0 where it is not said. */
  samplesPerPacket: number
  bytesPerPacket: number
}

function readSoundHead(moov: Uint8Array, entry: Box): SoundHead {
  return readBody(moov, entry, (reader) => {
    reader.skip(ENTRY_BYTES)
    // QuickTime: version (16); revision level (16); vendor (32). ISO: reserved, but entry_version (16) of AudioSampleEntryV1
    const version = reader.u16()
    reader.skip(6)
    const head = { bytes: 28, channels: reader.u16(), bitsPerSample: reader.u16(), samplesPerPacket: 0, bytesPerPacket: 0 }
    // compression ID or pre_defined (16); packet size or reserved (16); samplerate 16.16
    reader.skip(4)
    const sampleRateHz = reader.u16()
    reader.skip(2)
    // Version 1 in an ISO file has the fields of version 0 and may be told by what follows: a box, not four numbers
    if (version === 1 && reader.remaining >= 16 && !startsWithBox(reader)) {
      const samplesPerPacket = reader.u32()
      // bytes per packet: of one channel
      reader.skip(4)
      return { ...head, bytes: 44, sampleRateHz, samplesPerPacket, bytesPerPacket: reader.u32() }
    }
    if (version === 2 && reader.remaining >= 36) {
      // sizeOfStructOnly (32); audioSampleRate (float 64); numAudioChannels; always7F000000; constBitsPerChannel;
      // formatSpecificFlags; constBytesPerAudioPacket; constLPCMFramesPerAudioPacket
      reader.skip(4)
      const rate = reader.take(8)
      const channels = reader.u32()
      reader.skip(4)
      const bitsPerSample = reader.u32()
      reader.skip(4)
      const bytesPerPacket = reader.u32()
      return { bytes: 64, channels, bitsPerSample, sampleRateHz: float64(rate), samplesPerPacket: reader.u32(), bytesPerPacket }
    }
    return { ...head, sampleRateHz }
  })
}

function float64(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0)
}

function startsWithBox(reader: ByteReader): boolean {
  const [first] = boxesIn(reader.bytes, reader.offset, reader.end)
  return first !== undefined && first.end - first.start > 8 && /^[ -~©]{4}$/.test(first.type)
}

/** ProtectionSchemeInfoBox, 8.12. */
function originalFormat(moov: Uint8Array, protection: Box[]): string | null {
  const frma = find(protection, 'frma')
  return frma === null ? null : readBody(moov, frma, (reader) => reader.fourcc())
}

function readProtection(moov: Uint8Array, protection: Box[]): EncryptionFacts | null {
  if (protection.length === 0) return null
  const schm = find(protection, 'schm')
  // FullBox; unsigned int(32) scheme_type;
  const scheme = schm === null ? '' : readBody(moov, schm, (reader) => (reader.skip(4), reader.fourcc()))
  const tenc = find(boxesInside(moov, protection, 'schi'), 'tenc')
  if (tenc === null || tenc.end - tenc.body < 24) return { scheme, defaultKeyId: null }
  // FullBox; reserved (8); default_crypt_byte_block, default_skip_byte_block (8); default_isProtected (8);
  // default_Per_Sample_IV_Size (8); default_KID (ISO/IEC 23001-7 8.2)
  return { scheme, defaultKeyId: [...moov.subarray(tenc.body + 8, tenc.body + 24)].map(hexByte).join('') }
}

/** PixelAspectRatioBox, 12.1.4.2. */
function readAspect(moov: Uint8Array, pasp: Box | null): PictureEntry['aspect'] {
  if (pasp === null || pasp.end - pasp.body < 8) return null
  const aspect = readBody(moov, pasp, (reader) => ({ horizontal: reader.u32(), vertical: reader.u32() }))
  return aspect.horizontal > 0 && aspect.vertical > 0 ? aspect : null
}

/** CleanApertureBox, 12.1.4.1: width and height as fractions; where it lies is not asked for. */
function readAperture(moov: Uint8Array, clap: Box | null): PictureEntry['aperture'] {
  if (clap === null || clap.end - clap.body < 16) return null
  const aperture = readBody(moov, clap, (reader) => ({ width: reader.u32() / reader.u32(), height: reader.u32() / reader.u32() }))
  const pixels = aperture.width * aperture.height
  return pixels > 0 && pixels < Infinity ? aperture : null
}

/** ColourInformationBox, 12.1.5, of type `nclx`, or QuickTime's `nclc`; an ICC profile is no code points. */
function readColour(moov: Uint8Array, children: Box[]): ColourFacts | null {
  for (const box of children) {
    if (box.type !== 'colr' || box.end - box.body < 10) continue
    const reader = new ByteReader(moov, box.body, box.end)
    const type = reader.fourcc()
    if (type !== 'nclx' && type !== 'nclc') continue
    const colour = { primaries: reader.u16(), transfer: reader.u16(), matrix: reader.u16() }
    // unsigned int(1) full_range_flag; unsigned int(7) reserved = 0;
    return { ...colour, fullRange: type === 'nclx' && reader.remaining > 0 && reader.u8() >= 0x80 }
  }
  return null
}
