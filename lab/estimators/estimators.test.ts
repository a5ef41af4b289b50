import { expect, test } from 'vitest'
import fc from 'fast-check'
import { ESTIMATORS } from '../../player/abr/estimators/catalog.ts'
import { NETWORK_PROFILES, type NetworkProfileName } from '../../protocol/network-profiles.ts'
import { steadyPath } from '../network/path.ts'
import { profileConditions } from '../network/profiles.ts'
import { compare, type Comparison } from './compare.ts'
import { estimateAt, type Point, scoreOf, shiftsOf } from './score.ts'
import { DELIVERIES, watch } from './viewer.ts'

const PROFILES = Object.keys(NETWORK_PROFILES) as NetworkProfileName[]

/** The last figure of an estimator, as a part of what the path carried. */
function found({ runs, actual }: Comparison, name: string, durationS: number): number {
  const last = runs.find((run) => run.name === name)?.series.at(-1)?.bps ?? 0
  return last / actual(0, durationS * 1000)
}

test.each(PROFILES)('%s without variation, loss and others: the rate is found', (name) => {
  const { steps, queueBytes } = profileConditions(name, 1, 10)
  const { rttMs = 50 } = steps[0] ?? {}
  // The first state's mean: what a trace begins with is a draw around it.
  const [usual] = Object.values(NETWORK_PROFILES[name].states)
  const comparison = compare(steadyPath(usual.bps, rttMs, queueBytes), { durationS: 60, seed: 1, delivery: 'segments' })
  for (const run of ['slow-start', 'bursts', 'probe']) {
    // Probes pass while segments do, and share the path with them. Over a satellite a segment is over before slow start is.
    const limit = run === 'probe' ? 0.15 : run === 'slow-start' && rttMs > 300 ? 0.3 : 0.07
    expect(Math.abs(found(comparison, run, 60) - 1), run).toBeLessThan(limit)
  }
  // What counts the round trip and slow start reads low, the lower the longer the round trip; never high.
  const plain = found(comparison, 'ewma-0.5', 60)
  expect(plain).toBeGreaterThan(rttMs > 300 ? 0.35 : 0.7)
  expect(plain).toBeLessThan(1.03)
})

test('LL-HLS: only bursts see what the path carries when the server paces the bytes', () => {
  for (const delivery of ['parts', 'chunks'] as const) {
    const comparison = compare(steadyPath(12e6, 50, 200_000), { durationS: 30, seed: 1, delivery })
    expect(Math.abs(found(comparison, 'bursts', 30) - 1)).toBeLessThan(0.05)
    expect(found(comparison, 'ewma-0.5', 30)).toBeLessThan(0.5)
    expect(found(comparison, 'two-ewma', 30)).toBeLessThan(0.5)
  }
})

test('the same seed gives the same comparison; the estimators change nothing of what is fetched', () => {
  const at = (seed: number) => compare(profileConditions('commuter_train', seed, 120), { durationS: 120, seed, delivery: 'segments' }).runs
  expect(at(3)).toEqual(at(3))
  expect(at(4)).not.toEqual(at(3))
})

test('no more is delivered than the path leaves to the viewer', () => {
  for (const name of PROFILES) {
    for (const delivery of DELIVERIES) {
      const conditions = profileConditions(name, 2, 60)
      const viewing = watch(conditions, { durationS: 60, seed: 2, delivery, probes: true })
      const { actual } = compare(conditions, { durationS: 60, seed: 2, delivery })
      expect(viewing.observations.length).toBeGreaterThan(5)
      expect((viewing.mediaBytes + viewing.probeBytes) * 8).toBeLessThanOrEqual(actual(0, 60_000) * 60 + 1)
    }
  }
})

test('the tunnel is seen: by probes within seconds, by the simple average hardly at all', () => {
  const { runs, state, actual } = compare(profileConditions('commuter_train', 1, 300), { durationS: 300, seed: 1, delivery: 'segments' })
  const inside = Array.from({ length: 3_000 }, (_, i) => i * 100).filter(
    (atMs) => state(atMs) === 'tunnel' && state(atMs - 5_000) === 'tunnel',
  )
  expect(inside.length).toBeGreaterThan(50)
  const mean = (name: string): number => {
    const series = runs.find((run) => run.name === name)?.series ?? []
    return inside.reduce((sum, atMs) => sum + (estimateAt(series, atMs) ?? 0), 0) / inside.length
  }
  expect(inside.reduce((sum, atMs) => sum + actual(atMs, atMs + 100), 0) / inside.length).toBeLessThan(1e6)
  expect(mean('probe')).toBeLessThan(2.5e6)
  expect(mean('average')).toBeGreaterThan(5e6)
  const [average, probe] = ['average', 'probe'].map((name) => runs.find((run) => run.name === name))
  expect(probe?.score?.rmseBps).toBeLessThan((average?.score?.rmseBps ?? 0) * 0.75)
  expect(probe?.overhead).toBeGreaterThan(0.005)
})

/** 10 Mbit/s for a minute, 2 for a minute, and so on. */
const square = (fromMs: number, toMs: number): number => {
  const until = (ms: number): number =>
    Math.floor(ms / 120_000) * 720_000 + Math.min(ms % 120_000, 60_000) * 10 + Math.max(0, (ms % 120_000) - 60_000) * 2
  return ((until(toMs) - until(fromMs)) * 1e6) / (toMs - fromMs)
}

test('a score says what it says: error, bias, and how late an estimate is', () => {
  const shifts = shiftsOf(square, 300_000)
  expect(shifts.map(({ atMs, down }) => [atMs, down])).toEqual([60_000, 120_000, 180_000, 240_000].map((atMs, i) => [atMs, i % 2 === 0]))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.double({ min: -1e6, max: 1e6, noNaN: true }), (lateS, biasBps) => {
      const series: Point[] = Array.from({ length: 300 }, (_, s) => ({
        atMs: s * 1_000,
        bps: square(Math.max(0, s - lateS) * 1_000, Math.max(0, s - lateS) * 1_000 + 1) + biasBps,
      }))
      const exact = scoreOf(series, (from) => (estimateAt(series, from) ?? 0) - biasBps, 300_000, [])
      expect(exact?.biasBps).toBeCloseTo(biasBps, 0)
      expect(exact?.rmseBps).toBeCloseTo(Math.abs(biasBps), 0)
      const score = scoreOf(series, square, 300_000, shifts)
      expect([score?.downS, score?.upS]).toEqual([lateS, lateS])
    }),
  )
  expect(scoreOf([], square, 1_000, [])).toBeNull()
})

test('every estimator of the catalogue is compared', () => {
  const { runs } = compare(steadyPath(5e6, 40, 100_000), { durationS: 20, seed: 1, delivery: 'segments' })
  expect(runs.map(({ name }) => name)).toEqual(Object.keys(ESTIMATORS))
})
