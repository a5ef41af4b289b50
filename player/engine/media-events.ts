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

/** What `listenToMedia` answers. */
export interface MediaEar {
  /** To be told again and again whether the picture stands still although the element claims to play: that is a stall. */
  frozen: (isFrozen: boolean) => void
  release: () => void
}

/** A word of the browser this soon behind a freeze may be about that freeze, which it notices three seconds late, ms. */
const LATE_MS = 1_000
/** What it says so late is over at once when the picture is there, ms. */
const DOUBT_MS = 300

/** Listens until it is released. */
export function listenToMedia(video: HTMLVideoElement, log: EventLog, handlers: MediaHandlers): MediaEar {
  const end = new AbortController()
  let seekAtMs: number | null = null
  let stallAtMs: number | null = null
  /** The stall is one of the picture alone: the element knows nothing of it, and will not say that it ends. */
  let unnoticed = false
  let thawedAtMs = -Infinity
  let doubt: ReturnType<typeof setTimeout> | undefined
  const on = (type: keyof HTMLMediaElementEventMap, listener: () => void): void => {
    video.addEventListener(type, listener, { signal: end.signal })
  }
  const beginStall = (): void => {
    clearTimeout(doubt)
    if (stallAtMs !== null) return
    stallAtMs = performance.now()
    log.emit({ type: 'stall', atS: video.currentTime, waitsFor: handlers.waitsFor() ?? 'the browser' })
  }
  const endStall = (): void => {
    clearTimeout(doubt)
    unnoticed = false
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
    if (!video.seeking && seekAtMs === null && video.readyState >= 1 && video.currentTime > 0) {
      if (performance.now() - thawedAtMs < LATE_MS) doubt = setTimeout(beginStall, DOUBT_MS)
      else beginStall()
    }
    unnoticed = false
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
    clearTimeout(doubt)
    seekAtMs = null
    stallAtMs = null
    unnoticed = false
  })
  on('error', () => {
    const { error } = video
    handlers.failed(error ? `media error ${error.code}: ${error.message}` : 'the media element failed')
  })
  const endSamples = sampleWhilePlaying(video, log, handlers.tracks)
  return {
    frozen(isFrozen) {
      if (isFrozen && stallAtMs === null) {
        beginStall()
        unnoticed = true
        handlers.input({ type: 'waiting' })
      } else if (!isFrozen && unnoticed) {
        thawedAtMs = performance.now()
        endStall()
        if (!video.paused && !video.seeking) handlers.input({ type: 'playing' })
      }
    },
    release() {
      end.abort()
      clearTimeout(doubt)
      endSamples()
    },
  }
}
