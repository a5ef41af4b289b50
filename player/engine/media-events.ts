/** Translates what a media element reports into state inputs and events of the log. Acquire returns release. */
import type { EventLog } from './events.ts'
import { sampleWhilePlaying, type SampledTrack } from './sample.ts'
import type { StateInput } from './state.ts'

/** What the engine does with it. */
export interface MediaHandlers {
  input: (input: StateInput) => void
  seeking: () => void
  /** The element failed. */
  failed: (detail: string) => void
  waitsFor: () => string | null
  sinceLoadMs: () => number
  /** What is loaded now, for the samples. */
  tracks: () => readonly SampledTrack[]
}

/** Listens until the returned function is called. */
export function listenToMedia(video: HTMLVideoElement, log: EventLog, handlers: MediaHandlers): () => void {
  const end = new AbortController()
  let seekAtMs: number | null = null
  let stallAtMs: number | null = null
  const on = (type: keyof HTMLMediaElementEventMap, listener: () => void): void => {
    video.addEventListener(type, listener, { signal: end.signal })
  }
  const endStall = (): void => {
    if (stallAtMs === null) return
    log.emit({ type: 'stall-ended', atS: video.currentTime, tookMs: Math.round(performance.now() - stallAtMs) })
    stallAtMs = null
  }
  on('loadeddata', () => {
    log.emit({ type: 'first-frame', tookMs: Math.round(handlers.sinceLoadMs()) })
    handlers.input({ type: 'ready', wantsToPlay: !video.paused })
  })
  on('play', () => handlers.input({ type: 'play' }))
  on('playing', () => {
    endStall()
    handlers.input({ type: 'playing' })
  })
  on('pause', () => {
    endStall()
    if (!video.ended) handlers.input({ type: 'pause' })
  })
  on('waiting', () => {
    // A seek waits too, but for what was asked for; only a playhead that ran dry is a stall.
    if (!video.seeking && seekAtMs === null && stallAtMs === null && video.readyState >= 1 && video.currentTime > 0) {
      stallAtMs = performance.now()
      log.emit({ type: 'stall', atS: video.currentTime, waitsFor: handlers.waitsFor() ?? 'the browser' })
    }
    handlers.input({ type: 'waiting' })
  })
  on('seeking', () => {
    seekAtMs ??= performance.now()
    endStall()
    handlers.input({ type: 'seeking' })
    handlers.seeking()
  })
  on('seeked', () => {
    const tookMs = seekAtMs === null ? 0 : Math.round(performance.now() - seekAtMs)
    seekAtMs = null
    log.emit({ type: 'seeked', toS: video.currentTime, tookMs })
    handlers.input({ type: 'seeked', wantsToPlay: !video.paused, canPlay: video.readyState >= 3 })
  })
  on('ended', () => {
    endStall()
    handlers.input({ type: 'ended' })
  })
  on('emptied', () => {
    seekAtMs = null
    stallAtMs = null
  })
  on('error', () => {
    const { error } = video
    handlers.failed(error ? `media error ${error.code}: ${error.message}` : 'the media element failed')
  })
  const endSamples = sampleWhilePlaying(video, log, handlers.tracks)
  return () => {
    end.abort()
    endSamples()
  }
}
