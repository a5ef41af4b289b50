/**
 * The source index: what it takes to cut an uploaded file into CMAF segments at request time, without FFmpeg. Two objects:
 * the *head* (this type, as JSON) has everything that playlists and initialization segments need; the *pages* hold the
 * samples of some segments each, so that a segment of a long film is made from one small read.
 *
 * Times are ticks of the track's timescale on the video's timeline: 0 is where the ladder's renditions have it, too. Samples are
 * a `SampleTable`, one a segment; its media time is that of the segments as they are sent: `tfdt` is the decode time of the
 * first sample, and a duration leads from each decode time to the next.
 */

/** Raised when what is stored changes; a head of another version is not read. */
export const INDEX_VERSION = 1

/** Names of the renditions that the source itself is. */
export type SourceRendition = 'source-video' | 'source-audio'

/** The head of a source index. */
export interface SourceIndex {
  version: typeof INDEX_VERSION
  /** Bytes of the file that the offsets are about. */
  sourceBytes: number
  /** Presentation time of the end of the longest track. */
  durationSeconds: number
  /** One of a kind at most, picture first. */
  tracks: IndexedTrack[]
}

/** One track, cut into segments. */
export interface IndexedTrack {
  rendition: SourceRendition
  kind: 'video' | 'audio'
  /** `track_ID` or TrackNumber in the source. */
  trackId: number
  /** RFC 6381. */
  codecs: string
  timescale: number
  /** Media time of presentation time 0 in the segments that are made: the edit list of the initialization segment. */
  delayTicks: number
  /** Presentation time of the first segment. */
  startTicks: number
  /** Initialization segment, base64. */
  init: string
  /** Degrees clockwise that a player turns the picture; 0 for sound. */
  rotation: 0 | 90 | 180 | 270
  /** Pixels as shown, turned as the source says; `averageFps` counts samples; how bright, by its transfer function. Null for sound. */
  video: { width: number; height: number; averageFps: number; videoRange: 'SDR' | 'HLG' | 'PQ' } | null
  audio: { channels: number; sampleRateHz: number } | null
  /** Of each segment as it is sent: presentation ticks, bytes, and bytes of the chunk at its head that holds the keyframe alone (0 for sound). */
  segmentTicks: number[]
  segmentBytes: number[]
  keyframeBytes: number[]
  /** Where the samples of segments are: in order, each page from `firstSegment` to the next page's. */
  pages: IndexPage[]
  /** Bits per second of the segment with most, and over all of them. */
  peakBps: number
  averageBps: number
}

/** A page: bytes of the pages object. */
export interface IndexPage {
  firstSegment: number
  offset: number
  length: number
}
