/**
 * A picture that stands still while the sound goes on: with a SourceBuffer each, Chromium plays sound for about three seconds
 * where the picture's buffer is empty, and reports that it waits only then.
 */
import { rangeAt, type TimeRange } from './ranges.ts'

/** What is looked at. */
export interface Watched {
  /** Of the media element. */
  video: { paused: boolean; ended: boolean; seeking: boolean; readyState: number; currentTime: number }
  /** The main track; undefined before it is there. */
  main: { buffer: { ranges: readonly TimeRange[] }; plan: { action: string } } | undefined
  nowMs: number
}

/** Shorter is what tracks begin and end apart by, and what a final hole is jumped in, ms. */
const PATIENCE_MS = 300

/** Looks a few times a second. */
export class FreezeWatch {
  #emptySinceMs: number | null = null

  /** Whether the element claims to play, and the main track's buffer has not held the playhead for a while. */
  look({ video, main, nowMs }: Watched): boolean {
    const plays = !video.paused && !video.ended && !video.seeking && video.readyState >= 2
    // Sound may last longer than the picture.
    const isEmpty = plays && main && main.plan.action !== 'done' && rangeAt(main.buffer.ranges, video.currentTime) === null
    this.#emptySinceMs = isEmpty ? (this.#emptySinceMs ?? nowMs) : null
    return this.#emptySinceMs !== null && nowMs - this.#emptySinceMs >= PATIENCE_MS
  }
}
