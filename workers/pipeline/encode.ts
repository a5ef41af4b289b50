/** The second phase: keeps the pool supplied with tasks until all are done. Safe to repeat at any point. */
import type { RunnerStatus, TaskStatus } from '../../protocol/pipeline.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import type { Stage } from '../../protocol/videos.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'
import { dropChunksBehindPrefix, listRenditions } from '../renditions/store.ts'
import { savePictures, savePlan, setStage } from '../videos/store.ts'
import { failPipeline, failureError } from './fail.ts'
import { nextMoves } from './moves.ts'
import { runnerPool } from './pool.ts'
import { processing, type Phase } from './probe.ts'
import { STAGE_OF, audioStage, doneStage, sharedPrefix, videoStage, whyIdle } from './stages.ts'
import { chunkTaskPrefix, wholeTask } from './tasks.ts'

/** Reads the pool, decides, acts. */
export async function encode(env: Env, videoId: string): Promise<Phase> {
  for (;;) {
    const video = await processing(env, videoId)
    if (video === null || video.facts === null || video.plan === null) return 'over'
    const { facts, plan } = video
    const statuses = (await runnerPool(env).status(videoId)).filter(({ kind }) => kind !== 'probe')
    const moves = nextMoves(videoId, facts, plan, statuses)
    switch (moves.move) {
      case 'fail':
        await failPipeline(env, videoId, STAGE_OF[moves.kind], failureError(moves.failure))
        return 'over'
      case 'switch-to-whole':
        await savePlan(env.DB, videoId, { ...plan, mode: 'whole' })
        continue
      case 'start-whole':
        await startWhole(env, videoId, facts, plan)
        await runnerPool(env).submit(moves.tasks)
        continue
      case 'submit':
        await runnerPool(env).submit(moves.tasks)
        if (moves.tasks.length > 0) continue
        break
      case 'finish':
        break
    }
    await writeStages(env, videoId, facts, plan, statuses)
    return moves.move === 'finish' ? 'next' : 'wait'
  }
}

/**
 * From chunks to one task (docs/4-design/pipeline.md). The prefix stays: viewers may have it, its addresses are
 * immutable, and each of its chunks came out on the grid. What lies behind a gap nobody has seen; it goes, so that from
 * the gap on everything comes from one decode.
 */
async function startWhole(env: Env, videoId: string, facts: SourceFacts, plan: Plan): Promise<void> {
  const pool = runnerPool(env)
  await pool.forget(videoId, chunkTaskPrefix(videoId))
  const rungs = plan.video.map(({ id }) => id)
  await dropChunksBehindPrefix(env.DB, videoId, rungs)
  const publishFrom = sharedPrefix(plan, await listRenditions(env.DB, videoId))
  await pool.submit([wholeTask(videoId, facts, plan, publishFrom)])
}

async function writeStages(env: Env, videoId: string, facts: SourceFacts, plan: Plan, statuses: TaskStatus[]): Promise<void> {
  const renditions = await listRenditions(env.DB, videoId)
  const runners = await runnerPool(env).runners()
  for (const base of [videoStage(plan, renditions), audioStage(facts, plan, renditions), thumbnailsStage(plan)]) {
    const tasks = statuses.filter(({ kind }) => STAGE_OF[kind] === base.name)
    await setStage(env.DB, videoId, await stageNow(env, videoId, plan, renditions, base, tasks, runners))
  }
}

async function stageNow(
  env: Env,
  videoId: string,
  plan: Plan,
  renditions: Rendition[],
  base: Stage,
  tasks: TaskStatus[],
  runners: RunnerStatus[],
): Promise<Stage> {
  if (base.state === 'skipped') return base
  const pictures = tasks.map(({ outcome }) =>
    outcome.state === 'done' && outcome.result.kind === 'thumbnails' ? outcome.result.pictures : null,
  )
  for (const found of pictures) if (found !== null) await savePictures(env.DB, videoId, found)
  const failed = tasks.find(({ outcome }) => outcome.state === 'failed')
  // Of the video's stages this is the one that may fail without the video (moves.ts).
  if (base.name === 'thumbnails' && failed?.outcome.state === 'failed') {
    return { ...base, state: 'failed', text: failureError(failed.outcome.failure).message.split('\n')[0] ?? '' }
  }
  if (isThrough(base.name, plan, tasks)) return doneStage(base.name, doneText(base.name, plan, renditions))
  const idle = whyIdle(tasks, plan, runners)
  return idle === null ? base : { ...base, state: 'waiting', text: idle }
}

function isThrough(name: Stage['name'], plan: Plan, tasks: TaskStatus[]): boolean {
  if (tasks.length === 0 || !tasks.every(({ outcome }) => outcome.state === 'done')) return false
  if (name === 'audio') return tasks.some(({ kind }) => kind === 'encode-audio')
  return name !== 'video' || plan.mode === 'whole' || tasks.length >= plan.chunkCount
}

function doneText(name: Stage['name'], plan: Plan, renditions: Rendition[]): string {
  if (name === 'video') return `${plan.video.length} qualities, ${sharedPrefix(plan, renditions)} chunks`
  return name === 'audio' ? 'encoded' : 'poster and previews'
}

function thumbnailsStage(plan: Plan): Stage {
  if (plan.video.length === 0) return { name: 'thumbnails', state: 'skipped', progress: 1, text: 'no picture' }
  return { name: 'thumbnails', state: 'running', progress: 0, text: 'making previews' }
}
