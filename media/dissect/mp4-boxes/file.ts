/** Boxes of the file as such (ISO/IEC 14496-12 4.3, 8.1, 8.16; 23009-1; 14496-30): brands, space, segments, events. */
import { type BoxTable, container, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'
import { hexOf } from '../field-words.ts'
import { clock, timescale } from './words.ts'

/** Brands in words; those that say most of what wrote a file. */
const BRANDS: Readonly<Record<string, string>> = {
  ...{ isom: 'ISO base media', iso2: 'ISO base media 2', iso4: 'ISO base media 4', iso5: 'ISO base media 5', iso6: 'ISO base media 6' },
  ...{ iso8: 'ISO base media 8', iso9: 'ISO base media 9', mp41: 'MP4 version 1', mp42: 'MP4 version 2', avc1: 'with AVC extensions' },
  ...{
    'qt  ': 'QuickTime',
    'M4A ': 'Apple audio',
    'M4V ': 'Apple video',
    'M4B ': 'Apple audiobook',
    dash: 'DASH',
    msdh: 'DASH media segment',
  },
  ...{ msix: 'DASH indexed segment', cmfc: 'CMAF', cmf2: 'CMAF 2', cmfs: 'CMAF segment', cmff: 'CMAF fragment', cmfl: 'CMAF chunk' },
  ...{ cud1: 'CMAF with common user data', heic: 'HEIC image', mif1: 'HEIF image', avif: 'AVIF image', avis: 'AVIF sequence' },
  ...{ msf1: 'HEIF sequence', '3gp4': '3GPP 4', '3gp5': '3GPP 5', '3gp6': '3GPP 6', dby1: 'Dolby', piff: 'Protected interoperable format' },
  ...{ MSNV: 'Sony PSP', lmsg: 'last segment', risx: 'representation index', sims: 'sub-indexed segment', crx1: 'Canon raw' },
}

function fileType(r: FieldReader): void {
  // unsigned int(32) major_brand; unsigned int(32) minor_version; unsigned int(32) compatible_brands[]; // to end of the box
  r.fourcc('major_brand', BRANDS)
  r.u32('minor_version')
  r.table('compatible_brands', Math.floor(r.remaining / 4), 4, () => r.fourcc('brand', BRANDS))
}

/** 8.16.3, of which "the index of the file" of DASH and CMAF is made. */
function segmentIndex(r: FieldReader): void {
  const { version } = r.fullBox()
  r.u32('reference_ID', 'track_ID')
  const ticks = timescale(r)
  r.uLong('earliest_presentation_time', version > 0, (time) => clock(time, ticks))
  r.uLong('first_offset', version > 0, 'from the end of this box')
  // unsigned int(16) reserved = 0;
  r.bits(2, ['', 16])
  r.table('references', r.u16('reference_count'), 12, () => {
    r.bits(4, ['reference_type', 1, { 0: 'media', 1: 'index' }], ['referenced_size', 31])
    r.u32('subsegment_duration', (time) => clock(time, ticks))
    r.bits(4, ['starts_with_SAP', 1], ['SAP_type', 3], ['SAP_delta_time', 28])
  })
}

/** 8.16.4: which bytes of a subsegment are which level. */
function subsegmentIndex(r: FieldReader): void {
  r.fullBox()
  r.table(
    'subsegments',
    r.u32('subsegment_count'),
    4,
    () => {
      const ranges = r.u32('range_count')
      r.table('ranges', ranges, 4, () => r.bits(4, ['level', 8], ['range_size', 24]))
    },
    true,
  )
}

/** 8.16.5. */
function producerReferenceTime(r: FieldReader): void {
  const { version } = r.fullBox({ 1: 'encoder output', 2: 'finalized', 4: 'written', 8: 'consistent, arbitrary offset', 16: 'captured' })
  r.u32('reference_track_ID')
  // "UTC time in NTP format": seconds since 1900, and 2^32 parts of one
  const ntp = (time: number): string => new Date((time / 2 ** 32 - 2_208_988_800) * 1000).toISOString()
  r.u64('ntp_timestamp', (time) => (time / 2 ** 32 < 2_208_988_800 ? undefined : ntp(time)))
  r.uLong('media_time', version > 0)
}

/** EventMessageBox (23009-1 5.10.3.3): version 0 is relative to its segment, version 1 to the presentation. */
function eventMessage(r: FieldReader): void {
  const { version } = r.fullBox()
  const names = (): void => {
    r.zeroText('scheme_id_uri')
    r.zeroText('value')
  }
  if (version === 0) names()
  const ticks = timescale(r)
  if (version === 0) r.u32('presentation_time_delta', (time) => clock(time, ticks))
  else r.u64('presentation_time', (time) => clock(time, ticks))
  r.u32('event_duration', (time) => (time === 0xffffffff ? 'not known' : clock(time, ticks)))
  r.u32('id')
  if (version !== 0) names()
  if (r.remaining > 0) r.hex('message_data')
}

/** What is behind a `uuid`, by its user type. */
const UUIDS: Readonly<Record<string, string>> = {
  a2394f525a9b4f14a2446c427c648df4: 'PIFF Sample Encryption Box',
  '8974dbce7be74c5184f97148f9882554': 'PIFF Track Encryption Box',
  d08a4f1810f34a82b6c832d8aba183d3: 'PIFF Protection System Specific Header Box',
  '6d1d9b0542d544e680e2141daff757b2': 'Smooth Streaming tfxd (time of this fragment)',
  d4807ef2ca3946958e5426cb9e46a79f: 'Smooth Streaming tfrf (times of fragments to come)',
  ffcc8263f8554a938814587a02521fdd: 'Spherical Video V1',
  be7acfcb97a942e89c71999491e3afac: 'XMP',
  '0537cdab9d0c4431a72afa561f2a113e': 'Exif',
  '33c7a4d2b81d4723a0baf1a3e097ad38': 'IPTC',
  '8e1cd78b1f2a4c9e9aa31f3ed11d7f9c': 'Sony tags',
  '55534d5421d24fcebb88695cfac9c740': 'Sony USMT',
  '50524f4621d24fcebb88695cfac9c740': 'Sony PROF',
}

/** The name of a `uuid` box by the 32 hex digits of its user type; empty for what is not known. */
export function uuidName(userType: string): string {
  return UUIDS[userType] ?? ''
}

/** The user type is the last part of the header (4.2.2); what follows is read by what it says. */
export function readUuid(r: FieldReader, readSampleEncryption: (r: FieldReader) => void): void {
  const userType = hexOf(r.peek(16))
  const name = uuidName(userType)
  r.hex('usertype', 16, name)
  if (userType === 'a2394f525a9b4f14a2446c427c648df4') readSampleEncryption(r)
  else if (userType === 'ffcc8263f8554a938814587a02521fdd' || userType === 'be7acfcb97a942e89c71999491e3afac') r.text('xml')
  else if (userType === '6d1d9b0542d544e680e2141daff757b2') {
    const { version } = r.fullBox()
    r.uLong('fragment_absolute_time', version > 0)
    r.uLong('fragment_duration', version > 0)
  } else r.hex('data')
}

export const FILE_BOXES: BoxTable = {
  ftyp: leaf('File Type Box', fileType),
  styp: leaf('Segment Type Box', fileType),
  // Bytes that say nothing by themselves are named, not shown
  mdat: { name: 'Media Data Box' },
  imda: leaf('Identified Media Data Box', (r) => void r.u32('imda_identifier')),
  free: { name: 'Free Space Box' },
  skip: { name: 'Free Space Box' },
  wide: { name: 'Wide Box (room for a 64-bit size)' },
  pdin: leaf('Progressive Download Information Box', (r) => {
    r.fullBox()
    r.table('rates', Math.floor(r.remaining / 8), 8, () => {
      r.u32('rate', 'bytes per second')
      r.u32('initial_delay', 'milliseconds')
    })
  }),
  sidx: leaf('Segment Index Box', segmentIndex),
  ssix: leaf('Subsegment Index Box', subsegmentIndex),
  prft: leaf('Producer Reference Time Box', producerReferenceTime),
  emsg: leaf('Event Message Box', eventMessage),
  emib: leaf('Event Message Instance Box', (r) => {
    r.fullBox()
    r.u32('reserved')
    r.i64('presentation_time_delta')
    r.u32('event_duration')
    r.u32('id')
    r.zeroText('scheme_id_uri')
    r.zeroText('value')
    if (r.remaining > 0) r.hex('message_data')
  }),
  emeb: { name: 'Event Message Empty Box' },
  meco: container('Additional Metadata Container Box'),
  mere: leaf('Meta Box Relation Box', (r) => {
    r.fullBox()
    r.fourcc('first_metabox_handler_type')
    r.fourcc('second_metabox_handler_type')
    r.u8('metabox_relation')
  }),
  pnot: leaf('Preview Box', (r) => {
    r.date('modification_date', false)
    r.u16('version')
    r.fourcc('atom_type')
    r.u16('atom_index')
  }),
}
