/** H.264: the sequence parameter set (Rec. ITU-T H.264 7.3.2.1 and annex E). */
import { MediaError } from '../errors.ts'
import type { ColourFacts } from '../container/model.ts'
import { BitReader, withoutEmulationPrevention } from './bit-reader.ts'
import { type FrameRate, readSampleAspect, readVideoSignal, type SampleAspect, skipChromaLocation } from './video-usability.ts'

export interface AvcSps {
  /** seq_parameter_set_id. */
  id: number
  /** profile_idc. */
  profile: number
  /** constraint_set0_flag (0x80) to constraint_set5_flag (0x04). */
  constraints: number
  /** level_idc: 31 is level 3.1. */
  level: number
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  chromaFormat: number
  separateColourPlanes: boolean
  bitDepthLuma: number
  bitDepthChroma: number
  log2MaxFrameNum: number
  /** pic_order_cnt_type; 2 is "output order is decode order". */
  orderCountType: 0 | 1 | 2
  /** 0 where the order count type is not 0. */
  log2MaxOrderCountLsb: number
  maxRefFrames: number
  /** Pictures may be fields or have fields (frame_mbs_only_flag is 0). */
  interlaced: boolean
  /** Pixels in whole macroblocks. */
  codedWidth: number
  codedHeight: number
  /** Pixels after cropping. */
  width: number
  height: number
  sampleAspect: SampleAspect | null
  colour: ColourFacts | null
  /** From the timing of the VUI: time_scale / (2 · num_units_in_tick), two ticks a frame. */
  frameRate: FrameRate | null
  fixedFrameRate: boolean
  /** Frames that may stand before a frame in decode order and after it in output order: as said, or as E.2.1 infers it. */
  maxReorderFrames: number
}

/** Profiles whose SPS says chroma format and bit depth (7.3.2.1.1). */
const WITH_CHROMA: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135])
/** Profiles in which constraint_set3_flag means "intra only" (E.2.1, max_num_reorder_frames). */
const INTRA_BY_CONSTRAINT: ReadonlySet<number> = new Set([44, 86, 100, 110, 122, 244])

/** Reads an SPS NAL unit, with its header byte and without a start code. Throws `MediaError`. */
export function readAvcSps(unit: Uint8Array): AvcSps {
  const reader = new BitReader(withoutEmulationPrevention(unit))
  // forbidden_zero_bit, nal_ref_idc u(2), nal_unit_type u(5)
  const type = reader.bits(8) & 0x1f
  if (type !== 7 && type !== 15) throw new MediaError('malformed', `NAL unit type ${type} is no sequence parameter set`)
  const profile = reader.bits(8)
  const constraints = reader.bits(8)
  const level = reader.bits(8)
  const id = reader.ueUpTo(31, 'seq_parameter_set_id')
  const chroma = readChroma(reader, profile)
  const log2MaxFrameNum = reader.ueUpTo(12, 'log2_max_frame_num_minus4') + 4
  const order = readOrderCount(reader)
  const maxRefFrames = reader.ueUpTo(16, 'max_num_ref_frames')
  // gaps_in_frame_num_value_allowed_flag
  reader.skip(1)
  const size = readSize(reader, chroma)
  // vui_parameters_present_flag
  const vui = reader.flag() ? readVui(reader) : NO_VUI
  const intraOnly = INTRA_BY_CONSTRAINT.has(profile) && (constraints & 0x10) !== 0
  const inferred = intraOnly || order.orderCountType === 2 ? 0 : maxDecodedFrames(level, constraints, size)
  return {
    ...{ id, profile, constraints, level, ...chroma, log2MaxFrameNum, ...order, maxRefFrames, ...size },
    ...{ ...vui, maxReorderFrames: vui.maxReorderFrames ?? inferred },
  }
}

type Chroma = Pick<AvcSps, 'chromaFormat' | 'separateColourPlanes' | 'bitDepthLuma' | 'bitDepthChroma'>

function readChroma(reader: BitReader, profile: number): Chroma {
  if (!WITH_CHROMA.has(profile)) return { chromaFormat: 1, separateColourPlanes: false, bitDepthLuma: 8, bitDepthChroma: 8 }
  const chromaFormat = reader.ueUpTo(3, 'chroma_format_idc')
  const separateColourPlanes = chromaFormat === 3 && reader.flag()
  const bitDepthLuma = reader.ueUpTo(6, 'bit_depth_luma_minus8') + 8
  const bitDepthChroma = reader.ueUpTo(6, 'bit_depth_chroma_minus8') + 8
  // qpprime_y_zero_transform_bypass_flag
  reader.skip(1)
  // seq_scaling_matrix_present_flag
  if (reader.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8
    // seq_scaling_list_present_flag[i]
    for (let list = 0; list < lists; list += 1) if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64)
  }
  return { chromaFormat, separateColourPlanes, bitDepthLuma, bitDepthChroma }
}

/** 7.3.2.1.1.1: deltas until the list says "as before". */
function skipScalingList(reader: BitReader, size: number): void {
  let last = 8
  for (let index = 0; index < size; index += 1) {
    const next = (last + reader.se() + 256) % 256
    if (next === 0) return
    last = next
  }
}

function readOrderCount(reader: BitReader): Pick<AvcSps, 'orderCountType' | 'log2MaxOrderCountLsb'> {
  const type = reader.ueUpTo(2, 'pic_order_cnt_type')
  if (type === 0) {
    return { orderCountType: 0, log2MaxOrderCountLsb: reader.ueUpTo(12, 'log2_max_pic_order_cnt_lsb_minus4') + 4 }
  }
  if (type === 2) return { orderCountType: 2, log2MaxOrderCountLsb: 0 }
  // delta_pic_order_always_zero_flag, offset_for_non_ref_pic, offset_for_top_to_bottom_field
  reader.skip(1)
  reader.se()
  reader.se()
  const cycle = reader.ueUpTo(255, 'num_ref_frames_in_pic_order_cnt_cycle')
  for (let frame = 0; frame < cycle; frame += 1) reader.se()
  return { orderCountType: 1, log2MaxOrderCountLsb: 0 }
}

type Size = Pick<AvcSps, 'interlaced' | 'codedWidth' | 'codedHeight' | 'width' | 'height'>

/** Level 6.2 allows sqrt(8 · 139264) = 1055 macroblocks a side; more than 65535 pixels fit no container. */
const MAX_MACROBLOCKS_A_SIDE = 4096

function readSize(reader: BitReader, { chromaFormat, separateColourPlanes }: Chroma): Size {
  const columns = reader.ueUpTo(MAX_MACROBLOCKS_A_SIDE - 1, 'pic_width_in_mbs_minus1') + 1
  const rows = reader.ueUpTo(MAX_MACROBLOCKS_A_SIDE - 1, 'pic_height_in_map_units_minus1') + 1
  const interlaced = !reader.flag()
  // mb_adaptive_frame_field_flag
  if (interlaced) reader.skip(1)
  // direct_8x8_inference_flag
  reader.skip(1)
  const codedWidth = columns * 16
  const codedHeight = rows * 16 * (interlaced ? 2 : 1)
  // CropUnitX, CropUnitY (7-19 to 7-22): chroma samples, and both fields
  const array = separateColourPlanes ? 0 : chromaFormat
  const unitX = array === 1 || array === 2 ? 2 : 1
  const unitY = (array === 1 ? 2 : 1) * (interlaced ? 2 : 1)
  // frame_cropping_flag; left, right, top, bottom
  const crop = reader.flag() ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : [0, 0, 0, 0]
  const [left = 0, right = 0, top = 0, bottom = 0] = crop
  const width = codedWidth - unitX * (left + right)
  const height = codedHeight - unitY * (top + bottom)
  if (width <= 0 || height <= 0) throw new MediaError('malformed', `cropping leaves ${width} by ${height} pixels`)
  return { interlaced, codedWidth, codedHeight, width, height }
}

interface Vui {
  sampleAspect: SampleAspect | null
  colour: ColourFacts | null
  frameRate: FrameRate | null
  fixedFrameRate: boolean
  /** Null where bitstream_restriction is not there. */
  maxReorderFrames: number | null
}

const NO_VUI: Vui = { sampleAspect: null, colour: null, frameRate: null, fixedFrameRate: false, maxReorderFrames: null }

/** vui_parameters(), E.1.1. */
function readVui(reader: BitReader): Vui {
  const sampleAspect = readSampleAspect(reader)
  const colour = readVideoSignal(reader)
  skipChromaLocation(reader)
  let frameRate: FrameRate | null = null
  let fixedFrameRate = false
  // timing_info_present_flag
  if (reader.flag()) {
    const unitsInTick = reader.bits(32)
    const timeScale = reader.bits(32)
    fixedFrameRate = reader.flag()
    if (unitsInTick > 0 && timeScale > 0) frameRate = { numerator: timeScale, denominator: unitsInTick * 2 }
  }
  // nal_hrd_parameters_present_flag, vcl_hrd_parameters_present_flag
  const nalHrd = reader.flag()
  if (nalHrd) skipHrd(reader)
  const vclHrd = reader.flag()
  if (vclHrd) skipHrd(reader)
  // low_delay_hrd_flag
  if (nalHrd || vclHrd) reader.skip(1)
  // pic_struct_present_flag
  reader.skip(1)
  return { sampleAspect, colour, frameRate, fixedFrameRate, maxReorderFrames: readReorder(reader) }
}

/** hrd_parameters(), E.1.2. */
function skipHrd(reader: BitReader): void {
  const count = reader.ueUpTo(31, 'cpb_cnt_minus1') + 1
  // bit_rate_scale u(4), cpb_size_scale u(4)
  reader.skip(8)
  for (let index = 0; index < count; index += 1) {
    // bit_rate_value_minus1, cpb_size_value_minus1, cbr_flag
    reader.ue()
    reader.ue()
    reader.skip(1)
  }
  // initial_cpb_removal_delay_length_minus1, cpb_removal_delay_length_minus1, dpb_output_delay_length_minus1, time_offset_length: u(5) each
  reader.skip(20)
}

/** bitstream_restriction with its flag. */
function readReorder(reader: BitReader): number | null {
  if (!reader.flag()) return null
  // motion_vectors_over_pic_boundaries_flag
  reader.skip(1)
  // max_bytes_per_pic_denom, max_bits_per_mb_denom, log2_max_mv_length_horizontal, log2_max_mv_length_vertical
  for (let skipped = 0; skipped < 4; skipped += 1) reader.ue()
  return reader.ueUpTo(16, 'max_num_reorder_frames')
}

/** MaxDpbMbs of table A-1, by level_idc; 9 stands for level 1b. */
const MAX_DPB_MACROBLOCKS: Readonly<Record<number, number>> = {
  ...{ 9: 396, 10: 396, 11: 900, 12: 2376, 13: 2376, 20: 2376, 21: 4752, 22: 8100, 30: 8100, 31: 18000, 32: 20480 },
  ...{ 40: 32768, 41: 32768, 42: 34816, 50: 110400, 51: 184320, 52: 184320, 60: 696320, 61: 696320, 62: 696320 },
}

/** MaxDpbFrames, A.3.1 item h: Min(MaxDpbMbs / (PicWidthInMbs · FrameHeightInMbs), 16). */
function maxDecodedFrames(level: number, constraints: number, { codedWidth, codedHeight }: Size): number {
  // level_idc 11 with constraint_set3_flag is level 1b
  const most = MAX_DPB_MACROBLOCKS[level === 11 && constraints & 0x10 ? 9 : level] ?? MAX_DPB_MACROBLOCKS[62] ?? 0
  return Math.min(16, Math.floor(most / ((codedWidth / 16) * (codedHeight / 16))))
}
