/** What the file is, in a glance: facts, answers, tracks, problems. */
import { html, nothing } from 'lit'
import type { ReadCount } from './sources/block-source.ts'
import { formatBytes } from '../../format.ts'
import type { FoundProblem, FoundProblems, Opened, Summary, TrackSummary } from './worker/calls.ts'

const FORMATS: Record<string, string> = { mp4: 'MP4', mov: 'QuickTime', webm: 'WebM', matroska: 'Matroska' }
/** Problems that are listed before "and n more". */
const PROBLEMS_SHOWN = 5

/** The line under the file's name. */
export function factsLine(opened: Opened, summary: Summary | null, reads: ReadCount): unknown {
  const format = FORMATS[summary?.format ?? opened.format] ?? opened.format
  const facts: (string | null)[] = [
    summary?.fragmented === true ? `${format}, fragmented` : format,
    summary?.durationSeconds === undefined || summary.durationSeconds === null ? null : durationText(summary.durationSeconds),
    `${formatBytes(opened.size)} (${opened.size.toLocaleString('en')} bytes)`,
  ]
  return html`<p class="file-facts">
    ${facts.map((fact) => (fact === null ? nothing : html`<span>${fact}</span>`))}
    <span class="file-reads" title="What was read of the file so far"
      >read ${formatBytes(reads.bytes)} in ${reads.requests.toLocaleString('en')} ${reads.requests === 1 ? 'request' : 'requests'}</span
    >
  </p>`
}

/** The answers to what people ask first. */
export function verdictList({ verdict }: Summary): unknown {
  const { start, seek, browsers } = verdict
  return html`<ul class="verdict" aria-label="In short">
    ${[start, seek].map(({ good, text }) => html`<li data-good=${good ?? nothing}>${withCode(text)}</li>`)}
    <li data-good=${browsers.good ?? nothing}>
      ${withCode(browsers.text)} ${browsers.advice.map((text) => html`<p class="hint">${withCode(text)}</p>`)}
    </li>
  </ul>`
}

/** What stands between backticks is something to type. */
function withCode(text: string): unknown {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))
}

/** `counts`: samples of tracks that were read, where the header does not tell. */
export function trackTable(tracks: TrackSummary[], counts: ReadonlyMap<number, number>): unknown {
  if (tracks.length === 0) return html`<p class="hint">It has no tracks.</p>`
  return html`<div class="tracks-scroll" tabindex="0" role="region" aria-label="Tracks">
    <table class="tracks">
      <thead>
        <tr>
          <th scope="col">Track</th>
          <th scope="col">Codec</th>
          <th scope="col">Format</th>
          <th scope="col">Duration</th>
          <th scope="col">Samples</th>
        </tr>
      </thead>
      <tbody>
        ${tracks.map(
          (track) =>
            html`<tr>
              <th scope="row">${track.id} · ${track.kind}</th>
              <td>${track.codecText} <code>${track.codec ?? track.codecId}</code></td>
              <td>${trackFormat(track)}</td>
              <td>${track.durationTicks === null ? '–' : durationText(track.durationTicks / track.timescale)}</td>
              <td>${(track.sampleCount ?? counts.get(track.id))?.toLocaleString('en') ?? '–'}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function trackFormat({ video, audio, language, name, encryption }: TrackSummary): string {
  const facts: string[] = []
  if (video !== null) {
    facts.push(`${video.width} × ${video.height}`)
    if (video.displayWidth !== video.width || video.displayHeight !== video.height)
      facts.push(`shown ${video.displayWidth} × ${video.displayHeight}`)
    if (video.rotation !== 0) facts.push(`turned ${video.rotation}°`)
  }
  if (audio !== null) facts.push(`${audio.channels} ch`, `${audio.sampleRateHz / 1000} kHz`)
  if (language !== null) facts.push(language)
  if (name !== '') facts.push(`“${name}”`)
  if (encryption !== null) facts.push(`encrypted (${encryption.scheme})`)
  return facts.join(', ') || '–'
}

/** What is wrong, worst first, each with a way to it. */
export function problemList(found: FoundProblems, show: (problem: FoundProblem) => void): unknown {
  if (found.problems.length === 0) return nothing
  const ordered = found.problems.toSorted((one, other) => rank(one) - rank(other))
  const line = (problem: FoundProblem): unknown =>
    html`<li data-severity=${problem.severity}>
      <span>${problem.what}</span> <button class="quiet" @click=${() => show(problem)}>Show it</button>
    </li>`
  const errors = ordered.filter(({ severity }) => severity === 'error').length
  return html`<section class="problems" aria-label="Problems" data-severity=${errors > 0 ? 'error' : 'warning'}>
    <h2>${errors > 0 ? 'The file is damaged' : 'Readers have to cope with'}</h2>
    <ul>
      ${ordered.slice(0, PROBLEMS_SHOWN).map(line)}
    </ul>
    ${
      ordered.length > PROBLEMS_SHOWN
        ? html`<details>
            <summary>and ${ordered.length - PROBLEMS_SHOWN} more</summary>
            <ul>
              ${ordered.slice(PROBLEMS_SHOWN).map(line)}
            </ul>
          </details>`
        : nothing
    }
  </section>`
}

function rank({ severity }: FoundProblem): number {
  return severity === 'error' ? 0 : 1
}

/** `0:03.25`, `1:02:03`: hundredths while they are worth the room. */
function durationText(seconds: number): string {
  const rounded = Math.round(seconds * 100) / 100
  const whole = Math.floor(rounded)
  const hundredths = Math.round((rounded - whole) * 100)
  const end = whole >= 3600 || hundredths === 0 ? '' : `.${String(hundredths).padStart(2, '0')}`
  const minutes = String(Math.floor(whole / 60) % 60)
  const rest = `${String(whole % 60).padStart(2, '0')}${end}`
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${minutes.padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}
