/** What an upload object and the rest of the edge say to each other inside the Worker, by RPC. The upload's id is the video's. */

import type { Rendition } from './rendition-index.ts'

/** How long an unfinished upload is kept. R2 drops the parts of an unfinished multipart upload after seven days. */
export const UPLOAD_TTL_MS = 6 * 24 * 60 * 60 * 1000

/** Calls on an `UploadObject` (named after the video). Its `fetch` speaks tus. */
export interface UploadRpc {
  /** Forgets the upload and everything of it in the bucket that is not yet an object. Idempotent; unknown ones stay unknown. */
  discard(): Promise<void>
}

/** What the upload object found out about playing the file as it is. */
export interface SourcePlay {
  /** The file as renditions, their index in the bucket; none when it cannot be played as it is. */
  renditions: Rendition[]
  /** Then: why, as the end of a sentence about the file. */
  note: string | null
}

/**
 * The Worker entrypoint `UploadHooks` (workers/uploads), called by upload objects through `ctx.exports`. Every call but
 * `created` may come more than once; an exception means "not taken".
 */
export interface UploadListener {
  /** The upload is accepted; `metadata` is its `Upload-Metadata` header. An exception refuses it. */
  created(videoId: string, sizeBytes: number, metadata: string): Promise<void>
  /** Lossy: for the progress bar. */
  progress(videoId: string, receivedBytes: number, sizeBytes: number): Promise<void>
  /** The source lies in the bucket at `sourceKey(videoId)`, complete. */
  uploaded(videoId: string, sizeBytes: number, source: SourcePlay): Promise<void>
  /** The upload ended without a source: terminated by its client, refused on the way, or expired. */
  abandoned(videoId: string): Promise<void>
}
