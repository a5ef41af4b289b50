/** One line of the upload page: a file on its way, or a video being made of it. */
import { html, nothing } from 'lit'
import { formatBytes, formatPercent } from '../format.ts'
import { stageList } from '../stage-list.ts'
import { itemLine, uploadFraction } from './item-line.ts'
import type { Item } from './queue.ts'

export interface ItemActions {
  pause: () => void
  resume: () => void
  /** Null when this page does not hold the file. */
  retry: (() => void) | null
  cancel: () => void
  dismiss: () => void
}

export function uploadItem(item: Item, actions: ItemActions): unknown {
  const { phase, video } = item
  const following = phase === 'processing' || phase === 'ready' || (phase === 'failed' && video !== null)
  const fraction = following ? (phase === 'ready' ? 1 : (video?.progress ?? 0)) : uploadFraction(item)
  const watchable = video !== null && video.playback !== null
  return html`<li class="item" data-phase=${phase}>
    <div class="item-head">
      <p class="item-name" dir="auto" title=${item.name}>${item.name}</p>
      <p class="item-size">${formatBytes(item.sizeBytes)}</p>
      <div class="item-actions">
        ${buttons(item, actions)}
        ${watchable ? html`<a class="button" href="/watch/${video.id}" aria-label="Watch ${item.name}">Watch</a>` : nothing}
      </div>
    </div>
    <div
      class="bar"
      role="progressbar"
      aria-label=${`${following ? 'Processing' : 'Upload'} of ${item.name}`}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.floor(fraction * 100)}
      aria-valuetext=${formatPercent(fraction)}
    >
      <div style="transform: scaleX(${fraction})"></div>
    </div>
    <p class="item-line">${itemLine(item)}</p>
    ${following && video !== null && phase !== 'ready' ? stageList(video.stages) : nothing}
  </li>`
}

function buttons(item: Item, { pause, resume, retry, cancel, dismiss }: ItemActions): unknown {
  const cancelButton = html`<button class="quiet" aria-label="Cancel ${item.name}" @click=${cancel}>Cancel</button>`
  switch (item.phase) {
    case 'uploading':
    case 'reconnecting':
    case 'waiting':
      return html`<button class="quiet" aria-label="Pause ${item.name}" @click=${pause}>Pause</button>${cancelButton}`
    case 'paused':
      return html`<button class="quiet" aria-label="Resume ${item.name}" @click=${resume}>Resume</button>${cancelButton}`
    case 'interrupted':
      return cancelButton
    case 'failed':
      return html`${secondThought(item, retry)}<button class="quiet" aria-label="Remove ${item.name} from this list" @click=${dismiss}>
          Remove
        </button>`
    case 'processing':
    case 'ready':
      return nothing
  }
}

/** A failed upload can be tried again while this page holds the file; a failed video has a page of its own. */
function secondThought(item: Item, retry: (() => void) | null): unknown {
  if (item.video !== null) return html`<a class="quiet" href="/watch/${item.video.id}" aria-label="Details of ${item.name}">Details</a>`
  return retry === null ? nothing : html`<button class="quiet" aria-label="Try ${item.name} again" @click=${retry}>Try again</button>`
}
