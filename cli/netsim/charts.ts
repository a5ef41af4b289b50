/** The pictures of `sluice netsim`: estimates over time, and for all profiles the error by alpha. */
import { lineChart, roundTicks } from '../../lab/chart/line-chart.ts'
import type { AlphaChoice, Comparison } from '../../lab/estimators/compare.ts'
import { percent } from '../../lab/estimators/words.ts'
import { bitrate, clock } from '../terminal.ts'
import type { Dip } from './dips.ts'
import type { Network } from './network.ts'

/** Lines that tell apart; twelve would not. */
const SHOWN = new Set(['average', 'harmonic', 'bursts', 'probe'])
/** Widths of ticks, seconds. */
const TICKS_S = [5, 10, 15, 30, 60, 120, 300, 600, 1_200]

/** What the path carried and what some of the estimators believed. */
export function timeChart(network: Network, comparison: Comparison, dips: readonly Dip[], alpha: number, durationMs: number): string {
  const { runs, actual } = comparison
  const seconds = durationMs / 1000
  const points = Array.from({ length: Math.ceil(seconds * 2) }, (_, i) => ({ x: i / 2, y: actual(i * 500, i * 500 + 500) / 1e6 }))
  const shown = runs.filter(({ name }) => SHOWN.has(name) || name === `ewma-${alpha}`)
  const lines = shown.map(({ label, series }) => ({
    ...{ label, step: true },
    points: [...series, ...series.slice(-1).map(({ bps }) => ({ atMs: durationMs, bps }))].map(({ atMs, bps }) => ({
      x: atMs / 1000,
      y: bps / 1e6,
    })),
  }))
  const most = Math.max(...points.map(({ y }) => y))
  const tickS = TICKS_S.find((step) => seconds / step <= 12) ?? 3_600
  return lineChart({
    title: `${network.title}: what the network carries, and what estimators believe`,
    subtitle: `${bitrate(actual(0, durationMs))} on average. EWMA α=${alpha} is the one recommended here.`,
    x: {
      label: 'time',
      min: 0,
      max: seconds,
      format: (s) => clock(s * 1e6),
      ticks: Array.from({ length: Math.floor(seconds / tickS) + 1 }, (_, i) => i * tickS),
    },
    y: { label: 'Mbit/s', min: 0, max: roundTop(most), format: String },
    lines: [{ label: 'Actual', points, step: true, area: true }, ...lines],
    bands: dips.map(({ fromMs, toMs, name }) => ({ from: fromMs / 1000, to: toMs / 1000, label: name })),
  })
}

/** One line a profile. */
export function alphaChart(choices: readonly { network: Network; choice: AlphaChoice }[]): string {
  const errors = choices.flatMap(({ choice }) => choice.errors)
  return lineChart({
    title: 'Which alpha suits which network',
    subtitle: 'Root mean squared error of an EWMA, as a part of the mean capacity. Lower is better.',
    x: { label: 'alpha', min: 0, max: 1, format: (alpha) => alpha.toFixed(1), ticks: [...new Set(errors.map(({ alpha }) => alpha))] },
    y: { label: 'error', min: 0, max: roundTop(Math.max(...errors.map(({ relativeRmse }) => relativeRmse))), format: percent },
    lines: choices.map(({ network, choice }) => ({
      label: network.title,
      points: choice.errors.map(({ alpha, relativeRmse }) => ({ x: alpha, y: relativeRmse })),
    })),
  })
}

/** The tick at or above it. */
function roundTop(value: number): number {
  const [first = 0, second = 1] = roundTicks(0, Math.max(value, 1e-6))
  return Math.ceil(value / (second - first) - 1e-9) * (second - first)
}
