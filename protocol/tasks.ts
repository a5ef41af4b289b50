/**
 * Tasks: the units of work a runner takes. A task says what to do in terms of the bucket and the plan; never how to reach
 * the bucket: credentials are the runner's own environment.
 */
import * as v from 'valibot'
import { RenditionId, VideoId } from './ids.ts'
import { Loudness, Plan, SourceFacts, type VideoCodec } from './plan.ts'

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** `<video>:<kind>:<n>`, unique for ever: submitting a task twice is submitting it once. */
export const TaskId = v.pipe(v.string(), v.maxLength(64))

/** Look at the source: `SourceFacts`. Fast: reads headers and a few places, never the whole file. */
export const ProbeSpec = v.object({ kind: v.literal('probe'), sourceName: v.pipe(v.string(), v.maxLength(1024)) })

/** Measure loudness over the whole audio stream. Runs beside the first chunks, so that picture does not wait for sound. */
export const LoudnessSpec = v.object({ kind: v.literal('loudness'), facts: SourceFacts })

/**
 * Encode chunks `[firstChunk, lastChunk]` of every video rung from one decode. A chunk task has both equal; a whole-source
 * task has `lastChunk: null` (to the end) and publishes chunk after chunk. The last chunk of a plan runs to the end of
 * the source whatever the facts promised. Chunks below `publishFrom` are encoded if need be but not published again.
 */
export const EncodeVideoSpec = v.object({
  kind: v.literal('encode-chunk'),
  facts: SourceFacts,
  plan: Plan,
  firstChunk: Count,
  lastChunk: v.nullable(Count),
  publishFrom: Count,
})

/** Encode the audio whole and publish it chunk by chunk, as it comes. */
export const EncodeAudioSpec = v.object({
  kind: v.literal('encode-audio'),
  facts: SourceFacts,
  plan: Plan,
  /** Null: silence, or not measurable: encoded at the level it has. */
  loudness: v.nullable(Loudness),
  publishFrom: Count,
})

/** Poster and scrubbing sprites, read from keyframes. */
export const ThumbnailsSpec = v.object({ kind: v.literal('thumbnails'), facts: SourceFacts })

export const TaskSpec = v.variant('kind', [ProbeSpec, LoudnessSpec, EncodeVideoSpec, EncodeAudioSpec, ThumbnailsSpec])
export type TaskSpec = v.InferOutput<typeof TaskSpec>
export type TaskKind = TaskSpec['kind']

export const Task = v.object({ id: TaskId, videoId: VideoId, spec: TaskSpec })
export type Task = v.InferOutput<typeof Task>

/** `heavy` tasks take a whole machine (one at a time on a runner), `light` ones run beside them (two at a time). */
export type Lane = 'heavy' | 'light'
export function laneOf(kind: TaskKind): Lane {
  return kind === 'encode-chunk' ? 'heavy' : 'light'
}

const ENCODERS: Record<VideoCodec, string> = { h264: 'libx264', hevc: 'libx265', vp9: 'libvpx-vp9', av1: 'libsvtav1' }

/** FFmpeg's encoders that a runner must have for a task, as it names them in its `hello`. */
export function encodersOf(spec: { kind: TaskKind; plan?: Plan }): string[] {
  if (spec.kind === 'encode-audio') return ['aac']
  if (spec.kind !== 'encode-chunk' || spec.plan === undefined) return []
  return [...new Set(spec.plan.video.map(({ codec }) => ENCODERS[codec]))]
}

/** Where the pictures are. Tiles run left to right, then down; tile `i` shows the time `i·intervalMs`. */
export const Pictures = v.object({
  posterKey: v.pipe(v.string(), v.maxLength(200)),
  spriteKeys: v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(1000)),
  tileWidth: Count,
  tileHeight: Count,
  columns: Count,
  rows: Count,
  /** Tiles in all sprites together. */
  count: Count,
  intervalMs: Count,
})
export type Pictures = v.InferOutput<typeof Pictures>

export const TaskResult = v.variant('kind', [
  v.object({ kind: v.literal('probe'), facts: SourceFacts }),
  v.object({ kind: v.literal('loudness'), loudness: v.nullable(Loudness) }),
  /** `frames`: frames encoded, in every rung. `chunks`: chunks published or found published (0 when nothing was left to encode). */
  v.object({ kind: v.literal('encode-chunk'), frames: Count, chunks: Count, renditions: v.array(RenditionId) }),
  v.object({ kind: v.literal('encode-audio'), samples: Count, chunks: Count }),
  v.object({ kind: v.literal('thumbnails'), pictures: v.nullable(Pictures) }),
])
export type TaskResult = v.InferOutput<typeof TaskResult>

/**
 * Why a task ended badly. `source`: the file is at fault, trying again is useless (the message is for the person who
 * uploaded it). `uncuttable`: the chunk did not come out on its frame grid; the video has to be encoded whole.
 * `work`: anything else; tried again, three times in all.
 */
export const TaskFailure = v.object({
  reason: v.picklist(['source', 'uncuttable', 'work']),
  message: v.pipe(v.string(), v.maxLength(2000)),
  /** Last lines of FFmpeg's standard error. */
  log: v.pipe(v.string(), v.maxLength(4000)),
})
export type TaskFailure = v.InferOutput<typeof TaskFailure>
