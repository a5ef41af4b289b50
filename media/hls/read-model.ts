/** What the reader makes of a playlist: the model, with everything resolved that depends on the lines before. URIs stay as written. */
import type { DateRange, MediaMap, MediaPlaylist, MediaSegment, MultivariantPlaylist, OpenSegment, Skip } from './model.ts'

/** What a playlist may refer to beyond itself (`EXT-X-DEFINE`). */
export interface ReadOptions {
  /** Where it came from, after redirects: QUERYPARAM takes values from it. */
  url?: string
  /** `variables` of the multivariant playlist: IMPORT takes values from them. */
  variables?: ReadonlyMap<string, string> | undefined
}

/** A multivariant playlist as far as it could be understood. */
export interface ReadMultivariant {
  kind: 'multivariant'
  playlist: ReadMultivariantPlaylist
  /** What was wrong and how it was taken, one sentence each, with the line. */
  warnings: string[]
}

/** A media or I-frame playlist as far as it could be understood. */
export interface ReadMedia {
  kind: 'media'
  playlist: ReadMediaPlaylist
  /** What was wrong and how it was taken, one sentence each, with the line. */
  warnings: string[]
}

type Lists = 'iframeVariants' | 'audio' | 'video' | 'subtitles' | 'closedCaptions' | 'sessionData' | 'sessionKeys'

interface ReadHead extends Required<Pick<MultivariantPlaylist, Lists>> {
  version: number
  independentSegments: boolean
  /** What `EXT-X-DEFINE` declares, for the media playlists that import it. */
  variables: ReadonlyMap<string, string>
}

export type ReadMultivariantPlaylist = MultivariantPlaylist & ReadHead

/** What is counted from the lines before. */
export interface Placed {
  /** Its media sequence number. */
  number: number
  /** Discontinuity sequence number: equal numbers share one timeline. */
  discontinuityNumber: number
  /** From the start of the first segment in the list, the sum of durations. */
  startSeconds: number
  /** Wall-clock time of its start, Unix milliseconds: as tagged, or counted on (before the first tag: back) by durations (6.3.3). */
  dateTimeMs?: number
}

export interface ReadSegment extends MediaSegment, Placed {
  /** What `EXT-X-BITRATE` last said, bit/s; not for a segment that is a byte range. */
  bitrateBps?: number
}

export interface ReadOpenSegment extends OpenSegment, Placed {}

export interface ReadDateRange extends DateRange {
  /** Where it ends, by END-DATE, DURATION or the next of its class; left out while nobody knows. */
  endsMs?: number
}

/** Of a delta update: what only `mergeDelta` can resolve. */
export interface ReadSkip extends Skip {
  /** From this segment in the list on no key of a skipped segment counts. */
  keysEndAt?: number
  /** Maps for which they count. */
  openMaps: Set<MediaMap>
  /** So many segments at the beginning have byte ranges that count on from the last one that is skipped. */
  openRanges: number
}

export interface ReadMediaPlaylist extends MediaPlaylist {
  version: number
  /** Each has its own `map`, where there is one. */
  segments: ReadSegment[]
  open?: ReadOpenSegment
  mediaSequence: number
  discontinuitySequence: number
  targetDurationSeconds: number
  independentSegments: boolean
  /** Each segment is one keyframe. */
  iframesOnly: boolean
  /** Sum of all durations, without the open segment. */
  durationSeconds: number
  skip?: ReadSkip
  /** One an ID. */
  dateRanges: ReadDateRange[]
}
