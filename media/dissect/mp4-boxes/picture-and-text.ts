/** Colour, HDR, 360° video, and the boxes of texts and of QuickTime's sound and picture extensions. */
import { MATRIX, PRIMARIES, TRANSFER } from '../../codecs/colour-words.ts'
import { type BoxTable, container, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'

/** ColourInformationBox, 14496-12 12.1.5; QuickTime's `nclc` is `nclx` without the range. */
function colour(r: FieldReader): void {
  const type = r.fourcc('colour_type', { nclx: 'code points', nclc: 'code points (QuickTime)', rICC: 'ICC profile', prof: 'ICC profile' })
  if (type !== 'nclx' && type !== 'nclc') {
    r.hex('ICC_profile')
    return
  }
  r.u16('colour_primaries', PRIMARIES)
  r.u16('transfer_characteristics', TRANSFER)
  r.u16('matrix_coefficients', MATRIX)
  if (type === 'nclx') r.bits(1, ['full_range_flag', 1], ['', 7])
}

const chromaticity = (value: number): string => (value / 50000).toFixed(4)

/** MasteringDisplayColourVolumeBox, 12.1.6: as in the SEI message of that name. */
function masteringDisplay(r: FieldReader): void {
  for (const colourName of ['green', 'blue', 'red']) for (const axis of ['x', 'y']) r.u16(`${colourName}_${axis}`, chromaticity)
  for (const axis of ['x', 'y']) r.u16(`white_point_${axis}`, chromaticity)
  for (const end of ['max', 'min']) r.u32(`${end}_display_mastering_luminance`, (value) => `${value / 10000} cd/m²`)
}

/** The same of WebM's makers, with another order and fixed points: `SmDm` ("VP Codec ISO Media File Format Binding"). */
function smpte2086(r: FieldReader): void {
  r.fullBox()
  for (const name of ['red', 'green', 'blue', 'white_point'])
    for (const axis of ['x', 'y']) r.u16(`${name}_${axis}`, (value) => (value / 65536).toFixed(4))
  r.u32('luminance_max', (value) => `${value / 256} cd/m²`)
  r.u32('luminance_min', (value) => `${value / 16384} cd/m²`)
}

function lightLevel(r: FieldReader): void {
  r.u16('max_content_light_level', 'cd/m²')
  r.u16('max_pic_average_light_level', 'cd/m²')
}

/** FontTableBox of 3GPP TS 26.245. */
function fontTable(r: FieldReader): void {
  r.table(
    'fonts',
    r.u16('entry_count'),
    3,
    () => {
      r.u16('font_ID')
      r.pascalText('font_name')
    },
    true,
  )
}

/** AudioChannelLayout of QuickTime. */
function channelLayout(r: FieldReader): void {
  r.fullBox()
  r.bits(4, ['layout', 16, { 100: 'mono', 101: 'stereo', 121: '5.1', 0: 'by descriptions' }], ['channels', 16])
  r.u32('channel_bitmap')
  r.table('channel_descriptions', r.u32('number_of_descriptions'), 20, () => {
    r.u32('channel_label')
    r.u32('channel_flags')
    for (const axis of ['x', 'y', 'z']) r.float(axis, 4)
  })
}

const FIELDS = {
  0: 'not known',
  1: 'top first',
  6: 'bottom first',
  9: 'bottom first in the picture, top first in time',
  14: 'top first in the picture, bottom first in time',
}

export const PICTURE_AND_TEXT_BOXES: BoxTable = {
  colr: leaf('Colour Information Box', colour),
  mdcv: leaf('Mastering Display Colour Volume Box', masteringDisplay),
  clli: leaf('Content Light Level Box', lightLevel),
  SmDm: leaf('SMPTE 2086 Mastering Display Metadata Box', smpte2086),
  CoLL: leaf('Content Light Level Box (VP9)', (r) => {
    r.fullBox()
    lightLevel(r)
  }),
  amve: leaf('Ambient Viewing Environment Box', (r) => {
    r.u32('ambient_illuminance', (value) => `${value / 10000} lux`)
    r.u16('ambient_light_x', chromaticity)
    r.u16('ambient_light_y', chromaticity)
  }),
  cclv: leaf('Content Colour Volume Box', (r) => void r.hex('data')),
  reve: leaf('Reference Viewing Environment Box', (r) => void r.hex('data')),
  fiel: leaf('Field Handling Box (QuickTime)', (r) => {
    r.u8('fields', { 1: 'progressive', 2: 'interlaced' })
    r.u8('detail', FIELDS)
  }),
  gama: leaf('Gamma Level Box (QuickTime)', (r) => void r.u16_16('gamma')),
  // Spherical Video V2
  st3d: leaf('Stereoscopic 3D Video Box', (r) => {
    r.fullBox()
    r.u8('stereo_mode', { 0: 'monoscopic', 1: 'top and bottom', 2: 'left and right' })
  }),
  sv3d: container('Spherical Video Box'),
  svhd: leaf('Spherical Video Header Box', (r) => {
    r.fullBox()
    r.zeroText('metadata_source')
  }),
  proj: container('Projection Box'),
  prhd: leaf('Projection Header Box', (r) => {
    r.fullBox()
    for (const name of ['yaw', 'pitch', 'roll']) r.fixed(`pose_${name}_degrees`, 4, 16)
  }),
  equi: leaf('Equirectangular Projection Box', (r) => {
    r.fullBox()
    for (const side of ['top', 'bottom', 'left', 'right']) r.u32(`projection_bounds_${side}`)
  }),
  cbmp: leaf('Cubemap Projection Box', (r) => {
    r.fullBox()
    r.u32('layout')
    r.u32('padding')
  }),
  vexu: container('Video Extended Usage Box (spatial video)'),
  eyes: container('Stereo View Box (spatial video)'),
  stri: leaf('Stereo View Information Box (spatial video)', (r) => {
    r.fullBox()
    r.bits(1, ['', 4], ['eye_views_reversed', 1], ['has_additional_views', 1], ['has_right_eye_view', 1], ['has_left_eye_view', 1])
  }),
  // Sound of QuickTime
  wave: container('Sound Extension Box (QuickTime)'),
  'wave/mp4a': leaf('Sound Format (QuickTime)', (r) => void r.hex('data')),
  'wave/frma': leaf('Original Format Box', (r) => void r.fourcc('data_format')),
  enda: leaf('Endianness Box (QuickTime)', (r) => void r.u16('little_endian')),
  chan: leaf('Channel Layout Box (QuickTime)', channelLayout),
  'stsd/name': leaf('Source Name Box (QuickTime)', (r) => void r.text('name')),
  // Texts (14496-30, 3GPP)
  vttC: leaf('WebVTT Configuration Box', (r) => void r.text('config')),
  vlab: leaf('WebVTT Source Label Box', (r) => void r.text('source_label')),
  vttc: container('WebVTT Cue Box'),
  iden: leaf('WebVTT Cue Identifier Box', (r) => void r.text('cue_id')),
  sttg: leaf('WebVTT Cue Settings Box', (r) => void r.text('settings')),
  payl: leaf('WebVTT Cue Payload Box', (r) => void r.text('cue_text')),
  vtte: leaf('WebVTT Empty Cue Box', () => {}),
  ftab: leaf('Font Table Box', fontTable),
  txtC: leaf('Text Configuration Box', (r) => {
    r.fullBox()
    r.zeroText('text_config')
  }),
  mime: leaf('MIME Box', (r) => {
    r.fullBox()
    r.zeroText('content_type')
  }),
  'uri ': leaf('URI Box', (r) => {
    r.fullBox()
    r.zeroText('theURI')
  }),
  uriI: leaf('URI Init Box', (r) => {
    r.fullBox()
    r.hex('uri_initialization_data')
  }),
}
