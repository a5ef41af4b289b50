/** Every tag of draft-pantos-hls-rfc8216bis-22: where it may stand, how often, and what its value looks like (4.4). */

/** As 4.2 names them; a list holds the words that are allowed. */
export type AttributeKind = 'quoted' | 'integer' | 'float' | 'signed' | 'hex' | 'word' | 'resolution' | 'quoted-or-NONE' | readonly string[]

export interface TagSpec {
  clause: string
  /** `segment` tags are media tags that belong to a segment. */
  in: 'both' | 'media' | 'segment' | 'multivariant'
  /** It must not stand twice. */
  once: boolean
  value: 'none' | 'integer' | 'extinf' | 'byterange' | 'date' | 'type' | 'attributes'
  attributes: Readonly<Record<string, AttributeKind>>
  required: readonly string[]
}

const YES = ['YES'] as const
const YES_NO = ['YES', 'NO'] as const

function tag(clause: string, place: TagSpec['in'], once: boolean, value: Exclude<TagSpec['value'], 'attributes'>): TagSpec {
  return { clause, in: place, once, value, attributes: {}, required: [] }
}

function list(clause: string, place: TagSpec['in'], once: boolean, attributes: TagSpec['attributes'], required: string[] = []): TagSpec {
  return { clause, in: place, once, value: 'attributes', attributes, required }
}

const KEY = { METHOD: 'word', URI: 'quoted', IV: 'hex', KEYFORMAT: 'quoted', KEYFORMATVERSIONS: 'quoted' } as const
const VARIANT: Readonly<Record<string, AttributeKind>> = {
  ...{ BANDWIDTH: 'integer', 'AVERAGE-BANDWIDTH': 'integer', SCORE: 'float', CODECS: 'quoted', 'SUPPLEMENTAL-CODECS': 'quoted' },
  ...{ RESOLUTION: 'resolution', 'HDCP-LEVEL': ['TYPE-0', 'TYPE-1', 'NONE'], 'ALLOWED-CPC': 'quoted', 'VIDEO-RANGE': ['SDR', 'HLG', 'PQ'] },
  ...{ 'REQ-VIDEO-LAYOUT': 'quoted', 'STABLE-VARIANT-ID': 'quoted', VIDEO: 'quoted', 'PATHWAY-ID': 'quoted' },
}

export const TAG_SPECS: ReadonlyMap<string, TagSpec> = new Map(
  Object.entries({
    EXTM3U: tag('4.4.1.1', 'both', true, 'none'),
    'EXT-X-VERSION': tag('4.4.1.2', 'both', true, 'integer'),
    'EXT-X-INDEPENDENT-SEGMENTS': tag('4.4.2.1', 'both', true, 'none'),
    'EXT-X-START': list('4.4.2.2', 'both', true, { 'TIME-OFFSET': 'signed', PRECISE: YES_NO }, ['TIME-OFFSET']),
    'EXT-X-DEFINE': list('4.4.2.3', 'both', false, { NAME: 'quoted', VALUE: 'quoted', IMPORT: 'quoted', QUERYPARAM: 'quoted' }),
    'EXT-X-TARGETDURATION': tag('4.4.3.1', 'media', true, 'integer'),
    'EXT-X-MEDIA-SEQUENCE': tag('4.4.3.2', 'media', true, 'integer'),
    'EXT-X-DISCONTINUITY-SEQUENCE': tag('4.4.3.3', 'media', true, 'integer'),
    'EXT-X-ENDLIST': tag('4.4.3.4', 'media', true, 'none'),
    'EXT-X-PLAYLIST-TYPE': tag('4.4.3.5', 'media', true, 'type'),
    'EXT-X-I-FRAMES-ONLY': tag('4.4.3.6', 'media', true, 'none'),
    'EXT-X-PART-INF': list('4.4.3.7', 'media', true, { 'PART-TARGET': 'float' }, ['PART-TARGET']),
    'EXT-X-SERVER-CONTROL': list('4.4.3.8', 'media', true, {
      ...{ 'CAN-SKIP-UNTIL': 'float', 'CAN-SKIP-DATERANGES': YES, 'HOLD-BACK': 'float', 'PART-HOLD-BACK': 'float' },
      'CAN-BLOCK-RELOAD': YES,
    }),
    EXTINF: tag('4.4.4.1', 'segment', false, 'extinf'),
    'EXT-X-BYTERANGE': tag('4.4.4.2', 'segment', false, 'byterange'),
    'EXT-X-DISCONTINUITY': tag('4.4.4.3', 'segment', false, 'none'),
    'EXT-X-KEY': list('4.4.4.4', 'segment', false, KEY, ['METHOD']),
    'EXT-X-MAP': list('4.4.4.5', 'segment', false, { URI: 'quoted', BYTERANGE: 'quoted' }, ['URI']),
    'EXT-X-PROGRAM-DATE-TIME': tag('4.4.4.6', 'segment', false, 'date'),
    'EXT-X-GAP': tag('4.4.4.7', 'segment', false, 'none'),
    'EXT-X-BITRATE': tag('4.4.4.8', 'segment', false, 'integer'),
    'EXT-X-PART': list(
      ...(['4.4.4.9', 'segment', false] as const),
      { URI: 'quoted', DURATION: 'float', INDEPENDENT: YES, BYTERANGE: 'quoted', GAP: YES },
      ['URI', 'DURATION'],
    ),
    'EXT-X-DATERANGE': list(
      ...(['4.4.5.1', 'media', false] as const),
      {
        ...{ ID: 'quoted', CLASS: 'quoted', 'START-DATE': 'quoted', CUE: 'quoted', 'END-DATE': 'quoted', DURATION: 'float' },
        ...{ 'PLANNED-DURATION': 'float', 'SCTE35-CMD': 'hex', 'SCTE35-OUT': 'hex', 'SCTE35-IN': 'hex', 'END-ON-NEXT': YES },
      },
      ['ID'],
    ),
    'EXT-X-SKIP': list(
      ...(['4.4.5.2', 'media', true] as const),
      { 'SKIPPED-SEGMENTS': 'integer', 'RECENTLY-REMOVED-DATERANGES': 'quoted' },
      ['SKIPPED-SEGMENTS'],
    ),
    'EXT-X-PRELOAD-HINT': list(
      ...(['4.4.5.3', 'media', false] as const),
      { TYPE: ['PART', 'MAP'], URI: 'quoted', 'BYTERANGE-START': 'integer', 'BYTERANGE-LENGTH': 'integer' },
      ['TYPE', 'URI'],
    ),
    'EXT-X-RENDITION-REPORT': list('4.4.5.4', 'media', false, { URI: 'quoted', 'LAST-MSN': 'integer', 'LAST-PART': 'integer' }, ['URI']),
    'EXT-X-MEDIA': list(
      ...(['4.4.6.1', 'multivariant', false] as const),
      {
        ...{ TYPE: ['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS'], URI: 'quoted', 'GROUP-ID': 'quoted', LANGUAGE: 'quoted' },
        ...{ 'ASSOC-LANGUAGE': 'quoted', NAME: 'quoted', 'STABLE-RENDITION-ID': 'quoted', DEFAULT: YES_NO, AUTOSELECT: YES_NO },
        ...{ FORCED: YES_NO, 'INSTREAM-ID': 'quoted', 'BIT-DEPTH': 'integer', 'SAMPLE-RATE': 'integer', CHARACTERISTICS: 'quoted' },
        CHANNELS: 'quoted',
      },
      ['TYPE', 'GROUP-ID', 'NAME'],
    ),
    'EXT-X-STREAM-INF': list(
      ...(['4.4.6.2', 'multivariant', false] as const),
      { ...VARIANT, 'FRAME-RATE': 'float', AUDIO: 'quoted', SUBTITLES: 'quoted', 'CLOSED-CAPTIONS': 'quoted-or-NONE' },
      ['BANDWIDTH'],
    ),
    'EXT-X-I-FRAME-STREAM-INF': list('4.4.6.3', 'multivariant', false, { ...VARIANT, URI: 'quoted' }, ['BANDWIDTH', 'URI']),
    'EXT-X-SESSION-DATA': list(
      ...(['4.4.6.4', 'multivariant', false] as const),
      { 'DATA-ID': 'quoted', VALUE: 'quoted', URI: 'quoted', FORMAT: ['JSON', 'RAW'], LANGUAGE: 'quoted' },
      ['DATA-ID'],
    ),
    'EXT-X-SESSION-KEY': list('4.4.6.5', 'multivariant', false, KEY, ['METHOD', 'URI']),
    'EXT-X-CONTENT-STEERING': list('4.4.6.6', 'multivariant', true, { 'SERVER-URI': 'quoted', 'PATHWAY-ID': 'quoted' }, ['SERVER-URI']),
  } satisfies Record<string, TagSpec>),
)
