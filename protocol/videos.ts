/** What `GET /api/videos` and `GET /api/videos/:id` answer: the public face of a video. */
import * as v from 'valibot'
import { VideoId } from './ids.ts'

/** `processing` is playable as far as it got; `failed` keeps its source until it is deleted. */
export const VideoState = v.picklist(['uploading', 'processing', 'ready', 'failed'])
export type VideoState = v.InferOutput<typeof VideoState>

export const StageName = v.picklist(['upload', 'probe', 'video', 'audio', 'thumbnails', 'finish'])
export type StageName = v.InferOutput<typeof StageName>

/** One line of the processing page: `video · chunk 3 of 12`. */
export const Stage = v.object({
  name: StageName,
  state: v.picklist(['waiting', 'running', 'done', 'failed', 'skipped']),
  /** 0 to 1. */
  progress: v.number(),
  /** What is happening, or what came out, in words. */
  text: v.string(),
})
export type Stage = v.InferOutput<typeof Stage>

export const Video = v.object({
  id: VideoId,
  title: v.string(),
  state: VideoState,
  /** 0 to 1 over all stages. */
  progress: v.number(),
  error: v.nullable(v.object({ code: v.string(), message: v.string() })),
  /** ISO 8601. */
  createdAt: v.string(),
  /** Milliseconds; null until probed. */
  durationMs: v.nullable(v.number()),
  /** Milliseconds that can be watched now, from the start. */
  playableMs: v.number(),
  width: v.nullable(v.number()),
  height: v.nullable(v.number()),
  source: v.object({ name: v.string(), type: v.string(), sizeBytes: v.number() }),
  stages: v.array(Stage),
  /** Paths on this edge; null while there is nothing to play or show. */
  playback: v.nullable(v.object({ hls: v.string(), dash: v.string() })),
  poster: v.nullable(v.string()),
  thumbnails: v.nullable(v.string()),
})
export type Video = v.InferOutput<typeof Video>

/** Newest first; `nextCursor` asks for the next page by `?cursor=`. */
export const VideoPage = v.object({ videos: v.array(Video), nextCursor: v.nullable(v.string()) })
export type VideoPage = v.InferOutput<typeof VideoPage>

/** Body of `PATCH /api/videos/:id`. */
export const VideoPatch = v.object({ title: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200)) })
export type VideoPatch = v.InferOutput<typeof VideoPatch>
