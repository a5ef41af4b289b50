/** Reads a multivariant playlist (RFC 8216bis 4.4.6). */
import { MediaError } from '../errors.ts'
import type { RenditionBase, Variant, VariantBase, VideoRange } from './model.ts'
import { type Attributes, defined, readAttributes, readFlag, readList, readNumber, readResolution } from './read-attributes.ts'
import { type Item, type Lines, readKey, readStart } from './read-lines.ts'
import type { ReadMultivariant, ReadMultivariantPlaylist } from './read-model.ts'

const MAX_ENTRIES = 1000

export function readMultivariant(lines: Lines): ReadMultivariant {
  const playlist: ReadMultivariantPlaylist = {
    version: 1,
    independentSegments: false,
    variants: [],
    iframeVariants: [],
    audio: [],
    video: [],
    subtitles: [],
    closedCaptions: [],
    sessionData: [],
    sessionKeys: [],
    variables: lines.variables,
  }
  let open: Item | null = null
  let entries = 0
  for (const item of lines) {
    const { name, value, warn } = item
    if (name === '') {
      if (open === null) warn('an address without EXT-X-STREAM-INF before it is ignored')
      else addVariant(playlist, open, value)
      open = null
      continue
    }
    if (/^EXT-X-(STREAM-INF|I-FRAME-STREAM-INF|MEDIA|SESSION-DATA|SESSION-KEY)$/.test(name)) entries += 1
    if (entries > MAX_ENTRIES) throw new MediaError('too-large', `a multivariant playlist of more than ${MAX_ENTRIES} entries`)
    if (name === 'EXT-X-STREAM-INF') {
      open?.warn('EXT-X-STREAM-INF without an address is ignored')
      open = item
    } else TAGS[name]?.(playlist, item, readAttributes(value))
  }
  open?.warn('EXT-X-STREAM-INF without an address is ignored')
  return { kind: 'multivariant', playlist, warnings: lines.warnings }
}

type TagReader = (playlist: ReadMultivariantPlaylist, item: Item, attributes: Attributes) => void

const TAGS: Readonly<Record<string, TagReader>> = Object.assign(Object.create(null) as Record<string, TagReader>, {
  'EXT-X-VERSION': (playlist, { value }) => {
    playlist.version = readNumber(value) ?? 1
  },
  'EXT-X-INDEPENDENT-SEGMENTS': (playlist) => {
    playlist.independentSegments = true
  },
  'EXT-X-START': (playlist, item) => {
    const start = readStart(item)
    if (start) playlist.start = start
  },
  'EXT-X-I-FRAME-STREAM-INF': (playlist, item, attributes) => {
    const uri = attributes.get('URI')
    if (uri === undefined) item.warn('EXT-X-I-FRAME-STREAM-INF without URI is ignored')
    else {
      const variant = toBase(item, attributes, uri)
      if (variant) playlist.iframeVariants.push(variant)
    }
  },
  'EXT-X-MEDIA': addRendition,
  'EXT-X-SESSION-DATA': (playlist, { warn }, attributes) => {
    const id = attributes.get('DATA-ID')
    const [value, uri] = [attributes.get('VALUE'), attributes.get('URI')]
    if (id === undefined || (value === undefined && uri === undefined)) {
      warn('EXT-X-SESSION-DATA without DATA-ID, or with neither VALUE nor URI, is ignored')
      return
    }
    const format = uri === undefined ? undefined : attributes.get('FORMAT')?.toUpperCase() === 'RAW' ? 'RAW' : 'JSON'
    playlist.sessionData.push(defined({ id, value, uri, format, language: attributes.get('LANGUAGE') }))
  },
  'EXT-X-SESSION-KEY': (playlist, item) => {
    const key = readKey(item)
    if (key) playlist.sessionKeys.push(key)
  },
  'EXT-X-CONTENT-STEERING': (playlist, { warn }, attributes) => {
    const serverUri = attributes.get('SERVER-URI')
    if (serverUri === undefined) warn('EXT-X-CONTENT-STEERING without SERVER-URI is ignored')
    else playlist.contentSteering = defined({ serverUri, pathwayId: attributes.get('PATHWAY-ID') })
  },
} satisfies Record<string, TagReader>)

/** Null for what this client must not play: "Clients that do not recognize the attribute value SHOULD NOT select the Variant Stream." */
function toBase({ warn }: Item, attributes: Attributes, uri: string): VariantBase | null {
  const bandwidthBps = readNumber(attributes.get('BANDWIDTH'))
  if (bandwidthBps === undefined) warn('BANDWIDTH is missing; taken as 0')
  const range = attributes.get('VIDEO-RANGE')?.toUpperCase()
  if (range !== undefined && !isVideoRange(range)) {
    warn(`a variant whose VIDEO-RANGE nobody knows ('${range.slice(0, 20)}') is ignored`)
    return null
  }
  return defined({
    uri,
    bandwidthBps: bandwidthBps ?? 0,
    averageBandwidthBps: readNumber(attributes.get('AVERAGE-BANDWIDTH')),
    score: readNumber(attributes.get('SCORE')),
    codecs: readList(attributes.get('CODECS'), ',') ?? [],
    supplementalCodecs: readList(attributes.get('SUPPLEMENTAL-CODECS'), ','),
    resolution: readResolution(attributes.get('RESOLUTION')),
    videoRange: range,
    hdcpLevel: attributes.get('HDCP-LEVEL'),
    allowedCpc: readList(attributes.get('ALLOWED-CPC'), ','),
    requiredVideoLayout: readList(attributes.get('REQ-VIDEO-LAYOUT'), ','),
    pathwayId: attributes.get('PATHWAY-ID'),
    stableId: attributes.get('STABLE-VARIANT-ID'),
    name: attributes.get('NAME'),
    videoGroup: attributes.get('VIDEO'),
  })
}

function isVideoRange(text: string): text is VideoRange {
  return text === 'SDR' || text === 'HLG' || text === 'PQ'
}

function addVariant(playlist: ReadMultivariantPlaylist, item: Item, uri: string): void {
  const quoted = new Set<string>()
  const attributes = readAttributes(item.value, quoted)
  const base = toBase(item, attributes, uri)
  if (base === null) return
  const captions = attributes.get('CLOSED-CAPTIONS')
  const variant: Variant = {
    ...base,
    ...defined({
      frameRate: readNumber(attributes.get('FRAME-RATE')),
      audioGroup: attributes.get('AUDIO'),
      subtitlesGroup: attributes.get('SUBTITLES'),
      closedCaptionsGroup: captions === 'NONE' && !quoted.has('CLOSED-CAPTIONS') ? null : captions,
    }),
  }
  playlist.variants.push(variant)
}

function addRendition(playlist: ReadMultivariantPlaylist, { warn }: Item, attributes: Attributes): void {
  const type = attributes.get('TYPE')?.toUpperCase()
  const groupId = attributes.get('GROUP-ID')
  const name = attributes.get('NAME')
  if (groupId === undefined || name === undefined) {
    warn('EXT-X-MEDIA without GROUP-ID or NAME is ignored')
    return
  }
  const base: RenditionBase = defined({
    groupId,
    name,
    language: attributes.get('LANGUAGE'),
    assocLanguage: attributes.get('ASSOC-LANGUAGE'),
    default: readFlag(attributes.get('DEFAULT')) ?? false,
    autoselect: readFlag(attributes.get('AUTOSELECT')) ?? false,
    characteristics: readList(attributes.get('CHARACTERISTICS'), ','),
    stableId: attributes.get('STABLE-RENDITION-ID'),
    instreamId: attributes.get('INSTREAM-ID'),
  })
  const uri = attributes.get('URI')
  if (type === 'AUDIO') {
    // "1" or "16/JOC": the count comes first. A dash: channels and nothing else.
    const [count, coding, usage] = attributes.get('CHANNELS')?.split('/') ?? []
    const audio = {
      uri,
      channels: readNumber(count),
      audioCoding: readList(coding?.trim() === '-' ? undefined : coding, ','),
      audioUsage: readList(usage, ','),
      bitDepth: readNumber(attributes.get('BIT-DEPTH')),
      sampleRateHz: readNumber(attributes.get('SAMPLE-RATE')),
    }
    playlist.audio.push({ ...base, ...defined(audio) })
  } else if (type === 'VIDEO') playlist.video.push({ ...base, ...defined({ uri }) })
  else if (type === 'SUBTITLES' && uri !== undefined) {
    playlist.subtitles.push({ ...base, uri, forced: readFlag(attributes.get('FORCED')) ?? false })
  } else if (type === 'CLOSED-CAPTIONS' && base.instreamId !== undefined) {
    playlist.closedCaptions.push({ ...base, instreamId: base.instreamId })
  } else warn('EXT-X-MEDIA is ignored: its TYPE is unknown, or subtitles have no URI, or captions no INSTREAM-ID')
}
