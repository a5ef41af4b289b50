/** Below the player: where else the video can be had, and what its source is. */
import { html, nothing } from 'lit'
import type { Video } from '../../protocol/videos.ts'
import { formatBytes, formatDuration, formatMoment } from '../format.ts'
import './copy-button.ts'

/** Addresses to copy, and the download of the source. */
export function addressList(video: Video, origin: string): unknown {
  const addresses =
    video.playback === null
      ? []
      : [
          { name: 'HLS', text: origin + video.playback.hls },
          { name: 'DASH', text: origin + video.playback.dash },
          { name: 'Terminal', text: `ffplay ${origin}${video.playback.hls}` },
        ]
  return html`<section class="addresses" aria-labelledby="addresses-title">
    <h2 id="addresses-title">Play it elsewhere</h2>
    ${
      addresses.length === 0
        ? html`<p class="hint">Addresses for other players appear here when there is something to play.</p>`
        : html`<dl>
            ${addresses.map(
              ({ name, text }) =>
                html`<div class="address">
                  <dt>${name}</dt>
                  <dd><code>${text}</code><copy-button .text=${text} .name=${name}></copy-button></dd>
                </div>`,
            )}
          </dl>`
    }
    ${
      video.state === 'uploading'
        ? nothing
        : html`<p><a class="button secondary" href="/v/${video.id}/source" download=${video.source.name}>Download the source</a></p>`
    }
  </section>`
}

/** What the source is; for those who may read it, the way into it. */
export function sourceFacts({ id, state, source, width, height, durationMs, createdAt }: Video, signedIn: boolean): unknown {
  const facts: [string, unknown][] = [
    ['File', html`<span dir="auto">${source.name}</span>`],
    ['Type', source.type === '' ? 'not told' : source.type],
    ['Size', formatBytes(source.sizeBytes)],
    ['Picture', width === null || height === null ? '–' : `${width} × ${height}`],
    ['Duration', durationMs === null ? '–' : formatDuration(durationMs)],
    ['Uploaded', formatMoment(createdAt)],
  ]
  return html`<section aria-labelledby="source-title">
    <h2 id="source-title">Source</h2>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${signedIn && state !== 'uploading' ? html`<p><a href="/lab/inspect?url=/v/${id}/source">Inspect the source</a></p>` : nothing}
  </section>`
}
