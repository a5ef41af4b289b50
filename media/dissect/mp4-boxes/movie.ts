/** The movie and its tracks (ISO/IEC 14496-12 8.2, 8.3, 8.6.5, 8.6.6). */
import { type BoxTable, container, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'
import { duration, timescale } from './words.ts'

/** 8.2.2. */
function movieHeader(r: FieldReader): void {
  const { version } = r.fullBox()
  const long = version === 1
  r.date('creation_time', long)
  r.date('modification_time', long)
  duration(r, long, timescale(r))
  r.fixed('rate', 4, 16)
  r.fixed('volume', 2, 8)
  // const bit(16) reserved = 0; const unsigned int(32)[2] reserved = 0;
  r.skip(10)
  r.matrix('matrix')
  // bit(32)[6] pre_defined = 0; QuickTime: preview time and duration, poster time, selection time and duration, current time
  r.skip(24)
  r.u32('next_track_ID')
}

/** 8.3.2. Its duration is in ticks of the movie, which this box does not say. */
function trackHeader(r: FieldReader): void {
  const { version } = r.fullBox({ 1: 'enabled', 2: 'in movie', 4: 'in preview', 8: 'size is an aspect ratio' })
  const long = version === 1
  r.date('creation_time', long)
  r.date('modification_time', long)
  const id = r.u32('track_ID')
  if (id === 0) r.problem('track_ID is 0, which no track may have', { offset: r.offset - 4, length: 4 }, 'warning')
  // const unsigned int(32) reserved = 0;
  r.skip(4)
  duration(r, long, 0)
  // const unsigned int(32)[2] reserved = 0;
  r.skip(8)
  r.i16('layer')
  r.i16('alternate_group')
  r.fixed('volume', 2, 8)
  // const unsigned int(16) reserved = 0;
  r.skip(2)
  r.matrix('matrix')
  r.u16_16('width')
  r.u16_16('height')
}

/** 8.6.6. */
function editList(r: FieldReader): void {
  const { version } = r.fullBox({ 1: 'repeat' })
  const long = version === 1
  r.table('entries', r.u32('entry_count'), long ? 20 : 12, () => {
    r.uLong('segment_duration', long, 'ticks of the movie')
    const words = (time: number): string => (time === -1 ? 'an empty edit' : 'ticks of the track')
    if (long) r.i64('media_time', words)
    else r.i32('media_time', words)
    // int(16) media_rate_integer; int(16) media_rate_fraction = 0;
    r.fixed('media_rate', 4, 16, { 0: 'a dwell' })
  })
}

/** InitialObjectDescriptor (ISO/IEC 14496-1 7.2.6.4) as ISO/IEC 14496-14 3.3.3 has it: profiles, 255 is "none required". */
function objectDescriptor(r: FieldReader): void {
  r.fullBox()
  r.u8('tag')
  // sizeOfInstance: seven bits a byte, the highest says that more follow
  r.hex('size', Math.max(1, r.peek(4).findIndex((byte) => (byte & 0x80) === 0) + 1))
  r.bits(2, ['ObjectDescriptorID', 10], ['URL_Flag', 1], ['includeInlineProfileLevelFlag', 1], ['', 4])
  for (const name of ['OD', 'scene', 'audio', 'visual', 'graphics']) r.u8(`${name}ProfileLevelIndication`)
  if (r.remaining > 0) r.hex('descriptors')
}

function trackReference(r: FieldReader): void {
  r.table('track_IDs', Math.floor(r.remaining / 4), 4, () => r.u32('track_ID'))
}

function trackGroup(r: FieldReader): void {
  r.fullBox()
  r.u32('track_group_id')
  if (r.remaining > 0) r.hex('data')
}

/** 8.14.3. */
function kind(r: FieldReader): void {
  r.fullBox()
  r.zeroText('schemeURI')
  r.zeroText('value')
}

export const MOVIE_BOXES: BoxTable = {
  moov: container('Movie Box'),
  mvhd: leaf('Movie Header Box', movieHeader),
  iods: leaf('Object Descriptor Box', objectDescriptor),
  trak: container('Track Box'),
  tkhd: leaf('Track Header Box', trackHeader),
  tref: container('Track Reference Box'),
  'tref/*': leaf('Track Reference', trackReference),
  'tref/chap': leaf('Chapter List Reference', trackReference),
  'tref/cdsc': leaf('Content Description Reference', trackReference),
  'tref/hint': leaf('Hint Track Reference', trackReference),
  'tref/tmcd': leaf('Timecode Reference', trackReference),
  'tref/vdep': leaf('Depth Video Reference', trackReference),
  trgr: container('Track Group Box'),
  'trgr/*': leaf('Track Group Type Box', trackGroup),
  edts: container('Edit Box'),
  elst: leaf('Edit List Box', editList),
  udta: container('User Data Box'),
  kind: leaf('Kind Box', kind),
  'udta/strk': container('Sub Track Box'),
  tsel: leaf('Track Selection Box', (r) => {
    r.fullBox()
    r.i32('switch_group')
    r.table('attribute_list', Math.floor(r.remaining / 4), 4, () => r.fourcc('attribute'))
  }),
  cprt: leaf('Copyright Box', (r) => {
    r.fullBox()
    r.language('language')
    r.zeroText('notice')
  }),
  load: leaf('Track Load Settings Box', (r) => {
    r.u32('preload_start_time')
    r.i32('preload_duration')
    r.u32('preload_flags', { 1: 'always', 2: 'if enabled' })
    r.u32('default_hints')
  }),
  rmra: container('Reference Movie Box'),
  rmda: container('Reference Movie Descriptor Box'),
  cmov: container('Compressed Movie Box'),
  dcom: leaf('Data Compression Box', (r) => void r.fourcc('algorithm')),
  cmvd: leaf('Compressed Movie Data Box', (r) => {
    r.u32('uncompressed_size')
    r.hex('data')
  }),
}
