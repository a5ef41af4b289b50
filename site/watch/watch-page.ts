/**
 * `<watch-page>`: one video, served by the Worker at /watch/:id. It plays what there is; while the rest is processed the
 * page follows along, and the player reads its growing playlist by itself.
 */
import { html, nothing } from 'lit'
import type { Video } from '../../protocol/videos.ts'
import { ApiError, deleteVideo, getVideo, sentenceOf } from '../api.ts'
import { formatDuration, formatMoment, formatPercent, formatRelative, isoDuration } from '../format.ts'
import '../debug-console.ts'
import type { DebugConsole } from '../debug-console.ts'
import { LightElement } from '../light-element.ts'
import { poll } from '../poll.ts'
import { onSession } from '../shell/session.ts'
import { stageList } from '../stage-list.ts'
import { badgeText, currentLine, isMoving } from '../stages.ts'
import './delete-button.ts'
import './title-editor.ts'
import { addressList, sourceFacts } from './details.ts'

const ASK_MS = 1000

class WatchPage extends LightElement {
  static override properties = { video: { state: true }, error: { state: true }, signedIn: { state: true } }
  declare video: Video | null
  declare error: ApiError | null
  declare signedIn: boolean
  private readonly videoId = location.pathname.split('/')[2] ?? ''
  private stop: () => void = () => {}
  private release: () => void = () => {}

  constructor() {
    super()
    this.video = null
    this.error = null
    this.signedIn = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.stop = poll(() => this.ask(), ASK_MS)
    this.release = onSession((signedIn) => (this.signedIn = signedIn))
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.stop()
    this.release()
  }

  /** True while the answer will change by itself, or did not come. */
  private async ask(): Promise<boolean> {
    try {
      this.show(await getVideo(this.videoId))
      this.error = null
    } catch (error) {
      this.error = error instanceof ApiError ? error : new ApiError(0, 'unreadable', sentenceOf(error))
      return this.error.status !== 404 && this.error.status !== 400
    }
    return this.video !== null && isMoving(this.video.state)
  }

  private show(video: Video): void {
    this.video = video
    document.title = `${video.title} · Sluice`
  }

  private async deleteIt(): Promise<void> {
    await deleteVideo(this.videoId)
    this.stop()
    location.assign('/')
  }

  override render(): unknown {
    const { video, error } = this
    if (video === null && error?.status === 404) return missing
    const lost = error === null ? nothing : html`<p class="alert" role="alert">${error.message}</p>`
    if (video === null)
      return html`<div class="stage" data-empty></div>
        ${lost}`
    return html`
      ${this.stage(video)} ${lost}
      <div class="watch-head">
        <title-editor
          .video=${video}
          .editable=${this.signedIn}
          @renamed=${(event: CustomEvent<Video>) => this.show(event.detail)}
        ></title-editor>
        ${this.signedIn ? html`<delete-button .carryOut=${() => this.deleteIt()} .name=${video.title}></delete-button>` : nothing}
      </div>
      <p class="watch-facts">
        <span class="badge" data-state=${video.state}>${badgeText(video)}</span>
        <time datetime=${video.createdAt} title=${formatMoment(video.createdAt)}>${formatRelative(video.createdAt, Date.now())}</time>
        ${
          video.durationMs === null
            ? nothing
            : html`<time datetime=${isoDuration(video.durationMs)}>${formatDuration(video.durationMs)}</time>`
        }
      </p>
      ${this.making(video)} ${this.console(video)}
      <div class="details">${addressList(video, location.origin)} ${sourceFacts(video, this.signedIn)}</div>
    `
  }

  private stage(video: Video): unknown {
    const portrait = video.width !== null && video.height !== null && video.height > video.width
    if (video.playback === null) {
      if (video.state === 'failed') return nothing
      return html`<div class="stage" data-empty ?data-portrait=${portrait}>
        <p>It plays here as soon as its beginning is ready.</p>
      </div>`
    }
    return html`<div class="stage" ?data-portrait=${portrait}>
      <sluice-player src=${video.playback.hls} poster=${video.poster ?? nothing}>
        ${video.thumbnails === null ? nothing : html`<track kind="metadata" label="thumbnails" src=${video.thumbnails} default />`}
      </sluice-player>
    </div>`
  }

  /** What the player does, for who wants to know: filled when it is first opened. */
  private console(video: Video): unknown {
    if (video.playback === null) return nothing
    return html`<details
      class="watch-console"
      @toggle=${(event: Event) => {
        const debug = (event.currentTarget as HTMLElement).querySelector<DebugConsole>('debug-console')
        if (debug) debug.player = this.querySelector('sluice-player')
      }}
    >
      <summary>Debug console</summary>
      <debug-console></debug-console>
      <p class="hint">Press d for the dashboard. <a href="/lab/player?video=${video.id}">Open it in the player lab</a></p>
    </details>`
  }

  /** While it is made: how far, stage by stage. When that failed: why. */
  private making(video: Video): unknown {
    if (video.state === 'failed') {
      return html`<section class="making" data-state="failed">
        <p class="alert" role="alert">${video.error?.message ?? 'The video could not be processed.'}</p>
        ${stageList(video.stages)}
      </section>`
    }
    if (!isMoving(video.state)) return nothing
    const playable = video.playableMs > 0 && video.playback !== null ? `${formatDuration(video.playableMs)} can be watched already` : ''
    return html`<section class="making">
      <details>
        <summary>
          <span>${currentLine(video.stages) || 'processing'}</span>
          <span class="making-more">${playable}</span>
        </summary>
        ${stageList(video.stages)}
      </details>
      <div
        class="bar"
        role="progressbar"
        aria-label="Processing"
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.floor(video.progress * 100)}
        aria-valuetext=${formatPercent(video.progress)}
      >
        <div style="transform: scaleX(${video.progress})"></div>
      </div>
    </section>`
  }
}
customElements.define('watch-page', WatchPage)

const missing = html`<div class="notice">
  <p class="notice-code">404</p>
  <h1>There is no such video</h1>
  <p>The link may be old, or the video was deleted.</p>
  <p><a class="button" href="/">To the library</a></p>
</div>`
