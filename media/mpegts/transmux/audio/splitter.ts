/** What a stream of sound is cut into, whatever its codec. */

/** How a decoder is set up, and what a SourceBuffer is told. The same object as long as nothing changes. */
export interface AudioFormat {
  /** RFC 6381. */
  codecs: string
  /** Ticks per second of the track: what a decoder puts out, without implicit SBR. */
  sampleRateHz: number
  channels: number
  /** A whole sample entry box. */
  sampleEntry: Uint8Array
  /** False: frames go out as they are, in no container (`audio/mpeg`). */
  inMp4: boolean
  /** A frame of silence; null where none can be made: gaps are filled otherwise. */
  silence: Uint8Array | null
}

export interface SplitFrame {
  /** Where its header begins: the frame belongs to the PES packet in which this byte lies. */
  start: number
  /** Its bytes as MP4 has them: a view, valid until the next call. */
  data: Uint8Array
  /** Per channel, at the rate of the format. */
  samples: number
  format: AudioFormat
}

/** What there was at the place where a splitter looked. */
export interface Split {
  /** Null: no frame, `next` says how far to go on; or, where that is where it began, more bytes are needed. */
  frame: SplitFrame | null
  /** Where to look next. */
  next: number
  /** Why a frame was left out. */
  problem?: string
}

/** Finds frames. */
export interface Splitter {
  /** Looks in `[at, end)`. `final`: no more bytes come that belong to these. */
  split(bytes: Uint8Array, at: number, end: number, final: boolean): Split
}
