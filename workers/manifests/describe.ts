/**
 * What of a video can be played now: its renditions as far as all of them belong together. Every manifest is a view of
 * this. The one thing to know: the ladder appears as one. All video rungs of a plan come from one decode and publish
 * together; a sound that the plan promises is waited for. Until then, and beside it, there is the source itself, where
 * browsers play it as it is.
 */
import type { Plan } from '../../protocol/plan.ts'
import { HttpError } from '../errors.ts'
import { isSource, type Rendition } from '../../protocol/rendition-index.ts'
import { listRenditions } from '../renditions/store.ts'
import { getVideo, type VideoRecord } from '../videos/store.ts'

export interface Playable {
  video: VideoRecord
  /** Null while only the source can be played. */
  plan: Plan | null
  /** Largest picture first, the source before a rung of its size; empty for a video that is only sound. */
  pictures: Rendition[]
  /** The ladder's, once it is there: its loudness is right. */
  sound: Rendition | null
  /** All that have a playlist: also those of the source that only sessions have which began with it. */
  all: Rendition[]
  /** Nothing will be added: ready, or failed with what there is. */
  finished: boolean
}

/**
 * Throws `video-not-found`; `not-playable-yet` until the source can be played or every rendition of the plan has its first
 * chunk.
 */
export async function describe(db: D1Database, videoId: string): Promise<Playable> {
  const [video, renditions] = await Promise.all([getVideo(db, videoId), listRenditions(db, videoId)])
  if (video === null) throw new HttpError('video-not-found')
  const finished = isFinished(video)
  const begun = renditions.filter(({ prefixChunks }) => prefixChunks > 0)
  const source = begun.filter(isSource)
  const made = begun.filter((one) => !isSource(one))
  const { plan } = video
  const laddered = plan !== null && made.length > 0 && (finished || complete(plan, made))
  if (!laddered && source.length === 0) throw new HttpError('not-playable-yet', whyNot(video))
  const all = laddered ? [...source, ...made] : source
  // A sort that keeps the order of equals: the source, which is listed first, leads the rung of its size.
  const playable = (laddered && source.some(isCutFarApart) ? made : all).toSorted((a, b) => area(b) - area(a))
  const sounds = playable.filter(({ facts }) => facts.kind === 'audio')
  return {
    video,
    plan: laddered ? plan : null,
    pictures: playable.filter(({ facts }) => facts.kind === 'video'),
    sound: sounds.find((one) => !isSource(one)) ?? sounds[0] ?? null,
    all,
    finished,
  }
}

/** Seconds. */
const FAR_APART = 6

/**
 * Its keyframes are so far apart that players, which switch at the ladder's borders, would load much of it twice or stall:
 * new sessions have the ladder alone, as soon as there is one.
 */
function isCutFarApart({ facts: { longestSegmentTicks = 0, timescale } }: Rendition): boolean {
  return longestSegmentTicks > FAR_APART * timescale
}

function area({ facts: { video } }: Rendition): number {
  return video === null ? 0 : video.width * video.height
}

function whyNot({ sourceNote, state }: VideoRecord): string | undefined {
  if (sourceNote === null || state !== 'processing') return undefined
  return `It is being encoded, and cannot be watched as it is: ${sourceNote}.`
}

export function isFinished({ state }: VideoRecord): boolean {
  return state === 'ready' || state === 'failed'
}

function complete(plan: Plan, begun: Rendition[]): boolean {
  const ids = new Set(begun.map(({ facts }) => facts.rendition))
  return [...plan.video, ...(plan.audio === null ? [] : [plan.audio])].every(({ id }) => ids.has(id))
}

/** Whole seconds that the longest of a plan's segments may round to, as long as the plan is not known. */
const UNPLANNED_SECONDS = 5

/**
 * Whole seconds that no segment exceeds when rounded, the same for every playlist of a video (RFC 8216 6.2.4). Known before
 * the first segment is: from the plan's grid, where sound ends up to one AAC frame (1024 samples) behind the border; from
 * the source's own keyframes.
 */
export function targetDuration({ plan, pictures, sound }: Pick<Playable, 'plan' | 'pictures' | 'sound'>): number {
  const source = [...pictures, ...(sound === null ? [] : [sound])].filter(isSource)
  const longest = source.map(({ facts }) => Math.round((facts.longestSegmentTicks ?? 0) / facts.timescale))
  if (source.length > 0) longest.push(UNPLANNED_SECONDS)
  if (plan !== null) {
    const { gopFrames, gopsPerSegment, frameTicks, timescale } = plan.timeline
    const frame = plan.audio === null ? 0 : 1024 / plan.audio.sampleRateHz
    longest.push(Math.round((gopFrames * gopsPerSegment * frameTicks) / timescale + frame))
  }
  return Math.max(1, ...longest)
}

/** Bits per second over the whole prefix. */
export function averageBps({ prefixBytes, prefixTicks, facts }: Rendition): number {
  return Math.ceil((prefixBytes * 8 * facts.timescale) / prefixTicks)
}
