import { expect, it } from 'vitest'
import { addSample, type Sample, secondsLeft, speedOf } from './speed.ts'

const run = (...pairs: [number, number][]) => pairs.reduce<Sample[]>((all, [atMs, bytes]) => addSample(all, { atMs, bytes }), [])

it('knows no speed before a second has passed', () => {
  expect(speedOf([])).toBeNull()
  expect(speedOf(run([0, 0], [900, 5000]))).toBeNull()
  expect(secondsLeft(run([0, 0]), 100)).toBeNull()
})

it('is bytes over seconds', () => {
  const samples = run([1000, 0], [2000, 1500], [3000, 2000])
  expect(speedOf(samples)).toBe(1000)
  expect(secondsLeft(samples, 5000)).toBe(5)
})

it('forgets what is older than the window', () => {
  expect(speedOf(run([0, 0], [1000, 1_000_000], [10_000, 1_000_000], [12_000, 1_000_400]))).toBe(200)
})

it('begins anew when a chunk is sent again', () => {
  expect(run([0, 0], [1000, 5000], [2000, 3000])).toEqual([{ atMs: 2000, bytes: 3000 }])
})

it('does not divide by a stall', () => {
  expect(secondsLeft(run([0, 500], [3000, 500]), 1000)).toBeNull()
})
