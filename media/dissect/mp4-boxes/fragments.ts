/** Movie fragments (ISO/IEC 14496-12 8.8) and what finds them. */
import { SAMPLE, TFHD, TRUN } from '../../mp4/fragment-boxes.ts'
import { type BoxTable, container, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'
import { sampleFlags } from './words.ts'

/** 8.8.7. */
function trackFragmentHeader(r: FieldReader): void {
  const { flags } = r.fullBox({ [TFHD.durationIsEmpty]: 'duration is empty', [TFHD.defaultBaseIsMoof]: 'default base is moof' })
  r.u32('track_ID')
  if (flags & TFHD.baseDataOffset) {
    const at = r.u64('base_data_offset')
    if (at > r.context.fileSize) r.problem(`base_data_offset ${at} lies behind the end of the file`, { offset: r.offset - 8, length: 8 })
  }
  if (flags & TFHD.sampleDescriptionIndex) r.u32('sample_description_index')
  if (flags & TFHD.defaultSampleDuration) r.u32('default_sample_duration')
  if (flags & TFHD.defaultSampleSize) r.u32('default_sample_size')
  if (flags & TFHD.defaultSampleFlags) r.u32('default_sample_flags', sampleFlags)
}

/** 8.8.8. An entry may have no byte of its own: then there is nothing to show of it. */
function trackRun(r: FieldReader): void {
  const { flags } = r.fullBox()
  const samples = r.u32('sample_count')
  if (flags & TRUN.dataOffset) r.i32('data_offset', 'from the base of the fragment')
  if (flags & TRUN.firstSampleFlags) r.u32('first_sample_flags', sampleFlags)
  const columns = [TRUN.sampleDuration, TRUN.sampleSize, TRUN.sampleFlags, TRUN.sampleCompositionTimeOffset].filter((bit) => flags & bit)
  if (columns.length === 0) return
  r.table('samples', samples, columns.length * 4, () => {
    if (flags & TRUN.sampleDuration) r.u32('sample_duration')
    if (flags & TRUN.sampleSize) r.u32('sample_size')
    if (flags & TRUN.sampleFlags) r.u32('sample_flags', sampleFlags)
    // "if (version == 0) unsigned int(32) else signed int(32)"; no true offset reaches 2^31
    if (flags & TRUN.sampleCompositionTimeOffset) r.i32('sample_composition_time_offset')
  })
}

/** 8.8.10: numbers of one to four bytes, as the box says. */
function trackFragmentRandomAccess(r: FieldReader): void {
  const { version } = r.fullBox()
  const long = version === 1
  r.u32('track_ID')
  const sizes = r.bits(
    4,
    ...[
      ['', 26] as const,
      ['length_size_of_traf_num', 2] as const,
      ['length_size_of_trun_num', 2] as const,
      ['length_size_of_sample_num', 2] as const,
    ],
  )
  const bytes = (name: string): number => (sizes[`length_size_of_${name}_num`] ?? 0) + 1
  const entry = (long ? 16 : 8) + bytes('traf') + bytes('trun') + bytes('sample')
  r.table('entries', r.u32('number_of_entry'), entry, () => {
    r.uLong('time', long)
    const at = r.uLong('moof_offset', long)
    if (at >= r.context.fileSize) r.problem(`a fragment at ${at}, the file ends at ${r.context.fileSize}`, undefined, 'warning')
    for (const name of ['traf', 'trun', 'sample']) r.uBytes(`${name}_number`, bytes(name))
  })
}

/** 8.8.13: how levels of ssix are assigned. */
function levelAssignment(r: FieldReader): void {
  r.fullBox()
  r.table(
    'levels',
    r.u8('level_count'),
    5,
    () => {
      r.u32('track_ID')
      const { assignment_type: type = 0 } = r.bits(1, ['padding_flag', 1], ['assignment_type', 7])
      if (type === 0 || type === 1) r.fourcc('grouping_type')
      if (type === 1) r.u32('grouping_type_parameter')
      if (type === 4) r.u32('sub_track_ID')
    },
    true,
  )
}

export const FRAGMENT_BOXES: BoxTable = {
  mvex: container('Movie Extends Box'),
  mehd: leaf('Movie Extends Header Box', (r) => {
    const { version } = r.fullBox()
    r.uLong('fragment_duration', version === 1, 'ticks of the movie')
  }),
  trex: leaf('Track Extends Box', (r) => {
    r.fullBox()
    r.u32('track_ID')
    r.u32('default_sample_description_index')
    r.u32('default_sample_duration')
    r.u32('default_sample_size')
    r.u32('default_sample_flags', (flags) => (flags === 0 ? undefined : sampleFlags(flags & ~SAMPLE.isDependedOnMask)))
  }),
  trep: container('Track Extension Properties Box', (r) => {
    r.fullBox()
    r.u32('track_ID')
  }),
  leva: leaf('Level Assignment Box', levelAssignment),
  moof: container('Movie Fragment Box'),
  mfhd: leaf('Movie Fragment Header Box', (r) => {
    r.fullBox()
    r.u32('sequence_number')
  }),
  traf: container('Track Fragment Box'),
  tfhd: leaf('Track Fragment Header Box', trackFragmentHeader),
  tfdt: leaf('Track Fragment Decode Time Box', (r) => {
    const { version } = r.fullBox()
    r.uLong('baseMediaDecodeTime', version === 1)
  }),
  trun: leaf('Track Run Box', trackRun),
  mfra: container('Movie Fragment Random Access Box'),
  tfra: leaf('Track Fragment Random Access Box', trackFragmentRandomAccess),
  mfro: leaf('Movie Fragment Random Access Offset Box', (r) => {
    r.fullBox()
    r.u32('parent_size')
  }),
}
