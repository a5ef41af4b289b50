/** One video in the library. The whole card is one link, named by the title. */
import { html, nothing } from 'lit'
import type { Video } from '../../protocol/videos.ts'
import { formatDuration, formatMoment, formatRelative, isoDuration } from '../format.ts'
import { badgeText, currentLine, isMoving } from '../stages.ts'

export function videoCard(video: Video, nowMs: number): unknown {
  const moving = isMoving(video.state)
  return html`<a class="card" href="/watch/${video.id}">
    <div class="poster">
      ${picture(video)}
      ${
        video.durationMs === null
          ? nothing
          : html`<time class="duration" datetime=${isoDuration(video.durationMs)}>${formatDuration(video.durationMs)}</time>`
      }
      ${moving ? html`<div class="strip"><div style="transform: scaleX(${video.progress})"></div></div>` : nothing}
    </div>
    <p class="card-title" dir="auto" title=${video.title}>${video.title}</p>
    <p class="card-facts">
      <span class="badge" data-state=${video.state}>${badgeText(video)}</span>
      <span class="card-more">${explanation(video, nowMs)}</span>
    </p>
  </a>`
}

/** Portrait pictures are shown whole, on a blurred copy of themselves. */
function picture(video: Video): unknown {
  if (video.poster === null) return html`<span class="poster-none">${video.state === 'failed' ? 'No picture' : 'No picture yet'}</span>`
  const portrait = video.width !== null && video.height !== null && video.height > video.width
  return html`${portrait ? html`<img class="backdrop" src=${video.poster} alt="" loading="lazy" decoding="async" />` : nothing}<img
      class=${portrait ? 'whole' : 'filling'}
      src=${video.poster}
      alt=""
      loading="lazy"
      decoding="async"
    />`
}

/** Beside the badge: the stage while it moves, the reason when it failed, its age otherwise. */
function explanation(video: Video, nowMs: number): unknown {
  if (video.state === 'failed') return video.error?.message ?? ''
  if (isMoving(video.state) && currentLine(video.stages) !== '') return currentLine(video.stages)
  return html`<time datetime=${video.createdAt} title=${formatMoment(video.createdAt)}>${formatRelative(video.createdAt, nowMs)}</time>`
}
