/** Starts the pipeline of a video, and wakes it. Both may be called at any time and any number of times. */
import { getVideo } from '../videos/store.ts'
import { failPipeline } from './fail.ts'
import { runnerPool } from './pool.ts'
import { HINT } from './workflow.ts'

/** Starts the pipeline of a video whose source is complete. Idempotent: the instance is named after the video. */
export async function startPipeline(env: Env, videoId: string): Promise<void> {
  try {
    await env.PIPELINE.create({ id: videoId, params: { videoId } })
  } catch (error) {
    // Most likely it exists. If it does not, the first error is the one that says why.
    const instance = await env.PIPELINE.get(videoId).catch(() => null)
    if (instance === null) throw error
    await wakePipeline(env, videoId)
  }
}

/**
 * Brings a video that is being processed on, whatever its instance is doing. A sleeping one gets a hint. One that is
 * complete while its video is not has used up its steps: it starts anew, and finds everything that is done. One that broke
 * had retried for minutes, and would break again: its video fails, so that somebody sees it.
 */
export async function wakePipeline(env: Env, videoId: string): Promise<void> {
  const video = await getVideo(env.DB, videoId)
  if (video?.state !== 'processing') {
    // Deleted or failed while tasks were under way: nobody wants what the pool still has of it.
    return await runnerPool(env).forget(videoId)
  }
  const instance = await env.PIPELINE.get(videoId).catch(() => null)
  if (instance === null) return await startPipeline(env, videoId)
  const { status, error } = await instance.status()
  if (status === 'complete') return await instance.restart()
  if (status === 'errored' || status === 'terminated') {
    const why = error === undefined ? `its pipeline is ${status}` : `${error.name}: ${error.message}`
    console.error(`pipeline: video ${videoId} stopped: ${why}`)
    const message = `Processing broke off on our side (${why}). The uploaded file is safe; upload it again to try once more.`
    return await failPipeline(env, videoId, 'finish', { code: 'pipeline-broke', message })
  }
  await instance.sendEvent({ type: HINT, payload: {} })
}
