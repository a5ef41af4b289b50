/** What `sluice netsim` says to people: the network, the table over time, how good each estimator was, and which alpha to take. */
import type { AlphaChoice, Comparison, Run } from '../../lab/estimators/compare.ts'
import { RECOMMENDATION_SEEDS } from '../../lab/estimators/compare.ts'
import { estimateAt, type Reaction } from '../../lab/estimators/score.ts'
import type { Delivery } from '../../lab/estimators/viewer.ts'
import { percent, wordsOf } from '../../lab/estimators/words.ts'
import { bitrate, bytes, clock, table } from '../terminal.ts'
import { type Dip, patternOf } from './dips.ts'
import type { Network } from './network.ts'

/** Columns of the table over time; the others are in the second table and in `--json`. */
const COLUMNS: [name: string, title: string][] = [
  ['average', 'Simple avg'],
  ...[0.1, 0.3, 0.5, 0.7, 0.9].map((alpha): [string, string] => [`ewma-${alpha}`, `α=${alpha}`]),
  ['harmonic', 'Harmonic'],
  ['percentile', 'Percentile'],
  ['bursts', 'Bursts'],
  ['probe', 'Probe'],
]
/** Distances of rows, seconds: the first that leaves this many or fewer. */
const ROW_STEPS_S = [1, 2, 5, 15, 30, 60, 120, 300, 600]
const MAX_ROWS = 21
/** An error so much smaller is another class. */
const FAR_BETTER = 0.8

/** A rate in Mbps, as wide as needed to see something. */
export function mbps(bps: number | null): string {
  if (bps === null) return '-'
  return (bps / 1e6).toFixed(Math.abs(bps) < 0.995e6 ? 2 : 1)
}

export function printNetwork(network: Network, { actual }: Comparison, dips: readonly Dip[], durationMs: number): string {
  const mean = actual(0, durationMs)
  const seconds = Array.from({ length: Math.floor(durationMs / 1000) }, (_, s) => actual(s * 1000, s * 1000 + 1000))
  const deviation = Math.sqrt(seconds.reduce((sum, bps) => sum + (bps - mean) ** 2, 0) / seconds.length) / mean
  const variance = deviation < 0.25 ? 'low' : deviation < 0.5 ? 'medium' : 'high'
  return [
    `Simulating network: "${network.title}"`,
    `  ${network.about}`,
    `  Baseline: ${bitrate(network.usualBps ?? mean)}, ${bitrate(mean)} on average`,
    `  Variance: ${variance} (standard deviation ${percent(deviation)} of the mean)`,
    `  Pattern: ${patternOf(dips)}`,
  ].join('\n')
}

export function printTimes({ runs, actual }: Comparison, dips: readonly Dip[], durationMs: number): string {
  const rows = rowTimes(dips, durationMs).map((atMs) => {
    const dip = dips.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
    const estimates = COLUMNS.map(([name]) => mbps(estimateAt(runs.find((run) => run.name === name)?.series ?? [], atMs)))
    return { cells: [clock(atMs * 1000), mbps(actual(atMs - 500, atMs + 500)), ...estimates], mark: dip ? ` ← ${dip.name}!` : '' }
  })
  const lines = table(
    ['Time', 'Actual BW', ...COLUMNS.map(([, title]) => title)],
    rows.map(({ cells }) => cells),
  ).split('\n')
  return lines.map((line, index) => line + (rows[index - 2]?.mark ?? '')).join('\n')
}

/** Regular ones, and the middle of each dip that would fall between them. */
function rowTimes(dips: readonly Dip[], durationMs: number): number[] {
  const last = ROW_STEPS_S.at(-1) ?? 600
  const stepMs = (ROW_STEPS_S.find((step) => durationMs / 1000 / step <= MAX_ROWS) ?? last) * 1000
  const regular = Array.from({ length: Math.floor((durationMs - 1) / stepMs) + 1 }, (_, index) => index * stepMs)
  const missed = dips.filter(({ fromMs, toMs }) => !regular.some((atMs) => atMs >= fromMs && atMs < toMs))
  // Estimators know nothing at 0.
  const times = [
    Math.min(5_000, stepMs / 2),
    ...regular.slice(1),
    ...missed.slice(0, MAX_ROWS).map(({ fromMs, toMs }) => Math.round((fromMs + toMs) / 2_000) * 1_000),
  ]
  return [...new Set(times)].toSorted((a, b) => a - b)
}

export function printScores({ runs, actual }: Comparison, delivery: Delivery, durationMs: number): string {
  const words = wordsOf(runs, actual(0, durationMs), delivery)
  const seconds = (value: Reaction | undefined): string => (typeof value === 'number' ? `${value.toFixed(1)} s` : (value ?? '-'))
  const rows = runs.map(({ label, score }) => [
    label,
    mbps(score?.rmseBps ?? null),
    score === null ? '-' : `${score.biasBps > 0 ? '+' : ''}${mbps(score.biasBps)}`,
    seconds(score?.downS),
    seconds(score?.upS),
  ])
  const lines = table(['Estimation error', 'RMSE Mbps', 'Bias Mbps', 'Half down', 'Half up'], rows).split('\n')
  return lines.map((line, index) => (index < 2 ? line : `${line}   (${words[index - 2] ?? ''})`)).join('\n')
}

export function printTraffic({ transfers, probes, mediaBytes, lossRate }: Comparison, delivery: Delivery): string {
  return `${transfers} ${delivery} (${bytes(mediaBytes)}) and ${probes} probes; ${percent(lossRate)} of the packets were dropped.`
}

export function printRecommendation({ best, balanced, errors }: AlphaChoice, what: string): string {
  const row = errors.map(({ alpha, relativeRmse }) => `α=${alpha} ${percent(relativeRmse)}`).join(', ')
  const why = best === balanced ? 'it has the least error' : `the calmest within 5 % of the least error, which is α=${best}'s`
  return [
    `Recommendation: EWMA α=${balanced} provides the best balance for ${what}: ${why}.`,
    `  Error as a part of the mean, over ${RECOMMENDATION_SEEDS} seeds: ${row}.`,
  ].join('\n')
}

/** What is far better than every alpha without costing a byte; null when nothing is. */
export function printBetter({ runs }: Comparison): string | null {
  const rmse = ({ score }: Run): number => score?.rmseBps ?? Infinity
  const [ewma, other] = [true, false].map((isEwma) =>
    runs
      .filter(({ name, overhead }) => name.startsWith('ewma-') === isEwma && overhead === 0)
      .toSorted((a, b) => rmse(a) - rmse(b))
      .at(0),
  )
  if (ewma === undefined || other === undefined || !(rmse(other) < rmse(ewma) * FAR_BETTER)) return null
  return `  Better than any alpha here: ${other.label}, with an RMSE of ${mbps(rmse(other))} Mbps against ${mbps(rmse(ewma))}.`
}

export function printAll(choices: readonly { network: Network; choice: AlphaChoice }[]): string {
  const alphas = choices[0]?.choice.errors.map(({ alpha }) => `α=${alpha}`) ?? []
  const rows = choices.map(({ network, choice }) => [
    network.title,
    ...choice.errors.map(({ alpha, relativeRmse }) => `${percent(relativeRmse)}${alpha === choice.best ? ' *' : '  '}`),
    `α=${choice.balanced}`,
  ])
  return [
    `Error of an EWMA as a part of the mean capacity, over ${RECOMMENDATION_SEEDS} seeds (* the least):`,
    '',
    table(['Profile', ...alphas, 'Take'], rows),
    '',
    'Take the calmest alpha within 5 % of the least error: an estimate that jumps makes the picture jump.',
    ...choices.map(({ network, choice }) => `  ${network.title}: EWMA α=${choice.balanced}`),
  ].join('\n')
}
