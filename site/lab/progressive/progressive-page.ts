/**
 * `<progressive-page>`: the web before adaptive streaming. One uploaded file, played by range requests over a network whose
 * speed the reader sets, and beside it the edge's ladder of the same video over a network just as fast.
 */
import { html, nothing } from 'lit'
import type { EngineEvent } from '../../../player/engine/events.ts'
import type { Video } from '../../../protocol/videos.ts'
import { getVideo, listVideos, sentenceOf } from '../../api.ts'
import { formatBytes, formatDuration } from '../../format.ts'
import { LightElement } from '../../light-element.ts'
import { poll } from '../../poll.ts'
import { isMoving } from '../../stages.ts'
import { type Network, networkOf, networkQuery, setLink } from '../shaping.ts'
import { AdaptiveRecord } from './adaptive.ts'
import type { Span } from './byte-store.ts'
import { explanation } from './explanation.ts'
import './file-bar.ts'
import { formatRate } from './network-control.ts'
import './quality-bar.ts'
import { aheadOf, RangePlayer } from './range-player.ts'
import { rangeRow, requestLog } from './request-log.ts'
import { sideFacts } from './side-facts.ts'
import { Viewing } from './viewing.ts'

/** How often figures are drawn while bytes come, milliseconds. */
const DRAW_MS = 120
const REFRESH_MS = 2_000
/** Pages of the library that are listed. */
const MAX_PAGES = 5

class ProgressivePage extends LightElement {
  static override properties = {
    videos: { state: true },
    video: { state: true },
    network: { state: true },
    shapes: { state: true },
    error: { state: true },
    range: { state: true },
    version: { state: true },
  }
  /** Null until the library answered. */
  declare videos: Video[] | null
  declare video: Video | null
  declare network: Network
  /** Whether this edge makes slow networks; null until it was asked. */
  declare shapes: boolean | null
  declare error: string | null
  /** Null: not started. */
  declare range: RangePlayer | null
  declare version: number
  private adaptive = new AdaptiveRecord()
  private viewings: { range: Viewing; adaptive: Viewing | null } | null = null
  private session = ''
  private endPoll: () => void = () => {}
  private drawing: ReturnType<typeof setTimeout> | undefined
  private clock: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.videos = null
    this.video = null
    this.network = networkOf(location.search) ?? { kind: 'rate', kbps: 3_000 }
    this.shapes = null
    this.error = null
    this.range = null
    this.version = 0
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.list()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.stop()
  }

  private async list(): Promise<void> {
    try {
      const found: Video[] = []
      let cursor: string | null = null
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const { videos, nextCursor } = await listVideos(cursor)
        found.push(...videos.filter(({ state }) => state !== 'uploading'))
        cursor = nextCursor
        if (cursor === null) break
      }
      const wanted = new URLSearchParams(location.search).get('video')
      let chosen = found.find(({ id }) => id === wanted) ?? null
      if (chosen === null && wanted !== null) {
        chosen = await getVideo(wanted)
        found.unshift(chosen)
      }
      this.videos = found
      this.choose(chosen ?? found[0] ?? null)
    } catch (error) {
      this.error = sentenceOf(error)
    }
  }

  private choose(video: Video | null): void {
    this.stop()
    this.video = video
    this.session = crypto.getRandomValues(new Uint32Array(2)).join('-')
    if (video === null) return
    void this.setNetwork(this.network)
    if (isMoving(video.state)) this.endPoll = poll(() => this.refresh(video.id), REFRESH_MS)
  }

  /** How far the ladder is; true while it moves. */
  private async refresh(id: string): Promise<boolean> {
    const video = await getVideo(id)
    if (this.video?.id === id) this.video = video
    return isMoving(video.state)
  }

  /** Both links, at once: what is on its way slows down, or hurries up, too. */
  private async setNetwork(network: Network): Promise<void> {
    this.network = network
    const { video, session } = this
    if (video === null) return
    const query = new URLSearchParams({ video: video.id, ...Object.fromEntries(new URLSearchParams(networkQuery(network))) })
    history.replaceState(null, '', `${location.pathname}?${query}`)
    try {
      const set = await Promise.all(['r', 'a'].map((side) => setLink(`/v/${video.id}/source`, `${session}-${side}`, network)))
      this.shapes = set.every(Boolean)
    } catch {
      this.error = 'The server cannot be reached. Check the connection and try again.'
    }
  }

  private start(): void {
    const { video } = this
    const element = this.querySelector<HTMLVideoElement>('.range-video')
    const player = this.querySelector('sluice-player')
    if (video === null || element === null) return
    this.error = null
    const range = new RangePlayer(element, `/v/${video.id}/source?shape=${this.session}-r`, () => this.dirty())
    this.range = range
    this.viewings = { range: new Viewing(element), adaptive: player === null ? null : new Viewing(player.video) }
    if (player !== null) {
      // What an earlier session measured would be an advantage that the other side has not.
      player.config = { storageKey: null }
      player.src = `/v/${video.id}/master.m3u8?shape=${this.session}-a`
      void player.play().catch(() => undefined)
    }
    void range.play()
    // After it, which gave the element its source: a new source stops what was asked for before.
    void element.play().catch(() => undefined)
    this.clock = setInterval(() => this.dirty(), 500)
  }

  private stop(): void {
    this.endPoll()
    clearInterval(this.clock)
    this.range?.close()
    this.range = null
    this.viewings?.range.stop()
    this.viewings?.adaptive?.stop()
    this.viewings = null
    this.adaptive = new AdaptiveRecord()
    this.querySelector('sluice-player')?.removeAttribute('src')
  }

  private dirty(): void {
    this.drawing ??= setTimeout(() => {
      this.drawing = undefined
      this.version += 1
    }, DRAW_MS)
  }

  private heard({ detail }: CustomEvent<EngineEvent>): void {
    this.adaptive.add(detail, this.querySelector('sluice-player')?.engine?.renditions ?? [])
    this.dirty()
  }

  private seek(seconds: number): void {
    const element = this.querySelector<HTMLVideoElement>('.range-video')
    if (element !== null) element.currentTime = seconds
  }

  override render(): unknown {
    const { videos, video, error } = this
    return html`<div class="page-head"><h1>One file, by ranges</h1></div>
      <p class="progressive-lead">
        Before adaptive streaming a video on the web was one file, and a player asked for stretches of its bytes. On the left that is done
        in the open; on the right the same video as this edge serves it, in short segments of several qualities, over a network just as
        fast.
      </p>
      ${error === null ? nothing : html`<p class="alert" role="alert">${error}</p>`}
      ${
        videos === null
          ? nothing
          : video === null
            ? html`<div class="empty">
                <p>There is no video yet.</p>
                <a class="button" href="/upload">Upload one</a>
              </div>`
            : this.bench(videos, video)
      }
      ${explanation}`
  }

  private bench(videos: Video[], video: Video): unknown {
    return html`<div class="progressive-controls">
        <label for="progressive-video">Video</label>
        <select
          id="progressive-video"
          @change=${(event: Event) => this.choose(videos.find(({ id }) => id === (event.currentTarget as HTMLSelectElement).value) ?? null)}
        >
          ${videos.map((one) => html`<option value=${one.id} ?selected=${one.id === video.id}>${one.title}</option>`)}
        </select>
        <network-control
          .network=${this.network}
          .needsBps=${meanBps(video)}
          .disabled=${this.shapes === false}
          @network=${(event: CustomEvent<Network>) => void this.setNetwork(event.detail)}
        ></network-control>
        ${
          this.range === null
            ? html`<button class="button" @click=${() => this.start()}>Start both</button>`
            : html`<button class="button secondary" @click=${() => this.choose(video)}>Stop</button>`
        }
      </div>
      ${
        this.shapes === false
          ? html`<p class="hint">
              This edge sends as fast as it can: networks are slowed down on a local stack only (<code>npm start</code>).
            </p>`
          : nothing
      }
      <div class="versus">${this.rangeSide(video)} ${this.adaptiveSide(video)}</div>
      <h2>Range requests</h2>
      ${requestLog('Range requests', { asked: 'Range', answer: 'Answer, Content-Range' }, this.range?.file.log.map(rangeRow) ?? [], 'Each request for a stretch of the file, and its answer, will stand here.')}
      <h2>Requests of the adaptive player</h2>
      ${requestLog('Requests of the adaptive player', { asked: 'File', answer: 'Answer' }, this.adaptive.rows, 'Its playlists and segments will stand here.')}`
  }

  private rangeSide(video: Video): unknown {
    const { range } = this
    const element = this.querySelector<HTMLVideoElement>('.range-video')
    const { sizeBytes } = video.source
    const isOpen = range !== null && range.file.log.some(({ status }) => status === 206)
    const bps = meanBps(video)
    const quality = video.height === null ? '…' : `${video.height} lines${bps === null ? '' : `, ${formatRate(bps)}`}, always`
    return html`<section class="side">
      <h2>One file</h2>
      <p class="side-about">
        ${video.source.name}, ${formatBytes(sizeBytes)}${video.durationMs === null ? '' : `, ${formatDuration(video.durationMs)}`}
      </p>
      <div class="side-stage">
        <video class="range-video" controls muted playsinline poster=${video.poster ?? nothing}></video>
      </div>
      ${range?.error === null || range === null ? nothing : html`<p class="alert" role="alert">${range.error}</p>`}
      <file-bar
        .opened=${range?.opened ?? null}
        .size=${isOpen ? range.file.size : sizeBytes}
        .here=${isOpen ? range.file.store.spans() : []}
        .played=${spansOf(element?.played)}
        .currentTime=${element?.currentTime ?? 0}
        @seek=${(event: CustomEvent<number>) => this.seek(event.detail)}
      ></file-bar>
      ${sideFacts({
        experience: this.viewings?.range.experience ?? null,
        aheadS: element === null ? 0 : aheadOf(element),
        bytes: range?.file.received ?? 0,
        requests: range?.file.requests ?? 0,
        quality,
      })}
      <p class="side-note">${range?.opened?.about ?? nothing}</p>
    </section>`
  }

  private adaptiveSide(video: Video): unknown {
    const player = this.querySelector('sluice-player')
    const { adaptive } = this
    return html`<section class="side">
      <h2>Adaptive</h2>
      <p class="side-about">${ladderState(video)}</p>
      <div class="side-stage">
        ${
          video.playback === null
            ? nothing
            : html`<sluice-player
                muted
                playsinline
                poster=${video.poster ?? nothing}
                @sluice-event=${(event: CustomEvent<EngineEvent>) => this.heard(event)}
              ></sluice-player>`
        }
      </div>
      <quality-bar
        .segments=${[...adaptive.segments.values()]}
        .played=${this.range === null ? [] : spansOf(player?.video.played)}
        .durationS=${(video.durationMs ?? 0) / 1000}
        .currentTime=${this.range === null ? 0 : (player?.currentTime ?? 0)}
      ></quality-bar>
      ${sideFacts({
        experience: this.range === null || player === null ? null : (this.viewings?.adaptive?.experience ?? null),
        aheadS: this.range === null || player === null ? 0 : aheadOf(player.video),
        bytes: adaptive.received,
        requests: adaptive.rows.length,
        quality: adaptive.quality === null ? '…' : `${adaptive.quality}, ${switches(adaptive.switches)}`,
      })}
    </section>`
  }
}
customElements.define('progressive-page', ProgressivePage)

/** Mean rate of the uploaded file; null until it was probed. */
function meanBps({ source, durationMs }: Video): number | null {
  return durationMs === null || durationMs === 0 ? null : (source.sizeBytes * 8000) / durationMs
}

function spansOf(ranges: TimeRanges | undefined): Span[] {
  return ranges === undefined
    ? []
    : Array.from({ length: ranges.length }, (_, index) => ({ start: ranges.start(index), end: ranges.end(index) }))
}

function switches(count: number): string {
  return count === 0 ? 'no switch' : count === 1 ? '1 switch' : `${count} switches`
}

/** What the edge has of the video. */
function ladderState({ playback, state }: Video): string {
  if (playback === null) return 'Not playable yet: the ladder is not there.'
  return state === 'processing'
    ? 'Still being made: not all qualities are there. Compare when they are.'
    : 'master.m3u8 and segments of a few seconds'
}
