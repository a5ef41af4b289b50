/**
 * `<row-tree>`: a tree as a list of rows (WAI-ARIA tree pattern, the active row by `aria-activedescendant`). Rows are all of
 * one height, and only those in view are in the page: a hundred thousand cost no more than thirty.
 *
 * Fires `pick` (a row became the active one), `turn` (open or close it), `press` (Enter on it), `point` (the mouse is on
 * it; null: on none). The owner answers by setting `rows` and `active`.
 */
import { html, nothing } from 'lit'
import { styleMap } from 'lit/directives/style-map.js'
import { LightElement } from '../../light-element.ts'

/** A row as it is shown. */
export interface TreeRow {
  key: string
  /** 1 for the outermost. */
  level: number
  /** Place among its siblings, from 1; -1 for how many there are where that is not known yet. */
  position: number
  setSize: number
  /** null: nothing to open. */
  open: boolean | null
  parent: string | null
  severity: 'error' | 'warning' | null
  content: () => unknown
}

export interface Turn {
  key: string
  open: boolean
}

/** Rows kept around those in view, so that a quick scroll shows no gap. */
const AROUND = 8

export class RowTree extends LightElement {
  static override properties = {
    rows: { attribute: false },
    active: { attribute: false },
    lit: { attribute: false },
    label: { attribute: false },
    top: { state: true },
    viewHeight: { state: true },
  }
  declare rows: TreeRow[]
  declare active: string | null
  /** A row that is lit from elsewhere. */
  declare lit: string | null
  declare label: string
  declare top: number
  declare viewHeight: number
  private readonly sizes = new ResizeObserver(() => this.measure())
  private readonly rowHeight = matchMedia('(pointer: coarse)').matches ? 34 : 26
  private static count = 0
  private readonly idPrefix = `row-tree-${(RowTree.count += 1)}`

  constructor() {
    super()
    this.rows = []
    this.active = null
    this.lit = null
    this.label = ''
    this.top = 0
    this.viewHeight = 400
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.sizes.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.sizes.disconnect()
  }

  /** Scrolls a row into view. */
  reveal(key: string): void {
    const index = this.rows.findIndex((row) => row.key === key)
    const scroller = this.scroller
    if (index < 0 || scroller === null) return
    const at = index * this.rowHeight
    if (at < scroller.scrollTop) scroller.scrollTop = at
    else if (at + this.rowHeight > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = at + this.rowHeight - scroller.clientHeight
    this.top = scroller.scrollTop
  }

  private get scroller(): HTMLElement | null {
    return this.querySelector<HTMLElement>('.row-tree')
  }

  private measure(): void {
    this.viewHeight = this.scroller?.clientHeight ?? this.viewHeight
  }

  private tell(name: 'pick' | 'press' | 'point', key: string | null): void {
    this.dispatchEvent(new CustomEvent(name, { detail: key }))
  }

  private turn(row: TreeRow, open: boolean): void {
    this.dispatchEvent(new CustomEvent<Turn>('turn', { detail: { key: row.key, open } }))
  }

  private go(index: number): void {
    const row = this.rows[Math.min(Math.max(0, index), this.rows.length - 1)]
    if (row === undefined) return
    this.tell('pick', row.key)
    this.reveal(row.key)
  }

  private readonly typed = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const index = this.rows.findIndex((row) => row.key === this.active)
    const row = this.rows[index]
    const page = Math.max(1, Math.floor(this.viewHeight / this.rowHeight) - 1)
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.go(index + 1),
      ArrowUp: () => this.go(index - 1),
      PageDown: () => this.go(index + page),
      PageUp: () => this.go(index - page),
      Home: () => this.go(0),
      End: () => this.go(this.rows.length - 1),
      ArrowRight: () => {
        if (row?.open === false) this.turn(row, true)
        else if (row?.open === true && this.rows[index + 1]?.parent === row.key) this.go(index + 1)
      },
      ArrowLeft: () => {
        if (row?.open === true) this.turn(row, false)
        else if (row !== undefined && row.parent !== null) this.go(this.rows.findIndex(({ key }) => key === row.parent))
      },
      Enter: () => this.press(row),
      ' ': () => this.press(row),
    }
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    move()
  }

  private press(row: TreeRow | undefined): void {
    if (row === undefined) return
    if (row.open === null) this.tell('press', row.key)
    else this.turn(row, !row.open)
  }

  private rowOf(event: Event): TreeRow | undefined {
    const element = event.target instanceof Element ? event.target.closest('[data-row]') : null
    const key = element?.getAttribute('data-row')
    return this.rows.find((row) => row.key === key)
  }

  private readonly clicked = (event: Event): void => {
    const row = this.rowOf(event)
    if (row === undefined) return
    if (row.open !== null && event.target instanceof Element && event.target.closest('.twisty') !== null) return this.turn(row, !row.open)
    this.tell('pick', row.key)
    if (row.open === null) this.tell('press', row.key)
  }

  override render(): unknown {
    const first = Math.max(0, Math.floor(this.top / this.rowHeight) - AROUND)
    const last = Math.min(this.rows.length, Math.ceil((this.top + this.viewHeight) / this.rowHeight) + AROUND)
    const shown = this.rows.slice(first, last).map((row, index) => ({ row, at: first + index }))
    const activeAt = this.rows.findIndex((row) => row.key === this.active)
    // The active row stays in the page when it is scrolled away: a screen reader stands on it.
    const active = this.rows[activeAt]
    if (active !== undefined && (activeAt < first || activeAt >= last)) shown.push({ row: active, at: activeAt })
    return html`<div
      class="row-tree"
      role="tree"
      tabindex="0"
      aria-label=${this.label}
      aria-activedescendant=${active === undefined ? nothing : `${this.idPrefix}-${active.key}`}
      @keydown=${this.typed}
      @click=${this.clicked}
      @dblclick=${(event: Event) => {
        const row = this.rowOf(event)
        if (row?.open !== null && row !== undefined) this.turn(row, !row.open)
      }}
      @mouseover=${(event: Event) => this.tell('point', this.rowOf(event)?.key ?? null)}
      @mouseleave=${() => this.tell('point', null)}
      @scroll=${(event: Event) => (this.top = (event.currentTarget as HTMLElement).scrollTop)}
    >
      <div class="row-tree-all" role="presentation" style=${styleMap({ height: `${this.rows.length * this.rowHeight}px` })}>
        ${shown.map(({ row, at }) => this.row(row, at))}
      </div>
    </div>`
  }

  private row(row: TreeRow, at: number): unknown {
    return html`<div
      class="tree-row"
      id="${this.idPrefix}-${row.key}"
      data-row=${row.key}
      role="treeitem"
      aria-level=${row.level}
      aria-posinset=${row.position}
      aria-setsize=${row.setSize}
      aria-expanded=${row.open ?? nothing}
      aria-selected=${row.key === this.active}
      data-severity=${row.severity ?? nothing}
      ?data-lit=${row.key === this.lit}
      style=${styleMap({ top: `${at * this.rowHeight}px`, height: `${this.rowHeight}px`, '--level': String(row.level - 1) })}
    >
      <span class="twisty" ?data-open=${row.open === true} ?data-none=${row.open === null} aria-hidden="true"></span>${row.content()}
    </div>`
  }

  protected override updated(): void {
    this.measure()
  }
}
customElements.define('row-tree', RowTree)
