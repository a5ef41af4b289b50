/** VP9: the codec string from a VPCodecConfigurationBox (`vpcC`, "VP Codec ISO Media File Format Binding" 1.0). */
import { ByteReader } from '../bytes/byte-reader.ts'
import { twoDigits } from './hex.ts'

/**
 * `vp09.PP.LL.DD`, or the long form where colour is anything but what the short one implies (4:2:0, BT.709 or unspecified,
 * limited range).
 */
export function vp9Codec(vpcC: Uint8Array): string {
  const reader = new ByteReader(vpcC)
  // FullBox(version = 1, 0)
  reader.skip(4)
  const profile = reader.u8()
  const level = reader.u8()
  // unsigned int(4) bitDepth; unsigned int(3) chromaSubsampling; unsigned int(1) videoFullRangeFlag;
  const packed = reader.u8()
  const colour = [reader.u8(), reader.u8(), reader.u8()]
  const subsampling = (packed >> 1) & 7
  const fullRange = packed & 1
  const short = ['vp09', twoDigits(profile), twoDigits(level), twoDigits(packed >> 4)]
  const implied = subsampling <= 1 && fullRange === 0 && colour.every((value) => value === 1 || value === 2)
  return (implied ? short : [...short, ...[subsampling, ...colour, fullRange].map(twoDigits)]).join('.')
}
