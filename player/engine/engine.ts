/**
 * The engine: plays a playlist on a media element through Media Source Extensions. It wires the parts (streams, tracks,
 * ABR, watchdog, state) and listens to the element; the deciding is done in pure functions beside it.
 */
import { attach, type Attachment } from './attachment.ts'
import { carryOut } from './carry-out.ts'
import { Chooser } from './chooser.ts'
import { circumstancesOf, FIRST_SEGMENT, usable, type Situation } from './circumstances.ts'
import { Clock } from './clock.ts'
import { DEFAULT_CONFIG, type EngineConfig } from './config.ts'
import { describe, PlayerError } from './errors.ts'
import { EventLog, type EngineEvent, type EventBody } from './events.ts'
import { FreezeWatch } from './freeze.ts'
import { Growth, openWhenPlayable } from './growth.ts'
import { listenToMedia, type MediaEar } from './media-events.ts'
import { MediaFileFound } from './media-file.ts'
import { openTrack } from './open.ts'
import { playFile } from './play-file.ts'
import type { Presentation, RenditionInfo } from './presentation.ts'
import { bufferAhead, rangeAt, toRanges } from './ranges.ts'
import { updateDuration, updateEnd, waitsOf, type Session } from './session.ts'
import { reduce, type PlayerState, type StateInput } from './state.ts'
import { Stream, type StreamHost } from './stream.ts'
import type { Track, TrackHost } from './track.ts'
import { freshMemory, look } from './watchdog.ts'

/** See the head of this file. One engine serves one media element; `load` may be called again. */
export class Engine {
  readonly video: HTMLVideoElement
  readonly config: EngineConfig
  readonly log: EventLog
  #state: PlayerState = 'idle'
  #presentation: Presentation | null = null
  #streams: { main: Stream[]; audio: Stream[] } = { main: [], audio: [] }
  #session: Session | null = null
  #growth: Growth | null = null
  #load = new AbortController()
  #clock = new Clock()
  #keys: StreamHost['keys'] = new Map()
  readonly #chooser: Chooser
  #watch = freshMemory(0)
  #timer: ReturnType<typeof setInterval> | null = null
  #recoveredAtS: number | null = null
  #loadedAtMs = 0
  #error: PlayerError | null = null
  #failedAtS: number | null = null
  readonly #media: MediaEar
  #freeze = new FreezeWatch()

  constructor(video: HTMLVideoElement, config: Partial<EngineConfig> = {}) {
    this.video = video
    this.config = { ...DEFAULT_CONFIG, ...config }
    this.log = new EventLog(this.config.logSize, () => performance.now())
    this.#chooser = new Chooser(this.config, this.#emit)
    this.#media = listenToMedia(video, this.log, {
      ...{ input: (input) => this.#input(input), seeking: () => this.#onSeeking() },
      failed: (detail) => this.#session && void this.#recover('media-error', detail),
      ...{ waitsFor: () => this.waitsFor, tracks: () => this.#session?.tracks ?? [] },
      sinceLoadMs: () => performance.now() - this.#loadedAtMs,
    })
  }

  /** Where playback stands. */
  get state(): PlayerState {
    return this.#state
  }

  /** What playback failed with; null while it did not. */
  get error(): PlayerError | null {
    return this.#error
  }

  /** Where playback stood when it failed, seconds: the media element forgets it. Null while it did not fail. */
  get failedAtS(): number | null {
    return this.#failedAtS
  }

  /** The renditions to choose from, in the playlist's order; empty before the playlist is read. */
  get renditions(): readonly RenditionInfo[] {
    return this.#presentation?.variants ?? []
  }

  /** The rendition that loads now; null before the first. */
  get currentRendition(): RenditionInfo | null {
    return this.#track('main')?.current.info ?? null
  }

  /** What the viewer chose; null is automatic. */
  get chosenRendition(): string | null {
    return this.#chooser.chosen
  }

  /** Throughput as ABR sees it, bit/s; null before anything is known. */
  get throughputBps(): number | null {
    return this.#chooser.estimate.bps
  }

  /** Media ahead of the playhead in all tracks, seconds. */
  get bufferAheadS(): number {
    return bufferAhead(toRanges(this.video.buffered), this.video.currentTime)
  }

  /** What the loader is doing, in words; null when it needs nothing. */
  get waitsFor(): string | null {
    if (typeof navigator !== 'undefined' && !navigator.onLine) return 'the network to come back'
    const words = (this.#session && waitsOf(this.#session)) ?? []
    if (words.length > 0) return words.join(' and ')
    return this.#state === 'loading' ? 'the playlist' : null
  }

  /** Calls the listener with every event; returns what ends that. */
  on(listener: (event: EngineEvent) => void): () => void {
    return this.log.subscribe(listener)
  }

  /**
   * Loads a playlist and makes it ready to play, from `startAtS` on, else from where the playlist says. Never throws: a
   * failure is the state `failed` with an `error` event.
   */
  async load(url: string, startAtS: number | null = null): Promise<void> {
    this.unload()
    this.#loadedAtMs = performance.now()
    this.#error = null
    this.#failedAtS = null
    this.#input({ type: 'load' })
    this.#emit({ type: 'load', url })
    const load = this.#load
    this.#timer = setInterval(() => this.#tick(), this.config.watchdogPeriodMs)
    try {
      const host = this.#host(load.signal)
      const [presentation, attachment] = await Promise.all([openWhenPlayable(url, host), attach(this.video, load.signal)])
      this.#presentation = presentation
      this.#growth = new Growth(presentation, host)
      this.#streams = {
        main: presentation.variants.map((info) => new Stream('main', info, host)),
        audio: presentation.audio.map((info) => new Stream('audio', info, host)),
      }
      const { length: variants } = presentation.variants
      const durationMs = Math.round(performance.now() - this.#loadedAtMs)
      this.#emit({ type: 'manifest', url: presentation.url, variants, audioTracks: presentation.audio.length, durationMs })
      await this.#start(attachment, startAtS)
    } catch (error) {
      if (load.signal.aborted) return
      if (!(error instanceof MediaFileFound)) return this.#fail(error)
      this.#emit({ type: 'media-file', url: error.url })
      playFile(this.video, error.url, startAtS, load.signal, (failure) => this.#fail(failure))
    }
  }

  /** Takes everything from the media element and forgets the presentation. */
  unload(): void {
    this.#load.abort(new Error('unloaded'))
    this.#load = new AbortController()
    this.#clock = new Clock()
    this.#keys = new Map()
    this.#endSession()
    clearInterval(this.#timer ?? undefined)
    this.#presentation = null
    this.#growth = null
    this.#streams = { main: [], audio: [] }
    this.#chooser.reset()
    this.#recoveredAtS = null
    if (this.#state !== 'idle') this.#input({ type: 'reset' })
  }

  /** Unloads and stops listening to the media element. The engine cannot be used again. */
  destroy(): void {
    this.unload()
    this.#media.release()
  }

  /**
   * Chooses a rendition, or null for automatic. It comes with the next segment; with `replace` what is buffered ahead in
   * another rendition is loaded again from the next border on, so that it shows within a segment. Throws `RangeError`.
   */
  chooseRendition(id: string | null, options: { replace?: boolean } = {}): void {
    if (id !== null && !this.renditions.some((rendition) => rendition.id === id)) throw new RangeError(`no rendition is called ${id}`)
    this.#chooser.chosen = id
    this.#emit({ type: 'quality-chosen', rendition: id })
    this.#track('main')?.replaceAhead(options.replace ? id : null)
  }

  #emit = (event: EventBody): void => this.log.emit(event)

  #host(signal: AbortSignal): StreamHost {
    return { config: this.config, emit: this.#emit, signal, now: () => performance.now(), keys: this.#keys }
  }

  #track(kind: 'main' | 'audio'): Track | undefined {
    return this.#session?.tracks.find((track) => track.kind === kind)
  }

  /** Opens the tracks on an attachment and lets them run. */
  async #start(attachment: Attachment, startAtS: number | null): Promise<void> {
    const abort = new AbortController()
    const signal = AbortSignal.any([this.#load.signal, abort.signal])
    const session: Session = { abort, attachment, tracks: [], ended: false }
    this.#session = session
    const host: TrackHost = {
      ...this.#host(signal),
      clock: this.#clock,
      mainHas: (discontinuity) => this.#track('main')?.current.has(discontinuity) ?? false,
      playheadS: () => this.video.currentTime,
      choose: (track, segment) =>
        track.kind === 'audio'
          ? { id: track.current.info.id, reason: 'the sound has one rendition', numbers: {} }
          : this.#chooser.decide(circumstancesOf(this.#situation(track, segment))),
      abandon: (track, download, segment) => {
        const situation = this.#situation(track, segment)
        const { nowMs, bufferS } = situation
        return this.#chooser.abandon(download, { nowMs, bufferS, rungs: usable(situation), playbackRate: this.video.playbackRate || 1 })
      },
      arrived: (track, download) => {
        this.#chooser.measured(download)
        if (track.kind === 'main') this.#chooser.arrived(download)
      },
      progressed: () => this.#progressed(),
      // What the browser refuses makes it end the stream with an error (MSE, append error algorithm): a fresh start may help.
      fail: (error) => (error.code === 'media-error' ? void this.#recover('media-error', error.detail) : this.#fail(error)),
    }
    const decision = this.#chooser.decide(circumstancesOf(this.#situation(null, FIRST_SEGMENT)))
    const main = this.#streams.main.find((stream) => stream.info.id === decision.id) ?? this.#streams.main[0]
    if (!main) throw new PlayerError('nothing-playable', 'the presentation has no renditions')
    const group = this.#streams.audio.filter((stream) => stream.info.group === main.info.audioGroup)
    const audio = group.find((stream) => stream.info.isDefault) ?? group[0]
    const plan = { source: attachment.source, startAtS }
    const opened = await Promise.all([
      openTrack({ ...plan, kind: 'main', streams: this.#streams.main, first: main, withoutSound: audio !== undefined }, host),
      ...(audio ? [openTrack({ ...plan, kind: 'audio', streams: group, first: audio, withoutSound: false }, host)] : []),
    ])
    signal.throwIfAborted()
    session.tracks = opened.map((open) => open())
    updateDuration(session, this.#emit)
    const beginsAtS = startAtS ?? main.timeline?.beginsAtS ?? 0
    if (beginsAtS > 0) this.video.currentTime = beginsAtS
    this.#watch = freshMemory(performance.now())
    for (const track of session.tracks) void track.run()
  }

  #endSession(): void {
    const session = this.#session
    this.#session = null
    session?.abort.abort(new Error('the session ended'))
    session?.attachment.detach()
  }

  #situation(track: Track | null, segment: Situation['segment']): Situation {
    const { current = null, lister = null, bufferAheadS: bufferS = 0 } = track ?? {}
    const now = { nowMs: performance.now(), video: this.video, streams: this.#streams.main, renditions: this.renditions }
    return { ...now, current, lister, bufferS, segment, horizonSegments: this.config.horizonSegments }
  }

  /** A track got further, or the playhead moved. */
  #progressed(): void {
    if (!this.#session) return
    updateDuration(this.#session, this.#emit)
    updateEnd(this.#session, this.#emit)
  }

  #tick(): void {
    const session = this.#session
    if (!session || this.#state === 'failed') return
    for (const track of session.tracks) {
      if (track.current.isDue) {
        const reloaded = track.current.reload().then(() => track.wake())
        reloaded.catch((error: unknown) => !session.abort.signal.aborted && this.#fail(error))
      }
      track.wake()
    }
    this.#progressed()
    this.#lookAfter(session)
    void this.#grow()
  }

  /** Renditions that were added to the playlist are from now on there to choose from. */
  async #grow(): Promise<void> {
    const added = (await this.#growth?.look()) ?? []
    if (added.length === 0) return
    const host = this.#host(this.#load.signal)
    // The same list that the track chooses from.
    this.#streams.main.push(...added.map((info) => new Stream('main', info, host)))
    this.#emit({ type: 'renditions-added', renditions: added.map(({ id }) => id) })
  }

  #lookAfter(session: Session): void {
    const { video } = this
    this.#media.frozen(this.#freeze.look({ video, main: session.tracks[0], nowMs: performance.now() }))
    const [action, memory] = look(
      {
        nowMs: performance.now(),
        playheadS: video.currentTime,
        wantsToMove: session.tracks.length > 0 && !video.ended && (!video.paused || video.seeking || video.readyState < 2),
        seeking: video.seeking || video.readyState < 1,
        ranges: toRanges(video.buffered),
        holeIsFinal: (startS, endS) => session.tracks.every((track) => track.holeIsFinal(startS, endS)),
        stuckMs: this.config.stuckMs,
        maxNudges: this.config.maxNudges,
        loaderWaitsFor: this.waitsFor,
      },
      this.#watch,
    )
    this.#watch = memory
    if (carryOut(action, video, this.#emit)) void this.#recover('media-stuck', 'playback did not move although it had data')
  }

  #onSeeking(): void {
    const toS = this.video.currentTime
    this.#emit({ type: 'seeking', toS, buffered: rangeAt(toRanges(this.video.buffered), toS) !== null })
    this.#chooser.seeked()
    for (const track of this.#session?.tracks ?? []) track.poke()
    this.#progressed()
  }

  /** Sets the media element up anew, once within ten seconds of media; a second failure there is final. */
  async #recover(code: 'media-error' | 'media-stuck', detail: string): Promise<void> {
    const atS = this.video.currentTime
    if (this.#recoveredAtS !== null && Math.abs(atS - this.#recoveredAtS) < 10) return this.#fail(new PlayerError(code, detail))
    this.#recoveredAtS = atS
    const { paused, playbackRate } = this.video
    const load = this.#load
    this.#emit({ type: 'recovered', reason: detail })
    this.#endSession()
    try {
      await this.#start(await attach(this.video, load.signal), atS)
      // A new source plays at the default rate (HTML, resource selection).
      this.video.playbackRate = playbackRate
      // The viewer did not pause; a refusal to go on is shown as the pause it then is.
      if (!paused) await this.video.play().catch(() => this.#input({ type: 'pause' }))
    } catch (error) {
      if (!load.signal.aborted) this.#fail(error)
    }
  }

  #input(input: StateInput): void {
    const from = this.#state
    this.#state = reduce(from, input)
    if (this.#state !== from) this.#emit({ type: 'state', from, to: this.#state, cause: input.type })
  }

  #fail(error: unknown): void {
    if (this.#state === 'failed') return
    const failure = error instanceof PlayerError ? error : new PlayerError('media-error', describe(error))
    this.#error = failure
    this.#failedAtS = this.#session ? this.video.currentTime : this.#recoveredAtS
    this.#input({ type: 'fail' })
    this.#emit({ type: 'error', code: failure.code, message: failure.message, detail: failure.detail })
    this.#load.abort(failure)
    this.#endSession()
  }
}
