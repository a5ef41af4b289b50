/** Boxes of `moov` (ISO/IEC 14496-12 8.2 to 8.8): each reader takes the body of its box and answers the fields that are used. */
import { MediaError } from '../errors.ts'
import type { ByteReader } from '../bytes/byte-reader.ts'
import { readFullBox } from './full-box.ts'

/** Files have a dozen. As text they take many times their bytes, and a damaged `ftyp` may be as long as its file. */
const MAX_BRANDS = 256

/** FileTypeBox, 4.3. */
export interface Ftyp {
  majorBrand: string
  minorVersion: number
  compatibleBrands: string[]
}

export function readFtyp(reader: ByteReader): Ftyp {
  // unsigned int(32) major_brand; unsigned int(32) minor_version; unsigned int(32) compatible_brands[]; // to end of the box
  const ftyp: Ftyp = { majorBrand: reader.fourcc(), minorVersion: reader.u32(), compatibleBrands: [] }
  while (reader.remaining >= 4 && ftyp.compatibleBrands.length < MAX_BRANDS) ftyp.compatibleBrands.push(reader.fourcc())
  return ftyp
}

/** Timescale and duration as MovieHeaderBox (8.2.2) and MediaHeaderBox (8.4.2) have them at the same place. */
export interface TimeHeader {
  /** Ticks per second. */
  timescale: number
  /** Ticks; 0 in a fragmented file, and where the header says that it does not know (all ones). */
  durationTicks: number
}

/** `{a, b, u, c, d, v, x, y, w}`: 16.16 fixed point, u, v, w 2.30, as stored. */
export type Matrix = readonly number[]

export function readMatrix(reader: ByteReader): Matrix {
  return Array.from({ length: 9 }, () => reader.i32())
}

export function readMvhd(reader: ByteReader): TimeHeader & { matrix: Matrix } {
  const times = readTimeHeader(reader)
  // rate (32); volume (16); reserved (16); reserved[2] (32)
  reader.skip(4 + 2 + 2 + 8)
  return { ...times, matrix: readMatrix(reader) }
}

/** `language`: three letters of five bits, each less 0x60; QuickTime: a Macintosh language code, below 0x400. */
export function readMdhd(reader: ByteReader): TimeHeader & { language: number } {
  return { ...readTimeHeader(reader), language: reader.u16() }
}

function readTimeHeader(reader: ByteReader): TimeHeader {
  const { version } = readFullBox(reader)
  // creation_time; modification_time: 64 bits each in version 1, else 32
  reader.skip(version === 1 ? 16 : 8)
  const timescale = reader.u32()
  if (timescale === 0) throw new MediaError('malformed', 'a timescale is 0')
  return { timescale, durationTicks: readDuration(reader, version) }
}

/** "If the duration cannot be determined then duration is set to all 1s." */
function readDuration(reader: ByteReader, version: number): number {
  const high = version === 1 ? reader.u32() : 0
  const low = reader.u32()
  return low === 0xffffffff && (version === 0 || high === 0xffffffff) ? 0 : high * 2 ** 32 + low
}

/** TrackHeaderBox, 8.3.2. */
export interface Tkhd {
  trackId: number
  /** Flag track_enabled. */
  enabled: boolean
  matrix: Matrix
  /** 16.16 fixed point, as stored. */
  width: number
  height: number
}

export function readTkhd(reader: ByteReader): Tkhd {
  const { version, flags } = readFullBox(reader)
  // creation_time; modification_time;
  reader.skip(version === 1 ? 16 : 8)
  const trackId = reader.u32()
  // reserved = 0 (32); duration; reserved[2] (32); layer; alternate_group; volume; reserved (16)
  reader.skip(4 + (version === 1 ? 8 : 4) + 8 + 8)
  return { trackId, enabled: (flags & 1) !== 0, matrix: readMatrix(reader), width: reader.u32(), height: reader.u32() }
}

/** HandlerBox, 8.4.3: `vide`, `soun`, …, and a name for people. */
export function readHdlr(reader: ByteReader): { handlerType: string; name: string } {
  readFullBox(reader)
  // unsigned int(32) pre_defined = 0;
  reader.skip(4)
  const handlerType = reader.fourcc()
  // unsigned int(32)[3] reserved = 0; string name: UTF-8 up to a zero. QuickTime: length and characters.
  if (reader.remaining < 12) return { handlerType, name: '' }
  reader.skip(12)
  const name = reader.take(reader.remaining)
  const counted = name.length > 0 && name[0] === name.length - 1
  return { handlerType, name: readText(counted ? name.subarray(1) : name) }
}

/** UTF-8 up to the first zero, without what is not UTF-8. */
export function readText(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0)
  return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero))
}

/** One entry of the EditListBox, 8.6.6. */
export interface Edit {
  /** Ticks of the movie's timescale; 0 in a fragmented file: to the end. */
  segmentDuration: number
  /** Ticks of the track's timescale; -1 is an empty edit. */
  mediaTime: number
  /** Playback rate; 0 is a dwell. */
  rate: number
}

export function readElst(reader: ByteReader): Edit[] {
  const { version } = readFullBox(reader)
  const count = reader.u32()
  const entryBytes = version === 1 ? 20 : 12
  if (count * entryBytes > reader.remaining) throw new MediaError('truncated', `elst has no room for ${count} entries`)
  const edits: Edit[] = []
  for (let index = 0; index < count; index += 1) {
    const segmentDuration = readDuration(reader, version)
    const mediaTime = version === 1 ? reader.i64() : reader.i32()
    // int(16) media_rate_integer; int(16) media_rate_fraction = 0;
    edits.push({ segmentDuration, mediaTime, rate: reader.i32() / 0x10000 })
  }
  return edits
}

/** Fields of VisualSampleEntry, 12.1.3. */
export interface VisualSampleEntry {
  width: number
  height: number
}

export function readVisualSampleEntry(reader: ByteReader): VisualSampleEntry {
  // SampleEntry: unsigned int(8)[6] reserved = 0; unsigned int(16) data_reference_index;
  reader.skip(8)
  // pre_defined (16); reserved (16); pre_defined[3] (32);
  reader.skip(16)
  return { width: reader.u16(), height: reader.u16() }
}

/** Fields of AudioSampleEntry, 12.2.3. */
export interface AudioSampleEntry {
  channels: number
  sampleRateHz: number
}

export function readAudioSampleEntry(reader: ByteReader): AudioSampleEntry {
  // SampleEntry: unsigned int(8)[6] reserved = 0; unsigned int(16) data_reference_index; reserved[2] (32)
  reader.skip(8 + 8)
  const channels = reader.u16()
  // samplesize = 16 (16); pre_defined = 0 (16); reserved = 0 (16); samplerate: 16.16
  reader.skip(6)
  return { channels, sampleRateHz: reader.u16() }
}

/** TrackExtendsBox, 8.8.3: defaults of the track's fragments. */
export interface Trex {
  trackId: number
  defaultSampleDuration: number
  defaultSampleSize: number
  defaultSampleFlags: number
}

export function readTrex(reader: ByteReader): Trex {
  readFullBox(reader)
  const trackId = reader.u32()
  // unsigned int(32) default_sample_description_index;
  reader.skip(4)
  return { trackId, defaultSampleDuration: reader.u32(), defaultSampleSize: reader.u32(), defaultSampleFlags: reader.u32() }
}
