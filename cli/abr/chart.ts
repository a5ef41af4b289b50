/** Sessions over one trace as an SVG: the capacity, and for each rule its quality over time with its stalls in red. */
import type { Ladder } from '../../lab/abr/ladder.ts'
import type { Watched } from '../../lab/abr/simulate.ts'
import { timelineOf } from '../../lab/abr/timeline.ts'
import type { Trace } from '../../lab/abr/trace.ts'
import { rungName } from './print-timeline.ts'

const WIDTH = 960
const LEFT = 176
const RIGHT = 24
const TOP = 40
const CAPACITY_HEIGHT = 90
const LANE_HEIGHT = 76
const GAP = 22
const TICKS = 6

const STYLE = `
  svg { background: #fff; color: #1c2330; font: 12px system-ui, sans-serif }
  text { fill: currentColor } .faint { fill: #5b6472 } .grid { stroke: #d9dee6 } .quality { fill: none; stroke: #1f6feb; stroke-width: 2 }
  .stall { fill: #d1242f } .startup { fill: #b6bdc9 } .capacity { fill: #1a7f37; fill-opacity: 0.25; stroke: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    svg { background: #12161d; color: #e6eaf0 } .faint { fill: #9aa4b2 } .grid { stroke: #2b333f } .quality { stroke: #6cb0ff }
    .stall { fill: #ff6b6b } .startup { fill: #4a5361 } .capacity { fill: #3fb950; stroke: #3fb950 }
  }`

/** The whole document. */
export function chart(trace: Trace, ladder: Ladder, sessions: readonly Watched[]): string {
  const endMs = Math.max(...sessions.map((watched) => watched.endMs))
  const x = (ms: number): number => LEFT + (Math.min(ms, endMs) / endMs) * (WIDTH - LEFT - RIGHT)
  const height = TOP + CAPACITY_HEIGHT + GAP + sessions.length * (LANE_HEIGHT + GAP) + 24
  const parts = [
    `<title>${escape(trace.name)}: quality over time by rule</title><style>${STYLE}</style>`,
    `<text x="${LEFT}" y="22" font-size="15" font-weight="600">${escape(trace.name)}</text>`,
    ...ticks(x, endMs, height),
    capacity(trace, x, endMs),
    ...sessions.flatMap((watched, lane) => drawLane(watched, ladder, x, TOP + CAPACITY_HEIGHT + GAP + lane * (LANE_HEIGHT + GAP))),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">\n${parts.join('\n')}\n</svg>\n`
}

function ticks(x: (ms: number) => number, endMs: number, height: number): string[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const ms = (endMs * tick) / TICKS
    const at = x(ms).toFixed(1)
    const label = `<text class="faint" x="${at}" y="${height - 8}" text-anchor="middle">${Math.round(ms / 1000)} s</text>`
    return `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${height - 24}"/>${label}`
  })
}

function capacity(trace: Trace, x: (ms: number) => number, endMs: number): string {
  const most = Math.max(...trace.steps.map(({ kbps }) => kbps))
  const y = (kbps: number): string => (TOP + CAPACITY_HEIGHT * (1 - kbps / most)).toFixed(1)
  const base = TOP + CAPACITY_HEIGHT
  let path = `M${LEFT} ${base}`
  for (let atMs = 0, index = 0; atMs < endMs; index += 1) {
    const step = trace.steps[index % trace.steps.length]
    if (!step) break
    path += `V${y(step.kbps)}H${x(atMs + step.durationMs).toFixed(1)}`
    atMs += step.durationMs
  }
  const label = `<text x="8" y="${TOP + 12}">capacity</text><text class="faint" x="8" y="${TOP + 28}">to ${(most / 1000).toFixed(1)} Mbit/s</text>`
  return `${label}<path class="capacity" d="${path}V${base}Z"/>`
}

function drawLane(watched: Watched, ladder: Ladder, x: (ms: number) => number, top: number): string[] {
  const highest = ladder.rungs.length - 1
  const y = (rung: number): number => top + LANE_HEIGHT * (1 - (highest === 0 ? 1 : rung / highest))
  let line = ''
  let isDrawing = false
  const boxes: string[] = []
  for (const stretch of timelineOf(watched)) {
    const [from, to] = [x(stretch.fromMs), x(stretch.toMs)]
    if (stretch.kind === 'playing') {
      const at = y(stretch.rung).toFixed(1)
      line += `${isDrawing ? 'L' : 'M'}${from.toFixed(1)} ${at}H${to.toFixed(1)}`
      isDrawing = true
    } else {
      isDrawing = false
      const width = Math.max(1.5, to - from).toFixed(1)
      boxes.push(`<rect class="${stretch.kind}" x="${from.toFixed(1)}" y="${top}" width="${width}" height="${LANE_HEIGHT}"/>`)
    }
  }
  return [
    `<text x="8" y="${top + 12}">${escape(watched.rule)}</text>`,
    `<text class="faint" x="${LEFT - 8}" y="${top + 12}" text-anchor="end">${escape(rungName(ladder, highest))}</text>`,
    `<text class="faint" x="${LEFT - 8}" y="${top + LANE_HEIGHT}" text-anchor="end">${escape(rungName(ladder, 0))}</text>`,
    ...boxes,
    `<path class="quality" d="${line}"/>`,
  ]
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
