/**
 * `<player-lab>`: a stream played under a rule of one's choice with everything it does in view; or a session that was
 * exported, replayed and put before another rule. `?video=`, `?url=` and `?rule=` in the address are taken at once.
 */
import { html, nothing, type PropertyValues } from 'lit'
import { ruleNamed, RULES } from '../../../player/abr/rules.ts'
import type { SluiceDashboardElement } from '../../../player/dashboard/dashboard.ts'
import { save } from '../../../player/element/dashboard-overlay.ts'
import type { SluicePlayerElement } from '../../../player/element/sluice-player.ts'
import type { EngineEvent } from '../../../player/engine/events.ts'
import { readRecording, RecordingError } from '../../../player/session/read-recording.ts'
import type { Video } from '../../../protocol/videos.ts'
import { listVideos } from '../../api.ts'
import '../../debug-console.ts'
import type { DebugConsole } from '../../debug-console.ts'
import { LightElement } from '../../light-element.ts'
import { readingOf, recordingFacts, replayTable, type Reading } from './replay-table.ts'

class PlayerLab extends LightElement {
  static override properties = {
    videos: { state: true },
    playing: { state: true },
    rule: { state: true },
    reading: { state: true },
    error: { state: true },
    over: { state: true },
  }
  /** Videos of the library that play; null until known. */
  declare videos: Video[] | null
  /** Address that plays. */
  declare playing: string | null
  declare rule: string
  /** A session that was dropped here; null: the player is shown. */
  declare reading: Reading | null
  declare error: string | null
  /** A file is held over the page. */
  declare over: boolean
  private leaving: ReturnType<typeof setTimeout> | undefined
  private shown: unknown = null

  constructor() {
    super()
    const query = new URLSearchParams(location.search)
    this.videos = null
    this.playing = addressOf(query.get('url') ?? '')
    this.rule = ruleNamed(query.get('rule') ?? '')?.name ?? RULES[0]?.name ?? ''
    this.reading = null
    this.error = null
    this.over = false
    void this.askLibrary(query.get('video'))
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('dragover', this.dragged)
    addEventListener('drop', this.dropped)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('dragover', this.dragged)
    removeEventListener('drop', this.dropped)
  }

  private async askLibrary(wanted: string | null): Promise<void> {
    try {
      const { videos } = await listVideos()
      this.videos = videos.filter(({ playback }) => playback !== null)
    } catch {
      // Without a library an address can be played all the same.
      this.videos = []
    }
    const video = wanted === null ? this.videos[0] : this.videos.find(({ id }) => id === wanted)
    this.playing ??= video?.playback ? new URL(video.playback.hls, location.origin).href : null
    if (wanted !== null && !video) this.error = 'The library has no such video to play.'
  }

  private get player(): SluicePlayerElement | null {
    return this.querySelector('sluice-player')
  }

  private play(url: string): void {
    this.error = null
    this.reading = null
    this.playing = url
    this.remember()
  }

  /** The address of the page names what it shows. */
  private remember(): void {
    const query = new URLSearchParams()
    const video = this.videos?.find(({ playback }) => playback && new URL(playback.hls, location.origin).href === this.playing)
    if (video) query.set('video', video.id)
    else if (this.playing !== null) query.set('url', shortAddress(this.playing))
    if (this.rule !== RULES[0]?.name) query.set('rule', this.rule)
    history.replaceState(null, '', `${location.pathname}${query.size > 0 ? `?${query.toString()}` : ''}`)
  }

  private readonly submitted = (event: SubmitEvent): void => {
    event.preventDefault()
    const text = this.querySelector<HTMLInputElement>('#lab-url')?.value.trim() ?? ''
    const url = addressOf(text)
    if (url === null) this.error = text === '' ? 'Enter the address of an HLS playlist.' : 'This is no http or https address.'
    else this.play(url)
  }

  private choose(rule: string): void {
    if (this.reading) {
      this.reading = readingOf(this.reading.recording, rule === '' ? null : rule)
      return
    }
    this.rule = rule
    this.remember()
  }

  private readonly dragged = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    this.over = true
    // `dragover` comes every 350 ms at least while the file is here.
    clearTimeout(this.leaving)
    this.leaving = setTimeout(() => (this.over = false), 500)
  }

  private readonly dropped = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    this.over = false
    void this.open(event.dataTransfer.files[0])
  }

  private async open(file: File | undefined): Promise<void> {
    if (!file) return
    try {
      this.reading = readingOf(readRecording(await file.text()), null)
      this.error = null
    } catch (error) {
      this.error = error instanceof RecordingError ? error.message : 'The file could not be read.'
    }
  }

  private exportIt(): void {
    const recording = this.player?.exportSession() ?? null
    if (recording) save(recording)
    else this.error = 'There is no session yet: play something first.'
  }

  protected override updated(changed: PropertyValues): void {
    const { reading, player } = this
    const dashboard = this.querySelector<SluiceDashboardElement>('sluice-dashboard')
    if (reading) {
      if (dashboard && this.shown !== reading) {
        const { recording, other, modelled } = reading
        dashboard.show(recording.events, other !== null && modelled ? { label: other, events: modelled } : null)
      }
      this.shown = reading
      return
    }
    if (!player || this.playing === null) return
    const debug = this.querySelector<DebugConsole>('debug-console')
    if (debug) debug.player = player
    const rule = ruleNamed(this.rule)
    if (rule && (changed.has('rule') || player.config.rule !== rule)) player.config = { ...player.config, rule }
    if (player.src !== this.playing) player.src = this.playing
  }

  /** A new engine has a new log. */
  private heard({ detail, currentTarget }: CustomEvent<EngineEvent>): void {
    const log = (currentTarget as SluicePlayerElement).events
    if (detail.type !== 'load' || log === null || this.shown === log) return
    this.shown = log
    this.querySelector<SluiceDashboardElement>('sluice-dashboard')?.follow(log)
  }

  override render(): unknown {
    return html`<div class="page-head">
        <h1>${this.reading ? 'A recorded session' : 'Player'}</h1>
        <div class="button-row">
          ${
            this.reading
              ? html`<button class="button secondary" @click=${() => this.leave()}>Back to the player</button>`
              : html`<button class="button secondary" @click=${() => this.exportIt()}>Export this session</button>`
          }
          <input
            id="lab-file"
            class="visually-hidden"
            type="file"
            accept="application/json,.json"
            @change=${(event: Event) => this.chosen(event.currentTarget as HTMLInputElement)}
          />
          <label class="button secondary" for="lab-file">Open a session</label>
        </div>
      </div>
      ${this.error === null ? nothing : html`<p class="alert" role="alert">${this.error}</p>`}
      ${this.reading ? this.recorded(this.reading) : this.live()}
      ${this.over ? html`<div class="drop-veil" aria-hidden="true">Let go to open the session</div>` : nothing}`
  }

  private leave(): void {
    this.reading = null
    this.shown = null
  }

  private chosen(input: HTMLInputElement): void {
    void this.open(input.files?.[0])
    // The same file may be chosen again.
    input.value = ''
  }

  private live(): unknown {
    const videos = this.videos ?? []
    return html`<div class="lab-controls">
        <label
          >Video
          <select
            ?disabled=${videos.length === 0}
            @change=${(event: Event) => this.play(new URL((event.currentTarget as HTMLSelectElement).value, location.origin).href)}
          >
            ${videos.length === 0 ? html`<option>${this.videos === null ? 'asking the library…' : 'nothing to play yet'}</option>` : nothing}
            ${videos.some(({ playback }) => this.isPlaying(playback?.hls)) || videos.length === 0 ? nothing : html`<option selected disabled>another address</option>`}
            ${videos.map(({ title, playback }) => html`<option value=${playback?.hls ?? ''} ?selected=${this.isPlaying(playback?.hls)}>${title}</option>`)}
          </select>
        </label>
        <form novalidate @submit=${this.submitted}>
          <label for="lab-url">Or any HLS playlist</label>
          <div class="field-row">
            <input id="lab-url" type="text" inputmode="url" autocomplete="off" spellcheck="false" placeholder="https://…/master.m3u8" />
            <button class="button secondary">Play</button>
          </div>
        </form>
        ${this.ruleSelect('ABR rule', this.rule, false)}
      </div>
      <div class="lab-stage">
        <div class="stage" ?data-empty=${this.playing === null}>
          ${
            this.playing === null
              ? html`<p>${this.videos === null ? 'Asking the library…' : 'Upload a video or give the address of a playlist.'}</p>`
              : html`<sluice-player
                  muted
                  playsinline
                  @sluice-event=${(event: CustomEvent<EngineEvent>) => this.heard(event)}
                ></sluice-player>`
          }
        </div>
        <debug-console></debug-console>
      </div>
      <sluice-dashboard></sluice-dashboard>`
  }

  private recorded(reading: Reading): unknown {
    return html`<p class="lab-facts">${recordingFacts(reading.recording)}</p>
      <p class="lab-verdict">${reading.verdict}</p>
      <div class="lab-controls">${this.ruleSelect('What if it had been played by', reading.other ?? '', true)}</div>
      ${replayTable(reading)}
      <sluice-dashboard></sluice-dashboard>`
  }

  private ruleSelect(label: string, chosen: string, mayBeNone: boolean): unknown {
    return html`<label
      >${label}
      <select @change=${(event: Event) => this.choose((event.currentTarget as HTMLSelectElement).value)}>
        ${mayBeNone ? html`<option value="" ?selected=${chosen === ''}>no other rule</option>` : nothing}
        ${RULES.map(({ name }) => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`)}
      </select>
    </label>`
  }

  private isPlaying(hls: string | undefined): boolean {
    return hls !== undefined && new URL(hls, location.origin).href === this.playing
  }
}
customElements.define('player-lab', PlayerLab)

/** An http(s) address in full; null for everything else. */
function addressOf(text: string): string | null {
  if (text === '') return null
  try {
    const url = new URL(text, location.origin)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
  } catch {
    return null
  }
}

/** Without this origin, so that a link works from every machine. */
function shortAddress(url: string): string {
  return url.startsWith(`${location.origin}/`) ? url.slice(location.origin.length) : url
}
