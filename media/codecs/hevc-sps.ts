/** HEVC: the sequence parameter set (Rec. ITU-T H.265 7.3.2.2 and annex E). */
import { MediaError } from '../errors.ts'
import type { ColourFacts } from '../container/model.ts'
import { BitReader, withoutEmulationPrevention } from './bit-reader.ts'
import { skipReferencePictureSets, skipScalingLists } from './hevc-lists.ts'
import { type FrameRate, readSampleAspect, readVideoSignal, type SampleAspect, skipChromaLocation } from './video-usability.ts'

export interface HevcSps {
  /** sps_seq_parameter_set_id. */
  id: number
  /** general_profile_space (2), general_tier_flag (1), general_profile_idc (5). */
  profileSpace: number
  highTier: boolean
  /** general_profile_idc: 1 Main, 2 Main 10, 3 Main Still Picture, 4 range extensions. */
  profile: number
  /** general_profile_compatibility_flag[0] is the most significant of 32 bits. */
  compatibility: number
  /** Six bytes of constraint flags. */
  constraints: Uint8Array
  /** general_level_idc: 30 times the level. */
  level: number
  temporalLayers: number
  temporalIdNesting: boolean
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  chromaFormat: number
  bitDepthLuma: number
  bitDepthChroma: number
  codedWidth: number
  codedHeight: number
  /** Pixels after the conformance window. */
  width: number
  height: number
  sampleAspect: SampleAspect | null
  colour: ColourFacts | null
  /** Pictures a second, from the timing of the VUI: where `fields`, of fields. */
  frameRate: FrameRate | null
  /** field_seq_flag: every picture is a field. */
  fields: boolean
  /** sps_max_num_reorder_pics of the highest temporal layer. */
  maxReorderFrames: number
}

/** Reads an SPS NAL unit, with its two header bytes and without a start code. Throws `MediaError`. */
export function readHevcSps(unit: Uint8Array): HevcSps {
  const reader = new BitReader(withoutEmulationPrevention(unit))
  // forbidden_zero_bit, nal_unit_type u(6), nuh_layer_id u(6), nuh_temporal_id_plus1 u(3)
  const type = (reader.bits(16) >> 9) & 0x3f
  if (type !== 33) throw new MediaError('malformed', `NAL unit type ${type} is no sequence parameter set`)
  // sps_video_parameter_set_id
  reader.skip(4)
  const subLayers = reader.bits(3)
  if (subLayers > 6) throw new MediaError('malformed', `sps_max_sub_layers_minus1 is ${subLayers}, at most 6 is allowed`)
  const temporalIdNesting = reader.flag()
  const general = readProfileTierLevel(reader, subLayers)
  const id = reader.ueUpTo(15, 'sps_seq_parameter_set_id')
  const picture = readPicture(reader)
  const log2MaxOrderCountLsb = reader.ueUpTo(12, 'log2_max_pic_order_cnt_lsb_minus4') + 4
  const maxReorderFrames = readReorder(reader, subLayers)
  skipCoding(reader, log2MaxOrderCountLsb)
  // vui_parameters_present_flag
  const vui = reader.flag() ? readVui(reader) : NO_VUI
  return { id, ...general, temporalLayers: subLayers + 1, temporalIdNesting, ...picture, ...vui, maxReorderFrames }
}

type General = Pick<HevcSps, 'profileSpace' | 'highTier' | 'profile' | 'compatibility' | 'constraints' | 'level'>

/** profile_tier_level(1, sps_max_sub_layers_minus1), 7.3.3. */
function readProfileTierLevel(reader: BitReader, subLayers: number): General {
  const profileSpace = reader.bits(2)
  const highTier = reader.flag()
  const profile = reader.bits(5)
  const compatibility = reader.bits(32)
  const constraints = Uint8Array.from({ length: 6 }, () => reader.bits(8))
  const level = reader.bits(8)
  const present: [profile: boolean, level: boolean][] = []
  for (let layer = 0; layer < subLayers; layer += 1) present.push([reader.flag(), reader.flag()])
  // "reserved_zero_2bits" up to eight pairs
  if (subLayers > 0) reader.skip((8 - subLayers) * 2)
  for (const [withProfile, withLevel] of present) reader.skip((withProfile ? 88 : 0) + (withLevel ? 8 : 0))
  return { profileSpace, highTier, profile, compatibility, constraints, level }
}

type Picture = Pick<HevcSps, 'chromaFormat' | 'codedWidth' | 'codedHeight' | 'width' | 'height' | 'bitDepthLuma' | 'bitDepthChroma'>

/** Level 6.2 allows sqrt(8 · 35651584) = 16888 samples a side; more than 65535 fit no container. */
const MAX_SIDE = 65535

function readPicture(reader: BitReader): Picture {
  const chromaFormat = reader.ueUpTo(3, 'chroma_format_idc')
  const separateColourPlanes = chromaFormat === 3 && reader.flag()
  const codedWidth = reader.ueUpTo(MAX_SIDE, 'pic_width_in_luma_samples')
  const codedHeight = reader.ueUpTo(MAX_SIDE, 'pic_height_in_luma_samples')
  // conformance_window_flag; left, right, top, bottom, in chroma samples (SubWidthC, SubHeightC)
  const crop = reader.flag() ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : [0, 0, 0, 0]
  const [left = 0, right = 0, top = 0, bottom = 0] = crop
  const array = separateColourPlanes ? 0 : chromaFormat
  const width = codedWidth - (array === 1 || array === 2 ? 2 : 1) * (left + right)
  const height = codedHeight - (array === 1 ? 2 : 1) * (top + bottom)
  if (width <= 0 || height <= 0) throw new MediaError('malformed', `the conformance window leaves ${width} by ${height} pixels`)
  const bitDepthLuma = reader.ueUpTo(8, 'bit_depth_luma_minus8') + 8
  const bitDepthChroma = reader.ueUpTo(8, 'bit_depth_chroma_minus8') + 8
  return { chromaFormat, codedWidth, codedHeight, width, height, bitDepthLuma, bitDepthChroma }
}

/** sps_max_dec_pic_buffering_minus1, sps_max_num_reorder_pics, sps_max_latency_increase_plus1, of each layer or of the highest. */
function readReorder(reader: BitReader, subLayers: number): number {
  // sps_sub_layer_ordering_info_present_flag
  const layers = reader.flag() ? subLayers + 1 : 1
  let reorder = 0
  for (let layer = 0; layer < layers; layer += 1) {
    reader.ue()
    reorder = reader.ueUpTo(16, 'sps_max_num_reorder_pics')
    reader.ue()
  }
  return reorder
}

/** What lies between the ordering information and the VUI. */
function skipCoding(reader: BitReader, log2MaxOrderCountLsb: number): void {
  // log2_min_luma_coding_block_size_minus3, log2_diff_max_min_luma_coding_block_size, log2_min_luma_transform_block_size_minus2,
  // log2_diff_max_min_luma_transform_block_size, max_transform_hierarchy_depth_inter, max_transform_hierarchy_depth_intra
  for (let skipped = 0; skipped < 6; skipped += 1) reader.ue()
  // scaling_list_enabled_flag, sps_scaling_list_data_present_flag
  if (reader.flag() && reader.flag()) skipScalingLists(reader)
  // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  reader.skip(2)
  // pcm_enabled_flag
  if (reader.flag()) {
    // pcm_sample_bit_depth_luma_minus1 u(4), pcm_sample_bit_depth_chroma_minus1 u(4)
    reader.skip(8)
    // log2_min_pcm_luma_coding_block_size_minus3, log2_diff_max_min_pcm_luma_coding_block_size, pcm_loop_filter_disabled_flag
    reader.ue()
    reader.ue()
    reader.skip(1)
  }
  skipReferencePictureSets(reader)
  // long_term_ref_pics_present_flag
  if (reader.flag()) {
    const count = reader.ueUpTo(32, 'num_long_term_ref_pics_sps')
    // lt_ref_pic_poc_lsb_sps u(v), used_by_curr_pic_lt_sps_flag
    reader.skip(count * (log2MaxOrderCountLsb + 1))
  }
  // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  reader.skip(2)
}

type Vui = Pick<HevcSps, 'sampleAspect' | 'colour' | 'frameRate' | 'fields'>

const NO_VUI: Vui = { sampleAspect: null, colour: null, frameRate: null, fields: false }

/** vui_parameters(), E.2.1, as far as its timing. */
function readVui(reader: BitReader): Vui {
  const sampleAspect = readSampleAspect(reader)
  const colour = readVideoSignal(reader)
  skipChromaLocation(reader)
  // neutral_chroma_indication_flag
  reader.skip(1)
  const fields = reader.flag()
  // frame_field_info_present_flag
  reader.skip(1)
  // default_display_window_flag: an offset a side, not applied: "decoders may ignore" it, and they do
  if (reader.flag()) for (let side = 0; side < 4; side += 1) reader.ue()
  let frameRate: FrameRate | null = null
  // vui_timing_info_present_flag
  if (reader.flag()) {
    const unitsInTick = reader.bits(32)
    const timeScale = reader.bits(32)
    if (unitsInTick > 0 && timeScale > 0) frameRate = { numerator: timeScale, denominator: unitsInTick }
  }
  return { sampleAspect, colour, frameRate, fields }
}
