/**
 * The event catalogue: everything the engine does or decides, typed, with the time since the session began. One log feeds
 * the page, the tests and the dashboards; nothing about the player is learnt any other way.
 */
import type { AbandonInput, AbrInput, Download, Rung } from '../abr/rule.ts'
import type { PlayerErrorCode } from './errors.ts'
import type { PlayerState } from './state.ts'

/** `main` is the video, or all there is; `audio` is a separate audio group. */
export type TrackKind = 'main' | 'audio'
/** What a request is for. */
export type RequestKind = 'multivariant' | 'playlist' | 'init' | 'segment' | 'key'

/** What the edge says about an answer, where it may be read: `Cache-Status` (RFC 9211) and `Server-Timing` as they came. */
export interface EdgeWord {
  cacheStatus?: string
  serverTiming?: string
}

/** Playback at one moment. */
export interface Sample {
  playheadS: number
  /** Media ahead of the playhead by track, seconds; a track that there is not is absent. */
  bufferS: Partial<Record<TrackKind, number>>
  /** Frames since the media was loaded (Media Playback Quality, `getVideoPlaybackQuality`). */
  decodedFrames: number
  droppedFrames: number
  /** From the playhead to the end of what a playlist that still grows lists, seconds; null on demand. */
  behindEdgeS: number | null
}

export type EventBody =
  | { type: 'load'; url: string }
  | { type: 'state'; from: PlayerState; to: PlayerState; cause: string }
  /** The multivariant playlist was read. */
  | { type: 'manifest'; url: string; variants: number; audioTracks: number; durationMs: number }
  /** The address is one media file: the browser plays it itself, and there is nothing to choose. */
  | { type: 'media-file'; url: string }
  /** Renditions that were added to the multivariant playlist since it was read. */
  | { type: 'renditions-added'; renditions: string[] }
  /** A media playlist was read or read again. `durationS` is the sum of its segments. */
  | { type: 'playlist'; track: TrackKind; rendition: string; segments: number; durationS: number; ended: boolean }
  /** A request succeeded. `ttfbMs` until the first byte, `durationMs` until the last; `cached` when the browser's cache answered. */
  | {
      type: 'request'
      kind: RequestKind
      url: string
      bytes: number
      ttfbMs: number
      durationMs: number
      attempt: number
      cached: boolean
      edge?: EdgeWord
    }
  /** A try failed after `durationMs`; `retryInMs` is null when the budget is spent. `status` is 0 when there was no answer. */
  | {
      type: 'request-failed'
      kind: RequestKind
      url: string
      status: number
      reason: string
      attempt: number
      durationMs: number
      retryInMs: number | null
    }
  /** A segment is in the buffer. Times in seconds on the playlist's timeline. */
  | {
      type: 'segment'
      track: TrackKind
      rendition: string
      number: number
      startS: number
      durationS: number
      bytes: number
      appendMs: number
    }
  /** Where the stream's own time stamps lie on the timeline, when that changed: seconds that are added to them. */
  | { type: 'timestamp-offset'; track: TrackKind; number: number; offsetS: number }
  /** What was wrong with the media of a segment, and was put right. */
  | { type: 'media-warning'; track: TrackKind; rendition: string; number: number; message: string }
  /** A segment was given up: playback goes over the hole. */
  | { type: 'segment-skipped'; track: TrackKind; rendition: string; number: number; startS: number; durationS: number; reason: string }
  /** A download was ended because a smaller rendition arrives sooner. */
  | {
      type: 'segment-abandoned'
      rendition: string
      number: number
      bytes: number
      to: string
      reason: string
      numbers: Record<string, number>
      waitMs?: number
      /** What the rule was told, but for the rungs: the last `ladder` has them. */
      input: Omit<AbandonInput, 'rungs'>
    }
  /** A segment lost in one rendition is asked for in another. */
  | { type: 'segment-from-other'; number: number; from: string; to: string }
  /** The renditions that the ABR rule chooses from, when they changed. */
  | { type: 'ladder'; rungs: Rung[] }
  /** What was decided for a segment. `chosen`: by the viewer, not the rule; `numbers` are what the reason rests on. */
  | {
      type: 'decision'
      from: string | null
      to: string
      chosen: boolean
      reason: string
      numbers: Record<string, number>
      waitMs?: number
      /** What the rule was told, but for the rungs: the last `ladder` has them. */
      input: Omit<AbrInput, 'rungs'>
    }
  /** The ABR rule was told that a segment of the main track arrived. */
  | { type: 'download'; download: Download }
  /** The first segment of another rendition is in the buffer, at `atS`. */
  | { type: 'switched'; track: TrackKind; from: string; to: string; atS: number }
  /** The viewer chose a quality; null is automatic. */
  | { type: 'quality-chosen'; rendition: string | null }
  | { type: 'estimate'; bps: number; fastBps: number; slowBps: number }
  | { type: 'seeking'; toS: number; buffered: boolean }
  | { type: 'seeked'; toS: number; tookMs: number }
  /** The first frame is decoded; time since `load`. */
  | { type: 'first-frame'; tookMs: number }
  | { type: 'stall'; atS: number; waitsFor: string }
  | { type: 'stall-ended'; atS: number; tookMs: number }
  | { type: 'gap-jumped'; fromS: number; toS: number; reason: string }
  | { type: 'nudged'; atS: number; count: number }
  /** The watchdog's word on why nothing moves. */
  | { type: 'watchdog'; waitsFor: string; sinceMs: number }
  | { type: 'evicted'; track: TrackKind; startS: number; endS: number; reason: string }
  /** The browser's buffer is full; from now on less is kept ahead. */
  | { type: 'buffer-full'; track: TrackKind; forwardBufferS: number }
  | { type: 'duration'; durationS: number }
  /** How things stand, twice a second while something plays or is waited for. */
  | ({ type: 'sample' } & Sample)
  | { type: 'end-of-stream' }
  /** The media element was set up anew after it failed. */
  | { type: 'recovered'; reason: string }
  | { type: 'error'; code: PlayerErrorCode; message: string; detail: string }

/** An event with its time: milliseconds since the engine was made. */
export type EngineEvent = EventBody & { atMs: number }
export type EngineEventOf<T extends EventBody['type']> = Extract<EngineEvent, { type: T }>

/** What later events cannot be read without: the last of each stays in the log when the events around it are gone. */
const KEPT: ReadonlySet<EventBody['type']> = new Set(['load', 'manifest', 'ladder'])

/** The bounded log: the newest `size` events or a quarter more, and the listeners. */
export class EventLog {
  #events: EngineEvent[] = []
  #kept = new Map<EventBody['type'], EngineEvent>()
  #dropped = 0
  #listeners = new Set<(event: EngineEvent) => void>()
  readonly #size: number
  readonly #now: () => number
  readonly #startMs: number

  /** `now` is a monotonic clock in ms. */
  constructor(size: number, now: () => number) {
    this.#size = size
    this.#now = now
    this.#startMs = now()
  }

  emit(body: EventBody): void {
    const event: EngineEvent = { ...body, atMs: Math.round((this.#now() - this.#startMs) * 10) / 10 }
    this.#events.push(event)
    // Trimmed by blocks: one shift per event would copy the whole log each time.
    if (this.#events.length > this.#size * 1.25) this.#trim()
    for (const listener of this.#listeners) listener(event)
  }

  /** Calls the listener with every event from now on; returns what ends that. */
  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The newest events, oldest first; before them the last `load`, `manifest` and `ladder` of those that are gone. */
  get events(): readonly EngineEvent[] {
    return [...this.#kept.values(), ...this.#events]
  }

  /** Events that are gone. */
  get dropped(): number {
    return this.#dropped - this.#kept.size
  }

  #trim(): void {
    const gone = this.#events.slice(0, -this.#size)
    this.#dropped += gone.length
    this.#events = this.#events.slice(-this.#size)
    for (const event of gone) {
      if (!KEPT.has(event.type)) continue
      // Anew, so that they stay in their order.
      this.#kept.delete(event.type)
      this.#kept.set(event.type, event)
    }
  }

  /** The events of one type. */
  ofType<T extends EventBody['type']>(type: T): EngineEventOf<T>[] {
    return this.events.filter((event): event is EngineEventOf<T> => event.type === type)
  }
}
