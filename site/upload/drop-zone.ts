/**
 * `<drop-zone>`: where files come in, by button, keyboard or dropping anywhere on the page. Fires `files` with what was
 * chosen; folders are left out.
 */
import { html } from 'lit'
import { LightElement } from '../light-element.ts'
import { mark } from '../mark.ts'

/** Containers whose type a browser may not know are named by their ending. */
const ACCEPT = 'video/*,audio/*,.mkv,.mov,.avi,.flv,.wmv,.mxf,.ts,.mts,.m2ts,.vob,.ogv'

class DropZone extends LightElement {
  static override properties = { over: { state: true } }
  declare over: boolean
  private leaving: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.over = false
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
    // `dragleave` fires for every child that is crossed; `dragover` comes every 350 ms at least while the files are here.
    clearTimeout(this.leaving)
    this.leaving = setTimeout(() => (this.over = false), 500)
  }

  private readonly dropped = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    clearTimeout(this.leaving)
    this.over = false
    const items = [...event.dataTransfer.items].filter((item) => item.webkitGetAsEntry()?.isDirectory !== true)
    this.tell(items.flatMap((item) => item.getAsFile() ?? []))
  }

  private chosen(input: HTMLInputElement): void {
    this.tell([...(input.files ?? [])])
    // The same file may be chosen again: an unchanged value would fire no event.
    input.value = ''
  }

  private tell(files: File[]): void {
    if (files.length > 0) this.dispatchEvent(new CustomEvent('files', { detail: files }))
  }

  override render(): unknown {
    return html`<div class="drop-zone" ?data-over=${this.over}>
      ${mark(56)}
      <p class="drop-lead">${this.over ? 'Let go to upload' : 'Drop video files here'}</p>
      <input
        id="files"
        class="visually-hidden"
        type="file"
        multiple
        accept=${ACCEPT}
        aria-describedby="files-help"
        @change=${(event: Event) => this.chosen(event.currentTarget as HTMLInputElement)}
      />
      <label class="button" for="files">Choose files</label>
      <p class="drop-help" id="files-help">
        Anything FFmpeg can read. An upload goes on where it stopped when you choose the same file again, after a reload or another day.
      </p>
    </div>`
  }
}
customElements.define('drop-zone', DropZone)
