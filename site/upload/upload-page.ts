/**
 * `<upload-page>`: files go up one after another, then each is followed until it is ready. What an earlier visit left
 * unfinished or processing is found again, from the API and from what tus-js-client remembers in this browser.
 */
import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { ERRORS } from '../../protocol/errors.ts'
import { ApiError, getVideo, listVideos, sentenceOf } from '../api.ts'
import { LightElement } from '../light-element.ts'
import { poll } from '../poll.ts'
import { onSession, sessionLost } from '../shell/session.ts'
import '../sign-in/sign-in-panel.ts'
import './drop-zone.ts'
import { type Action, idsToAsk, type Item, nextToStart, reduce } from './queue.ts'
import { cancelUpload, createTransfer, forgetAddress, rememberedIds, type Transfer } from './transfer.ts'
import { uploadItem } from './upload-item.ts'

const ASK_MS = 1000

class UploadPage extends LightElement {
  static override properties = { items: { state: true }, signedIn: { state: true }, notice: { state: true } }
  declare items: Item[]
  /** Null until known. */
  declare signedIn: boolean | null
  declare notice: string | null
  /** Transfers of this visit, by item key. */
  private readonly transfers = new Map<string, Transfer>()
  private nextKey = 0
  private stopPolling: (() => void) | null = null
  private release: () => void = () => {}

  constructor() {
    super()
    this.items = []
    this.signedIn = null
    this.notice = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.release = onSession((signedIn) => {
      this.signedIn = signedIn
      if (signedIn) void this.restore()
    })
    addEventListener('beforeunload', this.warn)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.release()
    this.stopPolling?.()
    removeEventListener('beforeunload', this.warn)
  }

  /** Leaving loses no bytes, but somebody would have to come back and choose the file again. */
  private readonly warn = (event: BeforeUnloadEvent): void => {
    if (this.items.some(({ phase }) => phase === 'uploading' || phase === 'reconnecting')) event.preventDefault()
  }

  private dispatch(action: Action): void {
    this.items = reduce(this.items, action)
    this.goOn()
  }

  /** Carries out what the state asks for. */
  private goOn(): void {
    const next = nextToStart(this.items)
    if (next !== null && this.signedIn === true) {
      this.items = reduce(this.items, { type: 'started', key: next.key })
      this.transfers.get(next.key)?.start()
    }
    if (this.stopPolling === null && idsToAsk(this.items).length > 0) this.stopPolling = poll(() => this.ask(), ASK_MS)
  }

  /** What earlier visits began. */
  private async restore(): Promise<void> {
    try {
      const { videos } = await listVideos()
      for (const video of videos.toReversed()) this.dispatch({ type: 'found', video })
      const listed = new Set(videos.map(({ id }) => id))
      for (const id of await rememberedIds()) if (!listed.has(id)) await this.askOne(id)
    } catch (error) {
      this.notice = sentenceOf(error)
    }
    // Files that were chosen before it was known that they may go up.
    this.goOn()
  }

  /** One round of questions about what is processing; false when nothing is left to ask about. */
  private async ask(): Promise<boolean> {
    await Promise.all(idsToAsk(this.items).map((id) => this.askOne(id)))
    const more = idsToAsk(this.items).length > 0
    if (!more) this.stopPolling = null
    return more
  }

  private async askOne(id: string): Promise<void> {
    try {
      this.dispatch({ type: 'found', video: await getVideo(id) })
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) return
      await forgetAddress(id)
      this.dispatch({ type: 'vanished', videoId: id })
    }
  }

  private add(files: File[]): void {
    for (const file of files) {
      const key = `file-${this.nextKey++}`
      this.items = reduce(this.items, { type: 'added', key, name: file.name, sizeBytes: file.size })
      const videoId = this.items.find((item) => item.key === key)?.videoId ?? null
      if (file.size === 0) {
        this.dispatch({ type: 'upload-failed', key, message: ERRORS['upload-empty'].text })
        continue
      }
      this.transfers.set(key, this.transferOf(key, file, videoId))
      this.dispatch({ type: 'resumed', key })
    }
  }

  private transferOf(key: string, file: File, videoId: string | null): Transfer {
    return createTransfer(file, videoId, {
      created: (id) => this.dispatch({ type: 'created', key, videoId: id }),
      progress: (sentBytes) => this.dispatch({ type: 'progress', key, sentBytes, atMs: performance.now() }),
      reconnecting: () => this.dispatch({ type: 'reconnecting', key }),
      uploaded: () => this.dispatch({ type: 'uploaded', key }),
      failed: (message, status) => {
        if (status === 401) sessionLost()
        this.dispatch({ type: 'upload-failed', key, message })
      },
    })
  }

  private async cancel(item: Item): Promise<void> {
    this.notice = null
    try {
      const transfer = this.transfers.get(item.key)
      if (transfer !== undefined) await transfer.cancel()
      else if (item.videoId !== null) await cancelUpload(item.videoId)
    } catch (error) {
      this.notice = `${item.name} could not be cancelled. ${sentenceOf(error)}`
      if (this.transfers.has(item.key)) this.dispatch({ type: 'paused', key: item.key })
      return
    }
    this.drop(item)
  }

  private drop(item: Item): void {
    this.transfers.delete(item.key)
    this.dispatch({ type: 'removed', key: item.key })
  }

  private pause(item: Item): void {
    this.transfers.get(item.key)?.pause()
    this.dispatch({ type: 'paused', key: item.key })
  }

  override render(): unknown {
    return html`
      <div class="page-head"><h1>Upload</h1></div>
      ${this.signedIn === false ? html`<sign-in-panel reason="Uploading needs the admin token."></sign-in-panel>` : nothing}
      ${this.signedIn === false ? nothing : html`<drop-zone @files=${(event: CustomEvent<File[]>) => this.add(event.detail)}></drop-zone>`}
      ${this.notice === null ? nothing : html`<p class="alert" role="alert">${this.notice}</p>`}
      <ul class="items">
        ${repeat(
          this.items,
          ({ key }) => key,
          (item) =>
            uploadItem(item, {
              pause: () => this.pause(item),
              resume: () => this.dispatch({ type: 'resumed', key: item.key }),
              retry: this.transfers.has(item.key) ? () => this.dispatch({ type: 'resumed', key: item.key }) : null,
              cancel: () => void this.cancel(item),
              dismiss: () => this.drop(item),
            }),
        )}
      </ul>
      <p class="visually-hidden" role="status">${this.items.map(({ name, phase }) => `${name}: ${phase}`).join('. ')}</p>
    `
  }
}
customElements.define('upload-page', UploadPage)
