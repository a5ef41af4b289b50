/**
 * `<open-form>`: where a file comes in: chosen, dropped anywhere on the page, or by its address. Fires `open` with what was
 * asked for.
 */
import { html, nothing } from 'lit'
import { LightElement } from '../../light-element.ts'
import type { Opening } from './worker/calls.ts'

export class OpenForm extends LightElement {
  static override properties = { small: { attribute: false }, address: { attribute: false }, over: { state: true }, wrong: { state: true } }
  /** One line above a file that is open. */
  declare small: boolean
  /** What stands in the address field. */
  declare address: string
  declare over: boolean
  declare wrong: string | null
  private leaving: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.small = false
    this.address = ''
    this.over = false
    this.wrong = null
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

  private readonly dragged = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    this.over = true
    // `dragleave` fires for every child that is crossed; `dragover` comes every 350 ms at least while the file is here.
    clearTimeout(this.leaving)
    this.leaving = setTimeout(() => (this.over = false), 500)
  }

  private readonly dropped = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    clearTimeout(this.leaving)
    this.over = false
    this.tell(event.dataTransfer.files)
  }

  private chosen(input: HTMLInputElement): void {
    this.tell(input.files)
    // The same file may be chosen again: an unchanged value would fire no event.
    input.value = ''
  }

  private tell(files: FileList | null): void {
    const file = files?.[0]
    if (file !== undefined) this.open({ kind: 'file', file })
  }

  private open(what: Opening): void {
    this.wrong = null
    this.dispatchEvent(new CustomEvent<Opening>('open', { detail: what }))
  }

  private readonly submitted = (event: SubmitEvent): void => {
    event.preventDefault()
    const text = this.querySelector<HTMLInputElement>('#inspect-url')?.value.trim() ?? ''
    const url = addressOf(text)
    this.address = text
    if (url === null) this.wrong = text === '' ? 'Enter the address of a media file.' : 'This is no http or https address.'
    else this.open({ kind: 'url', url })
  }

  override render(): unknown {
    return html`<div class="open-form" ?data-small=${this.small} ?data-over=${this.over}>
        <p class="open-lead" ?hidden=${this.small && !this.over}>${this.over ? 'Let go to open it' : 'Drop a media file here'}</p>
        <div class="open-ways">
          <input
            id="inspect-file"
            class="visually-hidden"
            type="file"
            @change=${(event: Event) => this.chosen(event.currentTarget as HTMLInputElement)}
          />
          <label class="button ${this.small ? 'secondary' : ''}" for="inspect-file"
            >${this.small ? 'Open another file' : 'Choose a file'}</label
          >
          <form class="field-row" novalidate @submit=${this.submitted}>
            <label class="visually-hidden" for="inspect-url">Address of a media file</label>
            <input
              id="inspect-url"
              type="text"
              inputmode="url"
              autocomplete="off"
              spellcheck="false"
              placeholder="or an address: https://…"
              .value=${this.address}
              aria-invalid=${this.wrong === null ? nothing : 'true'}
              aria-describedby="inspect-url-error"
            />
            <button class="button secondary">Open</button>
          </form>
        </div>
        <p class="field-error" id="inspect-url-error" ?hidden=${this.wrong === null}>${this.wrong}</p>
        ${
          this.small
            ? nothing
            : html`<p class="open-help">
                MP4, MOV, WebM and MKV, of any size. A file stays on this computer: only the parts that are shown are read. An address is
                read by byte ranges; another site has to allow it (CORS).
              </p>`
        }
      </div>
      ${this.over && this.small ? html`<div class="drop-veil" aria-hidden="true">Let go to open it</div>` : nothing}`
  }
}
customElements.define('open-form', OpenForm)

/** An http(s) address in full, relative ones to this page's origin; null for everything else. */
export function addressOf(text: string): string | null {
  if (text === '') return null
  try {
    const url = new URL(text, location.origin)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
  } catch {
    return null
  }
}
