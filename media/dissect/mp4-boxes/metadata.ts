/** What is said about the film: `meta`, iTunes and QuickTime metadata, chapters, 3GPP user data, items of HEIF. */
import { type BoxTable, container, fullContainer, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'

/** 8.11.1. QuickTime's `meta` is no FullBox: its first box follows at once. */
function meta(r: FieldReader): void {
  const start = String.fromCharCode(...r.peek(8).subarray(4))
  if (start !== 'hdlr' && start !== 'keys' && start !== 'mhdr') r.fullBox()
}

/** Types of iTunes' and QuickTime's values ("Well-known data types"). */
const DATA_TYPES: Readonly<Record<number, string>> = {
  ...{ 0: 'as the item says', 1: 'UTF-8', 2: 'UTF-16', 13: 'JPEG', 14: 'PNG', 21: 'signed integer', 22: 'unsigned integer', 23: 'float' },
  ...{ 24: 'double', 27: 'BMP', 28: 'metadata' },
}

function data(r: FieldReader): void {
  const { type = 0 } = r.bits(4, ['set', 8], ['type', 24, DATA_TYPES])
  r.u32('locale')
  const size = r.remaining
  if (type === 1 || type === 2) r.text('value')
  else if ((type === 21 || type === 22 || type === 0) && size > 0 && size <= 4) r.uBytes('value', size)
  else if (type === 23 && size === 4) r.float('value', 4)
  else if (type === 24 && size === 8) r.float('value', 8)
  else if (size > 0) r.hex('value')
}

/** QuickTime's user data texts (`©nam`): a list of texts, each with its language. */
function internationalText(r: FieldReader): void {
  r.table(
    'texts',
    r.remaining >= 4 ? 1 : 0,
    4,
    () => {
      const length = r.u16('length')
      r.language('language')
      r.text('text', Math.min(length, r.remaining))
    },
    true,
  )
  if (r.remaining > 0) r.hex('data')
}

/** 3GPP TS 26.244 clause 8: a language and a text. */
function localized(name: string): (r: FieldReader) => void {
  return (r) => {
    r.fullBox()
    r.language('language')
    r.zeroText(name)
    if (r.remaining > 0) r.hex('data')
  }
}

/** Nero's chapters, as FFmpeg reads and writes them: times in 100 ns. */
function chapters(r: FieldReader): void {
  const { version } = r.fullBox()
  if (version === 1) r.u32('reserved')
  r.table(
    'chapters',
    version === 1 ? r.u8('chapter_count') : r.u32('chapter_count'),
    9,
    () => {
      r.u64('start', (time) => `${(time / 1e7).toFixed(3)} s`)
      r.pascalText('title')
    },
    true,
  )
}

/** ItemLocationBox, 8.11.3. */
function itemLocation(r: FieldReader): void {
  const { version } = r.fullBox()
  const sizes = r.bits(2, ['offset_size', 4], ['length_size', 4], ['base_offset_size', 4], ['index_size', 4])
  const { offset_size: offset = 0, length_size: length = 0, base_offset_size: base = 0 } = sizes
  const index = version === 0 ? 0 : (sizes['index_size'] ?? 0)
  const wide = version < 2 ? 2 : 4
  r.table(
    'items',
    r.uBytes('item_count', wide),
    wide + 4,
    () => {
      r.uBytes('item_ID', wide)
      if (version > 0) r.bits(2, ['', 12], ['construction_method', 4, { 0: 'file', 1: 'idat', 2: 'item' }])
      r.u16('data_reference_index')
      r.uBytes('base_offset', base)
      r.table('extents', r.u16('extent_count'), Math.max(1, index + offset + length), () => {
        r.uBytes('extent_index', index)
        r.uBytes('extent_offset', offset)
        r.uBytes('extent_length', length)
      })
    },
    true,
  )
}

/** ItemInfoEntry, 8.11.6. */
function itemInfo(r: FieldReader): void {
  const { version } = r.fullBox()
  r.uBytes('item_ID', version === 3 ? 4 : 2)
  r.u16('item_protection_index')
  if (version >= 2) {
    const type = r.fourcc('item_type')
    r.zeroText('item_name')
    if (type === 'mime') r.zeroText('content_type')
    if (type === 'uri ') r.zeroText('item_uri_type')
    return
  }
  r.zeroText('item_name')
  r.zeroText('content_type')
  if (r.remaining > 0) r.zeroText('content_encoding')
}

/** ItemPropertyAssociationBox (ISO/IEC 23008-12 9.3). */
function propertyAssociation(r: FieldReader): void {
  const { version, flags } = r.fullBox()
  const wide = (flags & 1) !== 0
  r.table(
    'items',
    r.u32('entry_count'),
    version < 1 ? 3 : 5,
    () => {
      r.uBytes('item_ID', version < 1 ? 2 : 4)
      const bytes = wide ? 2 : 1
      r.table('associations', r.u8('association_count'), bytes, () => r.bits(bytes, ['essential', 1], ['property_index', bytes * 8 - 1]))
    },
    true,
  )
}

/** ID3v2Box (3GPP, AOM). */
function id3(r: FieldReader): void {
  r.fullBox()
  r.language('language')
  r.hex('ID3v2_data')
}

const TEXTS = [
  ['titl', 'Title'],
  ['auth', 'Author'],
  ['perf', 'Performer'],
  ['dscp', 'Description'],
  ['gnre', 'Genre'],
  ['albm', 'Album'],
] as const

/** iTunes' names of what is in `ilst`. */
const ITUNES: Readonly<Record<string, string>> = {
  ...{ '©nam': 'Title', '©ART': 'Artist', '©alb': 'Album', '©day': 'Date', '©too': 'Encoder', '©cmt': 'Comment', '©gen': 'Genre' },
  ...{ '©wrt': 'Composer', '©lyr': 'Lyrics', '©grp': 'Grouping', aART: 'Album artist', trkn: 'Track number', disk: 'Disc number' },
  ...{ covr: 'Cover', desc: 'Description', ldes: 'Long description', cprt: 'Copyright', gnre: 'Genre', tmpo: 'Tempo', cpil: 'Compilation' },
  ...{ pgap: 'Gapless', stik: 'Media kind', hdvd: 'HD', tvsh: 'TV show', tves: 'TV episode', tvsn: 'TV season', '----': 'Free form' },
}

export const METADATA_BOXES: BoxTable = {
  meta: container('Meta Box', meta),
  ilst: container('Metadata Item List Box'),
  'ilst/*': container('Metadata Item'),
  ...Object.fromEntries(Object.entries(ITUNES).map(([type, what]) => [`ilst/${type}`, container(`${what} (iTunes)`)])),
  data: leaf('Metadata Value Box', data),
  mean: leaf('Metadata Meaning Box', (r) => {
    r.fullBox()
    r.text('domain')
  }),
  name: leaf('Name Box', (r) => {
    // iTunes' is a FullBox, QuickTime's a track name
    if (r.context.path.at(-1) === '----') r.fullBox()
    r.text('name')
  }),
  keys: container('Metadata Item Keys Box (QuickTime)', (r) => {
    r.fullBox()
    r.u32('entry_count')
  }),
  'keys/mdta': leaf('Metadata Key', (r) => void r.text('key_value')),
  mhdr: leaf('Metadata Header Box (QuickTime)', (r) => {
    r.fullBox()
    r.u32('nextItemID')
  }),
  '©*': leaf('User Data Text (QuickTime)', internationalText),
  ...Object.fromEntries(TEXTS.map(([type, what]) => [type, leaf(`${what} Box (3GPP)`, localized(what.toLowerCase()))])),
  yrrc: leaf('Recording Year Box (3GPP)', (r) => {
    r.fullBox()
    r.u16('recording_year')
  }),
  loci: leaf('Location Box (3GPP)', (r) => {
    r.fullBox()
    r.language('language')
    r.zeroText('name')
    r.u8('role', { 0: 'shooting location', 1: 'real location', 2: 'fictional location' })
    for (const axis of ['longitude', 'latitude', 'altitude']) r.fixed(axis, 4, 16)
    r.zeroText('astronomical_body')
    r.zeroText('additional_notes')
  }),
  chpl: leaf('Chapter List Box (Nero)', chapters),
  ID32: leaf('ID3v2 Box', id3),
  'xml ': leaf('XML Box', (r) => {
    r.fullBox()
    r.text('xml')
  }),
  XMP_: leaf('XMP (QuickTime)', (r) => void r.text('xml')),
  bxml: leaf('Binary XML Box', (r) => {
    r.fullBox()
    r.hex('data')
  }),
  // Items (8.11) and their properties (ISO/IEC 23008-12, HEIF)
  pitm: leaf('Primary Item Box', (r) => {
    const { version } = r.fullBox()
    r.uBytes('item_ID', version === 0 ? 2 : 4)
  }),
  iloc: leaf('Item Location Box', itemLocation),
  iinf: container('Item Information Box', (r) => {
    const { version } = r.fullBox()
    r.uBytes('entry_count', version === 0 ? 2 : 4)
  }),
  infe: leaf('Item Information Entry', itemInfo),
  ipro: container('Item Protection Box', (r) => {
    r.fullBox()
    r.u16('protection_count')
  }),
  iref: fullContainer('Item Reference Box'),
  'iref/*': leaf('Item Reference', (r) => {
    r.u16('from_item_ID')
    r.table('to_item_IDs', r.u16('reference_count'), 2, () => r.u16('to_item_ID'))
  }),
  idat: leaf('Item Data Box', (r) => void r.hex('data')),
  iprp: container('Item Properties Box'),
  ipco: container('Item Property Container Box'),
  ipma: leaf('Item Property Association Box', propertyAssociation),
  ispe: leaf('Image Spatial Extents Property', (r) => {
    r.fullBox()
    r.u32('image_width')
    r.u32('image_height')
  }),
  pixi: leaf('Pixel Information Property', (r) => {
    r.fullBox()
    r.table('bits_per_channel', r.u8('num_channels'), 1, () => r.u8('bits'))
  }),
  irot: leaf('Image Rotation Property', (r) => void r.bits(1, ['', 6], ['angle', 2, (angle) => `${angle * 90}° anticlockwise`])),
  imir: leaf('Image Mirror Property', (r) => void r.bits(1, ['', 7], ['axis', 1, { 0: 'vertical', 1: 'horizontal' }])),
  auxC: leaf('Auxiliary Type Property', (r) => {
    r.fullBox()
    r.zeroText('aux_type')
    if (r.remaining > 0) r.hex('aux_subtype')
  }),
  grpl: container('Groups List Box'),
  'grpl/*': leaf('Entity To Group Box', (r) => {
    r.fullBox()
    r.u32('group_id')
    r.table('entity_ids', r.u32('num_entities_in_group'), 4, () => r.u32('entity_id'))
  }),
}
