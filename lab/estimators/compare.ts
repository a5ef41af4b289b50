/** Estimators side by side on one path: the same transfers, each one's figure over time, and how good it was. */
import { ALPHAS, ESTIMATORS } from '../../player/abr/estimators/catalog.ts'
import { type Conditions, Path } from '../network/path.ts'
import { type Point, type Score, scoreOf, type Shift, shiftsOf } from './score.ts'
import { type Delivery, type Observation, watch } from './viewer.ts'

export interface CompareOptions {
  durationS: number
  seed: number
  delivery: Delivery
}

/** One estimator's run. */
export interface Run {
  name: string
  label: string
  series: Point[]
  /** Null when it never had an estimate. */
  score: Score | null
  /** Bytes that it cost, as a part of all. */
  overhead: number
}

export interface Comparison {
  runs: Run[]
  /** What the path left to the viewer between two moments, bit/s of payload. */
  actual: (fromMs: number, toMs: number) => number
  state: (atMs: number) => string | null
  shifts: Shift[]
  transfers: number
  probes: number
  mediaBytes: number
  /** Packets dropped, as a part of all that were sent. */
  lossRate: number
}

/** The only one that is shown the probes, and nothing else. */
const PROBED = 'probe'

/** See the head of this file. */
export function compare(conditions: Conditions, options: CompareOptions): Comparison {
  const viewing = watch(conditions, { ...options, probes: true })
  // Another path object: questions about it change nothing.
  const path = new Path(conditions)
  const actual = (fromMs: number, toMs: number): number => path.availableBps(Math.max(0, fromMs), toMs)
  const durationMs = options.durationS * 1000
  const shifts = shiftsOf(actual, durationMs)
  const runs = Object.entries(ESTIMATORS).map(([name, { label }]): Run => {
    const series = seriesOf(name, viewing.observations)
    const overhead = name === PROBED ? viewing.probeBytes / Math.max(1, viewing.probeBytes + viewing.mediaBytes) : 0
    return { name, label, series, score: scoreOf(series, actual, durationMs, shifts), overhead }
  })
  const probes = viewing.observations.filter(({ kind }) => kind === 'probe').length
  return {
    ...{ runs, actual, shifts, probes, transfers: viewing.observations.length - probes, mediaBytes: viewing.mediaBytes },
    state: (atMs) => path.state(atMs),
    lossRate: viewing.dropped / Math.max(1, viewing.sent),
  }
}

/** Mean error of each alpha over several seeds. */
export interface AlphaChoice {
  /** The least error. */
  best: number
  /** The calmest one whose error is nearly as small: the one to take. */
  balanced: number
  /** Root mean squared error as a part of the mean capacity, in the order of `ALPHAS`. */
  errors: { alpha: number; relativeRmse: number }[]
}

/** One seed is one journey; what to recommend should hold for others, too. */
export const RECOMMENDATION_SEEDS = 3

/** An error larger by less than this part is nearly as small. */
const NEARLY = 0.05

/** `conditionsOf` gives the path of a seed. */
export function recommendAlpha(conditionsOf: (seed: number) => Conditions, options: CompareOptions): AlphaChoice {
  const sums = new Map<number, number>(ALPHAS.map((alpha) => [alpha, 0]))
  for (let seed = options.seed; seed < options.seed + RECOMMENDATION_SEEDS; seed += 1) {
    const conditions = conditionsOf(seed)
    const { observations } = watch(conditions, { ...options, seed, probes: false })
    const path = new Path(conditions)
    const actual = (fromMs: number, toMs: number): number => path.availableBps(fromMs, toMs)
    const durationMs = options.durationS * 1000
    for (const alpha of ALPHAS) {
      const score = scoreOf(seriesOf(`ewma-${alpha}`, observations), actual, durationMs, [])
      const relative = score === null ? 1 : score.rmseBps / Math.max(1, actual(0, durationMs))
      sums.set(alpha, (sums.get(alpha) ?? 0) + relative / RECOMMENDATION_SEEDS)
    }
  }
  const errors = [...sums].map(([alpha, relativeRmse]) => ({ alpha, relativeRmse }))
  const least = Math.min(...errors.map(({ relativeRmse }) => relativeRmse))
  const within = (limit: number): number => errors.find(({ relativeRmse }) => relativeRmse <= limit)?.alpha ?? ALPHAS[0]
  return { best: within(least), balanced: within(least * (1 + NEARLY)), errors }
}

function seriesOf(name: string, observations: readonly Observation[]): Point[] {
  const estimator = ESTIMATORS[name]?.create(null)
  const series: Point[] = []
  for (const { atMs, kind, sample } of observations) {
    if (estimator === undefined || (kind === 'probe') !== (name === PROBED) || !estimator.add(sample)) continue
    const { bps } = estimator.estimate
    if (bps !== null) series.push({ atMs, bps })
  }
  return series
}
