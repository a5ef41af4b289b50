/** What the runner pool tells the edge. Everything may be told more than once. */
import { WorkerEntrypoint } from 'cloudflare:workers'
import { chunkKey, initKey } from '../../protocol/ids.ts'
import type { PoolListener } from '../../protocol/pipeline.ts'
import type { Plan } from '../../protocol/plan.ts'
import type { Published } from '../../protocol/rendition-index.ts'
import { listRenditions, recordPublished } from '../renditions/store.ts'
import { getVideo, setStage } from '../videos/store.ts'
import { audioStage, videoStage } from './stages.ts'
import { wakePipeline } from './start.ts'
import { sweep } from './sweep.ts'

export class PipelineHooks extends WorkerEntrypoint<Env> implements PoolListener {
  async published(videoId: string, published: Published): Promise<boolean> {
    const { facts, entry } = published
    const { DB, MEDIA } = this.env
    const video = await getVideo(DB, videoId)
    if (video?.state === 'ready') return true
    if (!isWhereItShouldBe(videoId, published)) return false
    if (video?.state !== 'processing' || video.facts === null || video.plan === null) {
      await MEDIA.delete(entry.objectKey)
      return false
    }
    if (!isPlanned(video.plan, published)) return false
    const kept = await recordPublished(DB, videoId, published)
    if (kept !== 'recorded') await MEDIA.delete(entry.objectKey)
    if (kept === 'refused') return false
    const renditions = await listRenditions(DB, videoId)
    await setStage(
      DB,
      videoId,
      facts.kind === 'video' ? videoStage(video.plan, renditions) : audioStage(video.facts, video.plan, renditions),
    )
    return true
  }

  async changed(videoId: string): Promise<void> {
    await wakePipeline(this.env, videoId)
  }

  async runnerArrived(): Promise<void> {
    await sweep(this.env)
  }
}

/**
 * Keys are made from ids, never believed: a runner that named the key of another video would have it deleted here, or
 * shown to its viewers.
 */
function isWhereItShouldBe(videoId: string, { facts, entry, lease }: Published): boolean {
  return (
    facts.rendition === entry.rendition &&
    entry.objectKey === chunkKey(videoId, entry.rendition, entry.chunk, lease) &&
    facts.initKey === initKey(videoId, facts.rendition, facts.initSha256)
  )
}

function isPlanned(plan: Plan, { facts }: Published): boolean {
  return facts.kind === 'audio' ? plan.audio?.id === facts.rendition : plan.video.some(({ id }) => id === facts.rendition)
}
