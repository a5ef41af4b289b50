/** Samples of playback for the log: how much is buffered, how many frames came and were dropped, how far behind the edge. */
import type { EventLog, Sample, TrackKind } from './events.ts'
import type { PlayerState } from './state.ts'

/** What is read of a track. */
export interface SampledTrack {
  readonly kind: TrackKind
  readonly bufferAheadS: number
  readonly current: { readonly timeline: { durationS: number; ended: boolean } | null }
}

/** Often enough to see a buffer run dry, and an hour is no more events than its requests are, ms. */
const PERIOD_MS = 500
/** States in which nothing changes by itself are not worth a line. */
const MOVING: ReadonlySet<PlayerState> = new Set(['buffering', 'playing', 'seeking'])

/** Writes samples into the log while playback moves or waits to, and one when that ends; until the returned function is called. */
export function sampleWhilePlaying(video: HTMLVideoElement, log: EventLog, tracks: () => readonly SampledTrack[]): () => void {
  let timer: ReturnType<typeof setInterval> | undefined
  const take = (): void => log.emit({ type: 'sample', ...sampleOf(video, tracks()) })
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  const release = log.subscribe((event) => {
    if (event.type !== 'state') return
    const moves = MOVING.has(event.to)
    if (moves) timer ??= setInterval(take, PERIOD_MS)
    else if (timer !== undefined) {
      stop()
      take()
    }
  })
  return () => {
    stop()
    release()
  }
}

function sampleOf(video: HTMLVideoElement, tracks: readonly SampledTrack[]): Sample {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality()
  const growing = tracks.find(({ current }) => current.timeline?.ended === false)?.current.timeline
  return {
    playheadS: round(video.currentTime),
    bufferS: Object.fromEntries(tracks.map((track) => [track.kind, round(track.bufferAheadS)])),
    decodedFrames: totalVideoFrames,
    droppedFrames: droppedVideoFrames,
    behindEdgeS: growing ? round(growing.durationS - video.currentTime) : null,
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
