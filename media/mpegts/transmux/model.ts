/**
 * What comes out of the transmuxer, in the order in which a player should take it: plain data, so that a worker can post it
 * (each `bytes` has an `ArrayBuffer` of its own, which may be transferred).
 *
 * Times are seconds of the *stream's own clock*: PTS / 90,000, unwrapped, the same clock for picture and sound. A player puts
 * a segment where its playlist says by one `timestampOffset` for both SourceBuffers: the wanted start − the smallest
 * `startSeconds` of the segment's fragments; it stays right until `timeline` changes.
 */

export interface TransmuxOptions {
  /**
   * `mp4` (the default): MP3 in MP4, as everything else. `mpeg`: its frames as they are, for browsers that take MP3 as
   * `audio/mpeg` only (Chromium: ask `isTypeSupported`). They have no times then: `bytes` of the `init` is empty, and
   * `timestampOffset` has to be set before each fragment, to where it starts.
   */
  mp3?: 'mp4' | 'mpeg'
}

export type MediaKind = 'video' | 'audio'

/** An initialization segment: append it before the fragments that follow; there is a new one whenever the configuration changes. */
export interface TrackInit {
  type: 'init'
  kind: MediaKind
  /** RFC 6381: `avc1.64001f`, `mp4a.40.2`, `mp4a.6b`, `ac-3`, `ec-3`, `opus`. */
  codecs: string
  /** As `addSourceBuffer` and `changeType` take it. */
  mimeType: string
  bytes: Uint8Array<ArrayBuffer>
  /** Ticks per second: 90,000 for video, the sample rate for audio. */
  timescale: number
  /** Pixels as shown; null for audio. */
  video: { width: number; height: number } | null
  /** Null for video. */
  audio: { channels: number; sampleRateHz: number } | null
}

/** A CMAF chunk: `moof` and `mdat` of one track. Video is cut before each keyframe, sound at the same places; both at `flush()`. */
export interface MediaFragment {
  type: 'fragment'
  kind: MediaKind
  bytes: Uint8Array<ArrayBuffer>
  /** Presentation time of the sample shown first. */
  startSeconds: number
  /** Where the sample shown last ends. */
  endSeconds: number
  /** Decoding can start here. */
  keyframe: boolean
  sampleCount: number
  /** Counts discontinuities: fragments of one number share a clock. */
  timeline: number
}

/** Something that belongs to a time and is neither picture nor sound. It comes before the fragments that it belongs to. */
export interface TimedMetadata {
  type: 'metadata'
  /**
   * `id3`: an ID3v2 tag, whole. `captions`: the payload of user_data_registered_itu_t_t35 (CEA-608/708 `cc_data` of ATSC A/53,
   * from its country code on), in decode order. `scte-35`: a splice_info_section, from table_id to CRC.
   */
  kind: 'id3' | 'captions' | 'scte-35'
  bytes: Uint8Array<ArrayBuffer>
  /** Null where the stream says none: a section before any picture or sound. A splice's own time is inside the section. */
  seconds: number | null
  timeline: number
}

export type WarningCode =
  /** Packets are missing, or have errors that the receiver marked. */
  | 'continuity'
  /** Bytes between packets. */
  | 'sync'
  /** Pictures that cannot be decoded were left out. */
  | 'dropped-pictures'
  /** Sound was missing and was filled. */
  | 'audio-gap'
  /** Sound was there twice and was left out. */
  | 'audio-overlap'
  /** Time stamps are missing, run backwards or jump. */
  | 'timestamp'
  /** Bytes that are not what their stream should have. */
  | 'malformed'
  /** A codec, an encryption or a feature that is not handled: it is left out. */
  | 'unsupported'

/** What was wrong with the input, and what was done. Not an error: what could be saved comes out. */
export interface TransmuxWarning {
  type: 'warning'
  code: WarningCode
  message: string
  /** Near which time; null when none is known yet. */
  seconds: number | null
}

export type TransmuxOutput = TrackInit | MediaFragment | TimedMetadata | TransmuxWarning
