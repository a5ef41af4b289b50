/** A track's media: what handles it and how it is set up (ISO/IEC 14496-12 8.4, 8.7, 12). */
import { type BoxTable, container, fullContainer, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'
import { duration, timescale } from './words.ts'

const HANDLERS: Readonly<Record<string, string>> = {
  ...{ vide: 'video', soun: 'audio', hint: 'hints', meta: 'timed metadata', auxv: 'auxiliary video', text: 'text', sbtl: 'subtitles' },
  ...{ subt: 'subtitles', clcp: 'closed captions', tmcd: 'timecode', mdir: 'iTunes metadata', mdta: 'QuickTime metadata' },
  ...{ pict: 'image', fdsm: 'font', data: 'data', alis: 'alias', 'url ': 'URL', subp: 'subpictures', odsm: 'object descriptors' },
  ...{ sdsm: 'scene description', camm: 'camera motion', ID32: 'ID3 metadata' },
}

/** 8.4.2. */
function mediaHeader(r: FieldReader): void {
  const { version } = r.fullBox()
  const long = version === 1
  r.date('creation_time', long)
  r.date('modification_time', long)
  duration(r, long, timescale(r))
  r.language('language')
  r.u16('pre_defined')
}

/** 8.4.3. QuickTime has a component type where the standard has pre_defined, and a name that starts with its length. */
function handler(r: FieldReader): void {
  r.fullBox()
  const type = r.fourcc('component_type', { mhlr: 'media handler', dhlr: 'data handler', '0x00000000': 'none' })
  r.fourcc('handler_type', HANDLERS)
  // const unsigned int(32)[3] reserved = 0; QuickTime: manufacturer, flags, flags mask
  r.skip(12)
  if (r.remaining === 0) return
  if (type !== '0x00000000' && r.peek(1)[0] === r.remaining - 1) r.pascalText('name')
  else r.zeroText('name')
}

/** GRAPHICS transfer modes of QuickTime; copy is what everyone writes. */
const MODES = { 0: 'copy', 0x40: 'dither copy' }

/** 8.7.2: flag 1 is "in the same file". */
function dataEntry(r: FieldReader): void {
  const { flags } = r.fullBox({ 1: 'in this file' })
  if ((flags & 1) === 0 && r.remaining > 0) r.zeroText('location')
}

export const MEDIA_BOXES: BoxTable = {
  mdia: container('Media Box'),
  mdhd: leaf('Media Header Box', mediaHeader),
  hdlr: leaf('Handler Reference Box', handler),
  elng: leaf('Extended Language Tag', (r) => {
    // Some writers leave version and flags out, and begin with the text
    if (r.peek(4).every((byte) => byte === 0)) r.fullBox()
    r.zeroText('extended_language')
  }),
  minf: container('Media Information Box'),
  vmhd: leaf('Video Media Header Box', (r) => {
    r.fullBox()
    r.u16('graphicsmode', MODES)
    r.table('opcolor', 3, 2, () => r.u16('colour'))
  }),
  smhd: leaf('Sound Media Header Box', (r) => {
    r.fullBox()
    r.fixed('balance', 2, 8)
    r.u16('reserved')
  }),
  hmhd: leaf('Hint Media Header Box', (r) => {
    r.fullBox()
    r.u16('maxPDUsize')
    r.u16('avgPDUsize')
    r.u32('maxbitrate')
    r.u32('avgbitrate')
    r.u32('reserved')
  }),
  nmhd: leaf('Null Media Header Box', (r) => void r.fullBox()),
  sthd: leaf('Subtitle Media Header Box', (r) => void r.fullBox()),
  gmhd: container('Base Media Information Header Box (QuickTime)'),
  gmin: leaf('Base Media Info Box (QuickTime)', (r) => {
    r.fullBox()
    r.u16('graphicsmode', MODES)
    r.table('opcolor', 3, 2, () => r.u16('colour'))
    r.fixed('balance', 2, 8)
    r.u16('reserved')
  }),
  'gmhd/text': leaf('Text Media Information Box (QuickTime)', (r) => (r.remaining === 36 ? r.matrix('matrix') : void r.hex('data'))),
  'gmhd/tmcd': container('Timecode Media Information Box (QuickTime)'),
  tcmi: leaf('Timecode Media Information (QuickTime)', (r) => {
    r.fullBox()
    r.i16('text_font')
    r.u16('text_face')
    r.u16('text_size')
    r.u16('reserved')
    r.table('text_color', 3, 2, () => r.u16('colour'))
    r.table('background_color', 3, 2, () => r.u16('colour'))
    r.pascalText('font_name')
  }),
  dinf: container('Data Information Box'),
  dref: container('Data Reference Box', (r) => {
    r.fullBox()
    r.u32('entry_count')
  }),
  'url ': leaf('Data Entry Url Box', dataEntry),
  'urn ': leaf('Data Entry Urn Box', dataEntry),
  alis: leaf('Alias Data Reference (QuickTime)', dataEntry),
  'dref/rsrc': leaf('Resource Data Reference (QuickTime)', dataEntry),
  stbl: container('Sample Table Box'),
  tapt: container('Track Aperture Mode Dimensions Box (QuickTime)'),
  ...Object.fromEntries(
    [['clef', 'Clean Aperture'] as const, ['prof', 'Production Aperture'] as const, ['enof', 'Encoded Pixels'] as const].map(
      ([type, what]) => [
        type,
        leaf(`Track ${what} Dimensions Box (QuickTime)`, (r) => {
          r.fullBox()
          r.u16_16('width')
          r.u16_16('height')
        }),
      ],
    ),
  ),
  hnti: container('Hint Information Box'),
  hinf: container('Hint Statistics Box'),
  'hnti/sdp ': leaf('SDP Information', (r) => void r.text('sdptext')),
  'hnti/rtp ': leaf('RTP Movie Hint Information', (r) => {
    r.fourcc('descriptionformat')
    r.text('sdptext')
  }),
  clip: container('Clipping Box (QuickTime)'),
  matt: container('Track Matte Box (QuickTime)'),
  imap: fullContainer('Track Input Map Box (QuickTime)'),
}
