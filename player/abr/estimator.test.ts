import { expect, test } from 'vitest'
import { recallThroughput, rememberThroughput } from './memory.ts'
import { ThroughputEstimator } from './estimator.ts'

/** One transfer of a second at a rate. */
const second = (mbps: number) => ({ bytes: (mbps * 1e6) / 8, durationMs: 900, ttfbMs: 100, cached: false })

test('the first transfer is believed in full, no bias towards zero', () => {
  const estimator = new ThroughputEstimator(1e6)
  expect(estimator.estimate).toMatchObject({ bps: 1e6, samples: 0 })
  estimator.add(second(8))
  expect(estimator.estimate.bps).toBeCloseTo(8e6, -3)
})

test('bad news is believed at once, good news after a while', () => {
  const estimator = new ThroughputEstimator(null)
  for (let i = 0; i < 20; i += 1) estimator.add(second(8))
  for (let i = 0; i < 3; i += 1) estimator.add(second(1))
  const low = estimator.estimate.bps ?? 0
  expect(low).toBeLessThan(3.6e6)
  for (let i = 0; i < 3; i += 1) estimator.add(second(8))
  expect(estimator.estimate.bps).toBeLessThan(7e6)
})

test('cached and tiny transfers say nothing', () => {
  const estimator = new ThroughputEstimator(null)
  expect(estimator.add({ ...second(100), cached: true })).toBe(false)
  expect(estimator.add({ ...second(100), bytes: 700 })).toBe(false)
  expect(estimator.estimate.bps).toBeNull()
})

test('the next session knows what this one measured, cautiously, for a day', () => {
  const kept = new Map<string, string>()
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  rememberThroughput(store, 'k', 10e6, 1_000)
  expect(recallThroughput(store, 'k', 2_000)).toBeCloseTo(7e6)
  expect(recallThroughput(store, 'k', 2_000 + 25 * 3_600_000)).toBeNull()
  expect(recallThroughput(store, 'other', 2_000)).toBeNull()
  for (const bad of ['', '{', '[]', '{"bps":"x","atMs":1}', '{"bps":-1,"atMs":1}', 'null']) {
    expect(recallThroughput({ getItem: () => bad }, 'k', 2_000)).toBeNull()
  }
  const blocked = () => {
    throw new Error('SecurityError')
  }
  expect(recallThroughput({ getItem: blocked }, 'k', 2_000)).toBeNull()
  expect(() => rememberThroughput({ setItem: blocked }, 'k', 1, 1)).not.toThrow()
})
