/** HEVC: its RFC 6381 string, and a decoder configuration without what differs from machine to machine (ISO/IEC 14496-15 8.3.3). */
import { ByteReader } from '../bytes/byte-reader.ts'
import { concat, u16, u8 } from '../bytes/write-bytes.ts'
import { hexByte } from './hex.ts'

/** `hvc1.A.B.C.D…`: profile, compatibility flags in reverse bit order, tier and level, constraint bytes (ISO/IEC 14496-15 annex E.3). */
export function hevcCodec(hvcC: Uint8Array): string {
  const reader = new ByteReader(hvcC)
  reader.skip(1)
  // unsigned int(2) general_profile_space; unsigned int(1) general_tier_flag; unsigned int(5) general_profile_idc;
  const profile = reader.u8()
  const compatibility = reader.u32()
  const constraints = [...reader.take(6)]
  const level = reader.u8()
  const space = ['', 'A', 'B', 'C'][profile >> 6] ?? ''
  // "with trailing zero bytes omitted"
  while (constraints.at(-1) === 0) constraints.pop()
  return [
    'hvc1',
    `${space}${profile & 0x1f}`,
    reverseBits(compatibility).toString(16),
    `${profile & 0x20 ? 'H' : 'L'}${level}`,
    ...constraints.map(hexByte),
  ].join('.')
}

function reverseBits(value: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit += 1) reversed = reversed * 2 + ((value >>> bit) & 1)
  return reversed
}

/** NAL unit types of parameter sets (Rec. ITU-T H.265 table 7-1): VPS, SPS, PPS. */
const PARAMETER_SETS: ReadonlySet<number> = new Set([32, 33, 34])

/**
 * The `hvcC` with its parameter sets only, marked complete as `hvc1` wants them. x265 also puts an SEI with its version and
 * all of its settings there, the number of threads included: two machines would never write the same initialization segment.
 */
export function keepParameterSets(hvcC: Uint8Array): Uint8Array {
  const reader = new ByteReader(hvcC)
  const head = reader.take(22)
  const arrays: Uint8Array[] = []
  // unsigned int(8) numOfArrays;
  for (let left = reader.u8(); left > 0; left -= 1) {
    // bit(1) array_completeness; bit(1) reserved = 0; unsigned int(6) NAL_unit_type; unsigned int(16) numNalus;
    const type = reader.u8() & 0x3f
    const count = reader.u16()
    const units: Uint8Array[] = []
    for (let unit = 0; unit < count; unit += 1) {
      const length = reader.u16()
      units.push(u16(length), reader.take(length))
    }
    if (PARAMETER_SETS.has(type)) arrays.push(concat([u8(0x80 | type), u16(count), ...units]))
  }
  return concat([head, u8(arrays.length), ...arrays])
}
