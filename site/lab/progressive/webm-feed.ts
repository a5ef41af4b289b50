/**
 * The feed of a WebM file: MediaSource takes it as it lies there, Cluster after Cluster. Its Cues tell where to go on after a
 * seek; a file without Cues is played from its beginning only.
 */
import type { MatroskaFile } from '../../../media/webm/open.ts'
import { type Feed, type Keyframe, type OpenedFile } from './feed.ts'
import { lastAtOrBefore } from './sample-feed.ts'

const PIECE_BYTES = 32 * 1024
/** What was played so long ago may be gone from the buffer. */
const BEHIND_S = 15

/** The type for MediaSource; null when there is a track that WebM has not. */
export function webmType({ tracks }: MatroskaFile): string | null {
  const played = tracks.filter(({ kind }) => kind === 'video' || kind === 'audio')
  const codecs = played.map(({ codec, compression }) => (compression ? null : codec))
  if (codecs.length === 0 || codecs.includes(null)) return null
  return `${played.some(({ kind }) => kind === 'video') ? 'video' : 'audio'}/webm; codecs="${codecs.join(',')}"`
}

/** `size`: of the file, bytes. */
export async function openWebm(file: MatroskaFile, type: string, size: number, about: string): Promise<OpenedFile> {
  const start = file.firstCluster ?? size
  const video = file.tracks.find(({ kind }) => kind === 'video')
  const lead = video ?? file.tracks[0]
  const cues = (await file.cues())
    .filter(({ trackId }) => trackId === lead?.id)
    .map(({ timeTicks, clusterOffset }) => ({ seconds: timeTicks / (lead?.timescale ?? 1000), offset: clusterOffset }))
    .toSorted((a, b) => a.seconds - b.seconds)
  const durationS = file.durationSeconds ?? cues.at(-1)?.seconds ?? 0
  const clock = new Clock([{ seconds: 0, offset: start }, ...cues, { seconds: durationS, offset: size }])
  return {
    feeds: [feedOf(type, start, size, clock, cues)],
    durationS,
    keyframes: video === undefined ? [] : cues,
    media: { start, end: size },
    about,
    byteAt: (seconds) => clock.byteAt(seconds),
    secondsAt: (offset) => clock.secondsAt(offset),
  }
}

function feedOf(type: string, start: number, end: number, clock: Clock, cues: Keyframe[]): Feed {
  let at = start
  const next = (): { start: number; end: number } => ({ start: at, end: Math.min(end, at + PIECE_BYTES) })
  return {
    type,
    timestampOffsetS: 0,
    init: (read) => read(0, start),
    next: () => (at >= end ? null : { spans: [next()], startS: clock.secondsAt(at) }),
    take: (read) => {
      const span = next()
      at = span.end
      return Uint8Array.from(read(span.start, span.end - span.start))
    },
    seek: (seconds) => {
      // Without Cues there is no place to go to: on from here, or once more from the beginning.
      if (cues.length === 0 && seconds > clock.secondsAt(at) - BEHIND_S) return
      const cue = cues[lastAtOrBefore(cues.length, (index) => cues[index]?.seconds ?? 0, seconds)]
      at = cue === undefined || cue.seconds > seconds ? start : cue.offset
    },
  }
}

/** Between two Cues a byte's time is guessed by its place. */
class Clock {
  readonly #points: Keyframe[]

  constructor(points: Keyframe[]) {
    this.#points = points
  }

  byteAt(seconds: number): number {
    return this.#between(seconds, 'seconds', 'offset')
  }

  secondsAt(offset: number): number {
    return this.#between(offset, 'offset', 'seconds')
  }

  #between(value: number, from: keyof Keyframe, to: keyof Keyframe): number {
    const at = lastAtOrBefore(this.#points.length, (index) => this.#points[index]?.[from] ?? 0, value)
    const [a, b] = [this.#points[at], this.#points[at + 1]]
    if (a === undefined) return 0
    if (b === undefined || b[from] <= a[from]) return a[to]
    const part = Math.min(1, Math.max(0, (value - a[from]) / (b[from] - a[from])))
    return a[to] + part * (b[to] - a[to])
  }
}
