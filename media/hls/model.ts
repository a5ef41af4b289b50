/** HLS playlists as data (RFC 8216bis). The printers write them, the reader makes them. */

/** `EXT-X-BYTERANGE`: bytes of a resource. */
export interface ByteRange {
  offset: number
  length: number
}

/** `EXT-X-KEY`, and `EXT-X-SESSION-KEY` of a multivariant playlist (4.4.4.4, 4.4.6.5). */
export interface EncryptionKey {
  /** `AES-128`, `AES-256-GCM`, `SAMPLE-AES`, `SAMPLE-AES-CTR`, or what only some client knows; never `NONE`. */
  method: string
  uri: string
  /** 16 bytes. Left out: with AES-128 it is the segment's media sequence number, big-endian (5.2). */
  iv?: Uint8Array<ArrayBuffer>
  /** `identity`, also when left out: the 16 bytes of the key are what the address answers. */
  keyFormat?: string
  /** [1] when left out. */
  keyFormatVersions?: number[]
}

/** `EXT-X-MAP`: the initialization segment. */
export interface MediaMap {
  uri: string
  byteRange?: ByteRange
  /** How it is encrypted itself; see `MediaSegment.keys`. */
  keys?: EncryptionKey[]
}

/** `EXT-X-PART`: a partial segment (4.4.4.9). */
export interface Part {
  uri: string
  durationSeconds: number
  byteRange?: ByteRange
  /** It holds a frame that can be decoded alone. */
  independent?: boolean
  /** Listed, but not to be loaded. */
  gap?: boolean
}

/** What tags say of a segment, whether its address is listed or only its first parts are. */
interface SegmentTags {
  /** `EXT-X-DISCONTINUITY` stands before it. */
  discontinuity?: boolean
  /** `EXT-X-PROGRAM-DATE-TIME`, Unix milliseconds. */
  programDateTimeMs?: number
  /** `EXT-X-GAP`: listed, but not to be loaded. */
  gap?: boolean
  /** In order. */
  parts?: Part[]
  /** Its initialization segment, when it is not the playlist's `map`. */
  map?: MediaMap
  /** Ways to the one key it is encrypted with, a KEYFORMAT each. Left out or empty: not encrypted. */
  keys?: EncryptionKey[]
}

export interface MediaSegment extends SegmentTags {
  uri: string
  /** Exact; the printer keeps nanoseconds. */
  durationSeconds: number
  /** For people, one line. */
  title?: string
  byteRange?: ByteRange
}

/** The segment at the live edge of which only parts are listed so far. */
export interface OpenSegment extends SegmentTags {
  parts: Part[]
}

/** `EXT-X-SERVER-CONTROL` (4.4.3.8), seconds. */
export interface ServerControl {
  /** Delta updates leave out segments that end earlier than this before the end. */
  canSkipUntilSeconds?: number
  /** They can leave out date ranges, too. */
  canSkipDateRanges?: boolean
  /** How far from the end to play; three target durations where nothing is said. */
  holdBackSeconds?: number
  /** The same with low latency. */
  partHoldBackSeconds?: number
  /** `_HLS_msn` and `_HLS_part` are answered when there is something new. */
  canBlockReload?: boolean
}

/** `EXT-X-PRELOAD-HINT`: what will be listed next and can be requested at once (4.4.5.3). */
export interface PreloadHint {
  type: 'PART' | 'MAP'
  uri: string
  /** Its first byte; 0 when left out. */
  offset?: number
  /** Left out: to the end of the resource. */
  length?: number
}

/** `EXT-X-RENDITION-REPORT`: how far another rendition is (4.4.5.4). */
export interface RenditionReport {
  uri: string
  /** Of its last segment, or of the one its last part belongs to. Left out: as in this playlist. */
  lastNumber?: number
  /** Index of its last part. */
  lastPart?: number
}

/** `EXT-X-DATERANGE` (4.4.5.1); times are Unix milliseconds. */
export interface DateRange {
  id: string
  class?: string
  /** Missing only while a delta update is not merged. */
  startMs?: number
  endMs?: number
  durationSeconds?: number
  plannedDurationSeconds?: number
  /** It ends where the next one of its class starts. */
  endOnNext?: boolean
  /** `PRE`, `POST`, `ONCE`. */
  cue?: string[]
  /** `SCTE35-CMD`, `SCTE35-OUT`, `SCTE35-IN` (bytes) and `X-` attributes: text, a number, or bytes. */
  attributes?: Record<string, string | number | Uint8Array>
}

/** `EXT-X-SKIP`: this playlist is a delta update, and the first segments are left out (4.4.5.2). */
export interface Skip {
  segments: number
  /** IDs. There, even if empty: older date ranges are left out, too. */
  removedDateRanges?: string[]
}

/** `EXT-X-START`: where players begin. */
export interface Start {
  /** From the beginning; from the end where negative. */
  offsetSeconds: number
  precise?: boolean
}

/** What `printMedia` takes. */
export interface MediaPlaylist {
  /** In order; may be empty while nothing is there. */
  segments: MediaSegment[]
  /** Initialization segment of all segments that do not name another. */
  map?: MediaMap
  /** Number of the first segment; 0 by default. */
  mediaSequence?: number
  /** Of the first segment; 0 by default. */
  discontinuitySequence?: number
  /** `EVENT` grows at the end, `VOD` never changes; left out for a sliding window. */
  type?: 'EVENT' | 'VOD'
  start?: Start
  /** Every segment can be decoded alone. */
  independentSegments?: boolean
  /**
   * Whole seconds, at least the longest duration rounded to the nearest integer; computed from the segments when left out. It must
   * not change while a playlist grows (RFC 8216bis 6.2.1): give it where a later segment can be longer.
   */
  targetDurationSeconds?: number
  /** `EXT-X-ENDLIST`: nothing will be added. */
  ended: boolean
  /** `EXT-X-PART-INF`: no part is longer. */
  partTargetSeconds?: number
  serverControl?: ServerControl
  skip?: Skip
  dateRanges?: DateRange[]
  open?: OpenSegment
  preloadHints?: PreloadHint[]
  renditionReports?: RenditionReport[]
}

/** What `printIframes` takes: each entry is one keyframe, a byte range of a segment. */
export type IframePlaylist = Omit<MediaPlaylist, 'segments' | 'independentSegments'> & {
  segments: (MediaSegment & { byteRange: ByteRange })[]
}

export type VideoRange = 'SDR' | 'HLG' | 'PQ'

/** Attributes that `EXT-X-STREAM-INF` and `EXT-X-I-FRAME-STREAM-INF` share. */
export interface VariantBase {
  uri: string
  /** Peak of all segments together with the audio it goes with, bits per second. */
  bandwidthBps: number
  averageBandwidthBps?: number
  /** What its author likes better has more. */
  score?: number
  /** RFC 6381, video first. */
  codecs: string[]
  /** Enhancement layers with their brands: `dvh1.08.07/db4h`. */
  supplementalCodecs?: string[]
  resolution?: { width: number; height: number }
  videoRange?: VideoRange
  /** `TYPE-0`, `TYPE-1` or `NONE`. */
  hdcpLevel?: string
  /** What devices must guarantee, by KEYFORMAT: `com.example.drm1:SMART-TV/PC`. */
  allowedCpc?: string[]
  /** Special rendering, an entry each: `CH-STEREO/PROJ-HEQU`. */
  requiredVideoLayout?: string[]
  /** Content steering; `.` where nothing is said. */
  pathwayId?: string
  /** Names it, also when its address changes. */
  stableId?: string
  /** For people; not in the RFC, but written by many. */
  name?: string
  /** GROUP-ID of its video renditions. */
  videoGroup?: string
}

/** `EXT-X-STREAM-INF`. */
export interface Variant extends VariantBase {
  /** Frames per second, printed with three decimals. */
  frameRate?: number
  /** GROUP-ID of its audio renditions. */
  audioGroup?: string
  /** GROUP-ID of its subtitles. */
  subtitlesGroup?: string
  /** GROUP-ID of its closed captions; null: there are none, in no variant. */
  closedCaptionsGroup?: string | null
}

/** `EXT-X-I-FRAME-STREAM-INF`. */
export type IframeVariant = VariantBase

/** What all `EXT-X-MEDIA` have (4.4.6.1). */
export interface RenditionBase {
  groupId: string
  name: string
  /** BCP 47. */
  language?: string
  /** Of another role: written against spoken, a dialect's fallback. */
  assocLanguage?: string
  default?: boolean
  autoselect?: boolean
  /** `public.accessibility.describes-video` and the like. */
  characteristics?: string[]
  /** Names it, also when its address changes. */
  stableId?: string
  /** Which of what a segment carries: `CC1`, `SERVICE3`. */
  instreamId?: string
}

/** TYPE=VIDEO. */
export interface VideoRendition extends RenditionBase {
  /** Left out: it lies in the variant itself. */
  uri?: string
}

/** TYPE=AUDIO. */
export interface AudioRendition extends VideoRendition {
  channels?: number
  /** What `CHANNELS` says after the count: `JOC`, `3OA`. */
  audioCoding?: string[]
  /** `BINAURAL`, `IMMERSIVE`, `DOWNMIX`, `BED-4`, `DOF-6`. */
  audioUsage?: string[]
  bitDepth?: number
  sampleRateHz?: number
}

/** TYPE=SUBTITLES. */
export interface SubtitlesRendition extends RenditionBase {
  uri: string
  /** Shown even to those who want no subtitles. */
  forced?: boolean
}

/** TYPE=CLOSED-CAPTIONS: carried by the video. */
export interface ClosedCaptionsRendition extends RenditionBase {
  instreamId: string
}

/** One item of `EXT-X-SESSION-DATA`; `id` is named like a reversed domain. Either `value` or `uri`. */
export interface SessionData {
  id: string
  value?: string
  uri?: string
  /** What the address answers; JSON where nothing is said. */
  format?: 'JSON' | 'RAW'
  language?: string
}

/** `EXT-X-CONTENT-STEERING`. */
export interface ContentSteering {
  serverUri: string
  /** Until the server has answered. */
  pathwayId?: string
}

/** What `printMultivariant` takes. */
export interface MultivariantPlaylist {
  /** The first is where most players start. */
  variants: Variant[]
  iframeVariants?: IframeVariant[]
  audio?: AudioRendition[]
  video?: VideoRendition[]
  subtitles?: SubtitlesRendition[]
  closedCaptions?: ClosedCaptionsRendition[]
  independentSegments?: boolean
  start?: Start
  /** What a server tells players beyond the tags. */
  sessionData?: SessionData[]
  /** Never with a METHOD of NONE. */
  sessionKeys?: EncryptionKey[]
  contentSteering?: ContentSteering
}

/** `more`: renditions will be added to this multivariant playlist; a player that can may read it again after a while. */
export const RENDITIONS_DATA_ID = 'dev.sluice.renditions'
