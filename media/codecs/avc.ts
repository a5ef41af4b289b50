/** H.264: the RFC 6381 string from an AVCDecoderConfigurationRecord (`avcC`, ISO/IEC 14496-15 5.3.3). */
import { ByteReader } from '../bytes/byte-reader.ts'
import { hexByte } from './hex.ts'

/** `avc1.PPCCLL`: profile, constraint flags and level in hex, as they stand in the SPS (RFC 6381 3.3). */
export function avcCodec(avcC: Uint8Array): string {
  const reader = new ByteReader(avcC)
  // unsigned int(8) configurationVersion = 1; AVCProfileIndication; profile_compatibility; AVCLevelIndication;
  reader.skip(1)
  return `avc1.${hexByte(reader.u8())}${hexByte(reader.u8())}${hexByte(reader.u8())}`
}
