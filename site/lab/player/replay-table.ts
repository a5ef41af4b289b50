/** A recorded session and what rules make of it: whether the decisions come out the same, and how it would have gone. */
import { html, nothing } from 'lit'
import { ruleNamed } from '../../../player/abr/rules.ts'
import type { EngineEvent } from '../../../player/engine/events.ts'
import type { SessionRecording } from '../../../player/session/recording.ts'
import { replay } from '../../../player/session/replay.ts'
import { summarize, type SessionSummary } from '../../../player/session/summary.ts'
import { whatIf } from '../../../player/session/what-if.ts'
import { clockText, rateText, timeText } from '../../../player/session/words.ts'

/** What is shown of a recording. */
export interface Reading {
  recording: SessionRecording
  /** The rule to compare with; null for none. */
  other: string | null
  verdict: string
  rows: { name: string; summary: SessionSummary }[]
  /** The simulated log under `other`. */
  modelled: EngineEvent[] | null
}

/** Replays a recording and lets `other` play it. */
export function readingOf(recording: SessionRecording, other: string | null): Reading {
  const { events, config } = recording
  const [played, another] = [ruleNamed(config.rule), other === null ? null : ruleNamed(other)]
  const rows = [{ name: `${config.rule}, as it was`, summary: summarize(events) }]
  const same = another && played ? whatIf(events, played) : null
  if (same && other !== config.rule) rows.push({ name: `${config.rule}, in the model`, summary: summarize(same) })
  const modelled = another && whatIf(events, another)
  if (modelled && other !== null) rows.push({ name: `${other}, in the model`, summary: summarize(modelled) })
  return { recording, other, verdict: verdictOf(recording), rows, modelled }
}

function verdictOf({ events, config, droppedEvents }: SessionRecording): string {
  const rule = ruleNamed(config.rule)
  if (!rule) return `It was played by the rule “${config.rule}”, which is not here: its decisions cannot be replayed.`
  const { compared, same } = replay(events, rule)
  const gone = droppedEvents > 0 ? ` The log no longer held the first ${droppedEvents.toLocaleString('en')} events.` : ''
  if (compared === 0) return `There is no decision of a rule in it.${gone}`
  if (same === compared) return `Replayed: all ${compared} decisions come out the same.${gone}`
  return `Replayed: ${compared - same} of ${compared} decisions come out differently.${gone}`
}

/** Where and when it was recorded. */
export function recordingFacts({ events, environment, player, recordedAt, config }: SessionRecording): string {
  const moment = new Date(recordedAt).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })
  const length = clockText((events.at(-1)?.atMs ?? 0) / 1000)
  return `${length} on ${environment.browser}, ${environment.platform} · ${moment} · player ${player} · rule ${config.rule}`
}

/** The rows side by side; nothing where there is only one. */
export function replayTable({ rows, other, modelled }: Reading): unknown {
  if (other !== null && modelled === null)
    return html`<p class="hint">What would have happened cannot be told: the log holds no transfer to learn the network from.</p>`
  if (rows.length < 2) return nothing
  const cells: [string, (summary: SessionSummary) => string][] = [
    ['Mean bit rate', ({ meanBps }) => (meanBps === null ? '–' : rateText(meanBps))],
    ['Stalls', ({ stalls }) => String(stalls)],
    ['Stalled', ({ stallMs }) => timeText(stallMs)],
    ['Switches', ({ switches }) => String(switches)],
    ['Start', ({ startMs }) => (startMs === null ? '–' : timeText(startMs))],
  ]
  return html`<div class="replay-scroll">
      <table class="replay-table">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            ${cells.map(([name]) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ name, summary }) =>
              html`<tr>
                <th scope="row">${name}</th>
                ${cells.map(([, of]) => html`<td>${of(summary)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="hint">
      The model plays the same segments over the network as the session saw it; where the network was idle, the last rate is taken. Dashed
      lines below are its.
    </p>`
}
