/**
 * One rendition as the engine reads it: its media playlist, loaded when it is first needed and reloaded while it grows,
 * and its initialization segments, loaded once.
 */
import { readPlaylist } from '../../media/hls/read.ts'
import type { EngineConfig } from './config.ts'
import { PlayerError } from './errors.ts'
import type { EventBody, TrackKind } from './events.ts'
import { segmentIndexAt } from './plan.ts'
import { timelineOf, type RenditionInfo, type Segment, type Timeline } from './presentation.ts'
import { request, type Answer, type RequestOptions, type Resource } from './request.ts'

/** What a stream needs of the engine. */
export interface StreamHost {
  config: EngineConfig
  emit: (event: EventBody) => void
  /** Ends everything. */
  signal: AbortSignal
  now: () => number
  /** By address; in memory only, and gone with the presentation. */
  keys: Map<string, Promise<CryptoKey>>
}

/** See the head of this file. */
export class Stream {
  readonly info: RenditionInfo
  readonly kind: TrackKind
  readonly #host: StreamHost
  #timeline: Timeline | null = null
  #loading: Promise<Timeline> | null = null
  #inits = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()
  /** Asked for before there was a track to load it. */
  #early: { number: number; answer: Promise<Answer> } | null = null
  #loadedAtMs = 0
  #grew = true
  #failures = 0
  /** Not chosen before this time (engine clock, ms). */
  setAsideUntilMs = 0

  constructor(kind: TrackKind, info: RenditionInfo, host: StreamHost) {
    this.kind = kind
    this.info = info
    this.#host = host
  }

  /** What was read last; null before the first time. */
  get timeline(): Timeline | null {
    return this.#timeline
  }

  /** The playlist, loaded if it was not yet, or if it grew old while another rendition played. */
  ready(): Promise<Timeline> {
    if (this.#timeline && !this.isOld) return Promise.resolve(this.#timeline)
    return this.reload()
  }

  /** When a growing playlist is due (RFC 8216 6.3.4: a target duration after it changed, half of one after it did not). */
  get isDue(): boolean {
    return this.#isDue(1)
  }

  /** It grew old while another rendition played: there may be more by now. */
  get isOld(): boolean {
    return this.#isDue(2)
  }

  #isDue(periods: number): boolean {
    const timeline = this.#timeline
    if (!timeline || timeline.ended) return false
    const waitMs = timeline.targetDurationS * 1000 * (this.#grew ? 1 : 0.5) * periods
    return this.#host.now() - this.#loadedAtMs >= waitMs
  }

  /** Its playlist failed: it is not chosen for a while. */
  setAside(): void {
    this.setAsideUntilMs = this.#host.now() + 30_000
  }

  /** Reads the playlist; two calls at once share one request. While a known playlist fails to reload, the old one counts. */
  reload(): Promise<Timeline> {
    this.#loading ??= this.#load().finally(() => (this.#loading = null))
    return this.#loading
  }

  async #load(): Promise<Timeline> {
    const { config, signal, emit } = this.#host
    try {
      const answer = await request({ url: this.info.url }, { kind: 'playlist', budget: config.playlistRetry, signal, emit })
      const parsed = readPlaylist(new TextDecoder().decode(answer.bytes), { url: answer.url, variables: this.info.variables })
      if (parsed.kind !== 'media') throw new PlayerError('playlist-invalid', `${this.info.url} is not a media playlist`)
      const timeline = timelineOf(parsed.playlist, answer.url)
      this.#accept(timeline)
      return timeline
    } catch (error) {
      signal.throwIfAborted()
      this.#failures += 1
      this.#loadedAtMs = this.#host.now()
      if (this.#timeline && this.#failures <= config.maxReloadFailures) return this.#timeline
      throw error
    }
  }

  #accept(timeline: Timeline): void {
    const before = this.#timeline
    this.#failures = 0
    this.#loadedAtMs = this.#host.now()
    // A cache may answer with an older version: what was known is not forgotten (RFC 8216bis 6.2.1).
    this.#grew = !before || timeline.durationS > before.durationS || timeline.ended !== before.ended
    if (before && timeline.durationS < before.durationS) return
    this.#timeline = timeline
    if (!this.#grew) return
    this.#host.emit({
      type: 'playlist',
      track: this.kind,
      rendition: this.info.id,
      segments: timeline.segments.length,
      durationS: timeline.durationS,
      ended: timeline.ended,
    })
  }

  /**
   * The segment of this rendition in which another one's begins: the same stretch of time where both are cut alike, else the
   * one that leaves no hole. A tenth of a second is what AAC frames and rounding make of equal borders. Null when there is
   * none, or the playlist was not read.
   */
  at(wanted: Segment): Segment | null {
    const segments = this.#timeline?.segments ?? []
    return segments[segmentIndexAt(segments, wanted.startS + Math.min(0.1, wanted.durationS / 4))] ?? null
  }

  /** Whether the playlist has segments of a discontinuity sequence number. */
  has(discontinuity: number): boolean {
    return this.#timeline?.segments.some((segment) => segment.discontinuity === discontinuity) ?? false
  }

  /** A segment's bytes, decrypted. */
  media(segment: Segment, options: Pick<RequestOptions, 'signal' | 'onProgress'>): Promise<Answer> {
    const early = this.#early
    this.#early = null
    if (early?.number === segment.number) return early.answer
    return this.#open(segment.resource, { ...options, kind: 'segment' })
  }

  /** Loads a segment before there is a track to do it; the next call of `media` for it answers the same. */
  mediaEarly(segment: Segment): Promise<Answer> {
    const answer = this.#open(segment.resource, { kind: 'segment', signal: this.#host.signal })
    this.#early = { number: segment.number, answer }
    return answer
  }

  /** The initialization segment of a segment, from memory after the first time; null when it has none. */
  init(segment: Segment): Promise<Uint8Array<ArrayBuffer>> | null {
    return segment.init && this.#init(segment.init)
  }

  #init(resource: Resource): Promise<Uint8Array<ArrayBuffer>> {
    const key = `${resource.url} ${resource.byteRange?.offset ?? 0}`
    const known = this.#inits.get(key)
    if (known) return known
    const loading = this.#open(resource, { kind: 'init', signal: this.#host.signal }).then((answer) => answer.bytes)
    this.#inits.set(key, loading)
    loading.catch(() => this.#inits.delete(key))
    return loading
  }

  /** Requests and decrypts; the key is asked for meanwhile. */
  async #open(resource: Resource, options: Pick<RequestOptions, 'kind' | 'signal' | 'onProgress'>): Promise<Answer> {
    const { sealed } = resource
    const opening = sealed ? import('./keys.ts').then(({ openSealed }) => openSealed(sealed, this.#host)) : null
    const { config, emit } = this.#host
    const [answer, decrypt] = await Promise.all([request(resource, { ...options, budget: config.segmentRetry, emit }), opening])
    return decrypt ? { ...answer, bytes: await decrypt(answer.bytes) } : answer
  }
}
