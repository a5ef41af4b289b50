/** The charts over time, by uPlot: one cursor and one stretch of time for all of them, stalls and switches marked in each. */
import uPlot from 'uplot'
import type { Incident } from '../session/causes.ts'
import { clockText } from '../session/words.ts'
import type { Palette } from './palette.ts'
import type { Columns } from './series.ts'

/** A line of a chart. */
export interface Line {
  /** What it is, for the key; a line alone needs none. */
  name?: string
  colour: keyof Palette
  look: 'line' | 'area' | 'step' | 'dots' | 'bars'
  dashed?: boolean
}

export interface ChartParts {
  host: HTMLElement
  lines: readonly Line[]
  data: () => Columns
  /** Largest value that is shown at least. */
  atLeast: number
  /** Larger values are cut off: one burst must not flatten the rest. */
  atMost?: () => number
  /** A value of the axis in words. */
  tick: (value: number) => string
  /** Values that the axis names, when not any. */
  ticks?: () => number[]
}

/** What charts share. */
export interface ChartContext {
  palette: () => Palette
  incidents: () => readonly Incident[]
  /** The pointer is at this time, s; null: nowhere. */
  pointed: (atS: number | null) => void
  /** A stretch was drawn with the pointer, s. */
  selected: (fromS: number, toS: number) => void
  sync: string
}

const AXIS_FONT = '11px system-ui, sans-serif'

/** One chart. */
export class Chart {
  readonly #plot: uPlot
  readonly #parts: ChartParts

  constructor(parts: ChartParts, context: ChartContext) {
    this.#parts = parts
    this.#plot = new uPlot(options(parts, context), parts.data(), parts.host)
  }

  /** Draws what there is now, from `fromS` to `toS`. */
  draw(fromS: number, toS: number): void {
    this.#plot.batch(() => {
      this.#plot.setData(this.#parts.data(), false)
      this.#plot.setScale('x', { min: fromS, max: toS })
    })
  }

  /** Puts the cursor at a time, or away. */
  point(atS: number | null): void {
    const left = atS === null ? -10 : this.#plot.valToPos(atS, 'x')
    this.#plot.setCursor({ left, top: atS === null ? -10 : 1 }, false)
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#parts.host
    if (width > 0 && height > 0) this.#plot.setSize({ width, height })
  }

  destroy(): void {
    this.#plot.destroy()
  }
}

function options(parts: ChartParts, context: ChartContext): uPlot.Options {
  const { host, lines, atLeast, atMost = () => Infinity, tick, ticks } = parts
  const axis = { stroke: () => context.palette().muted, font: AXIS_FONT, ticks: { show: false } }
  const grid = { stroke: () => context.palette().line, width: 1 }
  return {
    width: Math.max(1, host.clientWidth),
    height: Math.max(1, host.clientHeight),
    padding: [8, 22, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false },
      y: {
        range: (_, __, max) =>
          ticks ? [-0.5, Math.max(0.5, ticks().length - 0.5)] : [0, Math.max(atLeast, Math.min(max ?? 0, atMost()) * 1.08)],
      },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 24, gap: 6, values: (_, at) => at.map((value) => clockText(value)), incrs: INCREMENTS },
      {
        ...{ ...axis, grid, size: 54, gap: 6, space: 26, values: (_: uPlot, at: number[]) => at.map(tick) },
        ...(ticks && { splits: () => ticks() }),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, context.palette))],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      sync: { key: context.sync, setSeries: false },
    },
    hooks: {
      drawClear: [(plot) => drawIncidents(plot, context)],
      setCursor: [
        (plot) => {
          const { left = -1 } = plot.cursor
          // Of the chart under the pointer only: the others are told the same.
          if (plot.cursor.event) context.pointed(left < 0 ? null : plot.posToVal(left, 'x'))
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width >= 6) context.selected(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
        },
      ],
    },
  }
}

/** Steps of the time axis, seconds. */
const INCREMENTS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800]

function seriesOf({ colour, look, dashed }: Line, palette: () => Palette): uPlot.Series {
  const stroke = (): string => palette()[colour]
  const paths =
    look === 'step'
      ? uPlot.paths.stepped?.({ align: 1 })
      : look === 'bars'
        ? uPlot.paths.bars?.({ size: [1, 3, 2] })
        : uPlot.paths.linear?.()
  return {
    stroke,
    // The hairline of a bar would show those of no height.
    width: look === 'bars' ? 0 : 1.75,
    spanGaps: true,
    points: { show: false },
    ...(look === 'area' && { fill: () => faded(palette()[colour]) }),
    ...(look === 'bars' && { fill: stroke }),
    ...(look === 'dots' && { paths: () => null, points: { show: true, size: 4, width: 0, fill: stroke, space: 0 } }),
    ...(dashed === true && { dash: [5, 4] }),
    ...(look !== 'dots' && paths && { paths }),
  }
}

function faded(colour: string): string {
  return `color-mix(in srgb, ${colour} 20%, transparent)`
}

/** Stalls as stretches, switches as hairlines, behind the lines. */
function drawIncidents(plot: uPlot, { incidents, palette }: ChartContext): void {
  const { ctx, bbox } = plot
  const colours = palette()
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  let lastX = -10
  for (const { what, atMs, tookMs } of incidents()) {
    const x = plot.valToPos(atMs / 1000, 'x', true)
    if (what === 'stall') {
      const end = tookMs === null ? bbox.left + bbox.width : plot.valToPos((atMs + tookMs) / 1000, 'x', true)
      ctx.fillStyle = colours.bad
      ctx.globalAlpha = 0.28
      ctx.fillRect(x, bbox.top, Math.max(2, end - x), bbox.height)
      ctx.globalAlpha = 1
    } else if (x - lastX >= 3) {
      lastX = x
      ctx.fillStyle = colours.switch
      ctx.globalAlpha = 0.55
      ctx.fillRect(Math.round(x), bbox.top, Math.max(1, devicePixelRatio), bbox.height)
      ctx.globalAlpha = 1
    }
  }
  ctx.restore()
}
