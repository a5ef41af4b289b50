/**
 * What the engine plays, as plain data: the renditions of a multivariant playlist sorted into tracks, and media playlists
 * with every segment on one timeline. The only place that knows how the playlist reader names things.
 */
import { RENDITIONS_DATA_ID, type Variant } from '../../media/hls/model.ts'
import type { MediaSegment } from '../../media/hls/model.ts'
import type { ReadMediaPlaylist, ReadMultivariantPlaylist } from '../../media/hls/read-model.ts'
import type { Rung } from '../abr/rule.ts'
import { segmentIndexAt, type PlanSegment } from './plan.ts'
import type { Resource } from './request.ts'

/** A rendition of the main track (a variant), or of the audio group. */
export interface RenditionInfo extends Rung {
  /** For people: `720p`, `English`. */
  label: string
  url: string
  /** MIME type with codecs for its SourceBuffer; null when the playlist does not say. */
  type: string | null
  /** Main track only: the audio group it goes with. */
  audioGroup: string | null
  /** Audio group only. */
  group: string | null
  isDefault: boolean
  /** What the multivariant playlist declares for its media playlists (`EXT-X-DEFINE`). */
  variables?: ReadonlyMap<string, string>
}

export interface Presentation {
  url: string
  /** In the playlist's order, without what this browser cannot play; what is added to the playlist comes behind. */
  variants: RenditionInfo[]
  /** Audio renditions that lie in playlists of their own. */
  audio: RenditionInfo[]
  /** The server will add renditions: the playlist is worth reading again. */
  growing: boolean
}

/** A segment on the timeline. */
export interface Segment extends PlanSegment {
  resource: Resource
  init: Resource | null
  /** Discontinuity sequence number: equal numbers share one clock. */
  discontinuity: number
  /** As the playlist says, bytes; null where it does not. */
  sizeBytes: number | null
  /** Listed but not there (`EXT-X-GAP`). */
  gap: boolean
}

/** A media playlist on the timeline. */
export interface Timeline {
  segments: Segment[]
  targetDurationS: number
  ended: boolean
  /** Sum of all segments, seconds. */
  durationS: number
  /** Where playback begins, seconds: `EXT-X-START`, else 0. */
  beginsAtS: number
}

/** Sorts a multivariant playlist into tracks. `supported` is `MediaSource.isTypeSupported`. */
export function presentationOf(playlist: ReadMultivariantPlaylist, url: string, supported: (type: string) => boolean): Presentation {
  const audio = playlist.audio.flatMap((item): RenditionInfo[] => {
    if (item.uri === undefined) return []
    const variant = playlist.variants.find((candidate) => candidate.audioGroup === item.groupId)
    const codecs = variant?.codecs.filter(isAudioCodec) ?? []
    const type = codecs.length > 0 ? `audio/mp4; codecs="${codecs.join(',')}"` : null
    if (type && !isPlayable(type, supported)) return []
    const location = resolve(item.uri, url)
    return [
      { ...NO_PICTURE, id: nameOf(location), label: item.name, url: location, type, group: item.groupId, isDefault: item.default === true },
    ]
  })
  const groups = new Set(audio.map((item) => item.group))
  const variants = uniqueVariants(usableVariants(playlist)).flatMap((variant): RenditionInfo[] => {
    const audioGroup = variant.audioGroup !== undefined && groups.has(variant.audioGroup) ? variant.audioGroup : null
    const type = mainType(variant, audioGroup !== null)
    if (type && !isPlayable(type, supported)) return []
    const { width, height } = variant.resolution ?? { width: 0, height: 0 }
    const averageBps = variant.averageBandwidthBps ?? variant.bandwidthBps
    const location = resolve(variant.uri, url)
    const label = height > 0 ? `${Math.min(width, height)}p` : `${Math.round(averageBps / 1000)} kbit/s`
    const rates = { peakBps: variant.bandwidthBps, averageBps }
    return [{ id: nameOf(location), label, url: location, type, ...rates, width, height, audioGroup, group: null, isDefault: false }]
  })
  // Sound alone, for networks that carry no picture: a buffer for pictures takes none of it.
  const pictures = variants.filter(({ type }) => type?.startsWith('audio/') !== true)
  const variables = playlist.variables.size > 0 ? { variables: playlist.variables } : {}
  const declared = (list: RenditionInfo[]): RenditionInfo[] => withUniqueIds(list).map((info) => ({ ...info, ...variables }))
  const growing = playlist.sessionData.some(({ id, value }) => id === RENDITIONS_DATA_ID && value === 'more')
  return { url, variants: declared(pictures.length > 0 ? pictures : variants), audio: declared(audio), growing }
}

/** A media playlist given alone is a presentation of one rendition. */
export function singlePresentation(url: string): Presentation {
  return {
    url,
    variants: [{ ...NO_PICTURE, id: nameOf(url), label: 'Original', url, type: null, group: null, isDefault: true }],
    audio: [],
    growing: false,
  }
}

const NO_PICTURE = { peakBps: 0, averageBps: 0, width: 0, height: 0, audioGroup: null }

/** Puts every segment on the timeline, which begins at 0 with the first one listed. */
export function timelineOf(playlist: ReadMediaPlaylist, url: string): Timeline {
  const segments = playlist.segments.map((segment): Segment => ({
    number: segment.number,
    startS: segment.startSeconds,
    durationS: segment.durationSeconds,
    resource: resourceOf(segment, segment.number, url),
    init: segment.map ? resourceOf(segment.map, segment.number, url) : null,
    discontinuity: segment.discontinuityNumber,
    sizeBytes: segment.byteRange?.length ?? (segment.bitrateBps === undefined ? null : (segment.bitrateBps * segment.durationSeconds) / 8),
    gap: segment.gap === true,
  }))
  const durationS = playlist.durationSeconds
  const beginsAtS = beginningOf(playlist.start, segments, durationS)
  return { segments, targetDurationS: playlist.targetDurationSeconds, ended: playlist.ended, durationS, beginsAtS }
}

function resourceOf({ uri, byteRange, keys }: Pick<MediaSegment, 'uri' | 'byteRange' | 'keys'>, number: number, base: string): Resource {
  const sealed = keys && keys.length > 0 ? { keys, number, base } : undefined
  return { url: resolve(uri, base), byteRange, sealed }
}

/** RFC 8216bis 4.4.2.2: a negative offset counts from the end; without PRECISE playback begins with the segment that holds it. */
function beginningOf(start: ReadMediaPlaylist['start'], segments: readonly Segment[], durationS: number): number {
  if (!start) return 0
  const { offsetSeconds } = start
  const exactS = Math.min(Math.max(0, offsetSeconds < 0 ? durationS + offsetSeconds : offsetSeconds), durationS)
  if (start.precise) return exactS
  const index = Math.min(segmentIndexAt(segments, exactS), segments.length - 1)
  return segments[index]?.startS ?? 0
}

/**
 * Those of one pathway: the others are the same again from another place (content steering). And none that must be rendered in a
 * way that is not ours: "If the specifier list contains an unrecognized enumerated-string then the client MUST ignore the tag".
 */
function usableVariants({ variants, contentSteering }: ReadMultivariantPlaylist): Variant[] {
  const flat = variants.filter(({ requiredVideoLayout = [] }) =>
    requiredVideoLayout.every((entry) => /^(CH-MONO|PROJ-RECT|\/)+$/.test(entry)),
  )
  const pathwayOf = ({ pathwayId = '.' }: Variant): string => pathwayId
  const first = flat.find((variant) => pathwayOf(variant) === contentSteering?.pathwayId) ?? flat[0]
  return flat.filter((variant) => first && pathwayOf(variant) === pathwayOf(first))
}

/** Variants that differ only in their audio group are one: the group is chosen by itself. */
function uniqueVariants(variants: readonly Variant[]): Variant[] {
  const seen = new Set<string>()
  return variants.filter((variant) => !seen.has(variant.uri) && seen.add(variant.uri))
}

function mainType(variant: Variant, separateAudio: boolean): string | null {
  const codecs = separateAudio ? variant.codecs.filter((codec) => !isAudioCodec(codec)) : variant.codecs
  // A variant of nothing but its audio group's codec: the same sound, listed as a variant for players without groups.
  const own = codecs.length > 0 ? codecs : variant.codecs
  if (own.length === 0) return null
  return `${own.every(isAudioCodec) ? 'audio' : 'video'}/mp4; codecs="${own.join(',')}"`
}

/** MP3 comes in MPEG-TS or bare, and then goes to a SourceBuffer of its own, which takes it where one for MP4 would not. */
function isPlayable(type: string, supported: (type: string) => boolean): boolean {
  const others = type.replace(/(mp4a\.(40\.34|69|6b)|mp3),?/gi, '').replace(',"', '"')
  if (others === type) return supported(type)
  return supported('audio/mpeg') && (others.includes('codecs=""') || supported(others))
}

function isAudioCodec(codec: string): boolean {
  return /^(mp4a|opus|flac|ac-3|ec-3|ac-4|alac|mp3)/i.test(codec)
}

function resolve(uri: string, base: string): string {
  return new URL(uri, base).href
}

/** `…/720p-h264/index.m3u8` is `720p-h264`; `…/720p.m3u8` is `720p`. */
function nameOf(url: string): string {
  const parts = new URL(url).pathname.split('/').filter(Boolean)
  const file = (parts.at(-1) ?? 'main').replace(/\.[^.]*$/, '')
  return /^(index|playlist|prog_index|main|media|chunklist|stream)$/i.test(file) ? (parts.at(-2) ?? file) : file
}

function withUniqueIds(renditions: RenditionInfo[]): RenditionInfo[] {
  const seen = new Map<string, number>()
  return renditions.map((rendition) => {
    const count = seen.get(rendition.id) ?? 0
    seen.set(rendition.id, count + 1)
    return count === 0 ? rendition : { ...rendition, id: `${rendition.id}~${count + 1}` }
  })
}
