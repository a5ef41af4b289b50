/** The mark: a gate between two posts, lifted, and the water below. The header has its own copy (shell/header.html). */
import { html } from 'lit'

export function mark(sizePx: number): unknown {
  return html`<svg class="mark" viewBox="0 0 32 32" width=${sizePx} height=${sizePx} aria-hidden="true">
    <path class="mark-frame" d="M4.5 4v24M27.5 4v24" />
    <g class="mark-gate">
      <path d="M16 4v5" />
      <rect x="10" y="8.5" width="12" height="8.5" rx="1" />
    </g>
    <path class="mark-water" d="M9 23c2.3-2 4.7-2 7 0s4.7 2 7 0M9 28c2.3-2 4.7-2 7 0s4.7 2 7 0" />
  </svg>`
}
