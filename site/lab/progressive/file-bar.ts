/**
 * `<file-bar>`: the file from its first byte to its last. Blue: bytes that are here. Green: bytes of what was played. Red:
 * keyframes, as the file itself lists them. A click, or the arrow keys, seek; `seek` is fired with seconds.
 */
import { html, nothing, svg } from 'lit'
import { formatBytes, formatDuration } from '../../format.ts'
import { LightElement } from '../../light-element.ts'
import type { Span } from './byte-store.ts'
import type { OpenedFile } from './feed.ts'

const STEP_S = 5
/** The strip that marks header and index, pixels. */
const OUTSIDE = 4
/** Heights of ticks, blue and green, and where they begin, pixels. */
const [TICK, BLUE, GREEN, BLUE_AT, GREEN_AT, HEIGHT] = [10, 18, 9, 12, 31, 41]

export class FileBar extends LightElement {
  static override properties = {
    opened: { attribute: false },
    size: { attribute: false },
    here: { attribute: false },
    played: { attribute: false },
    currentTime: { attribute: false },
    width: { state: true },
    pointed: { state: true },
  }
  declare opened: OpenedFile | null
  declare size: number
  declare here: Span[]
  /** Seconds that were played. */
  declare played: Span[]
  declare currentTime: number
  declare width: number
  /** Pixels from the left that the pointer is at. */
  declare pointed: number | null
  private readonly observer = new ResizeObserver(([entry]) => (this.width = Math.max(100, Math.floor(entry?.contentRect.width ?? 0))))

  constructor() {
    super()
    this.opened = null
    this.size = 0
    this.here = []
    this.played = []
    this.currentTime = 0
    this.width = 600
    this.pointed = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.observer.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.observer.disconnect()
  }

  override render(): unknown {
    const { opened, size, width } = this
    const x = (offset: number): number => (size === 0 ? 0 : (offset / size) * width)
    const bars = (spans: Span[], name: string, y: number, height: number): unknown[] =>
      spans.map(
        ({ start, end }) => svg`<rect class=${name} x=${x(start)} y=${y} width=${Math.max(1, x(end) - x(start))} height=${height} />`,
      )
    const playedBytes =
      opened === null ? [] : this.played.map(({ start, end }) => ({ start: opened.byteAt(start), end: opened.byteAt(end) }))
    const outside = opened === null ? [] : outsideOf(opened.media, size)
    return html`<div
        class="file-bar"
        role="slider"
        tabindex=${opened === null ? -1 : 0}
        aria-label="Position in the file"
        aria-valuemin="0"
        aria-valuemax=${Math.round(opened?.durationS ?? 0)}
        aria-valuenow=${Math.round(this.currentTime)}
        aria-valuetext=${formatDuration(this.currentTime * 1000)}
        aria-disabled=${opened === null}
        @click=${(event: MouseEvent) => this.clicked(event)}
        @pointermove=${(event: PointerEvent) => (this.pointed = this.placeOf(event))}
        @pointerleave=${() => (this.pointed = null)}
        @keydown=${(event: KeyboardEvent) => this.pressed(event)}
      >
        <svg viewBox="0 0 ${width} ${HEIGHT}" width="100%" height=${HEIGHT} aria-hidden="true">
          <rect class="bar-file" x="0" y=${BLUE_AT} width=${width} height=${BLUE + GREEN + 1} rx="2" />
          ${bars(this.here, 'bar-here', BLUE_AT, BLUE)} ${bars(outside, 'bar-outside', BLUE_AT + BLUE - OUTSIDE, OUTSIDE)}
          ${bars(playedBytes, 'bar-played', GREEN_AT, GREEN)}
          ${opened === null ? nothing : svg`<path class="bar-keys" d=${this.ticks(opened, x)} />`}
          ${opened === null ? nothing : svg`<rect class="bar-head" x=${x(opened.byteAt(this.currentTime)) - 1} y=${BLUE_AT - 2} width="2" height=${BLUE + GREEN + 5} />`}
        </svg>
        ${this.pointedAt()}
      </div>
      <div class="bar-legend">
        <span style="--tone: var(--here)"><i class="swatch"></i>downloaded</span>
        <span style="--tone: var(--played)"><i class="swatch"></i>played</span>
        <span style="--tone: var(--bad)"
          ><i class="swatch"></i>keyframes${opened === null ? nothing : ` (${opened.keyframes.length})`}</span
        >
        ${outside.length === 0 ? nothing : html`<span style="--tone: var(--edge)"><i class="swatch"></i>header and index</span>`}
        ${size === 0 ? nothing : html`<span class="bar-size">${formatBytes(size)}</span>`}
      </div>`
  }

  /** One path for all of them; those that fall on one pixel are one. */
  private ticks({ keyframes }: OpenedFile, x: (offset: number) => number): string {
    const places = new Set(keyframes.map(({ offset }) => Math.round(x(offset) * 2) / 2))
    return [...places].map((at) => `M${Math.min(this.width - 0.5, Math.max(0.5, at))} 0v${TICK}`).join('')
  }

  private pointedAt(): unknown {
    const { opened, pointed, size, width } = this
    if (opened === null || pointed === null) return nothing
    const offset = Math.round((pointed / width) * size)
    const text = `${formatDuration(opened.secondsAt(offset) * 1000)} · byte ${offset.toLocaleString('en')}`
    return html`<span class="bar-pointed" style="left: clamp(5rem, ${pointed}px, calc(100% - 5rem))">${text}</span>`
  }

  private placeOf(event: MouseEvent): number {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect()
    return Math.min(this.width, Math.max(0, ((event.clientX - box.left) / box.width) * this.width))
  }

  private clicked(event: MouseEvent): void {
    if (this.opened !== null) this.seek(this.opened.secondsAt((this.placeOf(event) / this.width) * this.size))
  }

  private pressed(event: KeyboardEvent): void {
    const { opened, currentTime } = this
    if (opened === null) return
    const to = { ArrowLeft: currentTime - STEP_S, ArrowRight: currentTime + STEP_S, Home: 0, End: opened.durationS - 1 }[event.key]
    if (to === undefined) return
    // The player beside it listens to arrows, too.
    event.preventDefault()
    this.seek(Math.min(opened.durationS, Math.max(0, to)))
  }

  private seek(seconds: number): void {
    this.dispatchEvent(new CustomEvent<number>('seek', { detail: seconds }))
  }
}
customElements.define('file-bar', FileBar)

function outsideOf(media: Span, size: number): Span[] {
  return [
    { start: 0, end: media.start },
    { start: media.end, end: size },
  ].filter(({ start, end }) => end > start)
}
