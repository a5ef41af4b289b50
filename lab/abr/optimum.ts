/**
 * What a rule that knew the future could have reached: an upper bound of the linear QoE (metrics.ts) over one trace, by dynamic
 * programming.
 *
 * Start-up and stalls cost alike, and together they are D = max over k of (arrival of segment k − k·p): playback begins late or
 * stands still just as long. So for a given D the best bit rates are those that maximise Σ q − λ Σ |Δq| with segment k there by
 * D + k·p, which is a search over (k, time, bit rate before). Time is a grid; an arrival is rounded down to it, and to
 * be earlier is never worse, so the result is a bound from above. It is also allowed a little more than a player is: room in the
 * buffer comes as early as if only what no choice avoids had been late. V(D) grows with D, so between two values V(larger) − μ·smaller bounds all
 * between them; the interval that may hold the most is halved until it is narrow.
 */
import type { Ladder } from './ladder.ts'
import { linearQoe, type QoeWeights, qoeWeights } from './metrics.ts'
import { PLAYER_MODEL, simulate, type SimulateOptions } from './simulate.ts'
import { Path } from './path.ts'
import { RateGrid } from './rate-grid.ts'
import type { AbrRule } from '../../player/abr/rule.ts'
import type { Trace } from './trace.ts'

export interface Optimum {
  /** No rule has more, whatever it knows. In the unit of `Metrics.qoe`. */
  bound: number
  /** What the sequence found reaches when it is played: the optimum is between the two. */
  reached: number
}

export interface OptimumOptions extends SimulateOptions {
  /** Of the time grid: half of it is the mean error of an arrival. */
  stepMs?: number
}

/** On 3G a grid of 40 ms bounds some hundredths higher than one of 10 ms, in a twentieth of the time. */
const DEFAULT_STEP_MS = 40
/** An interval of D is narrow when what it leaves open is this part of the top bit rate, in the mean segment. */
const TOLERANCE = 0.004
const MAX_SEARCHES = 60
/** Where much lateness cannot be avoided, steps are longer: it outweighs all else, and would make many of them. */
const MAX_LATE_STEPS = 2_000
/** The grid on which intervals are halved is so many times coarser. */
const COARSER = 4

interface Problem {
  ladder: Ladder
  /** Mbit/s by rung. */
  q: Float64Array
  weights: QoeWeights
  grid: RateGrid
  /** Earliest request of each segment, ms. */
  releases: readonly number[]
}

/** The optimum of one presentation over one trace, for a player with the same buffer. Throws `LabError` when the trace cannot carry it. */
export function optimum(trace: Trace, ladder: Ladder, options: OptimumOptions = {}): Optimum {
  const weights = qoeWeights(ladder)
  const p = ladder.segmentMs
  const goalMs = (options.bufferGoalS ?? (options.live === true ? 10 : 30)) * 1000
  const reserveMs = (options.model ?? PLAYER_MODEL).asksWhen === 'it has room' ? p : 0
  const q = Float64Array.from(ladder.rungs, ({ averageBps }) => averageBps / 1e6)
  const count = ladder.bits.length
  const topMbps = Math.max(...q)

  // All of the smallest: the lateness that a session has at most when it wants to be early.
  const lowest = fixedQoe(trace, ladder, { ...options, rungs: ladder.bits.map(() => 0) })
  // Being later than this costs more than all the best bit rates could bring above it.
  const latestMs = (1000 * (count * topMbps - lowest * count)) / weights.stall
  const { leastMs, releases } = earliest(trace, ladder, { goalMs, reserveMs, live: options.live === true })
  const stepMs = Math.max(options.stepMs ?? DEFAULT_STEP_MS, leastMs / MAX_LATE_STEPS)
  const onGrid = (step: number): Problem => {
    return { ladder, q, weights, grid: new RateGrid(trace, step, count * p + latestMs + step), releases }
  }
  const [coarse, fine] = [onGrid(COARSER * stepMs), onGrid(stepMs)]
  const loss = (ms: number): number => (weights.stall * ms) / 1000
  // Best first: intervals of D with what they may hold at most, found on the coarse grid until they are narrow.
  const open = [{ from: leastMs, to: latestMs, most: search(coarse, latestMs).value - loss(leastMs), isFine: false }]
  const narrowMs = (TOLERANCE * topMbps * count * 1000) / weights.stall
  for (let searches = 0; searches < MAX_SEARCHES; searches += 1) {
    open.sort((a, b) => b.most - a.most)
    const [first] = open
    if (!first || first.isFine) break
    open.shift()
    const { from, to, most } = first
    if (to - from <= narrowMs) {
      open.push({ from, to, most: Math.min(most, search(fine, to).value - loss(from)), isFine: true })
      continue
    }
    const middle = (from + to) / 2
    open.push({ from, to: middle, most: Math.min(most, search(coarse, middle).value - loss(from)), isFine: false })
    open.push({ from: middle, to, most: most + loss(from) - loss(middle), isFine: false })
  }
  open.sort((a, b) => b.most - a.most)
  const bound = (open[0]?.most ?? -Infinity) / count
  // Rounded the other way a little more delay may be needed.
  const found = [0, 0.25, 0.5, 1]
    .map((share) => search(fine, (open[0]?.to ?? 0) + share * count * stepMs, true))
    .find(({ value }) => value > -Infinity)
  const reached = found ? Math.max(lowest, fixedQoe(trace, ladder, { ...options, rungs: found.rungs })) : lowest
  return { bound: Math.max(bound, reached), reached }
}

/**
 * What no choice of bit rates is ahead of: the smallest copy of every segment, one behind the other. How late that makes
 * playback, and when each segment is asked for: room for it comes later with every delay before it.
 */
function earliest(
  trace: Trace,
  { bits, segmentMs }: Ladder,
  { goalMs, reserveMs, live }: { goalMs: number; reserveMs: number; live: boolean },
): { leastMs: number; releases: number[] } {
  const path = new Path(trace)
  let leastMs = 0
  const releases = bits.map((sizes, segment) => {
    const room = segment === 0 ? 0 : segment * segmentMs + reserveMs - goalMs + leastMs
    const release = Math.max(0, room, live ? (segment + 1) * segmentMs - goalMs : 0)
    path.pass(Math.max(0, release - path.nowMs))
    const requestedMs = path.nowMs
    path.latency()
    path.transfer(Math.min(...sizes), Infinity, 0)
    leastMs = Math.max(leastMs, path.nowMs - segment * segmentMs)
    return requestedMs
  })
  return { leastMs, releases }
}

/**
 * The best Σ q − λ Σ |Δq| with every segment k there by `delayMs` + k·p, −∞ when there is none. With `sure`, arrivals are rounded
 * up instead, and the rungs of the best sequence are given.
 */
function search({ ladder, q, weights, grid, releases }: Problem, delayMs: number, sure = false): { value: number; rungs: number[] } {
  const [count, rungs] = [ladder.bits.length, q.length]
  const { stepMs } = grid
  // Of the segment behind: its first point of the grid, and the value by point and rung before.
  let next = { from: 0, values: new Float64Array(0) }
  const choices: Chosen[] = []
  const [worth, best] = [new Float64Array(rungs), new Uint8Array(rungs)]
  for (let k = count - 1; k >= 0; k -= 1) {
    const from = Math.max(0, (sure ? Math.ceil : Math.floor)((releases[k] ?? 0) / stepMs))
    const latest = k === 0 ? from : Math.floor(((k - 1) * ladder.segmentMs + delayMs) / stepMs) + (sure ? 1 : 0)
    const length = Math.max(1, latest - from + 1)
    const values = new Float64Array(length * rungs)
    const by = new Uint8Array(sure ? length * rungs : 0)
    const lastPoint = Math.floor((k * ladder.segmentMs + delayMs) / stepMs)
    const arrivals = q.length > 0 ? (ladder.bits[k] ?? []).map((bits) => grid.arrivals(bits)) : []
    for (let i = 0; i < length; i += 1) {
      for (let rung = 0; rung < rungs; rung += 1) {
        const at = (arrivals[rung]?.(from + i) ?? Infinity) + (sure ? 1 : 0)
        const behind = k === count - 1 ? 0 : (next.values[Math.max(0, at - next.from) * rungs + rung] ?? -Infinity)
        worth[rung] = at > lastPoint ? -Infinity : (q[rung] ?? 0) + behind
        best[rung] = rung
      }
      if (k > 0) spread(worth, best, q, weights.switching)
      else pickFirst(worth, best)
      values.set(worth, i * rungs)
      if (sure) by.set(best, i * rungs)
    }
    if (sure) choices.push({ from, by })
    next = { from, values }
  }
  return { value: next.values[0] ?? -Infinity, rungs: sure ? follow(choices.toReversed(), ladder, grid) : [] }
}

/** What a rung is worth becomes what each rung before makes of the best one: two passes, as the cost of a change is a distance. */
function spread(worth: Float64Array, best: Uint8Array, q: Float64Array, weight: number): void {
  const pass = (to: number, by: number): void => {
    const cost = weight * Math.abs((q[to] ?? 0) - (q[by] ?? 0))
    if (!((worth[by] ?? 0) - cost > (worth[to] ?? 0))) return
    worth[to] = (worth[by] ?? 0) - cost
    best[to] = best[by] ?? 0
  }
  for (let rung = 1; rung < q.length; rung += 1) pass(rung, rung - 1)
  for (let rung = q.length - 2; rung >= 0; rung -= 1) pass(rung, rung + 1)
}

/** Before the first segment there was none to change from. */
function pickFirst(worth: Float64Array, best: Uint8Array): void {
  const most = worth.indexOf(Math.max(...worth))
  worth.fill(worth[most] ?? -Infinity)
  best.fill(Math.max(0, most))
}

interface Chosen {
  from: number
  /** By point and rung before. */
  by: Uint8Array
}

/** The rungs along the best choices, by the same grid. */
function follow(choices: Chosen[], ladder: Ladder, grid: RateGrid): number[] {
  const rungs = ladder.rungs.length
  let [at, before] = [0, 0]
  return choices.map(({ from, by }, segment) => {
    const i = Math.max(0, at - from)
    before = by[i * rungs + before] ?? 0
    at = grid.arrivals(ladder.bits[segment]?.[before] ?? 0)(from + i) + 1
    return before
  })
}

/** QoE of a sequence that is fixed beforehand. */
function fixedQoe(trace: Trace, ladder: Ladder, { rungs, ...options }: SimulateOptions & { rungs: number[] }): number {
  const decide = (segment: number) => ({ id: ladder.rungs[rungs[segment] ?? 0]?.id ?? '', reason: 'fixed beforehand', numbers: {} })
  const rule: AbrRule = { name: 'fixed', start: () => ({ decide: ({ segment }) => decide(segment) }) }
  const { stalls, startupMs } = simulate(rule, trace, ladder, { ...options, horizonSegments: 0 })
  const mbps = rungs.map((rung) => (ladder.rungs[rung]?.averageBps ?? 0) / 1e6)
  const stallS = stalls.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
  return linearQoe(mbps, stallS, startupMs / 1000, qoeWeights(ladder))
}
