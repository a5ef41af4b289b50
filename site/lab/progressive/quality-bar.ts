/** `<quality-bar>`: the adaptive player's segments along the video: a block each, as tall as its rung is high. */
import { html, svg } from 'lit'
import { LightElement } from '../../light-element.ts'
import type { ShownSegment } from './adaptive.ts'
import type { Span } from './byte-store.ts'

const HEIGHT = 41
const GREEN = 9

export class QualityBar extends LightElement {
  static override properties = {
    segments: { attribute: false },
    played: { attribute: false },
    durationS: { attribute: false },
    currentTime: { attribute: false },
  }
  declare segments: ShownSegment[]
  declare played: Span[]
  declare durationS: number
  declare currentTime: number

  constructor() {
    super()
    this.segments = []
    this.played = []
    this.durationS = 0
    this.currentTime = 0
  }

  override render(): unknown {
    // Time is stretched to the width; heights are pixels.
    const x = (seconds: number): number => (this.durationS === 0 ? 0 : (seconds / this.durationS) * 1000)
    const top = HEIGHT - GREEN - 1
    const labels = new Map(this.segments.map(({ label, height }) => [label, height]))
    return html`<svg
        class="quality-bar"
        viewBox="0 0 1000 ${HEIGHT}"
        width="100%"
        height=${HEIGHT}
        preserveAspectRatio="none"
        role="img"
        aria-label="Quality of each segment"
      >
        <rect class="bar-file" x="0" y="0" width="1000" height=${HEIGHT} />
        ${this.segments.map(({ startS, durationS, height }) => {
          const tall = 8 + height * (top - 8)
          return svg`<rect class="bar-here" x=${x(startS)} y=${top - tall} width=${Math.max(1, x(durationS) - 1)} height=${tall} />`
        })}
        ${this.played.map(({ start, end }) => svg`<rect class="bar-played" x=${x(start)} y=${HEIGHT - GREEN} width=${Math.max(1, x(end) - x(start))} height=${GREEN} />`)}
        ${svg`<rect class="bar-head" x=${Math.max(0, x(this.currentTime) - 1)} y="0" width="2" height=${HEIGHT} />`}
      </svg>
      <div class="bar-legend">
        <span style="--tone: var(--here)"
          ><i class="swatch"></i>segments, taller is sharper${labels.size === 0 ? '' : `: ${ladder(labels)}`}</span
        >
        <span style="--tone: var(--played)"><i class="swatch"></i>played</span>
      </div>`
  }
}
customElements.define('quality-bar', QualityBar)

function ladder(labels: Map<string, number>): string {
  return [...labels]
    .toSorted(([, a], [, b]) => a - b)
    .map(([label]) => label)
    .join(', ')
}
