/**
 * What goes in and out of the packager. Times are ticks of the track's own timescale. *Decode* time is what `tfdt` counts;
 * *presentation* time is what a viewer's clock shows: decode time + composition offset − media time of the edit list.
 */

/** What a track is, read from its initialization segment; the same for every chunk of a rendition. */
export interface TrackFacts {
  kind: 'video' | 'audio'
  /** RFC 6381: `avc1.64001f`, `mp4a.40.2`. */
  codecs: string
  /** Ticks per second. */
  timescale: number
  /**
   * Media time of presentation time 0, ticks: encoder delay of audio (AAC 1024, Opus 312), reorder delay of video with
   * B-frames. Signalled by the edit list of the initialization segment.
   */
  delayTicks: number
  /** Pixels as shown; null for audio. */
  video: { width: number; height: number } | null
  /** Null for video. */
  audio: { channels: number; sampleRateHz: number } | null
}

/** `ftyp` and `moov`, rewritten: equal settings give equal bytes, whichever process made them. */
export interface InitSegment {
  bytes: Uint8Array
  facts: TrackFacts
}

/** A CMAF fragment: `moof` and `mdat`; for a GOP twice, the keyframe and the rest. */
export interface Fragment {
  bytes: Uint8Array
  /** `tfdt`: decode time of the first sample. */
  decodeTicks: number
  /** Presentation time of the sample shown first; audio priming makes it negative at the very start. */
  startTicks: number
  /** Sum of the samples' durations. */
  durationTicks: number
  sampleCount: number
  /** Bytes of the chunk (`moof` and `mdat`) that holds the keyframe alone: what an I-frame playlist addresses. */
  keyframeEnd: number
  /** The first sample is a sync sample: decoding can start here. */
  keyframe: boolean
}

/** A keyframe that can be read alone; the shape of `IframeEntry` in protocol/rendition-index.ts. */
export interface IframeRange {
  /** Bytes from the start of the chunk. */
  offset: number
  length: number
  /** Presentation time from the start of the segment. */
  timeTicks: number
  /** Until the next keyframe or the end of the segment. */
  durationTicks: number
}

/** One segment; the shape of `SegmentEntry` in protocol/rendition-index.ts. */
export interface Segment {
  /** Bytes from the start of the chunk. */
  offset: number
  length: number
  /** Ticks that are shown: audio priming does not count. */
  durationTicks: number
  /** Lower-case hex. */
  sha256: string
  /** Starts with a sync sample. */
  independent: boolean
  /** Keyframes of a video segment, in order; empty for audio. */
  iframes: IframeRange[]
}

/** A hash fed piece by piece; media/ has none of its own, Node's `createHash('sha256')` is one line away from it. */
export interface IncrementalHash {
  update(bytes: Uint8Array): void
  /** The digest in lower-case hex; called once, after the last `update`. */
  hex(): string
}

/** How samples become segments. */
export type Grouping =
  /** Video: a segment is this many fragments as they come (FFmpeg's `frag_keyframe` makes each GOP one). */
  | { by: 'gops'; gopsPerSegment: number }
  /** Audio: segment n ends with the sample whose end is nearest to (n + 1) · num / den seconds; one fragment a segment. */
  | { by: 'time'; segmentSeconds: { num: number; den: number } }
