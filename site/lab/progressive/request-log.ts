/** Requests and what was answered, newest first: one line each. */
import { html, nothing } from 'lit'
import { formatBytes } from '../../format.ts'
import { formatRate } from './network-control.ts'
import type { RangeEntry } from './range-file.ts'

export interface LogRow {
  why: string
  asked: string
  /** Null: none yet. */
  answer: string | null
  bytes: number
  /** Of those, 0 to 1; null when it is not known. */
  part: number | null
  ttfbMs: number | null
  durationMs: number
  state: RangeEntry['state']
  cacheStatus: string | null
  serverTiming: string | null
}

/** Lines that are drawn. */
const SHOWN = 60

export function rangeRow(entry: RangeEntry): LogRow {
  const { why, range, status, contentRange, bytes, wantedBytes, error } = entry
  const answer = status === null ? error : `${status}${contentRange === null ? '' : ` ${contentRange}`}`
  return { ...entry, why, asked: range, answer, bytes, part: wantedBytes === 0 ? null : bytes / wantedBytes }
}

/** `name` is the table's; `asked` and `answer` head the columns of what differs. */
export function requestLog(name: string, { asked, answer }: { asked: string; answer: string }, rows: LogRow[], empty: string): unknown {
  if (rows.length === 0) return html`<p class="hint">${empty}</p>`
  const shown = rows.slice(-SHOWN).toReversed()
  const earlier = rows.length - shown.length
  return html`<div class="request-log" tabindex="0" role="region" aria-label=${name}>
    <table>
      <thead>
        <tr>
          <th scope="col">Why</th>
          <th scope="col">${asked}</th>
          <th scope="col">${answer}</th>
          <th scope="col" class="number">Arrived</th>
          <th scope="col" class="number">First byte</th>
          <th scope="col" class="number">Speed</th>
          <th scope="col">The edge says</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(line)}
      </tbody>
    </table>
    ${earlier === 0 ? nothing : html`<p class="hint">and ${earlier} before them</p>`}
  </div>`
}

function line(row: LogRow): unknown {
  const transferMs = row.durationMs - (row.ttfbMs ?? 0)
  const speed = row.bytes > 0 && transferMs > 1 ? formatRate((row.bytes * 8000) / transferMs) : ''
  const edge = [row.cacheStatus?.replace('sluice-edge; ', ''), timings(row.serverTiming)].filter(Boolean)
  return html`<tr data-state=${row.state}>
    <td class="log-why">${row.why}</td>
    <td class="log-asked">${row.asked}</td>
    <td class="log-answer">${row.answer ?? '…'}</td>
    <td class="number log-bytes" style="--part: ${row.part ?? 1}">
      ${formatBytes(row.bytes)}${row.state === 'cancelled' ? html`<span class="log-state">cancelled</span>` : nothing}
    </td>
    <td class="number log-first">${row.ttfbMs === null ? '' : `${Math.round(row.ttfbMs)} ms`}</td>
    <td class="number log-speed">${speed}</td>
    <td class="log-edge">${edge.join(' · ')}</td>
  </tr>`
}

/** `edge;dur=2.0, network;dur=40;desc="open"` (Server-Timing) as `edge 2 ms, network 40 ms (open)`. */
function timings(field: string | null): string {
  const parts = (field ?? '').split(/,\s*/).flatMap((metric) => {
    const [name = '', ...parameters] = metric.split(';').map((text) => text.trim())
    const of = (key: string): string | undefined => parameters.find((text) => text.startsWith(`${key}=`))?.slice(key.length + 1)
    const [duration, about] = [of('dur'), of('desc')?.replaceAll('"', '')]
    const words = [name, duration && `${Math.round(Number(duration))} ms`, about && `(${about})`]
    // What took no time is left out: the line is long enough.
    return name === '' || Math.round(Number(duration)) === 0 ? [] : [words.filter(Boolean).join(' ')]
  })
  return parts.join(', ')
}
