/**
 * Deletes a video: the row first, in one transaction with a note that its objects have to go, then everything else. Whoever
 * dies in between leaves the note, and the sweep finishes; a runner that writes late is swept up after too.
 */
import { videoPrefix } from '../../protocol/ids.ts'
import type { PoolRpc } from '../../protocol/pipeline.ts'
import type { UploadRpc } from '../../protocol/uploads.ts'
import { forgetVideo } from '../delivery/known-videos.ts'
import { deleteVideoRow, type VideoRecord } from './store.ts'

/** R2 deletes at most this many keys at once, and lists as many. */
const BATCH = 1000
/** After this long nobody writes for a deleted video any more: leases and part uploads are over. */
const LATE_WRITER_MS = 60 * 60 * 1000

/** Deletes a video that exists, with all that was made of it. */
export async function deleteVideo(env: Env, { id, state }: Pick<VideoRecord, 'id' | 'state'>, nowMs: number): Promise<void> {
  await deleteVideoRow(env.DB, id, nowMs)
  forgetVideo(id)
  // While it is uploading it has no pipeline, and with its row gone it will not get one.
  await stopWork(env, id, state !== 'uploading')
  await deleteObjects(env.MEDIA, id)
}

/** Finishes what earlier deletions left, and forgets those that are long over. For the sweep. */
export async function finishDeletions(env: Env, nowMs: number): Promise<void> {
  const rows = await env.DB.prepare('SELECT video_id, since_ms FROM deletions ORDER BY since_ms LIMIT 100').all<{
    video_id: string
    since_ms: number
  }>()
  for (const { video_id: id, since_ms: sinceMs } of rows.results) {
    // One video that cannot be finished now does not keep the others: the sweep comes again.
    await finishDeletion(env, id, nowMs - sinceMs > LATE_WRITER_MS).catch((error: unknown) => console.error(`Deleting ${id}:`, error))
  }
}

async function finishDeletion(env: Env, id: string, longOver: boolean): Promise<void> {
  await stopWork(env, id, true)
  const found = await deleteObjects(env.MEDIA, id)
  if (found === 0 && longOver) await forgetDeletion(env.DB, id)
}

/** Nobody can write for this video any more, and nothing of it is left. */
export async function forgetDeletion(db: D1Database, id: string): Promise<void> {
  await db.prepare('DELETE FROM deletions WHERE video_id = ?').bind(id).run()
}

/** Deletes every object of a video, `batch` at a time; answers how many there were. */
export async function deleteObjects(bucket: R2Bucket, videoId: string, batch = BATCH): Promise<number> {
  let deleted = 0
  for (;;) {
    // Always from the start: what was listed is gone, and a cursor is not promised to survive that.
    const { objects, truncated } = await bucket.list({ prefix: videoPrefix(videoId), limit: batch })
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key))
    deleted += objects.length
    if (!truncated) return deleted
  }
}

/** Each of the three may be long over or never have begun, and one that fails must not spare the others: the sweep comes again. */
async function stopWork(env: Env, id: string, hasPipeline: boolean): Promise<void> {
  const uploadObject: UploadRpc = env.UPLOADS.getByName(id)
  const pool = env.POOL.getByName('main') as unknown as PoolRpc
  const ended = await Promise.allSettled([uploadObject.discard(), pool.forget(id), hasPipeline ? terminate(env, id) : null])
  for (const result of ended) if (result.status === 'rejected') console.error(`Deleting ${id}:`, result.reason)
}

async function terminate(env: Env, id: string): Promise<void> {
  const instance = await env.PIPELINE.get(id).catch(() => null) // None was ever made.
  if (instance === null) return
  const { status } = await instance.status()
  if (status !== 'complete' && status !== 'terminated' && status !== 'errored') await instance.terminate()
}
