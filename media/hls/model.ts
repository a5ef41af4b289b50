/** HLS playlists as data (RFC 8216bis). The printers write them, the reader makes them. */

/** `EXT-X-BYTERANGE`: bytes of a resource. */
export interface ByteRange {
  offset: number
  length: number
}

/** `EXT-X-MAP`: the initialization segment. */
export interface MediaMap {
  uri: string
  byteRange?: ByteRange
}

export interface MediaSegment {
  uri: string
  /** Exact; the printer keeps nanoseconds. */
  durationSeconds: number
  byteRange?: ByteRange
  /** `EXT-X-DISCONTINUITY` stands before it. */
  discontinuity?: boolean
  /** `EXT-X-PROGRAM-DATE-TIME`, Unix milliseconds. */
  programDateTimeMs?: number
  /** `EXT-X-GAP`: listed, but not to be loaded. */
  gap?: boolean
}

/** What `printMedia` takes. */
export interface MediaPlaylist {
  /** In order; may be empty while nothing is there. */
  segments: MediaSegment[]
  map?: MediaMap
  /** Number of the first segment; 0 by default. */
  mediaSequence?: number
  /** `EVENT` grows at the end, `VOD` never changes; left out for a sliding window. */
  type?: 'EVENT' | 'VOD'
  /** `EXT-X-START`: where players begin. */
  start?: { offsetSeconds: number; precise?: boolean }
  /** Every segment can be decoded alone. */
  independentSegments?: boolean
  /**
   * Whole seconds, at least the longest duration rounded to the nearest integer; computed from the segments when left out. It must
   * not change while a playlist grows (RFC 8216bis 6.2.1): give it where a later segment can be longer.
   */
  targetDurationSeconds?: number
  /** `EXT-X-ENDLIST`: nothing will be added. */
  ended: boolean
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
  /** RFC 6381, video first. */
  codecs: string[]
  resolution?: { width: number; height: number }
  videoRange?: VideoRange
}

/** `EXT-X-STREAM-INF`. */
export interface Variant extends VariantBase {
  /** Frames per second, printed with three decimals. */
  frameRate?: number
  /** GROUP-ID of its audio renditions. */
  audioGroup?: string
}

/** `EXT-X-I-FRAME-STREAM-INF`. */
export type IframeVariant = VariantBase

/** `EXT-X-MEDIA` with TYPE=AUDIO. */
export interface AudioRendition {
  groupId: string
  name: string
  /** Left out: the sound lies in the variant itself. */
  uri?: string
  /** BCP 47. */
  language?: string
  default?: boolean
  autoselect?: boolean
  channels?: number
}

/** What `printMultivariant` takes. */
export interface MultivariantPlaylist {
  /** The first is where most players start. */
  variants: Variant[]
  iframeVariants?: IframeVariant[]
  audio?: AudioRendition[]
  independentSegments?: boolean
  /** `EXT-X-SESSION-DATA` (4.4.6.4) with a VALUE: what a server tells players beyond the tags. */
  sessionData?: SessionData[]
}

/** One item of session data; `id` is named like a reversed domain. */
export interface SessionData {
  id: string
  value: string
}

/** `more`: renditions will be added to this multivariant playlist; a player that can may read it again after a while. */
export const RENDITIONS_DATA_ID = 'dev.sluice.renditions'
