/**
 * `<sample-timeline>`: the samples of the tracks on one axis of time: height is size, colour is type, bands are groups of
 * pictures. Dragging or the arrow keys move, Ctrl and the wheel, + and − zoom. The sample under the mouse is told in a line
 * and by `point`; a click fires `pick`.
 */
import { html, nothing, svg } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { formatBytes } from '../../format.ts'
import { LightElement } from '../../light-element.ts'
import { barsIn, endOf, groupsIn, sampleAt, secondsOf, typeOf, type Bar, type Lane, type SampleType } from './timeline-bars.ts'
import type { TrackSummary } from './worker/calls.ts'

/** A track and its samples as far as they are read. */
export interface TimelineTrack {
  track: TrackSummary
  lane: Lane | null
  loading: boolean
  error: string | null
}

/** A sample of a track. */
export interface SampleAt {
  trackId: number
  index: number
}

const HEIGHTS: Record<string, number> = { video: 84, audio: 36 }
const OTHER_HEIGHT = 28
/** Shortest span that is shown, seconds. */
const LEAST_SECONDS = 0.02
const WORDS: Record<SampleType, string> = { key: 'keyframe', ordered: 'in order', reordered: 'reordered' }
const COARSE = matchMedia('(pointer: coarse)').matches
const TYPES: SampleType[] = ['reordered', 'ordered', 'key']

export class SampleTimeline extends LightElement {
  static override properties = {
    tracks: { attribute: false },
    from: { state: true },
    to: { state: true },
    width: { state: true },
    at: { state: true },
  }
  declare tracks: TimelineTrack[]
  /** What is shown, seconds. */
  declare from: number
  declare to: number
  declare width: number
  /** The sample that is pointed at. */
  declare at: SampleAt | null
  private end = 0
  private drag: { x: number; from: number; moved: boolean } | null = null
  private readonly sizes = new ResizeObserver(([entry]) => (this.width = Math.floor(entry?.contentRect.width ?? this.width)))

  constructor() {
    super()
    this.tracks = []
    this.from = 0
    this.to = 0
    this.width = 600
    this.at = null
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

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('tracks')) return
    const end = Math.max(0, ...this.tracks.map(({ lane }) => (lane === null ? 0 : endOf(lane))))
    // What was zoomed into stays when another track arrives; what showed all shows all.
    if (this.to === this.end || this.to > end) {
      this.from = 0
      this.to = end
    }
    this.end = end
    if (this.at !== null && this.lane(this.at.trackId) === null) this.at = null
  }

  private lane(trackId: number): Lane | null {
    return this.tracks.find(({ track }) => track.id === trackId)?.lane ?? null
  }

  /** Shows `seconds` of the timeline around a place that keeps its pixel. */
  private zoom(factor: number, around = (this.from + this.to) / 2): void {
    const length = Math.min(this.end, Math.max(LEAST_SECONDS, (this.to - this.from) * factor))
    const share = (around - this.from) / Math.max(1e-9, this.to - this.from)
    this.show(around - share * length, length)
  }

  private show(from: number, length: number): void {
    this.from = Math.min(Math.max(0, from), Math.max(0, this.end - length))
    this.to = Math.min(this.end, this.from + length)
  }

  private secondsAt(event: MouseEvent): number {
    const box = this.querySelector('.lane svg')?.getBoundingClientRect()
    return this.from + ((event.clientX - (box?.left ?? 0)) / this.width) * (this.to - this.from)
  }

  private readonly wheeled = (event: WheelEvent): void => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      this.zoom(Math.exp(Math.sign(event.deltaY) * Math.min(0.5, Math.abs(event.deltaY) / 200)), this.secondsAt(event))
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      event.preventDefault()
      const by = event.deltaX === 0 ? event.deltaY : event.deltaX
      this.show(this.from + (by / this.width) * (this.to - this.from), this.to - this.from)
    }
  }

  private point(at: SampleAt | null): void {
    this.at = at
    this.dispatchEvent(new CustomEvent<SampleAt | null>('point', { detail: at }))
  }

  private pointAt(event: PointerEvent, trackId: number): void {
    if (this.drag !== null) {
      const by = event.clientX - this.drag.x
      if (Math.abs(by) > 4) this.drag.moved = true
      if (this.drag.moved) this.show(this.drag.from - (by / this.width) * (this.to - this.from), this.to - this.from)
    }
    const lane = this.lane(trackId)
    if (lane !== null) this.point({ trackId, index: sampleAt(lane, this.secondsAt(event)) })
  }

  private typed(event: KeyboardEvent, trackId: number): void {
    const lane = this.lane(trackId)
    if (lane === null || event.altKey || event.ctrlKey || event.metaKey) return
    const index = this.at?.trackId === trackId ? this.at.index : sampleAt(lane, this.from)
    const last = lane.table.count - 1
    const keys: Record<string, () => void> = {
      ArrowRight: () => this.step(lane, trackId, index + (this.at?.trackId === trackId ? 1 : 0)),
      ArrowLeft: () => this.step(lane, trackId, index - 1),
      PageDown: () => this.step(lane, trackId, keyBeside(lane, index, 1)),
      PageUp: () => this.step(lane, trackId, keyBeside(lane, index, -1)),
      Home: () => this.step(lane, trackId, 0),
      End: () => this.step(lane, trackId, last),
      '+': () => this.zoom(0.5, secondsOf(lane, index)),
      '=': () => this.zoom(0.5, secondsOf(lane, index)),
      '-': () => this.zoom(2, secondsOf(lane, index)),
      '0': () => this.show(0, this.end),
      Enter: () => this.pick(),
      ' ': () => this.pick(),
    }
    const act = keys[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }

  private step(lane: Lane, trackId: number, index: number): void {
    const at = Math.min(Math.max(0, index), lane.table.count - 1)
    const seconds = secondsOf(lane, at)
    const length = this.to - this.from
    if (seconds < this.from || seconds > this.to) this.show(seconds - length / 2, length)
    this.point({ trackId, index: at })
  }

  private pick(): void {
    if (this.at !== null) this.dispatchEvent(new CustomEvent<SampleAt>('pick', { detail: this.at }))
  }

  override render(): unknown {
    if (this.tracks.length === 0) return nothing
    const whole = this.from <= 0 && this.to >= this.end
    const any = this.tracks.some(({ lane }) => lane !== null)
    return html`<div class="timeline-head">
        <h2 id="timeline-title">Samples</h2>
        <span class="timeline-legend">
          <span><i class="swatch" data-type="key"></i>keyframe</span>
          <span><i class="swatch" data-type="ordered"></i>in order</span>
          <span title="Shown before a sample that is decoded earlier: a B-frame"
            ><i class="swatch" data-type="reordered"></i>reordered</span
          >
        </span>
        ${
          any
            ? html`<span class="timeline-zoom">
                <span class="timeline-window">${clock(this.from)} – ${clock(this.to)}</span>
                <button class="quiet" aria-label="Zoom out" ?disabled=${whole} @click=${() => this.zoom(2)}>−</button>
                <button class="quiet" aria-label="Zoom in" @click=${() => this.zoom(0.5)}>+</button>
                <button class="quiet" ?disabled=${whole} @click=${() => this.show(0, this.end)}>All</button>
              </span>`
            : nothing
        }
      </div>
      ${this.tracks.map((each) => this.laneOf(each))}
      <p class="timeline-line" role="status">
        ${this.at === null ? html`<span class="hint">${COARSE ? 'Tap a sample; drag to move.' : 'Point at a sample. Ctrl and the wheel zoom, dragging moves.'}</span>` : this.sampleText(this.at)}
      </p>`
  }

  private laneOf({ track, lane, loading, error }: TimelineTrack): unknown {
    const title = `Track ${track.id} · ${track.kind}`
    if (lane === null) {
      const ask = (name: 'read' | 'stop'): void => void this.dispatchEvent(new CustomEvent<number>(name, { detail: track.id }))
      return html`<div class="lane">
        <p class="lane-title">
          <b>${title}</b>
          ${error === null ? nothing : html`<span class="lane-error">${error}</span>`}
          ${
            loading
              ? html`<span class="hint">reading the samples…</span><button class="quiet" @click=${() => ask('stop')}>Stop</button>`
              : html`<button class="quiet" @click=${() => ask('read')}>Read the samples</button>
                  <span class="hint">${track.sampleCount === null ? 'They are spread over the file.' : ''}</span>`
          }
        </p>
      </div>`
    }
    const { facts } = lane
    const height = HEIGHTS[track.kind] ?? OTHER_HEIGHT
    const here = this.at?.trackId === track.id ? this.at.index : null
    return html`<div class="lane">
      <p class="lane-title">
        <b>${title}</b>
        <span class="lane-facts" data-track=${track.id}
          >${facts.samples.toLocaleString('en')}
          samples${
            lane.allKeys
              ? track.kind === 'video'
                ? ' · all keyframes'
                : ''
              : ` · ${facts.keyframes.toLocaleString('en')} ${facts.keyframes === 1 ? 'keyframe' : 'keyframes'}`
          }${facts.longestGroup === null || facts.keyframes === 0 ? '' : ` · at most ${facts.longestGroup.toFixed(2)} s apart`}
          · ${bitrate(facts.bitsPerSecond)}</span
        >
      </p>
      <svg
        width=${this.width}
        height=${height}
        viewBox="0 0 ${this.width} ${height}"
        tabindex="0"
        role="slider"
        aria-label="Samples of track ${track.id}"
        aria-valuemin="0"
        aria-valuemax=${Math.max(0, lane.table.count - 1)}
        aria-valuenow=${here ?? 0}
        aria-valuetext=${here === null ? 'arrow keys go from sample to sample, page keys from keyframe to keyframe' : this.plainText(lane, here)}
        @pointermove=${(event: PointerEvent) => this.pointAt(event, track.id)}
        @pointerdown=${(event: PointerEvent) => {
          this.pointAt(event, track.id)
          this.drag = { x: event.clientX, from: this.from, moved: false }
          ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
        }}
        @pointerup=${() => {
          if (this.drag?.moved === false) this.pick()
          this.drag = null
        }}
        @pointercancel=${() => (this.drag = null)}
        @pointerleave=${() => this.point(null)}
        @keydown=${(event: KeyboardEvent) => this.typed(event, track.id)}
      >
        ${guard([lane, this.from, this.to, this.width], () => this.drawing(lane, height))} ${this.hereLine(lane, height, here)}
      </svg>
    </div>`
  }

  private drawing(lane: Lane, height: number): unknown {
    const { from, to, width } = this
    const bars = barsIn(lane, from, to, width)
    const groups = groupsIn(lane, from, to, width)
    const largest = bars.reduce((most, { size }) => Math.max(most, size), 1)
    const bands = groups
      .map(({ x, width: wide, index }) => (index % 2 === 0 ? `M${x.toFixed(1)} 0h${wide.toFixed(1)}v${height}h${(-wide).toFixed(1)}z` : ''))
      .join('')
    return svg`<path class="gop-band" d=${bands} />
      ${TYPES.map((type) => svg`<path class="bars" data-type=${lane.allKeys ? 'ordered' : type} data-count=${bars.filter((bar) => bar.type === type).length} d=${barPath(bars, type, largest, height)} />`)}`
  }

  private hereLine(lane: Lane, height: number, here: number | null): unknown {
    if (here === null) return nothing
    const x = ((secondsOf(lane, here) - this.from) / Math.max(1e-9, this.to - this.from)) * this.width
    return svg`<path class="here" d="M${x.toFixed(1)} 0v${height}" />`
  }

  private sampleText(at: SampleAt): unknown {
    const lane = this.lane(at.trackId)
    if (lane === null || at.index < 0) return nothing
    const { table, timescale } = lane
    const pts = table.presentationTicks[at.index] ?? 0
    const dts = table.decodeTicks[at.index] ?? 0
    const type = typeOf(lane, at.index)
    const facts: [string, string][] = [
      ['pts', `${(pts / timescale).toFixed(3)} s (${pts})`],
      ['dts', `${(dts / timescale).toFixed(3)} s (${dts})`],
      ['size', (table.size[at.index] ?? 0).toLocaleString('en')],
      ['at', (table.offset[at.index] ?? 0).toLocaleString('en')],
    ]
    return html`<b>#${at.index.toLocaleString('en')}</b>
      <span>${WORDS[type]}</span> ${facts.map(([name, text]) => html`<span><i>${name}</i> ${text}</span>`)}`
  }

  private plainText(lane: Lane, index: number): string {
    const { table, timescale } = lane
    const pts = (table.presentationTicks[index] ?? 0) / timescale
    return `sample ${index}, ${WORDS[typeOf(lane, index)]}, shown at ${pts.toFixed(3)} s, ${formatBytes(table.size[index] ?? 0)}, at byte ${table.offset[index] ?? 0}`
  }
}
customElements.define('sample-timeline', SampleTimeline)

function barPath(bars: Bar[], type: SampleType, largest: number, height: number): string {
  let path = ''
  for (const bar of bars) {
    if (bar.type !== type) continue
    const tall = Math.max(1, (bar.size / largest) * (height - 2))
    path += `M${bar.x.toFixed(1)} ${height}v${(-tall).toFixed(1)}h${bar.width.toFixed(1)}v${tall.toFixed(1)}z`
  }
  return path
}

function keyBeside(lane: Lane, index: number, step: 1 | -1): number {
  if (step === 1) return lane.keys.find((key) => key > index) ?? lane.table.count - 1
  return lane.keys.findLast((key) => key < index) ?? 0
}

/** `0:03.250`, `1:02:03.250`. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds + 0.0005)
  const rest = String(Math.floor((seconds + 0.0005 - whole) * 1000)).padStart(3, '0')
  const minutes = `${String(Math.floor(whole / 60) % 60).padStart(whole >= 3600 ? 2 : 1, '0')}:${String(whole % 60).padStart(2, '0')}.${rest}`
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${minutes}` : minutes
}

function bitrate(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e6 ? `${(bitsPerSecond / 1e6).toFixed(2)} Mb/s` : `${Math.round(bitsPerSecond / 1000)} kb/s`
}
