/** The mark: a gate between two posts, lifted, and the water below. The header has its own copy (shell/header.html). */
import { html } from 'lit'

export function mark(sizePx: number): unknown {
  return html`<svg class="mark" viewBox="0 0 32 32" width=${sizePx} height=${sizePx} aria-hidden="true">
    <path class="mark-frame" d="M5 4v24M27 4v24" />
    <g class="mark-gate">
      <path d="M16 4v5" />
      <rect x="10.5" y="8.5" width="11" height="8.5" rx="1" />
    </g>
    <path class="mark-water" d="M10 23c2-1.8 4-1.8 6 0s4 1.8 6 0M10 28c2-1.8 4-1.8 6 0s4 1.8 6 0" />
  </svg>`
}
