/**
 * `<file-map>`: the file as a strip, its parts where they lie, keyframes below. The mouse or the arrow keys say what is where;
 * a click or Enter fires `pick` with the node.
 */
import { html, nothing, svg } from 'lit'
import { LightElement } from '../../light-element.ts'
import type { Bytes } from './field-rows.ts'
import type { TreeNode } from './file-tree.ts'
import { drawSpans, spanUnder, type DrawnSpan, type Span, type SpanKind } from './map-spans.ts'

/** Keyframes of a track: offsets in the file, and when they are shown. */
export interface MapKeyframes {
  offsets: Float64Array
  seconds: Float64Array
}

const WORDS: Record<SpanKind, string> = {
  head: 'header',
  index: 'index',
  fragment: 'fragment',
  media: 'media',
  free: 'free',
  other: 'other',
  damaged: 'damaged',
  unread: 'not listed yet',
}
const HEIGHT = 34
const KEYS_HEIGHT = 16

export class FileMap extends LightElement {
  static override properties = {
    spans: { attribute: false },
    size: { attribute: false },
    keyframes: { attribute: false },
    selected: { attribute: false },
    pointed: { attribute: false },
    width: { state: true },
    under: { state: true },
    keyframe: { state: true },
  }
  declare spans: Span[]
  declare size: number
  declare keyframes: MapKeyframes | null
  /** Bytes that are selected elsewhere. */
  declare selected: Bytes | null
  /** An offset that is pointed at elsewhere. */
  declare pointed: number | null
  declare width: number
  declare under: Span | null
  /** Index of the keyframe under the mouse. */
  declare keyframe: number | null
  private readonly sizes = new ResizeObserver(([entry]) => (this.width = Math.floor(entry?.contentRect.width ?? this.width)))

  constructor() {
    super()
    this.spans = []
    this.size = 0
    this.keyframes = null
    this.selected = null
    this.pointed = null
    this.width = 600
    this.under = null
    this.keyframe = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.sizes.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.sizes.disconnect()
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('size')) {
      this.under = null
      this.keyframe = null
    }
  }

  private moved(event: MouseEvent, drawn: DrawnSpan[]): void {
    const box = (event.currentTarget as Element).getBoundingClientRect()
    const x = event.clientX - box.left
    const onKeys = event.clientY - box.top > HEIGHT
    this.keyframe = onKeys ? this.keyframeNear(x) : null
    this.under = spanUnder(drawn, x)
  }

  private keyframeNear(x: number): number | null {
    if (this.keyframes === null) return null
    const { offsets } = this.keyframes
    let best: number | null = null
    let distance = 5
    for (let index = 0; index < offsets.length; index++) {
      const away = Math.abs(((offsets[index] ?? 0) / this.size) * this.width - x)
      if (away < distance) {
        best = index
        distance = away
      }
    }
    return best
  }

  private readonly typed = (event: KeyboardEvent): void => {
    const index = this.under === null ? -1 : this.spans.indexOf(this.under)
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      this.keyframe = null
      this.under = this.spans[Math.min(Math.max(0, index + step), this.spans.length - 1)] ?? null
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      this.pick()
    }
  }

  private pick(): void {
    const at = this.under?.at ?? null
    if (at !== null) this.dispatchEvent(new CustomEvent<TreeNode>('pick', { detail: at }))
  }

  private line(): unknown {
    if (this.keyframe !== null && this.keyframes !== null) {
      const offset = this.keyframes.offsets[this.keyframe] ?? 0
      const seconds = this.keyframes.seconds[this.keyframe] ?? 0
      return html`<b>keyframe ${this.keyframe + 1}</b> of ${this.keyframes.offsets.length} at ${seconds.toFixed(3)} s, byte
        ${offset.toLocaleString('en')}`
    }
    if (this.under === null) return this.legend()
    return spanText(this.under)
  }

  private legend(): unknown {
    const kinds = new Set(this.spans.map(({ kind }) => kind))
    const used = (Object.keys(WORDS) as SpanKind[]).filter((kind) => kinds.has(kind))
    return html`<span class="map-legend"
      >${used.map((kind) => html`<span><i class="swatch" data-kind=${kind}></i>${WORDS[kind]}</span>`)}
      ${this.keyframes === null ? nothing : html`<span><i class="swatch" data-kind="keyframe"></i>${this.keyframes.offsets.length} keyframes</span>`}</span
    >`
  }

  override render(): unknown {
    const { width, size } = this
    const drawn = drawSpans(this.spans, size, width)
    const scale = width / Math.max(1, size)
    const { selected, pointed } = this
    const keyPath = keyframePath(this.keyframes, scale)
    return html`<svg
        class="map-strip"
        width=${width}
        height=${HEIGHT + KEYS_HEIGHT}
        viewBox="0 0 ${width} ${HEIGHT + KEYS_HEIGHT}"
        tabindex="0"
        role="slider"
        aria-label="Map of the file"
        aria-valuemin="0"
        aria-valuemax=${size}
        aria-valuenow=${this.under?.offset ?? 0}
        aria-valuetext=${this.under === null ? 'arrow keys go from part to part' : plainText(this.under)}
        @mousemove=${(event: MouseEvent) => this.moved(event, drawn)}
        @mouseleave=${() => {
          this.under = null
          this.keyframe = null
        }}
        @click=${() => this.pick()}
        @keydown=${this.typed}
        @blur=${() => (this.under = null)}
      >
        <rect class="map-ground" width=${width} height=${HEIGHT} />
        ${drawn.map(
          ({ span, x, width: wide }) =>
            svg`<rect class="map-span" data-kind=${span.kind} ?data-under=${span === this.under} x=${x} width=${Math.max(1, wide - (wide > 6 ? 1 : 0))} height=${HEIGHT} />`,
        )}
        ${drawn.map(({ span, x, width: wide }) =>
          span.at !== null && wide > 8 * span.at.node.type.length + 8
            ? svg`<text class="map-name" data-kind=${span.kind} x=${x + wide / 2} y=${HEIGHT / 2 + 4}>${span.at.node.type}</text>`
            : nothing,
        )}
        <path class="map-keys" d=${keyPath} />
        ${
          selected === null
            ? nothing
            : svg`<rect class="map-selected" x=${Math.min(selected.offset * scale, width - 3)} y=${HEIGHT + 1} width=${Math.max(3, selected.length * scale)} height="3" />`
        }
        ${pointed === null ? nothing : svg`<rect class="map-pointed" x=${Math.min(pointed * scale, width - 2)} y="0" width="2" height=${HEIGHT} />`}
      </svg>
      <p class="map-line">${this.line()}</p>`
  }
}
customElements.define('file-map', FileMap)

/** One tick a pixel at most. */
function keyframePath(keyframes: MapKeyframes | null, scale: number): string {
  let path = ''
  let last = -1
  for (const offset of keyframes?.offsets ?? []) {
    const x = Math.floor(offset * scale)
    if (x === last) continue
    last = x
    path += `M${x + 0.5} ${HEIGHT + 6}v${KEYS_HEIGHT - 6}`
  }
  return path
}

function spanText(span: Span): unknown {
  const where = `bytes ${span.offset.toLocaleString('en')} to ${(span.offset + span.size - 1).toLocaleString('en')}`
  if (span.at === null) return html`<b>not listed yet</b> ${where}`
  return html`<b>${span.at.node.type}</b> ${span.at.node.name} ${span.kind === 'damaged' ? html`<em>damaged</em>` : nothing} ${where}`
}

function plainText(span: Span): string {
  const what = span.at === null ? 'not listed yet' : `${span.at.node.type} ${span.at.node.name}`
  return `${what}${span.kind === 'damaged' ? ', damaged' : ''}, ${span.size.toLocaleString('en')} bytes from ${span.offset.toLocaleString('en')}`
}
