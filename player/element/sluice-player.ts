/**
 * <sluice-player src poster autoplay muted …>: the engine with controls, used like a <video>. Its engine, its event log
 * and every event (`sluice-event`) are there for whoever builds on it.
 */
import { mediaSourceClass } from '../engine/attachment.ts'
import type { EngineConfig } from '../engine/config.ts'
import { Engine } from '../engine/engine.ts'
import { PLAYER_ERRORS } from '../engine/errors.ts'
import type { EngineEvent, EventLog } from '../engine/events.ts'
import { environmentOf } from '../session/environment.ts'
import { record, type SessionRecording } from '../session/recording.ts'
import { carryOut } from './carry-out.ts'
import { commandFor, isTaken } from './keys.ts'
import { COPIED_ATTRIBUTES, FORWARDED_EVENTS } from './media-properties.ts'
import { RenditionMenuList } from './renditions.ts'
import { render, type PlayerParts } from './template.ts'

/** See the head of this file. */
export class SluicePlayerElement extends HTMLElement {
  static readonly observedAttributes = ['src', 'poster', 'muted', ...COPIED_ATTRIBUTES]

  readonly #parts: PlayerParts
  readonly #menu: RenditionMenuList
  readonly #children = new MutationObserver(() => this.#copyTracks())
  #engine: Engine | null = null
  #config: Partial<EngineConfig> = {}
  #loaded: string | null = null
  #closeDashboard: (() => void) | null = null
  readonly #root = this.attachShadow({ mode: 'open' })

  constructor() {
    super()
    this.#parts = render(this.#root)
    const { video, retry } = this.#parts
    this.#menu = new RenditionMenuList((id) => this.#engine?.chooseRendition(id, { replace: true }))
    Object.defineProperty(video, 'videoRenditions', { value: this.#menu })
    for (const type of FORWARDED_EVENTS) video.addEventListener(type, () => this.dispatchEvent(new Event(type)))
    video.addEventListener('play', () => this.#loadIfNeeded(true))
    retry.addEventListener('click', () => this.retry())
  }

  connectedCallback(): void {
    document.addEventListener('keydown', this.#onKey)
    this.#copyTracks()
    this.#children.observe(this, { childList: true })
    if (this.preload !== 'none' || this.hasAttribute('autoplay')) this.#loadIfNeeded(false)
  }

  disconnectedCallback(): void {
    this.#children.disconnect()
    document.removeEventListener('keydown', this.#onKey)
    // Moving the element in the page disconnects and connects it at once: only one that stays away is taken down.
    queueMicrotask(() => {
      if (this.isConnected) return
      this.#closeDashboard?.()
      this.#engine?.destroy()
      this.#engine = null
      this.#loaded = null
    })
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (before === value) return
    const { video, poster } = this.#parts
    if (name === 'src') {
      if (this.isConnected && this.preload !== 'none') this.#loadIfNeeded(false)
    } else if (name === 'poster') {
      poster.hidden = value === null
      if (value !== null) poster.setAttribute('src', value)
    } else if (name === 'muted') {
      video.defaultMuted = value !== null
      video.muted = value !== null
    } else if (value === null) {
      video.removeAttribute(name)
    } else {
      video.setAttribute(name, value)
    }
  }

  /** The engine; null before something is loaded, and where the browser plays HLS itself for want of MSE. */
  get engine(): Engine | null {
    return this.#engine
  }

  /** The engine's event log; null as `engine`. */
  get events(): EventLog | null {
    return this.#engine?.log ?? null
  }

  /** The <video> inside. */
  get video(): HTMLVideoElement {
    return this.#parts.video
  }

  /** Settings of the engine (player/engine/config.ts); they count from the next load on. */
  get config(): Partial<EngineConfig> {
    return this.#config
  }

  set config(config: Partial<EngineConfig>) {
    this.#config = config
    // It follows the log of the engine that goes.
    this.#closeDashboard?.()
    this.#engine?.destroy()
    this.#engine = null
    if (this.#loaded !== null) this.load()
  }

  /** Loads `src` (again) from the beginning. */
  load(): void {
    this.#loaded = null
    this.#loadIfNeeded(false)
  }

  /** After a failure: loads again and goes on where it stopped. */
  retry(): void {
    const atS = this.#engine?.failedAtS ?? null
    this.#loaded = null
    this.#loadIfNeeded(true, atS)
  }

  /** This session as far as the log holds it, to be kept, sent or replayed; null before something is loaded. */
  exportSession(): SessionRecording | null {
    const engine = this.#engine
    if (!engine) return null
    const { log, config } = engine
    const environment = environmentOf(navigator, devicePixelRatio)
    return record({ events: log.events, droppedEvents: log.dropped, config, environment, nowMs: Date.now() })
  }

  /** Opens the dashboard over the picture, or closes it. It is loaded when it is first asked for. */
  async toggleDashboard(): Promise<void> {
    if (this.#closeDashboard) return this.#closeDashboard()
    const engine = this.#engine
    if (!engine) return
    // Pressed twice while it loads, it is wanted no more.
    let wanted = true
    this.#closeDashboard = () => {
      wanted = false
      this.#closeDashboard = null
    }
    const forget = this.#closeDashboard
    const { openDashboard } = await import('./dashboard-overlay.ts').catch((error: unknown) => (forget(), Promise.reject(error as Error)))
    if (!wanted) return
    this.#closeDashboard = openDashboard({
      ...{ root: this.#root, width: this.clientWidth, log: engine.log },
      record: () => this.exportSession(),
      closed: () => (this.#closeDashboard = null),
    })
  }

  #loadIfNeeded(thenPlay: boolean, startAtS: number | null = null): void {
    const { src } = this
    const { video, failure } = this.#parts
    if (src === this.#loaded) return
    this.#loaded = src
    failure.hidden = true
    this.#menu.list([])
    if (src === '') {
      this.#engine?.unload()
      return
    }
    if (!mediaSourceClass()) return this.#loadNatively(src)
    this.#engine ??= this.#makeEngine()
    void this.#engine.load(src, startAtS)
    // Loading stops a playback that was asked for before; a refusal to start (autoplay rules) leaves the play button.
    if (thenPlay) void video.play().catch(() => undefined)
  }

  /** The last resort: browsers without MSE that play HLS themselves. */
  #loadNatively(src: string): void {
    const { video } = this.#parts
    if (video.canPlayType('application/vnd.apple.mpegurl') === '') return this.#showFailure(PLAYER_ERRORS['mse-missing'])
    video.src = src
    video.addEventListener('error', () => this.#showFailure(PLAYER_ERRORS['media-error']), { once: true })
  }

  /** Keys go to the player that has the focus, else to the first one in the page. */
  readonly #onKey = (event: KeyboardEvent): void => {
    const path = event.composedPath()
    const focused = path.find((target) => target instanceof SluicePlayerElement)
    if ((focused ?? document.querySelector('sluice-player')) !== this || event.defaultPrevented || this.#loaded === null) return
    const command = commandFor(event)
    if (!command || isTaken(path, event.key)) return
    event.preventDefault()
    if (command.do === 'toggle-dashboard') void this.toggleDashboard()
    else carryOut(command, this.#parts)
  }

  #makeEngine(): Engine {
    const engine = new Engine(this.#parts.video, this.#config)
    engine.on((event) => this.#onEvent(engine, event))
    return engine
  }

  #onEvent(engine: Engine, event: EngineEvent): void {
    if (event.type === 'manifest' || event.type === 'renditions-added') this.#menu.list(engine.renditions)
    else if (event.type === 'quality-chosen') this.#menu.show(event.rendition)
    else if (event.type === 'error') this.#showFailure(event.message)
    this.dispatchEvent(new CustomEvent<EngineEvent>('sluice-event', { detail: event }))
    if (event.type === 'error') this.dispatchEvent(new Event('error'))
  }

  #showFailure(sentence: string): void {
    const { failure, failureText } = this.#parts
    failureText.textContent = sentence
    failure.hidden = false
  }

  /** <track> children belong to the page; the <video> gets copies (thumbnails, captions, chapters). */
  #copyTracks(): void {
    const { video } = this.#parts
    for (const old of video.querySelectorAll('track')) old.remove()
    for (const track of this.querySelectorAll(':scope > track')) {
      const copy = track.cloneNode() as HTMLTrackElement
      // Metadata is only loaded when it is the default (HTML, 4.8.11.11.3: its mode would stay disabled).
      if (copy.kind === 'metadata') copy.default = true
      video.append(copy)
    }
  }

  /** Starts playback; loads first where `preload="none"` kept it back. */
  play(): Promise<void> {
    this.#loadIfNeeded(false)
    return this.#parts.video.play()
  }

  pause(): void {
    this.#parts.video.pause()
  }

  get src(): string {
    const value = this.getAttribute('src')
    return value === null || value === '' ? '' : new URL(value, this.baseURI).href
  }
  set src(value: string) {
    this.setAttribute('src', value)
  }
  get poster(): string {
    return this.getAttribute('poster') ?? ''
  }
  set poster(value: string) {
    this.setAttribute('poster', value)
  }
  get preload(): string {
    return this.getAttribute('preload') ?? 'auto'
  }
  set preload(value: string) {
    this.setAttribute('preload', value)
  }
  get autoplay(): boolean {
    return this.hasAttribute('autoplay')
  }
  set autoplay(value: boolean) {
    this.toggleAttribute('autoplay', value)
  }
  get loop(): boolean {
    return this.hasAttribute('loop')
  }
  set loop(value: boolean) {
    this.toggleAttribute('loop', value)
  }
  get currentTime(): number {
    return this.#parts.video.currentTime
  }
  set currentTime(seconds: number) {
    this.#parts.video.currentTime = seconds
  }
  get duration(): number {
    return this.#parts.video.duration
  }
  get paused(): boolean {
    return this.#parts.video.paused
  }
  get ended(): boolean {
    return this.#parts.video.ended
  }
  get seeking(): boolean {
    return this.#parts.video.seeking
  }
  get readyState(): number {
    return this.#parts.video.readyState
  }
  get buffered(): TimeRanges {
    return this.#parts.video.buffered
  }
  get videoWidth(): number {
    return this.#parts.video.videoWidth
  }
  get videoHeight(): number {
    return this.#parts.video.videoHeight
  }
  get muted(): boolean {
    return this.#parts.video.muted
  }
  set muted(value: boolean) {
    this.#parts.video.muted = value
  }
  get volume(): number {
    return this.#parts.video.volume
  }
  set volume(value: number) {
    this.#parts.video.volume = value
  }
  get playbackRate(): number {
    return this.#parts.video.playbackRate
  }
  set playbackRate(value: number) {
    this.#parts.video.playbackRate = value
  }
}

/** Registers <sluice-player>; safe to call twice. */
export function defineSluicePlayer(): void {
  if (!customElements.get('sluice-player')) customElements.define('sluice-player', SluicePlayerElement)
}

declare global {
  interface HTMLElementTagNameMap {
    'sluice-player': SluicePlayerElement
  }
  interface HTMLElementEventMap {
    'sluice-event': CustomEvent<EngineEvent>
  }
}
