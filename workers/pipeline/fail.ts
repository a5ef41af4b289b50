/** Ends a video badly: the sentence for the person, the stage it happened in, and no more work. The source is kept. */
import type { TaskFailure } from '../../protocol/tasks.ts'
import type { StageName } from '../../protocol/videos.ts'
import { failVideo, setStage } from '../videos/store.ts'
import { runnerPool } from './pool.ts'

/** Idempotent. `stage` is the line of the processing page that shows it. */
export async function failPipeline(env: Env, videoId: string, stage: StageName, error: { code: string; message: string }): Promise<void> {
  await setStage(env.DB, videoId, { name: stage, state: 'failed', progress: 0, text: error.message.split('\n')[0] ?? '' })
  await failVideo(env.DB, videoId, error)
  await runnerPool(env).forget(videoId)
}

/** What a person reads about a task that failed for good: for a bad source its sentence, else FFmpeg's last lines too. */
export function failureError({ reason, message, log }: TaskFailure): { code: string; message: string } {
  if (reason === 'source') return { code: 'source-unusable', message }
  const lines = log.trim().split('\n').slice(-12).join('\n')
  return { code: 'encode-failed', message: lines === '' ? message : `${message}\n${lines}` }
}
