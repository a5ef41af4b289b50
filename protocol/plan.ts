/**
 * What a source is (`SourceFacts`, measured by the `probe` task) and what is made of it (`Plan`, computed from the facts
 * by `media/ladder`, kept with the video). A plan depends on the facts and the wishes alone, never on who encodes:
 * one runner or ten give the same frames.
 */
import * as v from 'valibot'
import { RenditionId } from './ids.ts'

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const Positive = v.pipe(Count, v.minValue(1))
/** Microseconds; may be negative (a stream may start before zero). */
const Micros = v.pipe(v.number(), v.safeInteger())
const Name = v.pipe(v.string(), v.maxLength(128))

/** A fraction: 30000/1001 frames per second. Always in lowest terms. */
export const Fraction = v.object({ num: Positive, den: Positive })
export type Fraction = v.InferOutput<typeof Fraction>

export const VideoFacts = v.object({
  /** FFmpeg's stream index: `-map 0:<index>`. */
  streamIndex: Count,
  codec: Name,
  profile: v.nullable(Name),
  /** Pixels as stored. */
  codedWidth: Positive,
  codedHeight: Positive,
  /** Pixels as shown: sample aspect ratio and rotation applied. */
  width: Positive,
  height: Positive,
  /** Clockwise turn that the display matrix asks for; FFmpeg applies it by itself. */
  rotationDeg: v.picklist([0, 90, 180, 270]),
  /** The constant frame rate that the ladder is made at (variable rates are normalised to it). */
  frameRate: Fraction,
  variableFrameRate: v.boolean(),
  interlaced: v.boolean(),
  pixelFormat: Name,
  bitDepth: Positive,
  /** FFmpeg's names (`bt709`, `smpte170m`, …; `tv` or `pc`); absent where the file does not say. */
  colorMatrix: v.optional(Name),
  colorRange: v.optional(v.picklist(['tv', 'pc'])),
  /** How bright: standard, or the HDR transfer functions of BT.2100. */
  videoRange: v.picklist(['SDR', 'HLG', 'PQ']),
  /** First frame's presentation time in the source's own time. */
  startUs: Micros,
  /** Length of this stream, microseconds; null where the container does not say. */
  durationUs: v.nullable(Count),
})
export type VideoFacts = v.InferOutput<typeof VideoFacts>

export const AudioFacts = v.object({
  streamIndex: Count,
  codec: Name,
  channels: Positive,
  sampleRateHz: Positive,
  startUs: Micros,
  durationUs: v.nullable(Count),
})
export type AudioFacts = v.InferOutput<typeof AudioFacts>

export const SourceFacts = v.object({
  /** FFmpeg's format name: `mov,mp4,m4a,3gp,3g2,mj2`. */
  container: Name,
  sizeBytes: Count,
  bitrateBps: v.nullable(Count),
  /** The earliest start of the chosen streams, in the source's own time: zero of the video's timeline. */
  originUs: Micros,
  /**
   * Given where the clock may jump in the middle (MPEG transport and program streams): where the file begins, in its own
   * time. Times are then counted from here and made continuous by FFmpeg.
   */
  fileStartUs: v.optional(Micros),
  /** From the origin to the end of the last stream, microseconds. */
  durationUs: Count,
  video: v.nullable(VideoFacts),
  audio: v.nullable(AudioFacts),
  /** Null when seeking lands exactly; else one sentence on why the source has to be encoded in one go. */
  wholeBecause: v.nullable(v.pipe(v.string(), v.maxLength(300))),
})
export type SourceFacts = v.InferOutput<typeof SourceFacts>

/** EBU R128, measured over the whole audio stream (the first pass of `loudnorm`). Null values: silence. */
export const Loudness = v.object({
  integratedLufs: v.number(),
  truePeakDbtp: v.number(),
  rangeLu: v.number(),
  thresholdLufs: v.number(),
})
export type Loudness = v.InferOutput<typeof Loudness>

export const VideoCodec = v.picklist(['h264', 'hevc', 'vp9', 'av1'])
export type VideoCodec = v.InferOutput<typeof VideoCodec>

export const VideoRung = v.object({
  id: RenditionId,
  codec: VideoCodec,
  /** Even numbers. */
  width: Positive,
  height: Positive,
  /** Constant quality (CRF) under a cap: capped VBR, which does not depend on where chunks are cut. */
  crf: v.number(),
  maxBitrateBps: Positive,
  bufferBits: Positive,
})
export type VideoRung = v.InferOutput<typeof VideoRung>

export const AudioRung = v.object({
  id: RenditionId,
  codec: v.literal('aac'),
  bitrateBps: Positive,
  channels: Positive,
  sampleRateHz: Positive,
})
export type AudioRung = v.InferOutput<typeof AudioRung>

/**
 * The grid everything is cut on. GOP `g` is frames `[g·gopFrames, (g+1)·gopFrames)` of the constant-rate timeline, in every
 * rung; a segment is `gopsPerSegment` GOPs, a chunk `segmentsPerChunk` segments. Frame `n` is shown at `n·frameTicks`.
 * Audio-only videos have a grid too (25 frames per second that nobody sees).
 */
export const Timeline = v.object({
  frameRate: Fraction,
  /** Ticks per second of all video renditions; a frame lasts `frameTicks`. */
  timescale: Positive,
  frameTicks: Positive,
  /** round(2 s × frame rate): 48 at 23.976, 60 at 29.97. */
  gopFrames: Positive,
  gopsPerSegment: Positive,
  segmentsPerChunk: Positive,
  /** Frames that the facts promise; the encode may find a few more or fewer at the end. */
  expectedFrames: Count,
})
export type Timeline = v.InferOutput<typeof Timeline>

export const Plan = v.object({
  timeline: Timeline,
  /** `chunks`: many tasks side by side. `whole`: one task for all video, because the source cannot be cut exactly. */
  mode: v.picklist(['chunks', 'whole']),
  /** Number of chunks that the expected frames make; 0 when there is no video. */
  chunkCount: Count,
  /** Highest first; empty for audio-only. One decode feeds all of them. */
  video: v.pipe(v.array(VideoRung), v.maxLength(24)),
  audio: v.nullable(AudioRung),
  /** What has to be done to the picture before it is scaled. */
  deinterlace: v.boolean(),
  toneMap: v.nullable(v.picklist(['PQ', 'HLG'])),
})
export type Plan = v.InferOutput<typeof Plan>
