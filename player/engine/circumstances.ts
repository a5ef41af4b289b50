/** What a rule is told of the moment: gathered from the element, the streams and the segment that is next. */
import type { Upcoming } from '../abr/rule.ts'
import type { Circumstances } from './chooser.ts'
import type { RenditionInfo, Segment } from './presentation.ts'
import { lacks } from './reach.ts'
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
  /** The one whose playlist lists the segment, where the one that loads does not. */
  lister: Stream | null
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
  lister,
  bufferS,
  segment,
  horizonSegments,
}: Situation): Circumstances {
  const timeline = lister?.timeline ?? null
  const pixels = Math.round(video.clientHeight * (globalThis.devicePixelRatio || 1))
  return {
    nowMs,
    rungs: usable({ streams, renditions, current, nowMs, segment }),
    bufferS,
    segment: segment.number,
    segmentDurationS: segment.durationS,
    upcoming: lister === null ? [] : upcomingOf(streams, lister, segment, horizonSegments),
    remainingS: timeline?.ended ? Math.max(0, timeline.durationS - segment.startS) : null,
    playbackRate: video.playbackRate || 1,
    elementHeight: pixels > 0 ? pixels : null,
  }
}

/** Renditions that list the segment and are not set aside; those that are not, or all, when that is none. */
export function usable({
  streams,
  renditions,
  current,
  nowMs,
  segment,
}: Pick<Situation, 'streams' | 'renditions' | 'current' | 'nowMs' | 'segment'>): readonly RenditionInfo[] {
  const able = streams.filter((stream) => stream.setAsideUntilMs <= nowMs)
  const having = able.filter((stream) => !lacks(stream, segment, current, streams))
  const offered = [having, able].find(({ length }) => length > 0)
  return offered?.map(({ info }) => info) ?? renditions
}

/** The segments from `segment` on as `lister` lists them, with their sizes in the renditions whose playlists were read. */
function upcomingOf(streams: readonly Stream[], lister: Stream, { startS }: Pick<Segment, 'startS'>, horizon: number): Upcoming[] {
  const segments = lister.timeline?.segments ?? []
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
