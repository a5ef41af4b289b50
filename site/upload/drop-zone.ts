/**
 * `<drop-zone>`: where files come in, by button, keyboard or dropping anywhere on the page. Fires `files` with what was
 * chosen; folders are left out.
 */
import { html } from 'lit'
import { LightElement } from '../light-element.ts'

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
      <svg class="mark" viewBox="0 0 32 32" width="56" height="56" aria-hidden="true">
        <path class="mark-frame" d="M6 4v25M26 4v25M3 5.5h26" />
        <path class="mark-gate" d="M10 10h12v8.5H10zM16 5.5V10M10 14.25h12" />
        <path class="mark-water" d="M10 23.5c2-1.7 4-1.7 6 0s4 1.7 6 0M10 28c2-1.7 4-1.7 6 0s4 1.7 6 0" />
      </svg>
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
