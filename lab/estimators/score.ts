/** How good an estimate was: its error against what the path left to the viewer, and how soon it followed a change. */

/** An estimate from a moment on, ms and bit/s. */
export interface Point {
  atMs: number
  bps: number
}

export type Reaction = number | 'never' | null

export interface Score {
  /** Root of the mean squared error, bit/s. */
  rmseBps: number
  /** Mean error, bit/s: above 0 reads high. */
  biasBps: number
  /** Median time until half of a change down was followed, s; never: not before the next change. Null when there was none. */
  downS: Reaction
  upS: Reaction
  /** Mean change from one estimate to the next, as a part of the mean capacity: how restless it is. */
  noise: number
}

/** A lasting change of capacity. */
export interface Shift {
  atMs: number
  /** What it leads to, bit/s. */
  levelBps: number
  down: boolean
}

const GRID_MS = 250
/** What lasts less is noise, ms. */
const LEVEL_MS = 4_000
/** A change by less than this factor is none worth following. */
const FACTOR = 1.8
/** An estimate that has not followed by then has not followed, ms. */
const PATIENCE_MS = 30_000

/** The estimate in force at a moment; null before the first. */
export function estimateAt(series: readonly Point[], atMs: number): number | null {
  let [low, high] = [0, series.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((series[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1
    else high = middle
  }
  return series[low - 1]?.bps ?? null
}

/** `actual` gives the mean between two moments, bit/s. Null for a series without an estimate. */
export function scoreOf(
  series: readonly Point[],
  actual: (fromMs: number, toMs: number) => number,
  durationMs: number,
  shifts: readonly Shift[],
): Score | null {
  const [first] = series
  if (first === undefined || first.atMs >= durationMs) return null
  const { squares, errors, count } = errorsOf(series, actual, first.atMs, durationMs)
  const steps = series.slice(1).map(({ bps }, index) => Math.abs(bps - (series[index]?.bps ?? bps)))
  const meanBps = actual(0, durationMs)
  return {
    rmseBps: Math.sqrt(squares / count),
    biasBps: errors / count,
    downS: reaction(series, shifts, true, durationMs),
    upS: reaction(series, shifts, false, durationMs),
    noise: steps.length === 0 || meanBps === 0 ? 0 : steps.reduce((sum, step) => sum + step, 0) / steps.length / meanBps,
  }
}

function errorsOf(
  series: readonly Point[],
  actual: (fromMs: number, toMs: number) => number,
  fromMs: number,
  toMs: number,
): { squares: number; errors: number; count: number } {
  let [squares, errors, count] = [0, 0, 0]
  for (let atMs = fromMs; atMs < toMs; atMs += GRID_MS) {
    const error = (estimateAt(series, atMs) ?? 0) - actual(atMs, atMs + GRID_MS)
    squares += error ** 2
    errors += error
    count += 1
  }
  return { squares, errors, count }
}

/** Where the mean of the seconds after differs most from the mean of those before. */
export function shiftsOf(actual: (fromMs: number, toMs: number) => number, durationMs: number): Shift[] {
  const shifts: (Shift & { ratio: number })[] = []
  for (let atMs = LEVEL_MS; atMs + LEVEL_MS <= durationMs; atMs += GRID_MS) {
    // Where nothing passes a ratio would be endless.
    const [before, after] = [Math.max(1_000, actual(atMs - LEVEL_MS, atMs)), Math.max(1_000, actual(atMs, atMs + LEVEL_MS))]
    const ratio = Math.max(before / after, after / before)
    if (ratio < FACTOR) continue
    const shift = { atMs, levelBps: after, down: after < before, ratio }
    const last = shifts.at(-1)
    if (last === undefined || atMs - last.atMs >= LEVEL_MS || last.down !== shift.down) shifts.push(shift)
    else if (ratio > last.ratio) shifts[shifts.length - 1] = shift
  }
  return shifts.map(({ atMs, levelBps, down }) => ({ atMs, levelBps, down }))
}

/** Median over the shifts that the estimate had to follow. */
function reaction(series: readonly Point[], shifts: readonly Shift[], down: boolean, durationMs: number): Reaction {
  const times: number[] = []
  for (const [index, { atMs, levelBps, down: falls }] of shifts.entries()) {
    const from = estimateAt(series, atMs)
    // One that stood on the other side already has nothing to follow.
    if (falls !== down || from === null || from > levelBps !== down) continue
    const halfway = (from + levelBps) / 2
    const endMs = Math.min(shifts[index + 1]?.atMs ?? durationMs, atMs + PATIENCE_MS)
    const followed = series.find((point) => point.atMs > atMs && (down ? point.bps <= halfway : point.bps >= halfway))
    times.push(followed !== undefined && followed.atMs <= endMs ? followed.atMs - atMs : Infinity)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const middle = sorted[sorted.length >> 1]
  if (middle === undefined) return null
  return middle === Infinity ? 'never' : middle / 1000
}
