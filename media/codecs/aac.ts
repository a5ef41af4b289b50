/** MPEG-4 audio: the ES descriptor (`esds`, ISO/IEC 14496-1 7.2.6 and 14496-14 5.6), read for its string and written anew. */
import { MediaError } from '../errors.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { concat, u16, u32, u8 } from '../bytes/write-bytes.ts'
import { hexByte } from './hex.ts'

/** Class tags of descriptors, 14496-1 table 1. */
const ES_DESCR = 0x03
const DECODER_CONFIG_DESCR = 0x04
const DEC_SPECIFIC_INFO = 0x05
const SL_CONFIG_DESCR = 0x06

export interface Esds {
  /** objectTypeIndication; 0x40 is MPEG-4 audio. */
  objectType: number
  /** AudioSpecificConfig, or what else the decoder is told; empty where nothing is (MP3). */
  config: Uint8Array
}

/** Body of an `esds` box, version and flags included. */
export function readEsds(body: Uint8Array): Esds {
  const reader = new ByteReader(body)
  reader.skip(4)
  const es = descriptor(reader, ES_DESCR)
  es.skip(2)
  // bit(1) streamDependenceFlag; bit(1) URL_Flag; bit(1) OCRstreamFlag; bit(5) streamPriority;
  const flags = es.u8()
  if (flags & 0x80) es.skip(2)
  if (flags & 0x40) es.skip(es.u8())
  if (flags & 0x20) es.skip(2)
  const decoder = descriptor(es, DECODER_CONFIG_DESCR)
  const objectType = decoder.u8()
  // streamType (6), upStream (1), reserved (1); bufferSizeDB (24); maxBitrate (32); avgBitrate (32)
  decoder.skip(1 + 3 + 4 + 4)
  // DecoderSpecificInfo decSpecificInfo[0 .. 1];
  if (decoder.remaining === 0) return { objectType, config: new Uint8Array() }
  const info = descriptor(decoder, DEC_SPECIFIC_INFO)
  return { objectType, config: info.take(info.remaining) }
}

/** The next descriptor's content. "sizeOfInstance": seven bits a byte, most significant first, at most four bytes. */
function descriptor(reader: ByteReader, tag: number): ByteReader {
  const found = reader.u8()
  if (found !== tag) throw new MediaError('malformed', `descriptor ${found} in esds where ${tag} was expected`)
  let size = 0
  for (let count = 0; count < 4; count += 1) {
    const next = reader.u8()
    size = size * 128 + (next & 0x7f)
    if ((next & 0x80) === 0) break
  }
  const start = reader.offset
  reader.skip(size)
  return new ByteReader(reader.bytes, start, start + size)
}

/** Body of an `esds` box. Bit rates are left open: an encoder's guess would make equal renditions differ. */
export function writeEsds({ objectType, config }: Esds): Uint8Array {
  const info = writeDescriptor(DEC_SPECIFIC_INFO, config)
  // streamType = 5 (audio), upStream = 0, reserved = 1
  const decoder = writeDescriptor(DECODER_CONFIG_DESCR, u8(objectType, 0x15, 0, 0, 0), u32(0, 0), info)
  // predefined = 2: "reserved for use in MP4 files"
  const sync = writeDescriptor(SL_CONFIG_DESCR, u8(2))
  // ES_ID = 0 in files (14496-14 3.1.2); no flags
  return concat([u32(0), writeDescriptor(ES_DESCR, u16(0), u8(0), decoder, sync)])
}

function writeDescriptor(tag: number, ...content: Uint8Array[]): Uint8Array {
  const body = concat(content)
  if (body.length > 127) throw new MediaError('unsupported', 'an audio configuration longer than 100 bytes')
  return concat([u8(tag, body.length), body])
}

/** `mp4a.40.2`: object type indication in hex, audio object type in decimal (RFC 6381 3.3). */
export function aacCodec({ objectType, config }: Esds): string {
  if (objectType !== 0x40) return `mp4a.${hexByte(objectType)}`
  const reader = new ByteReader(config)
  const first = reader.u8()
  // GetAudioObjectType(): 5 bits; 31 escapes to 32 + the next 6 bits (14496-3 1.6.2.1)
  const short = first >> 3
  const audioObjectType = short === 31 ? 32 + ((first & 7) * 8 + (reader.u8() >> 5)) : short
  return `mp4a.40.${audioObjectType}`
}
