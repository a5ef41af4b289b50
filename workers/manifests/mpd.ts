/** manifest.mpd: all renditions in one document. Pictures of one codec are one adaptation set: players switch inside it. */
import type { AdaptationSet, Mpd, Representation } from '../../media/dash/model.ts'
import type { ChunkEntry } from '../../protocol/rendition-index.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'

/** A rendition with its chunks. */
export interface Listed {
  rendition: Rendition
  chunks: ChunkEntry[]
}

export function mpd(pictures: Listed[], sound: Listed | null): Mpd {
  const families = Map.groupBy(pictures, ({ rendition }) => rendition.facts.codecs.split('.', 1)[0] ?? '')
  const sets: AdaptationSet[] = [...families.values()].map((family) => ({
    contentType: 'video',
    representations: family.map(representation),
  }))
  if (sound !== null) sets.push({ contentType: 'audio', representations: [representation(sound)] })
  return { durationSeconds: playableSeconds(sound === null ? pictures : [...pictures, sound]), adaptationSets: sets }
}

/** To the end of the longest: a player stops each track where its segments do. */
function playableSeconds(all: Listed[]): number {
  const ends = all.map(({ rendition, chunks }) => {
    const last = chunks.at(-1)
    return last === undefined
      ? 0
      : last.segments.reduce((ticks, one) => ticks + one.durationTicks, last.startTicks) / rendition.facts.timescale
  })
  return Math.max(0, ...ends)
}

function representation({ rendition: { facts, peakBps }, chunks }: Listed): Representation {
  return {
    id: facts.rendition,
    codecs: facts.codecs,
    bandwidthBps: peakBps,
    ...(facts.video === null ? {} : { video: facts.video }),
    ...(facts.audio === null ? {} : { audio: facts.audio }),
    timescale: facts.timescale,
    initialization: '$RepresentationID$/init.mp4',
    media: '$RepresentationID$/$Number$.m4s',
    startNumber: chunks[0]?.firstSegment ?? 0,
    startTicks: chunks[0]?.startTicks ?? 0,
    segments: chunks.flatMap(({ segments }) => segments.map(({ durationTicks }) => ({ durationTicks }))),
  }
}
