/** What goes into one SourceBuffer, piece by piece: which bytes of the file a piece is made of, and how. */
import type { Span } from './byte-store.ts'

/** A moment at which decoding can begin. */
export interface Keyframe {
  /** On the clock of the page's <video>. */
  seconds: number
  /** Bytes from the start of the file. */
  offset: number
}

/** The next piece. */
export interface Piece {
  /** Bytes of the file that have to be here. */
  spans: Span[]
  /** Presentation time of its beginning, as far as it is known. */
  startS: number
}

export interface Feed {
  /** For `addSourceBuffer`. */
  type: string
  timestampOffsetS: number
  /** Appended once, before anything else. */
  init: (read: (offset: number, length: number) => Promise<Uint8Array>) => Promise<Uint8Array>
  /** Null: all is appended. */
  next: () => Piece | null
  /** Makes the next piece from bytes that are here, and goes on to the one behind it. */
  take: (read: (offset: number, length: number) => Uint8Array) => Uint8Array<ArrayBuffer>
  /** Goes to the last keyframe at or before this time. */
  seek: (seconds: number) => void
}

/** A file, laid open: what to feed, and what the bar shows. */
export interface OpenedFile {
  feeds: Feed[]
  durationS: number
  keyframes: Keyframe[]
  /** Where the pictures and the sound lie; what is outside is header and index. */
  media: Span
  /** What one should know about it: where its index is. */
  about: string
  /** The byte that is played at a time, and the time of a byte. */
  byteAt: (seconds: number) => number
  secondsAt: (offset: number) => number
}
