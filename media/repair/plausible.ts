/**
 * Whether bytes can be a sample of a codec. One sample proves little, two dozen of them prove that offsets are right: a
 * random place passes the check of H.264 once in millions, that of AAC once in six.
 */
import { readEsds } from '../codecs/aac.ts'
import { MediaError } from '../errors.ts'
import { configOf, type SampleEntry } from './sample-entries.ts'

/** Looks at `bytes` from `from` to `to`: no view is made, because a search asks for every place. */
export type SampleCheck = (bytes: Uint8Array, from: number, to: number) => boolean

/** The check for the samples of an entry, or null for codecs whose samples look like anything (PCM, Opus, encrypted ones). */
export function checkFor(entry: SampleEntry): SampleCheck | null {
  switch (entry.type) {
    case 'avc1':
    case 'avc3': {
      const avcC = configOf(entry, 'avcC')
      // bit(6) reserved; unsigned int(2) lengthSizeMinusOne; (ISO/IEC 14496-15 5.3.3.1)
      return avcC === null ? null : nalUnits(((avcC[4] ?? 3) & 3) + 1, isAvcUnit)
    }
    case 'hvc1':
    case 'hev1': {
      const hvcC = configOf(entry, 'hvcC')
      return hvcC === null ? null : nalUnits(((hvcC[21] ?? 3) & 3) + 1, isHevcUnit)
    }
    case 'mp4a':
      return mp4a(entry)
    case 'ac-3':
    case 'ec-3':
      // syncword (ETSI TS 102 366 4.4.1.1)
      return (bytes, from) => bytes[from] === 0x0b && bytes[from + 1] === 0x77
    case '.mp3':
      return isMp3
    case 'fLaC':
      // sync code 11111111111110, reserved 0 (RFC 9639 9.1)
      return (bytes, from) => bytes[from] === 0xff && ((bytes[from + 1] ?? 0) & 0xfe) === 0xf8
    case 'vp09':
      // frame_marker = 2
      return (bytes, from) => (bytes[from] ?? 0) >> 6 === 2
    case 'av01':
      return isTemporalUnit
    default:
      return null
  }
}

function mp4a(entry: SampleEntry): SampleCheck | null {
  const esds = configOf(entry, 'esds')
  try {
    const objectType = esds === null ? 0x40 : readEsds(esds).objectType
    // MPEG-4 audio and MPEG-2 AAC; MPEG-2 and MPEG-1 audio
    if (objectType === 0x40 || (objectType >= 0x66 && objectType <= 0x68)) return isAac
    return objectType === 0x69 || objectType === 0x6b ? isMp3 : null
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

function isMp3(bytes: Uint8Array, from: number): boolean {
  return bytes[from] === 0xff && ((bytes[from + 1] ?? 0) & 0xe0) === 0xe0
}

/** Lengths that fill the sample exactly, and headers that the standard allows. */
function nalUnits(lengthBytes: number, isUnit: (first: number, second: number) => boolean): SampleCheck {
  return (bytes, from, to) => {
    let at = from
    while (at < to) {
      if (at + lengthBytes >= to) return false
      let length = 0
      for (let index = 0; index < lengthBytes; index += 1) length = length * 256 + (bytes[at + index] ?? 0)
      at += lengthBytes
      if (length === 0 || at + length > to || !isUnit(bytes[at] ?? 0, bytes[at + 1] ?? 0)) return false
      at += length
    }
    return to > from
  }
}

/** forbidden_zero_bit; nal_unit_type 1 to 23 (H.264 table 7-1). */
function isAvcUnit(first: number): boolean {
  return first < 0x80 && (first & 0x1f) >= 1 && (first & 0x1f) <= 23
}

/** forbidden_zero_bit; nuh_temporal_id_plus1 "shall not be equal to 0" (H.265 7.4.2.2). */
function isHevcUnit(first: number, second: number): boolean {
  return first < 0x80 && (second & 7) !== 0
}

/** A raw_data_block "always ends with" ID_END, 111, and zero bits up to the byte (ISO/IEC 14496-3 4.4.2.1, 4.5.2.1). */
function isAac(bytes: Uint8Array, from: number, to: number): boolean {
  const bits = (to - from > 1 ? (bytes[to - 2] ?? 0) << 8 : 0) | (bytes[to - 1] ?? 0)
  for (let padding = 0; padding < 8; padding += 1) {
    if ((bits >> padding) & 1) return ((bits >> padding) & 7) === 7
  }
  return false
}

/** OBUs that fill the sample (AV1 5.3.1): forbidden bit 0, a size each, only the last may go without. */
function isTemporalUnit(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from
  while (at < to) {
    const header = bytes[at] ?? 0
    if (header & 0x81) return false
    at += header & 0x04 ? 2 : 1
    if ((header & 0x02) === 0) return true
    let size = 0
    for (let index = 0; index < 8; index += 1) {
      const byte = bytes[at] ?? 0
      at += 1
      size += (byte & 0x7f) * 2 ** (7 * index)
      if ((byte & 0x80) === 0) break
    }
    at += size
  }
  return to > from && at === to
}
