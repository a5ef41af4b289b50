/** `<title-editor>`: the title of a video; who is signed in edits it in place. Fires `renamed` with the new video. */
import { html, nothing, type PropertyValues } from 'lit'
import type { Video } from '../../protocol/videos.ts'
import { renameVideo, sentenceOf } from '../api.ts'
import { LightElement } from '../light-element.ts'

class TitleEditor extends LightElement {
  static override properties = {
    video: { attribute: false },
    editable: { attribute: false },
    editing: { state: true },
    error: { state: true },
  }
  declare video: Video
  declare editable: boolean
  declare editing: boolean
  declare error: string | null

  constructor() {
    super()
    this.editable = false
    this.editing = false
    this.error = null
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const title = new FormData(event.currentTarget as HTMLFormElement).get('title')
    if (typeof title !== 'string' || title.trim() === '') return
    if (title.trim() === this.video.title) return this.close()
    try {
      this.dispatchEvent(new CustomEvent('renamed', { detail: await renameVideo(this.video.id, title.trim()) }))
      this.close()
    } catch (error) {
      this.error = sentenceOf(error)
    }
  }

  private open(): void {
    this.editing = true
    this.error = null
  }

  private close(): void {
    this.editing = false
    this.error = null
    void this.updateComplete.then(() => this.querySelector('button')?.focus())
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('editing') && this.editing) this.querySelector('input')?.select()
  }

  override render(): unknown {
    if (!this.editing) {
      return html`<h1 class="watch-title">
          <span dir="auto">${this.video.title}</span>
        </h1>
        ${this.editable ? html`<button class="quiet" @click=${() => this.open()}>Rename</button>` : nothing}`
    }
    return html`<form
      class="title-form"
      @submit=${(event: SubmitEvent) => void this.submit(event)}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Escape') this.close()
      }}
    >
      <label class="visually-hidden" for="title">Title</label>
      <div class="field-row">
        <input id="title" name="title" dir="auto" maxlength="200" required autocomplete="off" .value=${this.video.title} />
        <button class="button">Save</button>
        <button class="button secondary" type="button" @click=${() => this.close()}>Cancel</button>
      </div>
      <p class="field-error" role="alert">${this.error ?? nothing}</p>
    </form>`
  }
}
customElements.define('title-editor', TitleEditor)
