/** Sample entries: what `stsd` holds (ISO/IEC 14496-12 8.5.2, 12; QuickTime File Format, "Sample description atoms"). */
import { codecFamily, familyName } from '../../codecs/codec-family.ts'
import { type BoxTable, type BoxType, container, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'

/** 8.5.2.2. */
function sampleEntry(r: FieldReader): void {
  // const unsigned int(8)[6] reserved = 0;
  r.skip(6)
  r.u16('data_reference_index')
}

/** 12.1.3. QuickTime has a version, a vendor and qualities where the standard has pre_defined. */
function visual(r: FieldReader): void {
  sampleEntry(r)
  r.u16('version')
  r.u16('revision')
  r.fourcc('vendor')
  r.u32('temporal_quality')
  r.u32('spatial_quality')
  r.u16('width')
  r.u16('height')
  r.u16_16('horizresolution')
  r.u16_16('vertresolution')
  r.u32('data_size')
  r.u16('frame_count')
  r.pascalText('compressorname', 32)
  r.u16('depth', { 24: 'colour, no alpha', 32: 'colour with alpha' })
  // int(16) pre_defined = -1; QuickTime: colour_table_id, and a table behind 0 of a picture of no more than 8 bits
  r.i16('pre_defined')
}

/** 12.2.3. Version 1 here may be the standard's (behind `stsd` version 1, with no more fields) or QuickTime's. */
function audio(r: FieldReader): void {
  sampleEntry(r)
  const version = r.u16('entry_version')
  r.u16('revision')
  r.fourcc('vendor')
  r.u16('channelcount')
  r.u16('samplesize')
  r.i16('pre_defined')
  r.u16('packet_size')
  r.u16_16('samplerate')
  if (version === 1 && !boxFollows(r)) {
    // "Sound Sample Description (Version 1)"
    r.u32('samples_per_packet')
    r.u32('bytes_per_packet')
    r.u32('bytes_per_frame')
    r.u32('bytes_per_sample')
  } else if (version === 2) {
    // "Sound Sample Description (Version 2)"
    r.u32('size_of_struct_only')
    r.float('audio_sample_rate', 8)
    r.u32('num_audio_channels')
    r.u32('always_7F000000')
    r.u32('const_bits_per_channel')
    r.u32('format_specific_flags')
    r.u32('const_bytes_per_audio_packet')
    r.u32('const_LPCM_frames_per_audio_packet')
  }
}

/** A box that fits lies here: of a sample entry by the standard, not by QuickTime. */
function boxFollows(r: FieldReader): boolean {
  const [a = 0, b = 0, c = 0, d = 0, ...type] = r.peek(8)
  const size = ((a * 256 + b) * 256 + c) * 256 + d
  return type.length === 4 && size >= 8 && size <= r.remaining && type.every((byte) => byte > 0x20 && byte < 0x7f)
}

/** `raw ` is uncompressed in QuickTime, pictures and 8-bit sound alike: pictures have 72 dots per inch where sound has ended. */
function pictureOrSound(r: FieldReader): void {
  const [high, low] = r.peek(30).subarray(28)
  if (high === 0 && low === 72) visual(r)
  else audio(r)
}

/** XMLSubtitleSampleEntry, 12.6.3. */
function xmlSubtitle(r: FieldReader): void {
  sampleEntry(r)
  r.zeroText('namespace')
  r.zeroText('schema_location')
  r.zeroText('auxiliary_mime_types')
}

/** TextSampleEntry of 3GPP TS 26.245 5.16. */
function timedText(r: FieldReader): void {
  sampleEntry(r)
  r.u32('displayFlags')
  r.i8('horizontal_justification', { [-1]: 'right', 0: 'left', 1: 'centred' })
  r.i8('vertical_justification', { [-1]: 'bottom', 0: 'top', 1: 'centred' })
  r.hex('background_color_rgba', 4)
  for (const side of ['top', 'left', 'bottom', 'right']) r.i16(`box_${side}`)
  r.u16('startChar')
  r.u16('endChar')
  r.u16('font_ID')
  r.u8('face_style_flags')
  r.u8('font_size')
  r.hex('text_color_rgba', 4)
}

/** QuickTime's text description; chapters are written in it. */
function quickTimeText(r: FieldReader): void {
  sampleEntry(r)
  r.u32('display_flags')
  r.i32('text_justification')
  r.hex('background_color', 6)
  for (const side of ['top', 'left', 'bottom', 'right']) r.i16(`box_${side}`)
  r.hex('reserved', 8)
  r.u16('font_number')
  r.u16('font_face')
  r.hex('reserved', 3)
  r.hex('foreground_color', 6)
  if (r.remaining > 0 && !boxFollows(r)) r.pascalText('text_name')
}

/** QuickTime's timecode description: what a sample's number counts. */
function timecode(r: FieldReader): void {
  sampleEntry(r)
  r.u32('reserved')
  r.u32('flags', (flags) => [flags & 1 ? 'drop frame' : 'non-drop', ...(flags & 2 ? ['wraps at 24 hours'] : [])].join(', '))
  r.u32('timescale')
  r.u32('frame_duration')
  r.u8('number_of_frames')
  r.u8('reserved')
}

/** HintSampleEntry for RTP, 9.1.2. */
function rtpHint(r: FieldReader): void {
  sampleEntry(r)
  r.u16('hinttrackversion')
  r.u16('highestcompatibleversion')
  r.u32('maxpacketsize')
}

/** MetaDataSampleEntry with texts before its boxes, 12.3.3. */
function metadata(...names: string[]): (r: FieldReader) => void {
  return (r) => {
    sampleEntry(r)
    for (const name of names) r.zeroText(name)
  }
}

const VISUAL = [
  'avc1 avc2 avc3 avc4 hvc1 hev1 hvc2 hev2 vvc1 vvi1 av01 vp08 vp09 vp8 dvh1 dvhe dva1 dvav dav1 mp4v mp2v mp1v s263 H263 h263',
  'apco apcs apcn apch ap4h ap4x aprn aprh AVdn AVdh CFHD jpeg mjpa mjpb mjpg mjp2 png rle dvc dvcp dvpp dv5n dv5p dvh5 dvh6',
  'v210 2vuy yuv2 v308 v408 v410 r210 b16g b48r b64a FFV1 xvid XVID DIVX encv resv drmi icpv',
].join(' ')
const AUDIO = [
  'mp4a Opus fLaC ac-3 ec-3 ac-4 alac .mp3 mp3 .mp2 samr sawb sowt twos in24 in32 fl32 fl64 lpcm ipcm fpcm ulaw alaw NONE ima4',
  'mha1 mha2 mhm1 mhm2 dtsc dtsh dtsl dtse dtsx mlpa QDM2 QDMC enca drms vorbis',
].join(' ')

const NAMES: Readonly<Record<string, string>> = {
  ...{ encv: 'Encrypted video', enca: 'Encrypted audio', drms: 'Encrypted audio (FairPlay)', drmi: 'Encrypted video (FairPlay)' },
  ...{ resv: 'Restricted video', icpv: 'Incomplete video' },
}

/** Keys of `types`, padded as types are, that read as `read`. */
function entries(types: string, read: (r: FieldReader) => void): Record<string, BoxType> {
  const named = (type: string): string => `${NAMES[type] ?? familyName(codecFamily(type))} Sample Entry`.trim()
  return Object.fromEntries(types.split(' ').map((type) => [`stsd/${type.padEnd(4)}`, container(named(type), read)]))
}

export const SAMPLE_ENTRY_BOXES: BoxTable = {
  ...entries(AUDIO, audio),
  ...entries(VISUAL, visual),
  ...entries('raw', pictureOrSound),
  'stsd/stpp': container('TTML Sample Entry', xmlSubtitle),
  'stsd/sbtt': container('Text Subtitle Sample Entry', metadata('content_encoding', 'mime_format')),
  'stsd/stxt': container('Simple Text Sample Entry', metadata('content_encoding', 'mime_format')),
  'stsd/wvtt': container('WebVTT Sample Entry', sampleEntry),
  'stsd/tx3g': container('3GPP Timed Text Sample Entry', timedText),
  'stsd/text': container('QuickTime Text Sample Entry', quickTimeText),
  'stsd/c608': container('CEA-608 Sample Entry', sampleEntry),
  'stsd/c708': container('CEA-708 Sample Entry', sampleEntry),
  'stsd/tmcd': container('Timecode Sample Entry', timecode),
  'stsd/metx': container('XML Metadata Sample Entry', metadata('content_encoding', 'namespace', 'schema_location')),
  'stsd/mett': container('Text Metadata Sample Entry', metadata('content_encoding', 'mime_format')),
  'stsd/urim': container('URI Metadata Sample Entry', sampleEntry),
  'stsd/mebx': container('Boxed Metadata Sample Entry', sampleEntry),
  'stsd/mp4s': container('MPEG-4 Systems Sample Entry', sampleEntry),
  'stsd/encs': container('Encrypted Systems Sample Entry', sampleEntry),
  'stsd/rtp ': container('RTP Hint Sample Entry', rtpHint),
  'stsd/evte': container('Event Message Sample Entry', sampleEntry),
  'stsd/*': leaf('Sample Entry', (r) => {
    sampleEntry(r)
    if (r.remaining > 0) r.hex('data')
  }),
  // Boxes in sample entries that say how large, how dense, how fast
  pasp: leaf('Pixel Aspect Ratio Box', (r) => {
    r.u32('hSpacing')
    r.u32('vSpacing')
  }),
  clap: leaf('Clean Aperture Box', (r) => {
    for (const name of ['cleanApertureWidth', 'cleanApertureHeight']) for (const part of ['N', 'D']) r.u32(`${name}${part}`)
    for (const name of ['horizOff', 'vertOff']) {
      r.i32(`${name}N`)
      r.u32(`${name}D`)
    }
  }),
  btrt: leaf('Bit Rate Box', (r) => {
    r.u32('bufferSizeDB', 'bytes')
    r.u32('maxBitrate', 'bits per second')
    r.u32('avgBitrate', 'bits per second')
  }),
  srat: leaf('Sampling Rate Box', (r) => {
    r.fullBox()
    r.u32('sampling_rate')
  }),
  ccst: leaf('Coding Constraints Box', (r) => {
    r.fullBox()
    r.bits(4, ['all_ref_pics_intra', 1], ['intra_pred_used', 1], ['max_ref_per_pic', 4], ['', 26])
  }),
  auxi: leaf('Auxiliary Type Info Box', (r) => {
    r.fullBox()
    r.zeroText('aux_track_type')
  }),
}
