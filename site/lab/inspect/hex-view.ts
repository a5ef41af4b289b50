/**
 * `<hex-view>`: bytes of a range, 16 or 8 a row, read as they come into view. Bytes can be lit from outside; the byte under
 * the mouse, or under the cursor that the arrow keys move, is told by `byte` (its offset, null for none).
 *
 * A browser's scroll area ends at some 16 million pixels, a media file does not: from there on the scrollbar is a map of the
 * whole, and the wheel and the keys go by rows.
 */
import { html, nothing } from 'lit'
import { styleMap } from 'lit/directives/style-map.js'
import { LightElement } from '../../light-element.ts'
import type { Bytes } from './field-rows.ts'

const ROW_PIXELS = 20
const MOST_PIXELS = 8_000_000
/** Read around what is in view. */
const MARGIN_BYTES = 2048
/** 16 bytes a row need this much room. */
const WIDE_PIXELS = 590

export class HexView extends LightElement {
  static override properties = {
    range: { attribute: false },
    header: { attribute: false },
    marks: { attribute: false },
    lit: { attribute: false },
    read: { attribute: false },
    what: { attribute: false },
    topRow: { state: true },
    rowCount: { state: true },
    columns: { state: true },
    window: { state: true },
    cursor: { state: true },
    error: { state: true },
  }
  /** What is shown. */
  declare range: Bytes
  /** The first bytes of it that are a header; drawn quieter. */
  declare header: number
  /** Ranges whose bounds are drawn, in order: fields. */
  declare marks: Bytes[]
  declare lit: Bytes | null
  declare read: (offset: number, length: number) => Promise<Uint8Array>
  /** What the byte at an offset is, in words, for the line below. */
  declare what: (offset: number) => unknown
  declare topRow: number
  declare rowCount: number
  declare columns: 16 | 8
  declare window: { offset: number; bytes: Uint8Array }
  /** The byte that the keys stand on. */
  declare cursor: number | null
  declare error: string | null
  private asked = 0
  private syncing = false
  private readonly sizes = new ResizeObserver(() => this.measure())

  constructor() {
    super()
    this.range = { offset: 0, length: 0 }
    this.header = 0
    this.marks = []
    this.lit = null
    this.read = () => Promise.resolve(new Uint8Array(0))
    this.what = () => ''
    this.topRow = 0
    this.rowCount = 16
    this.columns = 16
    this.window = { offset: 0, bytes: new Uint8Array(0) }
    this.cursor = null
    this.error = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.sizes.observe(this)
    this.addEventListener('wheel', this.wheeled, { passive: false })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.sizes.disconnect()
  }

  /** Scrolls so that an offset is in view; does nothing when it is. */
  reveal(offset: number): void {
    const row = this.rowOf(offset)
    if (row >= this.topRow && row < this.topRow + this.rowCount - 1) return
    this.goTo(row - Math.floor(this.rowCount / 3))
  }

  /** Rows are aligned to the file, so that the left column counts in round numbers. */
  private get firstOffset(): number {
    return this.range.offset - (this.range.offset % this.columns)
  }
  private get rows(): number {
    return Math.ceil((this.range.offset + this.range.length - this.firstOffset) / this.columns)
  }
  private get lastTopRow(): number {
    return Math.max(0, this.rows - this.rowCount + 1)
  }
  private get scaled(): boolean {
    return this.rows * ROW_PIXELS > MOST_PIXELS
  }
  private get scroller(): HTMLElement | null {
    return this.querySelector<HTMLElement>('.hex-scroll')
  }
  private rowOf(offset: number): number {
    return Math.floor((offset - this.firstOffset) / this.columns)
  }

  private measure(): void {
    const scroller = this.scroller
    if (scroller === null) return
    this.columns = scroller.clientWidth >= WIDE_PIXELS ? 16 : 8
    this.rowCount = Math.max(4, Math.floor(scroller.clientHeight / ROW_PIXELS))
  }

  private goTo(row: number): void {
    this.topRow = Math.min(Math.max(0, Math.round(row)), this.lastTopRow)
    const scroller = this.scroller
    if (scroller === null) return
    const most = scroller.scrollHeight - scroller.clientHeight
    const to = this.scaled ? (this.topRow / Math.max(1, this.lastTopRow)) * most : this.topRow * ROW_PIXELS
    this.syncing = Math.round(to) !== Math.round(scroller.scrollTop)
    scroller.scrollTop = to
  }

  private readonly scrolled = (): void => {
    const scroller = this.scroller
    if (scroller === null) return
    if (this.syncing) {
      this.syncing = false
      return
    }
    const most = scroller.scrollHeight - scroller.clientHeight
    this.topRow = this.scaled
      ? Math.round((scroller.scrollTop / Math.max(1, most)) * this.lastTopRow)
      : Math.min(Math.round(scroller.scrollTop / ROW_PIXELS), this.lastTopRow)
  }

  private readonly wheeled = (event: WheelEvent): void => {
    if (!this.scaled || event.ctrlKey) return
    event.preventDefault()
    this.goTo(this.topRow + Math.sign(event.deltaY) * Math.max(1, Math.round(Math.abs(event.deltaY) / ROW_PIXELS)))
  }

  private readonly typed = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || this.range.length === 0) return
    const at = this.cursor
    const page = this.columns * Math.max(1, this.rowCount - 2)
    const first = this.range.offset
    const last = first + this.range.length - 1
    const from = at ?? first
    const moves: Record<string, number> = {
      ArrowRight: from + 1,
      ArrowLeft: from - 1,
      ArrowDown: from + this.columns,
      ArrowUp: from - this.columns,
      PageDown: from + page,
      PageUp: from - page,
      Home: first,
      End: last,
    }
    const to = at === null && event.key in moves && event.key !== 'End' ? first : moves[event.key]
    if (event.key === 'Escape') this.moveTo(null)
    if (to === undefined) return
    event.preventDefault()
    this.moveTo(Math.min(Math.max(first, to), last))
  }

  private moveTo(offset: number | null): void {
    this.cursor = offset
    if (offset !== null) this.reveal(offset)
    this.tell(offset)
  }

  private tell(offset: number | null): void {
    this.dispatchEvent(new CustomEvent('byte', { detail: offset }))
  }

  private offsetOf(event: Event): number | null {
    const element = event.target instanceof Element ? event.target.closest('[data-at]') : null
    return element === null ? null : Number(element.getAttribute('data-at'))
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('range')) {
      this.topRow = 0
      this.cursor = null
      this.window = { offset: 0, bytes: new Uint8Array(0) }
    }
    if (changed.has('columns') && changed.get('columns') !== undefined) this.topRow = Math.min(this.topRow, this.lastTopRow)
  }

  protected override updated(changed: Map<string, unknown>): void {
    this.measure()
    if (changed.has('range')) this.goTo(0)
    void this.fill()
  }

  /** Reads what is in view and a little around it. */
  private async fill(): Promise<void> {
    const end = this.range.offset + this.range.length
    const from = Math.max(this.range.offset, this.firstOffset + this.topRow * this.columns)
    const to = Math.min(end, this.firstOffset + (this.topRow + this.rowCount + 1) * this.columns)
    if (to <= from) return
    if (from >= this.window.offset && to <= this.window.offset + this.window.bytes.length) return
    const start = Math.max(this.range.offset, from - MARGIN_BYTES)
    const length = Math.min(end, to + MARGIN_BYTES) - start
    const key = start * 2 + length
    if (key === this.asked && this.error === null) return
    this.asked = key
    try {
      const bytes = await this.read(start, length)
      if (this.asked !== key) return
      this.window = { offset: start, bytes }
      this.error = null
    } catch (error) {
      if (this.asked === key) this.error = error instanceof Error ? error.message : String(error)
    }
    if (this.asked === key) this.asked = -1
  }

  override render(): unknown {
    const { offset, length } = this.range
    const shown = Math.max(0, Math.min(this.rows - this.topRow, this.rowCount + 1))
    const height = Math.min(this.rows * ROW_PIXELS, MOST_PIXELS)
    const digits = Math.max(4, (offset + length).toString(16).length)
    const marks = this.marks
    const rows = []
    let mark = 0
    for (let row = this.topRow; row < this.topRow + shown; row++) {
      const start = this.firstOffset + row * this.columns
      const hex = []
      const text = []
      for (let at = start; at < start + this.columns; at++) {
        if (at < offset || at >= offset + length) {
          hex.push(html`<i></i>`)
          text.push(html`<i></i>`)
          continue
        }
        const value = this.window.bytes[at - this.window.offset]
        const known = at >= this.window.offset && value !== undefined
        while (mark < marks.length && at >= (marks[mark]?.offset ?? 0) + (marks[mark]?.length ?? 0)) mark += 1
        const inMark = mark < marks.length && at >= (marks[mark]?.offset ?? 0)
        const kind = at < offset + this.header ? 'header' : inMark ? (mark % 2 === 0 ? 'even' : 'odd') : nothing
        const isLit = this.lit !== null && at >= this.lit.offset && at < this.lit.offset + this.lit.length
        const here = at === this.cursor
        hex.push(html`<b data-at=${at} data-kind=${kind} ?data-lit=${isLit} ?data-cursor=${here}>${known ? hexOf(value) : '··'}</b>`)
        text.push(html`<b data-at=${at} data-kind=${kind} ?data-lit=${isLit} ?data-cursor=${here}>${known ? textOf(value) : ' '}</b>`)
      }
      rows.push(
        html`<div class="hex-row">
          <span class="hex-offset">${start.toString(16).padStart(digits, '0')}</span><span class="hex-bytes">${hex}</span
          ><span class="hex-text">${text}</span>
        </div>`,
      )
    }
    const told = this.cursor ?? this.lit?.offset ?? null
    return html`<div
        class="hex-scroll"
        tabindex="0"
        role="group"
        aria-label="Bytes ${offset} to ${offset + length - 1}; arrow keys move from byte to byte"
        @scroll=${this.scrolled}
        @keydown=${this.typed}
        @mouseover=${(event: Event) => this.tell(this.offsetOf(event))}
        @mouseleave=${() => this.tell(this.cursor)}
        @click=${(event: Event) => this.moveTo(this.offsetOf(event))}
      >
        <div class="hex-all" style=${styleMap({ height: `${Math.max(height, 1)}px` })}>
          <div class="hex-rows" data-columns=${this.columns}>${rows}</div>
        </div>
      </div>
      <p class="hex-line" role="status">
        ${this.error ?? (told === null ? html`<span class="hint">${length.toLocaleString('en')} bytes from ${offset.toLocaleString('en')}</span>` : this.what(told))}
      </p>`
  }
}
customElements.define('hex-view', HexView)

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function textOf(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'
}
