/** What the reader makes of a playlist: the model, with everything resolved that depends on the lines before. URIs stay as written. */
import type { MediaMap, MediaPlaylist, MediaSegment, MultivariantPlaylist } from './model.ts'

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

export interface ReadMultivariantPlaylist extends Required<MultivariantPlaylist> {
  version: number
}

export interface ReadSegment extends MediaSegment {
  /** Its media sequence number. */
  number: number
  /** Discontinuity sequence number: equal numbers share one timeline. */
  discontinuityNumber: number
  /** From the start of the first segment in the list, the sum of durations. */
  startSeconds: number
  /** What `EXT-X-BITRATE` last said, bit/s; not for a segment that is a byte range. */
  bitrateBps?: number
  /** Where `EXT-X-MAP` last said it is; left out: the segment stands alone. */
  map?: MediaMap
}

export interface ReadMediaPlaylist extends MediaPlaylist {
  version: number
  segments: ReadSegment[]
  mediaSequence: number
  discontinuitySequence: number
  targetDurationSeconds: number
  independentSegments: boolean
  /** Each segment is one keyframe. */
  iframesOnly: boolean
  /** Sum of all durations. */
  durationSeconds: number
}

/** One line with its number, for warnings. */
export interface Line {
  number: number
  text: string
}
