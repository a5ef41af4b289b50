/** The first phase: what is the source, and what shall be made of it? Safe to repeat at any point. */
import { planLadder } from '../../media/ladder/plan.ts'
import type { VideoCodec } from '../../protocol/plan.ts'
import { getVideo, saveFacts, savePlan, setStage, type VideoRecord } from '../videos/store.ts'
import { failPipeline, failureError } from './fail.ts'
import { runnerPool } from './pool.ts'
import { audioStage, doneStage, videoStage, whyIdle } from './stages.ts'
import { probeTask } from './tasks.ts'

/** `wait`: for a hint; `next`: this phase is through; `over`: the video is gone, failed or ready. */
export type Phase = 'wait' | 'next' | 'over'

/** The video while it is being processed; else null, and the pool is told to drop its tasks. */
export async function processing(env: Env, videoId: string): Promise<VideoRecord | null> {
  const video = await getVideo(env.DB, videoId)
  if (video?.state === 'processing') return video
  await runnerPool(env).forget(videoId)
  return null
}

/** Submits the probe, and takes the facts over when they are there. */
export async function probe(env: Env, videoId: string): Promise<Phase> {
  const video = await processing(env, videoId)
  if (video === null) return 'over'
  if (video.facts !== null) return 'next'
  const pool = runnerPool(env)
  await pool.submit([probeTask(videoId, video.source.name)])
  const tasks = await pool.status(videoId, `${videoId}:probe:`)
  const outcome = tasks[0]?.outcome
  if (outcome?.state === 'failed') {
    await failPipeline(env, videoId, 'probe', failureError(outcome.failure))
    return 'over'
  }
  if (outcome?.state === 'done' && outcome.result.kind === 'probe') {
    await saveFacts(env.DB, videoId, outcome.result.facts)
    return 'next'
  }
  const text = whyIdle(tasks, null, await pool.runners()) ?? 'looking at the file'
  await setStage(env.DB, videoId, { name: 'probe', state: 'running', progress: 0, text })
  return 'wait'
}

/** Plans the ladder and writes the first lines of every stage. */
export async function plan(env: Env, videoId: string): Promise<Phase> {
  const video = await processing(env, videoId)
  if (video === null || video.facts === null) return 'over'
  const { facts } = video
  if (facts.video === null && facts.audio === null) {
    const message = 'There is neither picture nor sound in this file.'
    await failPipeline(env, videoId, 'probe', { code: 'source-unusable', message })
    return 'over'
  }
  const planned = video.plan ?? planLadder(facts, { codecs: video.codecs as VideoCodec[] })
  await savePlan(env.DB, videoId, planned)
  const pictures = planned.video.length > 0
  await setStage(env.DB, videoId, doneStage('probe', describe(facts)))
  await setStage(env.DB, videoId, videoStage(planned, []))
  await setStage(env.DB, videoId, audioStage(facts, planned, []))
  await setStage(env.DB, videoId, {
    name: 'thumbnails',
    state: pictures ? 'waiting' : 'skipped',
    progress: pictures ? 0 : 1,
    text: pictures ? '' : 'no picture',
  })
  return 'next'
}

function describe({ video, audio }: NonNullable<VideoRecord['facts']>): string {
  const picture = video === null ? [] : [`${video.width}×${video.height}`, video.codec]
  return [...picture, ...(audio === null ? ['no sound'] : [audio.codec])].join(', ')
}
