/**
 * What of a video can be played now: its renditions as far as all of them belong together. Every manifest is a view of
 * this. The one thing to know: nothing may appear in the middle of a session. All video rungs of a plan come from one
 * decode and publish together; a sound that the plan promises is waited for.
 */
import type { Plan } from '../../protocol/plan.ts'
import { HttpError } from '../errors.ts'
import { listRenditions, type Rendition } from '../renditions/store.ts'
import { getVideo, type VideoRecord } from '../videos/store.ts'

export interface Playable {
  video: VideoRecord
  plan: Plan
  /** Largest picture first; empty for a video that is only sound. */
  pictures: Rendition[]
  sound: Rendition | null
  /** Nothing will be added: ready, or failed with what there is. */
  finished: boolean
}

/** Throws `video-not-found`; `not-playable-yet` until every rendition of the plan has its first chunk. */
export async function describe(db: D1Database, videoId: string): Promise<Playable> {
  const [video, renditions] = await Promise.all([getVideo(db, videoId), listRenditions(db, videoId)])
  if (video === null) throw new HttpError('video-not-found')
  const finished = isFinished(video)
  const begun = renditions.filter(({ prefixChunks }) => prefixChunks > 0)
  const { plan } = video
  if (plan === null || begun.length === 0 || (!finished && !complete(plan, begun))) throw new HttpError('not-playable-yet')
  return {
    video,
    plan,
    pictures: begun.filter(({ facts }) => facts.kind === 'video'),
    sound: begun.find(({ facts }) => facts.kind === 'audio') ?? null,
    finished,
  }
}

export function isFinished({ state }: VideoRecord): boolean {
  return state === 'ready' || state === 'failed'
}

function complete(plan: Plan, begun: Rendition[]): boolean {
  const ids = new Set(begun.map(({ facts }) => facts.rendition))
  return [...plan.video, ...(plan.audio === null ? [] : [plan.audio])].every(({ id }) => ids.has(id))
}

/**
 * Whole seconds that no segment exceeds when rounded, known from the plan before the first segment is: the grid's segment,
 * and for sound one AAC frame (1024 samples) more, because it ends at the frame nearest to the border.
 */
export function targetDuration({ timeline, audio }: Plan): number {
  const { gopFrames, gopsPerSegment, frameTicks, timescale } = timeline
  const frame = audio === null ? 0 : 1024 / audio.sampleRateHz
  return Math.max(1, Math.round((gopFrames * gopsPerSegment * frameTicks) / timescale + frame))
}

/** Bits per second over the whole prefix. */
export function averageBps({ prefixBytes, prefixTicks, facts }: Rendition): number {
  return Math.ceil((prefixBytes * 8 * facts.timescale) / prefixTicks)
}
