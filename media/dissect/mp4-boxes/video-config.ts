/** How decoders of video are set up: boxes in sample entries (ISO/IEC 14496-15, the bindings of AV1, VP9 and Dolby Vision). */
import { readAvcSps } from '../../codecs/avc-sps.ts'
import { readHevcSps } from '../../codecs/hevc-sps.ts'
import {
  av1Level,
  av1Profile,
  avcLevel,
  avcProfile,
  CHROMA,
  DOLBY_VISION,
  hevcLevel,
  hevcProfile,
  VP9_CHROMA,
} from '../../codecs/profile-words.ts'
import type { FrameRate, SampleAspect } from '../../codecs/video-usability.ts'
import { MediaError } from '../../errors.ts'
import { type BoxTable, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'
import { MATRIX, PRIMARIES, TRANSFER } from '../../codecs/colour-words.ts'

/** A parameter set of `length` bytes as hex; of a sequence parameter set, in words what it says. */
function parameterSet(r: FieldReader, read: ((unit: Uint8Array) => string) | null): void {
  const length = r.u16('length')
  const unit = r.peek(length)
  let words: string | undefined
  if (read !== null && unit.length === length) {
    try {
      words = read(unit)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      r.problem(`the sequence parameter set is damaged: ${error.message}`, { offset: r.offset, length })
    }
  }
  r.hex('NALUnit', length, words)
}

interface Sps {
  width: number
  height: number
  chromaFormat: number
  bitDepthLuma: number
  sampleAspect: SampleAspect | null
  frameRate: FrameRate | null
  maxReorderFrames: number
}

function spsWords({ width, height, chromaFormat, bitDepthLuma, sampleAspect, frameRate, maxReorderFrames }: Sps): string {
  const aspect =
    sampleAspect === null || sampleAspect.width === sampleAspect.height ? [] : [`samples ${sampleAspect.width}:${sampleAspect.height}`]
  const rate = frameRate === null ? [] : [`${Number((frameRate.numerator / frameRate.denominator).toFixed(3))} fps`]
  return [`${width}x${height}`, CHROMA[chromaFormat], `${bitDepthLuma}-bit`, ...aspect, ...rate, `reorders ${maxReorderFrames}`].join(', ')
}

/** AVCDecoderConfigurationRecord, 14496-15 5.3.3.1.2. */
function avcConfig(r: FieldReader): void {
  r.u8('configurationVersion')
  const [profile = 0, constraints = 0, level = 0] = r.peek(3)
  r.u8('AVCProfileIndication', avcProfile(profile, constraints) ?? undefined)
  r.u8('profile_compatibility')
  r.u8('AVCLevelIndication', `level ${avcLevel(profile, constraints, level)}`)
  r.bits(1, ['', 6], ['lengthSizeMinusOne', 2])
  const { numOfSequenceParameterSets: sequences = 0 } = r.bits(1, ['', 3], ['numOfSequenceParameterSets', 5])
  r.table('sequenceParameterSets', sequences, 2, () => parameterSet(r, (unit) => spsWords(readAvcSps(unit))), true)
  r.table('pictureParameterSets', r.u8('numOfPictureParameterSets'), 2, () => parameterSet(r, null), true)
  // "if (AVCProfileIndication != 66 && … != 77 && … != 88)"; writers leave it out all the same
  if (r.remaining >= 4) {
    r.bits(1, ['', 6], ['chroma_format', 2, (value) => CHROMA[value]])
    r.bits(1, ['', 5], ['bit_depth_luma_minus8', 3])
    r.bits(1, ['', 5], ['bit_depth_chroma_minus8', 3])
    r.table('sequenceParameterSetExt', r.u8('numOfSequenceParameterSetExt'), 2, () => parameterSet(r, null), true)
  }
}

const HEVC_UNITS = { 32: 'VPS', 33: 'SPS', 34: 'PPS', 39: 'prefix SEI', 40: 'suffix SEI' }

/** HEVCDecoderConfigurationRecord, 14496-15 8.3.3.1.2. */
function hevcConfig(r: FieldReader): void {
  r.u8('configurationVersion')
  const [head = 0] = r.peek(1)
  const profile = hevcProfile(head & 31, r.peek(11).subarray(5))
  r.bits(
    1,
    ['general_profile_space', 2],
    ['general_tier_flag', 1, { 0: 'main tier', 1: 'high tier' }],
    ['general_profile_idc', 5, profile ?? undefined],
  )
  r.hex('general_profile_compatibility_flags', 4)
  r.hex('general_constraint_indicator_flags', 6)
  r.u8('general_level_idc', (level) => `level ${hevcLevel(level)}`)
  r.bits(2, ['', 4], ['min_spatial_segmentation_idc', 12])
  r.bits(1, ['', 6], ['parallelismType', 2])
  r.bits(1, ['', 6], ['chroma_format_idc', 2, (value) => CHROMA[value]])
  r.bits(1, ['', 5], ['bit_depth_luma_minus8', 3])
  r.bits(1, ['', 5], ['bit_depth_chroma_minus8', 3])
  r.u16('avgFrameRate')
  r.bits(1, ['constantFrameRate', 2], ['numTemporalLayers', 3], ['temporalIdNested', 1], ['lengthSizeMinusOne', 2])
  parameterArrays(r, r.u8('numOfArrays'))
}

function parameterArrays(r: FieldReader, count: number): void {
  r.table(
    'arrays',
    count,
    3,
    () => {
      const { NAL_unit_type: type = 0 } = r.bits(1, ['array_completeness', 1], ['', 1], ['NAL_unit_type', 6, HEVC_UNITS])
      const read = type === 33 ? (unit: Uint8Array): string => spsWords(readHevcSps(unit)) : null
      r.table('units', r.u16('numNalus'), 2, () => parameterSet(r, read), true)
    },
    true,
  )
}

/** VPCodecConfigurationBox ("VP Codec ISO Media File Format Binding" 1.0). */
function vpConfig(r: FieldReader): void {
  r.fullBox()
  r.u8('profile')
  r.u8('level', (level) => `level ${(level / 10).toFixed(1)}`)
  r.bits(1, ['bitDepth', 4], ['chromaSubsampling', 3, (value) => VP9_CHROMA[value]], ['videoFullRangeFlag', 1])
  r.u8('colourPrimaries', PRIMARIES)
  r.u8('transferCharacteristics', TRANSFER)
  r.u8('matrixCoefficients', MATRIX)
  r.hex('codecInitializationData', r.u16('codecInitializationDataSize'))
}

/** AV1CodecConfigurationRecord ("AV1 Codec ISO Media File Format Binding" 2.3.3). */
function av1Config(r: FieldReader): void {
  r.bits(1, ['marker', 1], ['version', 7])
  r.bits(1, ['seq_profile', 3, (value) => av1Profile(value) ?? undefined], ['seq_level_idx_0', 5, (value) => `level ${av1Level(value)}`])
  r.bits(
    1,
    ...[['seq_tier_0', 1] as const, ['high_bitdepth', 1] as const, ['twelve_bit', 1] as const, ['monochrome', 1] as const],
    ...[['chroma_subsampling_x', 1] as const, ['chroma_subsampling_y', 1] as const, ['chroma_sample_position', 2] as const],
  )
  r.bits(1, ['', 3], ['initial_presentation_delay_present', 1], ['initial_presentation_delay_minus_one', 4])
  if (r.remaining > 0) r.hex('configOBUs')
}

/** DOVIDecoderConfigurationRecord ("Dolby Vision Streams Within the ISO Base Media File Format" 3.2). */
function dolbyVision(r: FieldReader): void {
  r.u8('dv_version_major')
  r.u8('dv_version_minor')
  r.bits(
    3,
    ...[
      ['dv_profile', 7, DOLBY_VISION] as const,
      ['dv_level', 6] as const,
      ['rpu_present_flag', 1] as const,
      ['el_present_flag', 1] as const,
    ],
    ...[
      ['bl_present_flag', 1] as const,
      ['dv_bl_signal_compatibility_id', 4, { 1: 'HDR10', 2: 'SDR', 4: 'HLG', 6: 'Blu-ray HDR10' }] as const,
      ['', 4] as const,
    ],
  )
  r.hex('reserved')
}

const DOLBY = 'Dolby Vision Configuration Box'

export const VIDEO_CONFIG_BOXES: BoxTable = {
  avcC: leaf('AVC Configuration Box', avcConfig),
  hvcC: leaf('HEVC Configuration Box', hevcConfig),
  lhvC: leaf('Layered HEVC Configuration Box', (r) => {
    r.u8('configurationVersion')
    r.bits(2, ['', 4], ['min_spatial_segmentation_idc', 12])
    r.bits(1, ['', 6], ['parallelismType', 2])
    r.bits(1, ['', 2], ['numTemporalLayers', 3], ['temporalIdNested', 1], ['lengthSizeMinusOne', 2])
    parameterArrays(r, r.u8('numOfArrays'))
  }),
  vpcC: leaf('VP Codec Configuration Box', vpConfig),
  av1C: leaf('AV1 Codec Configuration Box', av1Config),
  dvcC: leaf(DOLBY, dolbyVision),
  dvvC: leaf(DOLBY, dolbyVision),
  dvwC: leaf(DOLBY, dolbyVision),
  hvcE: leaf('Dolby Vision Enhancement Layer HEVC Configuration Box', hevcConfig),
  avcE: leaf('Dolby Vision Enhancement Layer AVC Configuration Box', avcConfig),
  d263: leaf('H.263 Specific Box', (r) => {
    r.fourcc('vendor')
    r.u8('decoder_version')
    r.u8('H263_Level')
    r.u8('H263_Profile')
  }),
  ACLR: leaf('Avid Colour Range Box', (r) => void r.hex('data')),
  ARES: leaf('Avid Resolution Box', (r) => void r.hex('data')),
  ADHR: leaf('Avid DNxHR Box', (r) => void r.hex('data')),
  APRG: leaf('Avid Progressive Box', (r) => void r.hex('data')),
  glbl: leaf('Global Header Box (FFmpeg)', (r) => void r.hex('data')),
  jpgC: leaf('JPEG Configuration Box', (r) => {
    r.fullBox()
    r.hex('JPEGprefixHeader')
  }),
}
