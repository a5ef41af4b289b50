/** Offsets of discontinuities: found from any segment, kept, and turned with the 33 bits of a clock. */
import { expect, test } from 'vitest'
import { Clock } from './clock.ts'

const at = (startS: number, discontinuity = 0, durationS = 6): { startS: number; discontinuity: number; durationS: number } => ({
  startS,
  discontinuity,
  durationS,
})
const WRAP_S = 2 ** 33 / 90_000

test('times that are the playlist’s stay as they are', () => {
  const clock = new Clock()
  expect(clock.place(at(0), 0.067)).toBe(0)
  expect(clock.place(at(600), 600.3)).toBe(0)
})

test('the first segment that is seen gives the offset, wherever it lies; rounded durations do not move it', () => {
  const clock = new Clock()
  expect(clock.place(at(60), 161.4)).toBeCloseTo(-101.4)
  expect(clock.place(at(66), 167.42)).toBeCloseTo(-101.4)
  expect(clock.place(at(0), 101.3)).toBeCloseTo(-101.4)
})

test('each discontinuity has its own', () => {
  const clock = new Clock()
  clock.place(at(0, 3), 10)
  expect(clock.place(at(30, 4), 5000)).toBe(-4970)
  expect(clock.place(at(6, 3), 16)).toBe(-10)
})

test('a clock that wraps goes on, before and behind, whichever side was seen first', () => {
  for (const first of [0, 12]) {
    const clock = new Clock()
    const measured = (startS: number): number => (WRAP_S - 8 + startS) % WRAP_S
    clock.place(at(first), measured(first))
    for (const startS of [0, 6, 12, 18]) expect(measured(startS) + clock.place(at(startS), measured(startS))).toBeCloseTo(startS, 6)
  }
})

test('time stamps that jump without a tag are followed', () => {
  const clock = new Clock()
  clock.place(at(0), 100)
  expect(clock.place(at(6), 900)).toBe(-894)
  expect(clock.place(at(12), 906)).toBe(-894)
  expect(clock.place(at(0), 100)).toBe(-100)
})

test('who waits for an offset hears when it is found, when it will not be, and when it stops waiting', async () => {
  const clock = new Clock()
  const never = new AbortController()
  const found = clock.changed(never.signal)
  clock.place(at(0), 100)
  await found
  expect(clock.isSettled(0)).toBe(true)
  const given = clock.changed(never.signal)
  clock.give(1)
  await given
  expect(clock.isSettled(1)).toBe(true)
  const waiting = clock.changed(never.signal)
  never.abort()
  await waiting
})
