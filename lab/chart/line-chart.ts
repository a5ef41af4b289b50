/**
 * A chart of lines over time as SVG text: for reports that are files. Light background, no script, no style sheet, fonts by a
 * list of names, so that it looks alike in a browser, in a README and turned into a picture.
 */

export interface Line {
  label: string
  points: readonly { x: number; y: number }[]
  /** Holds its value until the next point, instead of going there. */
  step?: boolean
  /** Fills what is below, pale: for the one that the others are measured by. */
  area?: boolean
}

/** A stretch to mark, behind the lines. */
export interface Band {
  from: number
  to: number
  label?: string
}

export interface LineChart {
  title: string
  subtitle?: string
  x: Axis
  y: Axis
  lines: readonly Line[]
  bands?: readonly Band[]
}

export interface Axis {
  label: string
  min: number
  max: number
  /** Text of a tick. */
  format: (value: number) => string
  /** Places of ticks, when round numbers are not what fits: minutes. */
  ticks?: readonly number[]
}

const WIDTH = 1_000
const HEIGHT = 480
const PLOT = { left: 64, right: 976, top: 84, bottom: 384 }
/** Okabe and Ito (2008): told apart by colour-blind people, too. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#5b4b9a', '#7a7a00']
const INK = '#1c2733'
const QUIET = '#5d6b7a'
const GRID = '#e3e8ee'
const AREA = '#c9d3de'
const BAND = '#f6dccb'
const FONT = `Inter, 'Helvetica Neue', Arial, sans-serif`
const MAX_POINTS = 20_000
/** Bands narrower than this get no label, pixels. */
const LABEL_WIDTH = 36

/** The document. Points beyond an axis are drawn at its end; what is no number is left out. */
export function lineChart(chart: LineChart): string {
  const toX = scale(chart.x, PLOT.left, PLOT.right)
  const toY = scale(chart.y, PLOT.bottom, PLOT.top)
  let color = 0
  const colors = chart.lines.map(({ area }) => (area === true ? AREA : (COLORS[color++ % COLORS.length] ?? INK)))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="${FONT}" role="img">`,
    `<title>${escaped(chart.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(24, 36, chart.title, { size: 20, color: INK, weight: 600 }),
    text(24, 60, chart.subtitle ?? '', { size: 13, color: QUIET }),
    ...(chart.bands ?? []).flatMap((band) => drawBand(band, toX)),
    ...drawAxes(chart, toX, toY),
    ...chart.lines.flatMap((line, index) => drawLine(line, colors[index] ?? INK, toX, toY)),
    ...drawLegend(chart.lines, colors),
    '</svg>',
    '',
  ].join('\n')
}

/** Round steps of 1, 2 or 5 that divide an axis into some five parts. */
export function roundTicks(min: number, max: number, about = 5): number[] {
  const raw = (max - min) / Math.max(1, about)
  if (!(raw > 0) || !Number.isFinite(raw)) return [min]
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999) ?? raw
  const first = Math.ceil(min / step - 1e-9)
  return Array.from({ length: Math.floor(max / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step)
}

function scale({ min, max }: Axis, from: number, to: number): (value: number) => number {
  const range = max > min ? max - min : 1
  return (value) => from + ((Math.min(max, Math.max(min, value)) - min) / range) * (to - from)
}

function drawAxes({ x, y }: LineChart, toX: (value: number) => number, toY: (value: number) => number): string[] {
  const middleY = (PLOT.top + PLOT.bottom) / 2
  return [
    ...(y.ticks ?? roundTicks(y.min, y.max)).flatMap((tick) => [
      `<path d="M${PLOT.left} ${at(toY(tick))}H${PLOT.right}" stroke="${GRID}" stroke-width="1"/>`,
      text(PLOT.left - 10, toY(tick) + 4, y.format(tick), { size: 12, color: QUIET, anchor: 'end' }),
    ]),
    ...(x.ticks ?? roundTicks(x.min, x.max, 8)).map((tick) =>
      text(toX(tick), PLOT.bottom + 20, x.format(tick), { size: 12, color: QUIET, anchor: 'middle' }),
    ),
    `<path d="M${PLOT.left} ${PLOT.bottom}H${PLOT.right}" stroke="${QUIET}" stroke-width="1"/>`,
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, x.label, { size: 12, color: QUIET, anchor: 'middle' }),
    `<g transform="rotate(-90 18 ${middleY})">${text(18, middleY, y.label, { size: 12, color: QUIET, anchor: 'middle' })}</g>`,
  ]
}

function drawBand({ from, to, label }: Band, toX: (value: number) => number): string[] {
  const [left, right] = [toX(from), toX(to)]
  if (!(right > left)) return []
  const box = `<rect x="${at(left)}" y="${PLOT.top}" width="${at(right - left)}" height="${PLOT.bottom - PLOT.top}" fill="${BAND}"/>`
  const fits = label !== undefined && right - left >= Math.min(LABEL_WIDTH, label.length * 5.5)
  return fits ? [box, text((left + right) / 2, PLOT.top + 14, label, { size: 11, color: '#96502a', anchor: 'middle' })] : [box]
}

function drawLine(line: Line, color: string, toX: (value: number) => number, toY: (value: number) => number): string[] {
  const points = line.points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)).slice(0, MAX_POINTS)
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined) return []
  const path = points
    .map(({ x, y }, index) =>
      index === 0 ? `M${at(toX(x))} ${at(toY(y))}` : `${line.step === true ? `H${at(toX(x))}V` : `L${at(toX(x))} `}${at(toY(y))}`,
    )
    .join('')
  if (line.area === true) return [`<path d="${path}V${PLOT.bottom}H${at(toX(first.x))}Z" fill="${AREA}" fill-opacity="0.75"/>`]
  return [`<path d="${path}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`]
}

function drawLegend(lines: readonly Line[], colors: readonly string[]): string[] {
  let [x, y] = [PLOT.left, PLOT.bottom + 66]
  return lines.flatMap(({ label, area }, index) => {
    // Nobody can measure text here; a little over seven pixels a letter is more than it takes.
    const width = 42 + label.length * 7.2
    if (x + width > PLOT.right) [x, y] = [PLOT.left, y + 20]
    const color = colors[index] ?? INK
    const mark = `<rect x="${x}" y="${area === true ? y - 11 : y - 6}" width="18" height="${area === true ? 12 : 3}" rx="1.5" fill="${color}"/>`
    const name = text(x + 24, y, label, { size: 13, color: INK })
    x += width
    return [mark, name]
  })
}

function text(x: number, y: number, content: string, { size, color, weight = 400, anchor = 'start' }: TextStyle): string {
  if (content === '') return ''
  return `<text x="${at(x)}" y="${at(y)}" font-size="${size}" fill="${color}" font-weight="${weight}" text-anchor="${anchor}">${escaped(content)}</text>`
}

interface TextStyle {
  size: number
  color: string
  weight?: number
  anchor?: 'start' | 'middle' | 'end'
}

/** A tenth of a pixel is enough. */
function at(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
