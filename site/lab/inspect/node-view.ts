/**
 * `<node-view>`: the fields of a node and its bytes, each lighting the other. Of bytes that are no node (a sample) only the
 * bytes.
 */
import { html, nothing } from 'lit'
import { LightElement } from '../../light-element.ts'
import type { Field, Problem } from '../../../media/dissect/model.ts'
import { cutTable, fieldRows, rowAt, valueText, type Bytes, type FieldRow } from './field-rows.ts'
import './hex-view.ts'
import type { HexView } from './hex-view.ts'
import './row-tree.ts'
import type { RowTree, TreeRow, Turn } from './row-tree.ts'
import type { Inspector } from './worker/inspector.ts'
import { Closed } from './worker/inspector.ts'
import type { ListedNode } from './worker/calls.ts'

/** What is looked at. */
export type Selection = { kind: 'node'; node: ListedNode } | { kind: 'bytes'; bytes: Bytes; title: string; about: string }

/** Entries of a table that are read at first, and by how much more when asked. */
const ENTRIES = 200
const ENTRIES_STEP = 10
const MOST_ENTRIES = 200_000

export class NodeView extends LightElement {
  static override properties = {
    inspector: { attribute: false },
    selection: { attribute: false },
    fields: { state: true },
    problems: { state: true },
    error: { state: true },
    active: { state: true },
    pointed: { state: true },
    byte: { state: true },
    turned: { state: true },
    loading: { state: true },
  }
  declare inspector: Inspector | null
  declare selection: Selection | null
  declare fields: Field[]
  declare problems: Problem[]
  declare error: string | null
  /** Key of the field that is selected. */
  declare active: string | null
  /** Key of the field under the mouse. */
  declare pointed: string | null
  /** Offset of the byte that is pointed at. */
  declare byte: number | null
  declare turned: ReadonlySet<string>
  declare loading: boolean
  private entries = ENTRIES
  private rows: FieldRow[] = []
  private marks: Bytes[] = []
  private range: Bytes = { offset: 0, length: 0 }

  constructor() {
    super()
    this.inspector = null
    this.selection = null
    this.clear()
  }

  private clear(): void {
    this.fields = []
    this.problems = []
    this.error = null
    this.active = null
    this.pointed = null
    this.byte = null
    this.turned = new Set()
    this.loading = false
    this.entries = ENTRIES
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('selection')) {
      this.clear()
      this.range = rangeOf(this.selection)
      if (this.selection?.kind === 'node') void this.load(this.selection.node)
    }
    if (changed.has('fields') || changed.has('turned') || changed.has('selection')) {
      this.rows = fieldRows(this.fields, this.turned)
      this.marks = this.rows
        .filter(({ open, field }) => open !== true && field.length > 0)
        .map(({ field }) => ({ offset: field.offset, length: field.length }))
        .toSorted((one, other) => one.offset - other.offset)
    }
  }

  private async load(node: ListedNode): Promise<void> {
    const { inspector } = this
    if (inspector === null) return
    this.loading = true
    try {
      const { fields, problems } = await inspector.call('fields', node.key, this.entries)
      if (!this.shows(node)) return
      this.fields = fields.some(({ offset }) => offset === node.offset) ? fields : [headerField(node), ...fields]
      const known = new Set(problems.map(({ what }) => what))
      this.problems = [...node.problems.filter(({ what }) => !known.has(what)), ...problems]
      this.error = null
    } catch (error) {
      if (error instanceof Closed || !this.shows(node)) return
      this.error = error instanceof Error ? error.message : String(error)
      this.problems = node.problems
    }
    this.loading = false
  }

  private shows(node: ListedNode): boolean {
    return this.selection?.kind === 'node' && this.selection.node === node
  }

  private get hexView(): HexView | null {
    return this.querySelector<HexView>('hex-view')
  }

  private row(key: string | null): FieldRow | null {
    return this.rows.find((row) => row.key === key) ?? null
  }

  /** Bytes that are lit: of the field that is pointed at, of the byte's field, or of the selected field. */
  private get lit(): Bytes | null {
    const row = this.row(this.pointed) ?? (this.byte === null ? this.row(this.active) : rowAt(this.rows, this.byte))
    return row === null || row.field.length === 0 ? null : row.field
  }

  private pick(key: string | null): void {
    this.active = key
    const row = this.row(key)
    if (row !== null && row.field.length > 0) this.hexView?.reveal(row.field.offset)
  }

  private readonly byteTold = (event: CustomEvent<number | null>): void => {
    this.byte = event.detail
    const row = event.detail === null ? null : rowAt(this.rows, event.detail)
    if (row !== null) this.querySelector<RowTree>('row-tree')?.reveal(row.key)
  }

  private readonly turn = (event: CustomEvent<Turn>): void => {
    const row = this.row(event.detail.key)
    if (row === null || row.open === null || row.open === event.detail.open) return
    const turned = new Set(this.turned)
    if (!turned.delete(row.key)) turned.add(row.key)
    this.turned = turned
  }

  private readonly whatIsAt = (offset: number): unknown => {
    const row = rowAt(this.rows, offset)
    const place = html`<b>${offset.toLocaleString('en')}</b> <span class="hint">0x${offset.toString(16)}</span>`
    return row === null ? place : html`${place} <code>${this.nameOf(row)}</code> ${valueText(row.field.value)} ${row.field.text ?? nothing}`
  }

  /** `entries › entry 3 › sample_count`. */
  private nameOf(row: FieldRow): string {
    const parent = this.row(row.parent)
    return parent === null ? row.field.name : `${this.nameOf(parent)} › ${row.field.name}`
  }

  override render(): unknown {
    const { selection, inspector } = this
    if (selection === null || inspector === null)
      return html`<p class="hint node-hint">Select a part of the tree: its fields and bytes are shown here.</p>`
    const lit = this.lit
    const litRow = this.byte === null ? null : rowAt(this.rows, this.byte)
    const cut = cutTable(this.fields)
    return html`<div class="node-head">
        <h2>${selection.kind === 'node' ? html`<code>${selection.node.type}</code> ${selection.node.name}` : selection.title}</h2>
        <p class="hint">
          ${selection.kind === 'node' ? [...selection.node.path, selection.node.type].join(' › ') : selection.about} · at
          ${this.range.offset.toLocaleString('en')} · ${this.range.length.toLocaleString('en')} bytes
        </p>
      </div>
      ${this.problems.map(({ what, severity }) => html`<p class="node-problem" data-severity=${severity}>${what}</p>`)}
      ${this.error === null ? nothing : html`<p class="node-problem" data-severity="error" role="alert">${this.error}</p>`}
      ${selection.kind === 'node' ? this.fieldTree(litRow, cut) : nothing}
      <hex-view
        .range=${this.range}
        .header=${selection.kind === 'node' ? selection.node.headerBytes : 0}
        .marks=${this.marks}
        .lit=${lit}
        .read=${(offset: number, length: number) => inspector.call('bytes', offset, length)}
        .what=${this.whatIsAt}
        @byte=${this.byteTold}
      ></hex-view>`
  }

  private fieldTree(litRow: FieldRow | null, cut: { given: number; total: number } | null): unknown {
    if (this.fields.length === 0) return html`<p class="hint node-hint">${this.loading ? 'Reading…' : ''}</p>`
    const more = cut !== null && this.entries < MOST_ENTRIES
    return html`<row-tree
        class="field-tree"
        .label=${'Fields'}
        .rows=${this.rows.map(treeRow)}
        .active=${this.active}
        .lit=${litRow?.key ?? null}
        style="--rows: ${this.rows.length}"
        @pick=${(event: CustomEvent<string>) => this.pick(event.detail)}
        @turn=${this.turn}
        @point=${(event: CustomEvent<string | null>) => {
          this.pointed = event.detail
          const row = this.row(event.detail)
          if (row !== null && row.field.length > 0) this.hexView?.reveal(row.field.offset)
        }}
      ></row-tree>
      ${
        cut === null
          ? nothing
          : html`<p class="field-cut">
              <span class="hint">${cut.given.toLocaleString('en')} of ${cut.total.toLocaleString('en')} entries</span>
              ${
                more
                  ? html`<button
                      class="quiet"
                      @click=${() => {
                        this.entries = Math.min(MOST_ENTRIES, this.entries * ENTRIES_STEP)
                        if (this.selection?.kind === 'node') void this.load(this.selection.node)
                      }}
                    >
                      Show more
                    </button>`
                  : nothing
              }
            </p>`
      }`
  }
}
customElements.define('node-view', NodeView)

function rangeOf(selection: Selection | null): Bytes {
  if (selection === null) return { offset: 0, length: 0 }
  return selection.kind === 'node' ? { offset: selection.node.offset, length: selection.node.size } : selection.bytes
}

/** The bytes before the body, which every node has. */
function headerField(node: ListedNode): Field {
  return {
    name: 'header',
    value: node.type,
    text: `${node.size.toLocaleString('en')} bytes in all`,
    offset: node.offset,
    length: node.headerBytes,
  }
}

function treeRow({ key, field, level, position, setSize, open, parent }: FieldRow): TreeRow {
  const value =
    field.fields !== undefined && field.fields.length > 0 && Array.isArray(field.value) ? `${field.value.length}` : valueText(field.value)
  return {
    key,
    level,
    position,
    setSize,
    open,
    parent,
    severity: null,
    content: () =>
      html`<span class="field-name">${field.name}</span><span class="field-value" title=${value}>${value}</span>${
          field.text === undefined ? nothing : html`<span class="field-text" title=${field.text}>${field.text}</span>`
        }`,
  }
}
