/** Sessions over one trace, drawn in text: capacity above, then each rule's quality over time, with its stalls. */
import type { Ladder } from '../../lab/abr/ladder.ts'
import { isStall } from '../../lab/abr/playback.ts'
import type { Watched } from '../../lab/abr/simulate.ts'
import { mostOf, timelineOf } from '../../lab/abr/timeline.ts'
import type { Trace } from '../../lab/abr/trace.ts'

const COLUMNS = 72
const TICKS = 6
/** From the lowest rung to the highest. */
const SHADES = ['░', '▒', '▓', '█']
const STALL = '●'
const STARTUP = '·'

/** Lines for people. */
export function printTimeline(trace: Trace, ladder: Ladder, sessions: readonly Watched[]): string {
  const endMs = Math.max(...sessions.map((watched) => watched.endMs))
  const margin = Math.max('Capacity'.length, ...sessions.map(({ rule }) => rule.length)) + 2
  const lead = (label: string): string => label.padEnd(margin)
  const lines = [
    `${lead('Time')}${scale(endMs)}`,
    `${lead('Capacity')}${capacity(trace, endMs)}`,
    ...sessions.flatMap((watched) => {
      const { picture, labels } = draw(watched, ladder, endMs)
      return ['', `${lead(watched.rule)}${picture}`, `${lead('')}${labels}`, `${lead('')}${stallLine(watched)}`]
    }),
    '',
    `${SHADES.join('')} from the lowest rendition to the highest, ${STALL} stall, ${STARTUP} start-up`,
  ]
  return lines.map((line) => line.trimEnd()).join('\n')
}

/** `720p`, or `1427k` where the ladder does not say. */
export function rungName(ladder: Ladder, rung: number): string {
  const found = ladder.rungs[rung]
  return found && found.height > 0 ? `${found.height}p` : (found?.id ?? '')
}

function scale(endMs: number): string {
  const row = Array.from({ length: COLUMNS + 6 }, () => ' ')
  for (let tick = 0; tick <= TICKS; tick += 1)
    put(row, Math.round((tick * COLUMNS) / TICKS), `${Math.round((endMs * tick) / TICKS / 1000)}s`)
  return row.join('')
}

/** `|--8M--|--2M--|` where it stays long enough to say so, else a step a column. */
function capacity(trace: Trace, endMs: number): string {
  const row = Array.from({ length: COLUMNS }, () => '-')
  let [atMs, index] = [0, 0]
  let free = 0
  while (atMs < endMs) {
    const step = trace.steps[index % trace.steps.length]
    if (!step) break
    const from = Math.round((atMs / endMs) * COLUMNS)
    const to = Math.min(COLUMNS, Math.round(((atMs + step.durationMs) / endMs) * COLUMNS))
    const label = step.kbps >= 1000 ? `${Number((step.kbps / 1000).toFixed(1))}M` : `${Math.round(step.kbps)}k`
    if (from >= free && to - from > label.length + 1) {
      row[from] = '|'
      const at = from + Math.ceil((to - from - label.length) / 2)
      put(row, at, label)
      free = at + label.length
    }
    atMs += step.durationMs
    index += 1
  }
  return `${row.join('')}|`
}

function draw(watched: Watched, ladder: Ladder, endMs: number): { picture: string; labels: string } {
  const stretches = timelineOf(watched)
  const labels = Array.from({ length: COLUMNS + 8 }, () => ' ')
  let [free, last] = [0, -1]
  const cells = Array.from({ length: COLUMNS }, (_, column) => {
    const fromMs = (column * endMs) / COLUMNS
    const toMs = ((column + 1) * endMs) / COLUMNS
    const stretch = mostOf(stretches, fromMs, toMs)
    // A short stall is not lost between two columns.
    if (watched.stalls.some((stall) => isStall(stall) && stall.atMs >= fromMs && stall.atMs < toMs)) return STALL
    if (!stretch) return ' '
    if (stretch.kind !== 'playing') return stretch.kind === 'stall' ? STALL : STARTUP
    if (stretch.rung !== last && column >= free) {
      const name = rungName(ladder, stretch.rung)
      put(labels, column, name)
      free = column + name.length + 1
      last = stretch.rung
    }
    return SHADES[Math.floor((stretch.rung * SHADES.length) / ladder.rungs.length)] ?? ''
  })
  return { picture: cells.join(''), labels: labels.join('') }
}

function stallLine(watched: Watched): string {
  const stalls = watched.stalls.filter(isStall)
  if (stalls.length === 0) return '└── no stall'
  const shown = stalls.slice(0, 8).map(({ atMs, durationMs }) => `${Math.round(atMs / 1000)}s (${(durationMs / 1000).toFixed(1)} s)`)
  return `└── ${STALL} ${stalls.length === 1 ? 'a stall' : `${stalls.length} stalls`} at ${shown.join(', ')}${stalls.length > shown.length ? ', …' : ''}`
}

function put(row: string[], at: number, text: string): void {
  for (const [index, character] of Array.from(text).entries()) if (at + index < row.length) row[at + index] = character
}
