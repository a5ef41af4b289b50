/** Wakes every unfinished pipeline and finishes deletions. Runs on the clock, and when a runner arrives: local Workflows do not resume by themselves. */
import { finishDeletions } from '../videos/delete.ts'
import { listProcessing } from '../videos/store.ts'
import { wakePipeline } from './start.ts'

/** One video that cannot be woken does not keep the others asleep. */
export async function sweep(env: Env): Promise<void> {
  for (const videoId of await listProcessing(env.DB)) {
    try {
      await wakePipeline(env, videoId)
    } catch (error) {
      console.error(`sweep: video ${videoId} could not be woken:`, error)
    }
  }
  await finishDeletions(env, Date.now())
}
