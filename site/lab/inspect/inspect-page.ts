/**
 * `<inspect-page>`: any media file, opened: what it is, its tree, its bytes, where things lie, its samples. A worker reads
 * and decodes; the page asks for what it shows. `?url=` in the address is opened at once.
 */
import { html, nothing } from 'lit'
import { LightElement } from '../../light-element.ts'
import './file-map.ts'
import type { Bytes } from './field-rows.ts'
import type { TreeLine, TreeNode } from './file-tree.ts'
import { spansOf, type Span } from './map-spans.ts'
import { keyOf, treeRow } from './node-rows.ts'
import './node-view.ts'
import type { Selection } from './node-view.ts'
import { OpenFile } from './open-file.ts'
import { addressOf } from './open-form.ts'
import './row-tree.ts'
import type { RowTree, TreeRow, Turn } from './row-tree.ts'
import './sample-timeline.ts'
import type { SampleAt } from './sample-timeline.ts'
import { factsLine, problemList, trackTable, verdictList } from './summary.ts'
import type { FoundProblem, Opening } from './worker/calls.ts'
import { Closed } from './worker/inspector.ts'

class InspectPage extends LightElement {
  static override properties = {
    file: { state: true },
    opening: { state: true },
    error: { state: true },
    address: { state: true },
    selection: { state: true },
    active: { state: true },
    pointed: { state: true },
    version: { state: true },
  }
  declare file: OpenFile | null
  /** Name of what is being opened. */
  declare opening: string | null
  declare error: string | null
  declare address: string
  declare selection: Selection | null
  /** Key of the line of the tree that is selected. */
  declare active: string | null
  /** The sample that is pointed at on the timeline. */
  declare pointed: SampleAt | null
  /** Counts changes inside `file`. */
  declare version: number
  private cancel: () => void = () => {}
  private rows: TreeRow[] = []
  private lines = new Map<string, TreeLine>()
  private spans: Span[] = []

  constructor() {
    super()
    this.file = null
    this.opening = null
    this.error = null
    this.address = ''
    this.selection = null
    this.active = null
    this.pointed = null
    this.version = 0
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('popstate', this.addressChanged)
    this.addressChanged()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('popstate', this.addressChanged)
    this.cancel()
    this.file?.close()
  }

  private readonly addressChanged = (): void => {
    const text = new URLSearchParams(location.search).get('url')
    if (text === null) return
    this.address = text
    const url = addressOf(text)
    if (url === null) this.error = 'The address in the link is no http or https address.'
    else void this.open({ kind: 'url', url })
  }

  private asked(what: Opening): void {
    const search = what.kind === 'url' ? `?url=${encodeURIComponent(shortAddress(what.url))}` : ''
    if (search !== location.search) history.pushState(null, '', location.pathname + search)
    this.address = what.kind === 'url' ? shortAddress(what.url) : ''
    void this.open(what)
  }

  /** What is open stays until the next file is: a wrong address loses nothing. */
  private async open(what: Opening): Promise<void> {
    this.cancel()
    this.error = null
    this.opening = what.kind === 'file' ? what.file.name : what.url
    const { file: coming, cancel } = OpenFile.open(what, () => (this.version += 1))
    this.cancel = cancel
    try {
      const file = await coming
      this.file?.close()
      this.file = file
      this.selection = null
      this.active = null
      this.pointed = null
      this.opening = null
      this.cancel = () => {}
      document.title = `${file.opened.name} · Inspect · Sluice`
      await Promise.all([this.unfold(file), file.summarize()])
    } catch (error) {
      if (error instanceof Closed) return
      this.opening = null
      this.error = error instanceof Error ? error.message : String(error)
    }
  }

  private async unfold(file: OpenFile): Promise<void> {
    const first = await file.unfold()
    if (this.file === file && this.selection === null && first !== null) this.select(first)
    await file.search()
  }

  private select(at: TreeNode): void {
    this.active = `n${at.node.key}`
    this.selection = { kind: 'node', node: at.node }
  }

  private picked(key: string): void {
    const line = this.lines.get(key)
    if (line?.kind === 'node') this.select(line.at)
    else if (line !== undefined) this.active = key
  }

  private pressed(key: string): void {
    const line = this.lines.get(key)
    if (line?.kind === 'more') void this.more(line.owner)
  }

  /** The next page of nodes; the line that was pressed has moved down, the first new one is selected. */
  private async more(owner: TreeNode | null): Promise<void> {
    const tree = this.file?.tree
    const branch = owner?.branch ?? tree?.root
    if (tree === undefined || branch === undefined) return
    const had = branch.nodes.length
    await tree.more(owner)
    const first = branch.nodes[had]
    if (first !== undefined && this.file?.tree === tree) this.select(first)
  }

  private turned({ key, open }: Turn): void {
    const line = this.lines.get(key)
    const tree = this.file?.tree
    if (line?.kind !== 'node' || tree === undefined) return
    if (open) void tree.open(line.at)
    else tree.close(line.at)
  }

  /** Opens the way to a node, selects it and brings it into view. */
  private async show(at: TreeNode): Promise<void> {
    for (let above = at.parent; above !== null; above = above.parent) above.open = true
    this.select(at)
    this.version += 1
    await this.updateComplete
    const tree = this.querySelector<RowTree>('.file-tree')
    await tree?.updateComplete
    tree?.reveal(`n${at.node.key}`)
  }

  private async showProblem(problem: FoundProblem): Promise<void> {
    const at = await this.file?.tree.reach(problem.path)
    if (at !== undefined && at !== null) await this.show(at)
    this.querySelector('.inspect-panes')?.scrollIntoView({ block: 'nearest' })
  }

  private samplePicked(at: SampleAt): void {
    const bytes = this.file?.sampleBytes(at) ?? null
    if (bytes === null) return
    this.active = null
    this.selection = { kind: 'bytes', bytes, title: `Sample ${at.index.toLocaleString('en')}`, about: `track ${at.trackId}` }
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    const { file } = this
    if (file === null || !(changed.has('version') || changed.has('file'))) return
    const lines = file.tree.lines()
    this.lines = new Map(lines.map((line) => [keyOf(line), line]))
    this.rows = lines.map(treeRow)
    this.spans = spansOf(file.tree.root, file.opened.size)
  }

  override render(): unknown {
    const { file } = this
    const form = html`<open-form
      .small=${file !== null}
      .address=${this.address}
      @open=${(event: CustomEvent<Opening>) => this.asked(event.detail)}
    ></open-form>`
    const status = html`${
      this.opening === null
        ? nothing
        : html`<p class="inspect-opening" role="status">
            <span>Opening ${this.opening} …</span>
            <button class="quiet" @click=${() => this.stop()}>Cancel</button>
          </p>`
    }
    ${this.error === null ? nothing : html`<p class="alert" role="alert">${this.error}</p>`}`
    if (file === null) {
      return html`<div class="page-head"><h1>Inspect</h1></div>
        ${form} ${status}`
    }
    return html`<div class="inspect-head">
        <div class="inspect-title">
          <h1 dir="auto">${file.opened.name}</h1>
          ${factsLine(file.opened, file.summary, file.reads)}
        </div>
        ${form}
      </div>
      ${status} ${this.about(file)}
      <file-map
        .spans=${this.spans}
        .size=${file.opened.size}
        .keyframes=${file.keyframes}
        .selected=${this.selectedBytes()}
        .pointed=${file.sampleBytes(this.pointed)?.offset ?? null}
        @pick=${(event: CustomEvent<TreeNode>) => void this.show(event.detail)}
      ></file-map>
      <sample-timeline
        .tracks=${file.tracks}
        @point=${(event: CustomEvent<SampleAt | null>) => (this.pointed = event.detail)}
        @pick=${(event: CustomEvent<SampleAt>) => this.samplePicked(event.detail)}
        @read=${(event: CustomEvent<number>) => void file.readSamples(event.detail)}
        @stop=${() => void file.inspector.call('stopSamples')}
      ></sample-timeline>
      <div class="inspect-panes">
        <row-tree
          class="file-tree"
          .label=${'Structure of the file'}
          .rows=${this.rows}
          .active=${this.active}
          @pick=${(event: CustomEvent<string>) => this.picked(event.detail)}
          @press=${(event: CustomEvent<string>) => this.pressed(event.detail)}
          @turn=${(event: CustomEvent<Turn>) => this.turned(event.detail)}
        ></row-tree>
        <node-view .inspector=${file.inspector} .selection=${this.selection}></node-view>
      </div>`
  }

  private stop(): void {
    this.cancel()
    this.opening = null
  }

  private selectedBytes(): Bytes | null {
    const { selection } = this
    if (selection === null) return null
    return selection.kind === 'node' ? { offset: selection.node.offset, length: selection.node.size } : selection.bytes
  }

  /** Problems, answers and tracks; what could not be read is said in their place. */
  private about(file: OpenFile): unknown {
    const problems = file.found === null ? nothing : problemList(file.found, (problem) => void this.showProblem(problem))
    if (file.summary !== null) return html`${problems} ${verdictList(file.summary)} ${trackTable(file.summary.tracks, file.counts)}`
    if (file.summaryError === null)
      return html`${problems}
        <p class="hint inspect-wait">Reading the tracks…</p>`
    return html`${problems}
      <p class="alert" role="alert">
        The tracks could not be read: ${file.summaryError}
        <button class="quiet" @click=${() => void file.summarize()}>Try again</button>
      </p>`
  }
}
customElements.define('inspect-page', InspectPage)

/** An address on this origin without the origin, so that a link works from every machine. */
function shortAddress(url: string): string {
  return url.startsWith(`${location.origin}/`) ? url.slice(location.origin.length) : url
}
