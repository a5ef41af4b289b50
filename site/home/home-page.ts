/**
 * `<home-page>`: the library, newest first. Pages are appended by "Show more"; while something is moving, the first page is
 * asked for again and again, and what it says replaces what is shown.
 */
import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Video } from '../../protocol/videos.ts'
import { listVideos, sentenceOf } from '../api.ts'
import { LightElement } from '../light-element.ts'
import { mark } from '../mark.ts'
import { poll } from '../poll.ts'
import { isMoving } from '../stages.ts'
import { mergePage } from './merge-page.ts'
import { videoCard } from './video-card.ts'

const REFRESH_MS = 2000
const SKELETONS = 8

class HomePage extends LightElement {
  static override properties = {
    videos: { state: true },
    nextCursor: { state: true },
    error: { state: true },
    loadingMore: { state: true },
  }
  /** Null until the first answer. */
  declare videos: Video[] | null
  declare nextCursor: string | null
  declare error: string | null
  declare loadingMore: boolean
  private stop: () => void = () => {}

  constructor() {
    super()
    this.videos = null
    this.nextCursor = null
    this.error = null
    this.loadingMore = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.stop = poll(() => this.refresh(), REFRESH_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.stop()
  }

  /** Reads the first page; true while it is worth asking again. */
  private async refresh(): Promise<boolean> {
    try {
      const page = await listVideos()
      // Behind the first page nothing is read again: its cursor stays the one of the last page that was asked for.
      if (this.videos === null || this.videos.length <= page.videos.length) this.nextCursor = page.nextCursor
      this.videos = mergePage(this.videos ?? [], page)
      this.error = null
    } catch (error) {
      this.error = sentenceOf(error)
      return true
    }
    return this.videos.some(({ state }) => isMoving(state))
  }

  private async more(): Promise<void> {
    if (this.nextCursor === null || this.loadingMore) return
    this.loadingMore = true
    try {
      const page = await listVideos(this.nextCursor)
      const known = new Set(this.videos?.map(({ id }) => id))
      const added = page.videos.filter(({ id }) => !known.has(id))
      this.videos = [...(this.videos ?? []), ...added]
      this.nextCursor = page.nextCursor
      this.error = null
      await this.updateComplete
      // The button may be gone, and with it the focus: it moves on to what it brought.
      if (added[0] !== undefined) this.querySelector<HTMLElement>(`[href="/watch/${added[0].id}"]`)?.focus()
    } catch (error) {
      this.error = sentenceOf(error)
    }
    this.loadingMore = false
  }

  override render(): unknown {
    if (this.videos !== null && this.videos.length === 0) return empty
    const nowMs = Date.now()
    return html`
      <div class="page-head">
        <h1>Library</h1>
        <a class="button" href="/upload">Upload a video</a>
      </div>
      ${this.error === null ? nothing : html`<p class="alert" role="alert">${this.error}</p>`}
      <ul class="cards" aria-busy=${this.videos === null}>
        ${
          this.videos === null
            ? Array.from({ length: this.error === null ? SKELETONS : 0 }, () => skeleton)
            : repeat(
                this.videos,
                ({ id }) => id,
                (video) => html`<li>${videoCard(video, nowMs)}</li>`,
              )
        }
      </ul>
      ${
        this.nextCursor === null
          ? nothing
          : html`<p class="more">
              <button class="button secondary" ?disabled=${this.loadingMore} @click=${() => void this.more()}>
                ${this.loadingMore ? 'Loading…' : 'Show more'}
              </button>
            </p>`
      }
    `
  }
}
customElements.define('home-page', HomePage)

const skeleton = html`<li class="card skeleton" aria-hidden="true">
  <div class="poster"></div>
  <p class="card-title">&nbsp;</p>
  <p class="card-facts">&nbsp;</p>
</li>`

const empty = html`<div class="empty">
  ${mark(72)}
  <h1>No videos yet</h1>
  <p>Upload one. You can watch it from its beginning while the rest is still being processed.</p>
  <p><a class="button" href="/upload">Upload a video</a></p>
</div>`
