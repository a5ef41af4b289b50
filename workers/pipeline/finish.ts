/** The last phase: is everything there? Then what lost goes, and the video is ready. Safe to repeat at any point. */
import { madePrefix } from '../../protocol/ids.ts'
import type { TaskStatus } from '../../protocol/pipeline.ts'
import type { Plan } from '../../protocol/plan.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'
import { listRenditions, referencedKeys } from '../renditions/store.ts'
import { getVideo, moveState, setStage } from '../videos/store.ts'
import { failPipeline } from './fail.ts'
import { runnerPool } from './pool.ts'
import { processing, type Phase } from './probe.ts'
import { doneStage } from './stages.ts'

/** Checks, cleans up, sets the video ready. */
export async function finish(env: Env, videoId: string): Promise<Phase> {
  const video = await processing(env, videoId)
  if (video === null || video.plan === null) return 'over'
  await setStage(env.DB, videoId, { name: 'finish', state: 'running', progress: 0, text: 'checking' })
  const hole = findHole(video.plan, await listRenditions(env.DB, videoId), await runnerPool(env).status(videoId))
  if (hole !== null) {
    await failPipeline(env, videoId, 'finish', { code: 'incomplete', message: hole })
    return 'over'
  }
  await deleteUnreferenced(env, videoId)
  await setStage(env.DB, videoId, doneStage('finish', ''))
  await moveState(env.DB, videoId, ['processing'], 'ready')
  await runnerPool(env).forget(videoId)
  return 'over'
}

/**
 * What is missing, in a sentence, or null. Tasks settle only after the index took what they published, so a hole means
 * that runners reported what they did not publish. The number of chunks is what was found, not what was planned: facts
 * promise, and the last chunk runs to the real end.
 */
export function findHole(plan: Plan, renditions: Rendition[], tasks: TaskStatus[]): string | null {
  const prefix = new Map(renditions.map(({ facts, prefixChunks }) => [facts.rendition, prefixChunks]))
  const counts = plan.video.map(({ id }) => ({ id, chunks: prefix.get(id) ?? 0 }))
  const first = counts[0]
  if (first !== undefined) {
    const other = counts.find(({ chunks }) => chunks !== first.chunks)
    if (other !== undefined) return `${first.id} has ${first.chunks} chunks and ${other.id} has ${other.chunks}.`
    const needed = neededChunks(tasks)
    if (first.chunks < needed) return `Chunk ${first.chunks} of ${first.id} is missing.`
  }
  if (plan.audio !== null && (prefix.get(plan.audio.id) ?? 0) === 0) return 'The sound is missing.'
  return null
}

/** One more than the last chunk that a task says it published; a tail chunk behind the real end publishes nothing. */
function neededChunks(tasks: TaskStatus[]): number {
  const chunks = tasks.flatMap(({ id, outcome }) => {
    if (outcome.state !== 'done' || outcome.result.kind !== 'encode-chunk' || outcome.result.chunks === 0) return []
    return [id.includes(':chunk:') ? Number(id.split(':').at(-1)) + 1 : 1]
  })
  return Math.max(1, ...chunks)
}

/** Attempts that lost, and what died half way: nothing refers to them. */
async function deleteUnreferenced(env: Env, videoId: string): Promise<void> {
  const kept = await referencedKeys(env.DB, videoId)
  const pictures = (await getVideo(env.DB, videoId))?.pictures
  for (const key of pictures === null || pictures === undefined ? [] : [pictures.posterKey, ...pictures.spriteKeys]) kept.add(key)
  let cursor: string | undefined
  do {
    const page = await env.MEDIA.list({ prefix: madePrefix(videoId), ...(cursor === undefined ? {} : { cursor }) })
    const lost = page.objects.map(({ key }) => key).filter((key) => !kept.has(key))
    if (lost.length > 0) await env.MEDIA.delete(lost)
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
}
