/** What a rule is told of the moment: gathered from the element, the streams and the segment that is next. */
import type { Upcoming } from '../abr/rule.ts'
import type { Circumstances } from './chooser.ts'
import type { RenditionInfo, Segment } from './presentation.ts'
import type { Stream } from './stream.ts'

/** What is known before the first playlist is read. */
export const FIRST_SEGMENT: Pick<Segment, 'number' | 'startS' | 'durationS'> = { number: 0, startS: 0, durationS: 4 }

export interface Situation {
  nowMs: number
  video: HTMLVideoElement
  /** Of the main track. */
  streams: readonly Stream[]
  /** What to choose from when all are set aside. */
  renditions: readonly RenditionInfo[]
  /** The rendition that loads; null before the first. */
  current: Stream | null
  bufferS: number
  segment: Pick<Segment, 'number' | 'startS' | 'durationS'>
  horizonSegments: number
}

export function circumstancesOf({
  nowMs,
  video,
  streams,
  renditions,
  current,
  bufferS,
  segment,
  horizonSegments,
}: Situation): Circumstances {
  const timeline = current?.timeline ?? null
  const pixels = Math.round(video.clientHeight * (globalThis.devicePixelRatio || 1))
  return {
    nowMs,
    rungs: usable(streams, renditions, nowMs),
    bufferS,
    segment: segment.number,
    segmentDurationS: segment.durationS,
    upcoming: current === null ? [] : upcomingOf(streams, current, segment, horizonSegments),
    remainingS: timeline?.ended ? Math.max(0, timeline.durationS - segment.startS) : null,
    playbackRate: video.playbackRate || 1,
    elementHeight: pixels > 0 ? pixels : null,
  }
}

/** Renditions that are not set aside; all of them when that is none. */
export function usable(streams: readonly Stream[], renditions: readonly RenditionInfo[], nowMs: number): readonly RenditionInfo[] {
  const able = streams.filter((stream) => stream.setAsideUntilMs <= nowMs).map(({ info }) => info)
  return able.length > 0 ? able : renditions
}

/** The segments from `segment` on as `current` lists them, with their sizes in the renditions whose playlists were read. */
function upcomingOf(streams: readonly Stream[], current: Stream, { startS }: Pick<Segment, 'startS'>, horizon: number): Upcoming[] {
  const segments = current.timeline?.segments ?? []
  const from = segments.findIndex((segment) => segment.startS + segment.durationS / 2 > startS)
  return (from === -1 ? [] : segments.slice(from, from + horizon)).map((segment) => {
    const bytes: Record<string, number> = {}
    for (const stream of streams) {
      const size = stream.at(segment)?.sizeBytes ?? null
      if (size !== null) bytes[stream.info.id] = size
    }
    return { durationS: segment.durationS, bytes }
  })
}
