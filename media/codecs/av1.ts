/** AV1: the codec string from an AV1CodecConfigurationRecord (`av1C`, "AV1 Codec ISO Media File Format Binding" 2.3.3 and 5). */
import { ByteReader } from '../bytes/byte-reader.ts'
import { twoDigits } from './hex.ts'

/** `av01.P.LLT.DD`: profile, level and tier, bit depth; the optional colour fields have their defaults. */
export function av1Codec(av1C: Uint8Array): string {
  const reader = new ByteReader(av1C)
  // unsigned int(1) marker = 1; unsigned int(7) version = 1;
  reader.skip(1)
  // unsigned int(3) seq_profile; unsigned int(5) seq_level_idx_0;
  const profileLevel = reader.u8()
  // unsigned int(1) seq_tier_0; unsigned int(1) high_bitdepth; unsigned int(1) twelve_bit; …
  const packed = reader.u8()
  const tier = packed & 0x80 ? 'H' : 'M'
  const depth = packed & 0x40 ? (packed & 0x20 ? 12 : 10) : 8
  return `av01.${profileLevel >> 5}.${twoDigits(profileLevel & 0x1f)}${tier}.${twoDigits(depth)}`
}
