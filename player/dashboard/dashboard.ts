/**
 * `<sluice-dashboard>`: a session as charts, a waterfall and a log: one that is under way (`follow`), or one that was
 * recorded (`show`), beside what another rule would have made of it.
 */
import type { EngineEvent, EventLog } from '../engine/events.ts'
import { incidentsOf, type Incident } from '../session/causes.ts'
import { summarize } from '../session/summary.ts'
import { clockText } from '../session/words.ts'
import { Chart, type ChartContext } from './charts.ts'
import { chartPanels, type Panel } from './chart-panels.ts'
import { EventList, type Filter } from './event-list.ts'
import { figuresOf, showFigures, showIncidents, showKeys } from './figures.ts'
import { onSchemeChange, paletteOf, type Palette } from './palette.ts'
import { Series } from './series.ts'
import { CHARTS, fill, part, type ChartName } from './template.ts'
import { Waterfall } from './waterfall.ts'

/** What is seen of a session: its end, all of it, or a stretch that was chosen. */
type View = { lastS: number } | 'all' | { fromS: number; toS: number }

/** A session under another rule, to be drawn beside the first. */
export interface Comparison {
  /** Name of the rule. */
  label: string
  events: readonly EngineEvent[]
}

/** New events are gathered so long before they are drawn, ms: samples come no more often. */
const LIVE_PERIOD_MS = 500
/** Drawing takes this much of a frame, ms; what is left is drawn in the next: the picture must not wait for charts. */
const FRAME_SHARE_MS = 4
let count = 0

/** See the head of this file. */
export class SluiceDashboardElement extends HTMLElement {
  readonly #root = this.attachShadow({ mode: 'open' })
  readonly #context: ChartContext
  #series = new Series()
  #compared: { label: string; series: Series } | null = null
  #events: EngineEvent[] = []
  #incidents: Incident[] = []
  #incidentsStale = true
  #figuresStale = true
  #palette: Palette | null = null
  #panels: Record<ChartName, Panel>
  #charts: Partial<Record<ChartName, Chart>> = {}
  readonly #waterfall: Waterfall
  readonly #list: EventList
  #view: View = { lastS: 60 }
  #cursorS: number | null = null
  #filter: Filter = 'all'
  #frame = 0
  /** What is still to be drawn. */
  #steps: (() => void)[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #unfollow: () => void = () => {}
  #disconnect: () => void = () => {}

  constructor() {
    super()
    fill(this.#root)
    count += 1
    this.#context = {
      palette: () => (this.#palette ??= paletteOf(this)),
      incidents: () => this.#incidents,
      pointed: (atS) => this.#pointAt(atS, false),
      selected: (fromS, toS) => this.#look({ fromS, toS }),
      sync: `sluice-dashboard-${count}`,
    }
    const rows = part(this.#root, '.waterfall .scroll', HTMLElement)
    this.#waterfall = new Waterfall(rows, part(this.#root, '.detail', HTMLElement), this.#context.palette)
    this.#list = new EventList(part(this.#root, '.events .scroll', HTMLElement), (atS) => this.#pointAt(atS, true))
    this.#panels = chartPanels(
      () => this.#series,
      () => this.#compared,
    )
    this.#listen()
  }

  connectedCallback(): void {
    const sizes = new ResizeObserver(() => {
      for (const chart of Object.values(this.#charts)) chart.resize()
      this.#waterfall.redraw()
      this.#list.paint()
    })
    for (const plot of this.#root.querySelectorAll('.plot, .scroll')) sizes.observe(plot)
    const endScheme = onSchemeChange(() => {
      this.#palette = null
      this.#redraw()
    })
    this.#disconnect = () => {
      sizes.disconnect()
      endScheme()
    }
    this.#redraw()
  }

  disconnectedCallback(): void {
    this.#disconnect()
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    clearTimeout(this.#timer)
    this.#timer = undefined
    // Moved in the page it is connected again at once; else it holds on to nothing.
    queueMicrotask(() => {
      if (this.isConnected) return
      this.#unfollow()
      this.#destroyCharts()
    })
  }

  /** Shows a session while it goes on, from its beginning as far as the log holds it. */
  follow(log: EventLog): void {
    this.#begin(log.events)
    this.#look({ lastS: 60 })
    this.#unfollow = log.subscribe((event) => {
      this.#add(event)
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#redraw()
      }, LIVE_PERIOD_MS)
    })
  }

  /** Shows a session that is over. */
  show(events: readonly EngineEvent[], comparison: Comparison | null = null): void {
    this.#begin(events)
    if (comparison) {
      const series = new Series()
      for (const event of comparison.events) series.add(event)
      this.#compared = { label: comparison.label, series }
    }
    this.#look('all')
  }

  #begin(events: readonly EngineEvent[]): void {
    this.#unfollow()
    this.#unfollow = () => {}
    this.#series = new Series()
    this.#compared = null
    this.#events = []
    this.#cursorS = null
    // Lines differ with and without a comparison.
    this.#destroyCharts()
    for (const event of events) this.#add(event, false)
    this.#incidentsStale = true
    this.#figuresStale = true
    this.#list.refill(this.#filter, this.#events)
  }

  #add(event: EngineEvent, list = true): void {
    this.#series.add(event)
    this.#events.push(event)
    this.#figuresStale = true
    if (list) this.#list.add(event)
    if (event.type === 'stall' || event.type === 'stall-ended' || event.type === 'switched') this.#incidentsStale = true
  }

  #listen(): void {
    const scrub = part(this.#root, '.scrub input', HTMLInputElement)
    scrub.addEventListener('input', () => this.#pointAt(Number(scrub.value), true))
    this.#root.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null
      const { last, filter, at } = button?.dataset ?? {}
      if (last !== undefined) this.#look(last === 'all' ? 'all' : { lastS: Number(last) })
      if (filter !== undefined) this.#filterBy(filter as Filter)
      if (at !== undefined) this.#pointAt(Number(at), true)
    })
    // Double click on a chart: back from a stretch to all of it.
    this.#root.addEventListener('dblclick', (event) => {
      if (event.target instanceof Element && event.target.closest('.plot')) this.#look('all')
    })
  }

  #filterBy(filter: Filter): void {
    this.#filter = filter
    for (const button of this.#root.querySelectorAll('[data-filter]'))
      button.ariaPressed = String(button.getAttribute('data-filter') === filter)
    this.#list.refill(filter, this.#events)
  }

  #look(view: View): void {
    this.#view = view
    for (const button of this.#root.querySelectorAll('[data-last]')) {
      const last = button.getAttribute('data-last')
      const is = view === 'all' ? last === 'all' : 'lastS' in view && last === String(view.lastS)
      button.ariaPressed = String(is)
    }
    this.#redraw()
  }

  get #endS(): number {
    return Math.max(this.#series.endS, this.#compared?.series.endS ?? 0, 1)
  }

  get #stretch(): [fromS: number, toS: number] {
    const view = this.#view
    if (view === 'all') return [0, this.#endS]
    if ('fromS' in view) return [view.fromS, view.toS]
    // While it is shorter than what is shown, it grows from the left.
    return [Math.max(0, this.#endS - view.lastS), Math.max(this.#endS, view.lastS)]
  }

  /** Puts the cursor at a time; `reveal` brings it into what is seen. */
  #pointAt(atS: number | null, reveal: boolean): void {
    if (this.#cursorS === atS && !reveal) return
    this.#cursorS = atS
    if (reveal && atS !== null) {
      const [fromS, toS] = this.#stretch
      const half = (toS - fromS) / 2
      if (atS < fromS || atS > toS) this.#look({ fromS: Math.max(0, atS - half), toS: Math.max(atS + half, half * 2) })
      this.#list.reveal(atS)
      for (const chart of Object.values(this.#charts)) chart.point(atS)
    }
    this.#readOut()
  }

  /** Draws from the next frame on, however often it is asked before. */
  #redraw(): void {
    if (!this.isConnected) return
    this.#steps = [() => this.#tell(), ...CHARTS.map((name) => () => this.#drawChart(name)), () => this.#drawLists()]
    this.#schedule()
  }

  #schedule(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      const endMs = performance.now() + FRAME_SHARE_MS
      do this.#steps.shift()?.()
      while (this.#steps.length > 0 && performance.now() < endMs)
      if (this.#steps.length > 0) this.#schedule()
    })
  }

  #tell(): void {
    if (this.#incidentsStale) {
      this.#incidentsStale = false
      this.#incidents = incidentsOf(this.#events)
      showIncidents(part(this.#root, '.why ol', HTMLElement), part(this.#root, '.why output', HTMLElement), this.#incidents)
    }
    if (this.#figuresStale) {
      this.#figuresStale = false
      showFigures(part(this.#root, '.figures', HTMLElement), figuresOf(summarize(this.#events)))
    }
    this.#readOut()
  }

  #drawChart(name: ChartName): void {
    this.#chart(name)?.draw(...this.#stretch)
  }

  #drawLists(): void {
    this.#waterfall.draw(this.#series.requests, ...this.#stretch)
    this.#list.paint()
  }

  /** The chart of a panel, made when there is first something in it. */
  #chart(name: ChartName): Chart | null {
    const made = this.#charts[name]
    if (made) return made
    const section = part(this.#root, `[data-chart='${name}']`, HTMLElement)
    if (name === 'latency') section.hidden = this.#series.latency[0].length === 0
    const host = part(section, '.plot', HTMLElement)
    if (section.hidden || host.clientWidth === 0) return null
    host.replaceChildren()
    const parts = this.#panels[name].chart()
    const chart = new Chart({ host, ...parts }, this.#context)
    showKeys(part(section, '.keys', HTMLElement), parts.lines)
    this.#charts[name] = chart
    return chart
  }

  #destroyCharts(): void {
    for (const chart of Object.values(this.#charts)) chart.destroy()
    this.#charts = {}
  }

  /** Values at the cursor, else the newest. */
  #readOut(): void {
    const atS = this.#cursorS ?? this.#series.endS
    for (const name of CHARTS) {
      const section = part(this.#root, `[data-chart='${name}']`, HTMLElement)
      const text = this.#panels[name].valueText(atS)
      const output = part(section, 'output', HTMLElement)
      if (output.textContent !== text) {
        output.textContent = text
        part(section, '.plot', HTMLElement).ariaLabel = `${this.#panels[name].label}: ${text}`
      }
    }
    const scrub = part(this.#root, '.scrub input', HTMLInputElement)
    scrub.max = String(this.#endS)
    scrub.value = String(atS)
    scrub.ariaValueText = clockText(atS)
    part(this.#root, '.scrub output', HTMLElement).textContent = clockText(atS)
  }
}

/** Registers <sluice-dashboard>; safe to call twice. */
export function defineSluiceDashboard(): void {
  if (!customElements.get('sluice-dashboard')) customElements.define('sluice-dashboard', SluiceDashboardElement)
}

declare global {
  interface HTMLElementTagNameMap {
    'sluice-dashboard': SluiceDashboardElement
  }
}
