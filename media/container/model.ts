/**
 * What a media file holds, whatever its container: tracks, and the samples of a track. Readers of MP4 and Matroska answer
 * this; the dissector's verdict, the just-in-time packager and the command line ask for no more.
 *
 * Times are ticks of the track's `timescale`. *Media* time is what the container stores; *presentation* time is what a
 * viewer's clock shows, after the edit list (see `Track.edits`).
 */

export type ContainerFormat = 'mp4' | 'mov' | 'webm' | 'matroska'

/** A file, opened: its tracks are known, its samples are read when they are asked for. */
export interface MediaFile {
  format: ContainerFormat
  /** Longest track as presented, seconds; null where neither the header nor the samples say. */
  durationSeconds: number | null
  /** Fragments (`moof`) rather than one table of samples. Matroska: false. */
  fragmented: boolean
  /** MP4: `moov` lies before the first `mdat`. Matroska: `Tracks` lies before the first `Cluster`. */
  headerFirst: boolean
  tracks: Track[]
  chapters: Chapter[]
  /** Samples of a track in decode order. Throws `MediaError`; `RangeError` for a track that is not there. */
  samples(trackId: number): Promise<SampleTable>
}

export interface Chapter {
  startSeconds: number
  title: string
}

export type TrackKind = 'video' | 'audio' | 'text' | 'metadata' | 'other'

export interface Track {
  /** `track_ID`, or Matroska's TrackNumber. */
  id: number
  kind: TrackKind
  /** Sample entry type (`avc1`, `encv` is resolved to what `frma` says), or Matroska's CodecID (`V_MPEG4/ISO/AVC`). */
  codecId: string
  /** RFC 6381, as MSE takes it (`avc1.64001f`, `opus`, `mp4a.40.2`); null for codecs without one. */
  codec: string | null
  /** Ticks per second. Matroska: 1,000,000,000 / TimestampScale, 1000 in nearly every file. */
  timescale: number
  /** Media time, ticks; null where the header does not say (a fragmented file without `mehd`). */
  durationTicks: number | null
  /** BCP 47 or ISO 639-2 as stored; null for `und` and none. */
  language: string | null
  name: string
  default: boolean
  video: VideoFacts | null
  audio: AudioFacts | null
  /** From media to presentation time, in order; empty: they are the same. Matroska: CodecDelay as one edit. */
  edits: TrackEdit[]
  encryption: EncryptionFacts | null
  /** Matroska: what was done to each frame before it was stored. Absent or null: frames lie in the file as a decoder wants them. */
  compression?: FrameCompression | null
  /**
   * How a decoder is set up. MP4: the body of the codec's box (`avcC`, `hvcC`, `av1C`, `vpcC`, `esds`, `dOps`, `dfLa`,
   * `dac3`, `dec3`); Matroska: CodecPrivate. Empty when there is none.
   */
  config: Uint8Array
  /** The sample entry as it stands in `stsd` (the first, where there are more); null for Matroska. */
  sampleEntry: Uint8Array | null
  /** From the tables of `moov`; null where samples have to be read to know. */
  sampleCount: number | null
}

export interface VideoFacts {
  /** Pixels as coded. */
  width: number
  height: number
  /** Pixels as shown, before rotation: sample aspect ratio, `clap` or Matroska's crop applied. */
  displayWidth: number
  displayHeight: number
  /** Degrees clockwise that a player turns the picture. */
  rotation: 0 | 90 | 180 | 270
  colour: ColourFacts | null
}

/** Code points of ISO/IEC 23091-2 (H.273), and the HDR metadata beside them. */
export interface ColourFacts {
  primaries: number
  transfer: number
  matrix: number
  fullRange: boolean
}

export interface AudioFacts {
  channels: number
  /** As a decoder puts it out; HE-AAC's implicit doubling is not counted. */
  sampleRateHz: number
}

export interface TrackEdit {
  /** How long the edit is shown, seconds; null: to the end of the track. */
  durationSeconds: number | null
  /** Media time it starts at, ticks; null: nothing is shown (an empty edit). */
  mediaTicks: number | null
  /** Playback rate; 0 is a dwell. 1 in nearly every file. */
  rate: number
}

export interface EncryptionFacts {
  /** `cenc`, `cbcs`, `cens`, `cbc1`; `aes` and such for Matroska. */
  scheme: string
  /** Lower-case hex of 16 bytes; null where none is stored. */
  defaultKeyId: string | null
}

/** ContentCompression of Matroska. */
export interface FrameCompression {
  algorithm: 'zlib' | 'bzlib' | 'lzo1x' | 'header-stripping'
  /** Header stripping: the bytes that go before each frame; empty for the others. */
  prefix: Uint8Array
}

/** Samples in decode order, one array a field: a long film has a million of them. All arrays have `count` entries. */
export interface SampleTable {
  count: number
  /** Bytes from the start of the file. */
  offset: Float64Array
  /** Bytes. A laced or header-stripped Matroska frame: what the file holds of it. */
  size: Uint32Array
  /** Media time, ticks. */
  presentationTicks: Float64Array
  /** Media time, ticks. Matroska stores none: derived from presentation order, see `media/webm`. */
  decodeTicks: Float64Array
  /** Ticks until the next sample in decode order. */
  durationTicks: Uint32Array
  /** 1: a sync sample, decoding can start here. */
  sync: Uint8Array
}
