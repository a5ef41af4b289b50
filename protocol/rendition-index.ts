/**
 * The rendition index: the list of a rendition's segments. Playlists and MPDs are views of it; nothing else knows the
 * timeline. It is kept one row a chunk (see docs/decisions/rendition-index.md), so that a segment of a ten-hour video is
 * found by reading one row.
 *
 * Times are ticks of the rendition's own timescale, counted from the start of the video's timeline, in presentation time.
 */
import * as v from 'valibot'
import { LeaseId, RenditionId } from './ids.ts'

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
export const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in hex'))

/** A keyframe that can be read alone: a `moof` and `mdat` of its own (RFC 8216bis 4.4.3.6, I-frame playlists). */
export const IframeEntry = v.object({
  /** Byte offset in the chunk object. */
  offset: Count,
  /** Bytes of `moof` and `mdat`. */
  length: v.pipe(Count, v.minValue(1)),
  /** Presentation time, ticks from the start of the segment. */
  timeTicks: Count,
  /** Ticks until the next keyframe or the end of the segment. */
  durationTicks: v.pipe(Count, v.minValue(1)),
})
export type IframeEntry = v.InferOutput<typeof IframeEntry>

export const SegmentEntry = v.object({
  /** Byte offset in the chunk object. */
  offset: Count,
  /** Bytes. */
  length: v.pipe(Count, v.minValue(1)),
  durationTicks: v.pipe(Count, v.minValue(1)),
  sha256: Sha256,
  /** Starts with a keyframe and needs nothing before it (`EXT-X-INDEPENDENT-SEGMENTS`). Audio is always independent. */
  independent: v.boolean(),
  /** Keyframes of a video segment, in order; empty for audio. */
  iframes: v.pipe(v.array(IframeEntry), v.maxLength(64)),
})
export type SegmentEntry = v.InferOutput<typeof SegmentEntry>

/** One row of the index: one object in the bucket with the segments that lie in it, one after another. */
export const ChunkEntry = v.object({
  rendition: RenditionId,
  /** 0, 1, 2, …: equal numbers in all video renditions are the same source frames. */
  chunk: Count,
  objectKey: v.pipe(v.string(), v.maxLength(200)),
  sizeBytes: v.pipe(Count, v.minValue(1)),
  /** Number of the chunk's first segment; segments are numbered from 0 through the whole rendition. */
  firstSegment: Count,
  /** Presentation time of the first segment. */
  startTicks: Count,
  segments: v.pipe(v.array(SegmentEntry), v.minLength(1), v.maxLength(512)),
})
export type ChunkEntry = v.InferOutput<typeof ChunkEntry>

/** What a rendition is, read from its initialization segment. The same in every chunk, or the chunk is refused. */
export const RenditionFacts = v.object({
  rendition: RenditionId,
  kind: v.picklist(['video', 'audio']),
  /** RFC 6381: `avc1.64001f`, `mp4a.40.2`. */
  codecs: v.pipe(v.string(), v.maxLength(64)),
  /** Ticks per second. */
  timescale: v.pipe(Count, v.minValue(1)),
  initKey: v.pipe(v.string(), v.maxLength(200)),
  initSha256: Sha256,
  initBytes: v.pipe(Count, v.minValue(1)),
  /** Video only: pixels as shown, frames per second as a fraction, `VIDEO-RANGE` of RFC 8216bis 4.4.6.2. */
  video: v.nullable(
    v.object({
      width: v.pipe(Count, v.minValue(1)),
      height: v.pipe(Count, v.minValue(1)),
      frameRate: v.object({ num: v.pipe(Count, v.minValue(1)), den: v.pipe(Count, v.minValue(1)) }),
      videoRange: v.picklist(['SDR', 'HLG', 'PQ']),
    }),
  ),
  /** Audio only. */
  audio: v.nullable(v.object({ channels: v.pipe(Count, v.minValue(1)), sampleRateHz: v.pipe(Count, v.minValue(1)) })),
  /** Only of renditions that are the source itself: its longest segment, ticks. The ladder's are on the plan's grid. */
  longestSegmentTicks: v.optional(Count),
})
export type RenditionFacts = v.InferOutput<typeof RenditionFacts>

/** A rendition with the sums over its gapless prefix: enough for a multivariant playlist. */
export interface Rendition {
  facts: RenditionFacts
  /** Chunks 0 … prefixChunks-1 are all there; nothing behind a gap is shown to a reader. */
  prefixChunks: number
  prefixTicks: number
  prefixBytes: number
  /** Greatest segment bit rate in the prefix, bits per second. */
  peakBps: number
  /** Bytes and greatest bit rate of the keyframes alone. */
  iframeBytes: number
  iframePeakBps: number
}

/** It is the uploaded file itself, cut when it is asked for (media/source-index), and whole from the start. */
export function isSource({ facts }: Pick<Rendition, 'facts'>): boolean {
  return facts.longestSegmentTicks !== undefined
}

/** A runner says that one chunk of one rendition lies in the bucket. */
export const Published = v.object({ facts: RenditionFacts, entry: ChunkEntry, lease: LeaseId })
export type Published = v.InferOutput<typeof Published>
