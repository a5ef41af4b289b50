/** A row becomes what the API shows (protocol/videos.ts): how much can be watched, how far it is, where it is. */
import type { Stage, StageName, Video } from '../../protocol/videos.ts'
import { isSource, type Rendition } from '../../protocol/rendition-index.ts'
import type { VideoRecord } from './store.ts'

/** How much of the whole each stage is, as it feels to somebody who waits. */
const WEIGHT: Record<StageName, number> = { upload: 20, probe: 2, video: 60, audio: 10, thumbnails: 5, finish: 3 }

/** The public face of a video. */
export function presentVideo(video: VideoRecord, stages: Stage[], renditions: Rendition[]): Video {
  const { facts, pictures } = video
  const playable = playableMs(video, renditions)
  return {
    id: video.id,
    title: video.title,
    state: video.state,
    progress: video.state === 'ready' ? 1 : progressOf(stages),
    error: video.error,
    createdAt: new Date(video.createdMs).toISOString(),
    // A container may promise less than is in it: a recording joined from pieces tells of the first one.
    durationMs:
      facts === null
        ? playable > 0
          ? playable
          : null
        : Math.max(Math.round(facts.durationUs / 1000), video.state === 'ready' ? playable : 0),
    playableMs: playable,
    width: facts?.video?.width ?? null,
    height: facts?.video?.height ?? null,
    source: video.source,
    stages,
    playback: playable > 0 ? { hls: `/v/${video.id}/master.m3u8`, dash: `/v/${video.id}/manifest.mpd` } : null,
    poster: pictures === null ? null : `/v/${video.id}/poster.jpg`,
    thumbnails: pictures === null || pictures.spriteKeys.length === 0 ? null : `/v/${video.id}/thumbnails.vtt`,
  }
}

/**
 * Milliseconds from the start that can be watched. The source, where it can be played, is whole at once. Of the ladder it is what all video rungs that have begun have, and the audio, where the plan
 * names one. One decode feeds all rungs, so the shortest is where a player can be sure of every switch. A ready video's
 * renditions may end at different times (sound that is shorter than the picture), and the longest is its end.
 */
export function playableMs(video: Pick<VideoRecord, 'state' | 'plan'>, renditions: Rendition[]): number {
  const { plan } = video
  const whole = renditions.filter(isSource).map(({ facts, prefixTicks }) => (prefixTicks * 1000) / facts.timescale)
  if (whole.length > 0 && video.state !== 'ready') return Math.floor(Math.max(...whole))
  if (plan === null) return 0
  const begun = renditions.filter((one) => one.prefixTicks > 0 && !isSource(one))
  const lengthsMs = begun.map(({ facts, prefixTicks }) => (prefixTicks * 1000) / facts.timescale)
  const missing = (kind: 'video' | 'audio') => !begun.some(({ facts }) => facts.kind === kind)
  if (lengthsMs.length === 0 || (plan.video.length > 0 && missing('video')) || (plan.audio !== null && missing('audio'))) return 0
  return Math.floor(video.state === 'ready' ? Math.max(...lengthsMs) : Math.min(...lengthsMs))
}

/** 0 to 1, stages weighted; one that is skipped counts as done. */
export function progressOf(stages: Stage[]): number {
  const total = Object.values(WEIGHT).reduce((sum, weight) => sum + weight, 0)
  const done = stages.reduce((sum, { name, state, progress }) => {
    const fraction = state === 'done' || state === 'skipped' ? 1 : state === 'waiting' ? 0 : Math.min(1, Math.max(0, progress))
    return sum + WEIGHT[name] * fraction
  }, 0)
  return Math.round((done / total) * 1000) / 1000
}
