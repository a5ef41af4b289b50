/** The tables of samples (ISO/IEC 14496-12 8.6, 8.7, 8.9): when, how long, how large, where. */
import { type BoxTable, container, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'

/** 8.6.1.2. */
function timeToSample(r: FieldReader): void {
  r.fullBox()
  r.table('entries', r.u32('entry_count'), 8, () => {
    r.u32('sample_count')
    r.u32('sample_delta')
  })
}

/** 8.6.1.3: version 1 is signed; version 0 often too, whatever the standard says. */
function compositionOffset(r: FieldReader): void {
  r.fullBox()
  r.table('entries', r.u32('entry_count'), 8, () => {
    r.u32('sample_count')
    r.i32('sample_offset')
  })
}

/** 8.6.1.4. */
function compositionToDecode(r: FieldReader): void {
  const { version } = r.fullBox()
  for (const name of [
    'compositionToDTSShift',
    'leastDecodeToDisplayDelta',
    'greatestDecodeToDisplayDelta',
    'compositionStartTime',
    'compositionEndTime',
  ]) {
    if (version === 0) r.i32(name)
    else r.i64(name)
  }
}

/** 8.6.4: two bits each, a byte a sample. */
function sampleDependency(r: FieldReader): void {
  r.fullBox()
  r.table('samples', r.remaining, 1, () =>
    r.bits(
      1,
      ['is_leading', 2, { 1: 'not decodable', 2: 'not leading', 3: 'decodable' }],
      ['sample_depends_on', 2, { 1: 'on others', 2: 'on none' }],
      ['sample_is_depended_on', 2, { 1: 'by others', 2: 'disposable' }],
      ['sample_has_redundancy', 2, { 1: 'redundant coding', 2: 'none' }],
    ),
  )
}

/** 8.7.3.2. */
function sampleSize(r: FieldReader): void {
  r.fullBox()
  const size = r.u32('sample_size', { 0: 'each its own' })
  const samples = r.u32('sample_count')
  if (size === 0) r.table('entries', samples, 4, () => r.u32('entry_size'))
}

/** 8.7.3.3: 4, 8 or 16 bits an entry; of 4 bits two make a byte. */
function compactSampleSize(r: FieldReader): void {
  r.fullBox()
  const { field_size: width = 0 } = r.bits(4, ['', 24], ['field_size', 8])
  const samples = r.u32('sample_count')
  if (width === 16) r.table('entries', samples, 2, () => r.u16('entry_size'))
  else if (width === 8) r.table('entries', samples, 1, () => r.u8('entry_size'))
  else if (width === 4) r.table('entries', Math.ceil(samples / 2), 1, () => r.bits(1, ['entry_size', 4], ['entry_size', 4]))
  else r.problem(`field_size is ${width}, not 4, 8 or 16`)
}

/** 8.7.4. */
function sampleToChunk(r: FieldReader): void {
  r.fullBox()
  let before = 0
  r.table('entries', r.u32('entry_count'), 12, () => {
    const first = r.u32('first_chunk')
    if (first <= before) r.problem(`first_chunk ${first} does not come after ${before}`, { offset: r.offset - 4, length: 4 })
    before = first
    const samples = r.u32('samples_per_chunk')
    if (samples === 0) r.problem('a chunk of no samples', { offset: r.offset - 4, length: 4 })
    r.u32('sample_description_index')
  })
}

/** 8.7.5: from the start of the file. */
function chunkOffset(r: FieldReader, long: boolean): void {
  r.fullBox()
  const { fileSize } = r.context
  let outside = 0
  r.table('entries', r.u32('entry_count'), long ? 8 : 4, (index) => {
    const at = r.uLong('chunk_offset', long)
    if (at >= fileSize) {
      outside += 1
      const place = { offset: r.offset - (long ? 8 : 4), length: long ? 8 : 4 }
      // One tells as much as a thousand
      if (outside === 1) r.problem(`chunk ${index + 1} lies at ${at}, the file ends at ${fileSize}`, place)
    }
  })
}

/** 8.6.2: numbers of the samples at which decoding can start, the first is 1. */
function syncSample(r: FieldReader): void {
  r.fullBox()
  let before = 0
  r.table('entries', r.u32('entry_count'), 4, () => {
    const sample = r.u32('sample_number')
    if (sample <= before) r.problem(`sample ${sample} does not come after ${before}`, { offset: r.offset - 4, length: 4 }, 'warning')
    before = sample
  })
}

const GROUPS: Readonly<Record<string, string>> = {
  ...{ roll: 'preroll of audio or gradual refresh', prol: 'audio preroll', 'rap ': 'random access points', seig: 'encryption' },
  ...{
    tele: 'temporal levels',
    tsas: 'temporal sub-layer access',
    sync: 'sync samples',
    stsa: 'step-wise access',
    alst: 'alternative startup',
  },
  ...{
    nalm: 'NAL units',
    trif: 'tiles',
    oinf: 'operating points',
    linf: 'layers',
    tscl: 'temporal layers',
    av1f: 'AV1 forward key frames',
  },
}

/** 8.9.2. */
function sampleToGroup(r: FieldReader): void {
  const { version } = r.fullBox()
  r.fourcc('grouping_type', GROUPS)
  if (version === 1) r.u32('grouping_type_parameter')
  r.table('entries', r.u32('entry_count'), 8, () => {
    r.u32('sample_count')
    // In a fragment, 0x10001 and more point into the fragment's own descriptions
    r.u32('group_description_index', (index) => (index === 0 ? 'in no group' : index > 0x10000 ? 'of this fragment' : undefined))
  })
}

/** 8.9.3. */
function sampleGroupDescription(r: FieldReader): void {
  const { version } = r.fullBox()
  const type = r.fourcc('grouping_type', GROUPS)
  const fixed = version >= 1 ? r.u32('default_length', { 0: 'each its own' }) : 0
  if (version >= 2) r.u32('default_group_description_index')
  const entries = r.u32('entry_count')
  r.table(
    'entries',
    entries,
    version === 0 ? 1 : fixed === 0 ? 4 : fixed,
    () => {
      const before = r.remaining
      const length = version === 0 ? (SIZES[type] ?? before) : fixed === 0 ? r.u32('description_length') : fixed
      const end = r.remaining - length
      if (end < 0) return void r.hex('data', length)
      readGroupEntry(r, type, length)
      const left = r.remaining - end
      if (left > 0) r.hex('data', left)
    },
    true,
  )
}

/** Bytes of an entry of version 0, which does not say. */
const SIZES: Readonly<Record<string, number>> = { roll: 2, prol: 2, 'rap ': 1 }

function readGroupEntry(r: FieldReader, type: string, length: number): void {
  if ((type === 'roll' || type === 'prol') && length >= 2) r.i16('roll_distance')
  else if (type === 'rap ' && length >= 1) r.bits(1, ['num_leading_samples_known', 1], ['num_leading_samples', 7])
  else if (type === 'tele' && length >= 1) r.bits(1, ['level_independently_decodable', 1], ['', 7])
  else if (type === 'sync' && length >= 1) r.bits(1, ['', 2], ['NAL_unit_type', 6])
  else if (type === 'seig' && length >= 20) {
    r.u8('reserved')
    r.bits(1, ['crypt_byte_block', 4], ['skip_byte_block', 4])
    r.u8('isProtected')
    const iv = r.u8('Per_Sample_IV_Size')
    r.hex('KID', 16)
    if (iv === 0 && length >= 21) {
      const size = r.u8('constant_IV_size')
      if (size <= length - 21) r.hex('constant_IV', size)
    }
  }
}

/** 8.7.7. */
function subSamples(r: FieldReader): void {
  const { version } = r.fullBox()
  r.table(
    'entries',
    r.u32('entry_count'),
    6,
    () => {
      r.u32('sample_delta')
      r.table('subsamples', r.u16('subsample_count'), version === 1 ? 10 : 8, () => {
        r.uBytes('subsample_size', version === 1 ? 4 : 2)
        r.u8('subsample_priority')
        r.u8('discardable')
        r.u32('codec_specific_parameters')
      })
    },
    true,
  )
}

export const SAMPLE_TABLE_BOXES: BoxTable = {
  stts: leaf('Decoding Time to Sample Box', timeToSample),
  ctts: leaf('Composition Time to Sample Box', compositionOffset),
  cslg: leaf('Composition to Decode Timeline Mapping Box', compositionToDecode),
  stss: leaf('Sync Sample Box', syncSample),
  stps: leaf('Partial Sync Sample Box (QuickTime)', syncSample),
  stsh: leaf('Shadow Sync Sample Box', (r) => {
    r.fullBox()
    r.table('entries', r.u32('entry_count'), 8, () => {
      r.u32('shadowed_sample_number')
      r.u32('sync_sample_number')
    })
  }),
  sdtp: leaf('Independent and Disposable Samples Box', sampleDependency),
  stsd: container('Sample Description Box', (r) => {
    r.fullBox()
    const entries = r.u32('entry_count')
    if (entries === 0) r.problem('no sample description: nothing says what the samples are')
  }),
  stsz: leaf('Sample Size Box', sampleSize),
  stz2: leaf('Compact Sample Size Box', compactSampleSize),
  stsc: leaf('Sample to Chunk Box', sampleToChunk),
  stco: leaf('Chunk Offset Box', (r) => chunkOffset(r, false)),
  co64: leaf('Chunk Large Offset Box', (r) => chunkOffset(r, true)),
  stdp: leaf('Degradation Priority Box', (r) => {
    r.fullBox()
    r.table('priorities', Math.floor(r.remaining / 2), 2, () => r.u16('priority'))
  }),
  padb: leaf('Padding Bits Box', (r) => {
    r.fullBox()
    r.table('pads', Math.ceil(r.u32('sample_count') / 2), 1, () => r.bits(1, ['', 1], ['pad1', 3], ['', 1], ['pad2', 3]))
  }),
  sbgp: leaf('Sample to Group Box', sampleToGroup),
  csgp: leaf('Compact Sample to Group Box', (r) => {
    r.fullBox()
    r.fourcc('grouping_type', GROUPS)
    r.hex('data')
  }),
  sgpd: leaf('Sample Group Description Box', sampleGroupDescription),
  subs: leaf('Sub-Sample Information Box', subSamples),
}
