/** NAL units in a byte stream (Rec. ITU-T H.264 and H.265, Annex B), and what the analyser has to know of a few of them. */
import type { AvcSps } from '../../codecs/avc-sps.ts'
import { BitReader, withoutEmulationPrevention } from '../../codecs/bit-reader.ts'

/** Offset of the next `00 00 01` at or after `from`, or -1. */
export function findStartCode(bytes: Uint8Array, from: number): number {
  const end = bytes.length
  let at = from + 2
  while (at < end) {
    const third = bytes[at] ?? 0
    if (third > 1) at += 3
    else if (third === 0) at += 1
    else if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2
    else at += 3
  }
  return -1
}

/** Whether an H.264 slice (types 1 and 5, NAL header included) is of a field. Throws `MediaError` when it is too short. */
export function isFieldSlice(unit: Uint8Array, { interlaced, separateColourPlanes, log2MaxFrameNum }: AvcSps): boolean {
  if (!interlaced) return false
  const reader = new BitReader(withoutEmulationPrevention(unit.subarray(0, 32)))
  reader.skip(8)
  // first_mb_in_slice, slice_type, pic_parameter_set_id, colour_plane_id (2), frame_num
  reader.ue()
  reader.ue()
  reader.ue()
  reader.skip((separateColourPlanes ? 2 : 0) + log2MaxFrameNum)
  // field_pic_flag
  return reader.flag()
}

/** Whether an H.264 SEI (type 6, NAL header included) has a recovery point: pictures are right from there on, without an IDR. */
export function hasRecoveryPoint(unit: Uint8Array): boolean {
  const rbsp = withoutEmulationPrevention(unit.subarray(0, 1024))
  let at = 1
  // "ff_byte": payload type and size are sums of bytes, all but the last of them 255
  const sum = (): number => {
    let value = 0
    while (rbsp[at] === 0xff) {
      value += 255
      at += 1
    }
    at += 1
    return value + (rbsp[at - 1] ?? 0)
  }
  while (at + 2 < rbsp.length && rbsp[at] !== 0x80) {
    if (sum() === 6) return true
    const size = sum()
    at += size
  }
  return false
}
