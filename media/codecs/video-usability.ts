/** What the VUI of H.264 (annex E) and HEVC (annex E) have in common: pixel shape and colour. */
import type { ColourFacts } from '../container/model.ts'
import type { BitReader } from './bit-reader.ts'

/** Width to height of one sample: `{ width: 4, height: 3 }`. */
export interface SampleAspect {
  width: number
  height: number
}

/** Frames in a second, as a fraction. */
export interface FrameRate {
  numerator: number
  denominator: number
}

/** SampleAspectRatio of Rec. ITU-T H.273 table 12, aspect_ratio_idc 1 to 16. */
const SAMPLE_ASPECT: readonly (readonly [number, number])[] = [
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
]

const EXTENDED_SAR = 255

/** aspect_ratio_info and overscan_info, with their presence flags; null where the shape is not said. */
export function readSampleAspect(reader: BitReader): SampleAspect | null {
  let aspect: SampleAspect | null = null
  // aspect_ratio_info_present_flag
  if (reader.flag()) {
    const idc = reader.bits(8)
    if (idc === EXTENDED_SAR) {
      const width = reader.bits(16)
      const height = reader.bits(16)
      // "When … sar_width is equal to 0 or sar_height is equal to 0, the sample aspect ratio shall be considered unspecified"
      if (width > 0 && height > 0) aspect = { width, height }
    } else {
      const [width, height] = SAMPLE_ASPECT[idc - 1] ?? []
      if (width !== undefined && height !== undefined) aspect = { width, height }
    }
  }
  // overscan_info_present_flag, overscan_appropriate_flag
  if (reader.flag()) reader.skip(1)
  return aspect
}

/** video_signal_type with its presence flag; 2 is "unspecified". */
export function readVideoSignal(reader: BitReader): ColourFacts | null {
  // video_signal_type_present_flag
  if (!reader.flag()) return null
  // video_format u(3), 5 is "unspecified"; video_full_range_flag
  reader.skip(3)
  const fullRange = reader.flag()
  // colour_description_present_flag
  if (!reader.flag()) return { primaries: 2, transfer: 2, matrix: 2, fullRange }
  return { primaries: reader.bits(8), transfer: reader.bits(8), matrix: reader.bits(8), fullRange }
}

/** chroma_loc_info with its presence flag. */
export function skipChromaLocation(reader: BitReader): void {
  if (!reader.flag()) return
  reader.ue()
  reader.ue()
}
