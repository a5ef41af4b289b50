import { expect, test } from 'vitest'
import { Ledger } from './ledger.ts'

const segments = [0, 1, 2].map((number) => ({ number, startS: number * 4, durationS: 4 }))
/** Numbers of the segments that wait to be replaced. */
function stale(ledger: Ledger): number[] {
  return segments.filter((segment) => ledger.isStale(segment)).map(({ number }) => number)
}

const hole = { start: 3.9, end: 8 }

test('a hole is final when its segments are given up, or came out short', () => {
  const ledger = new Ledger()
  const ranges = [
    { start: 0, end: 3.9 },
    { start: 8, end: 12 },
  ]
  for (const segment of [segments[0], segments[2]]) if (segment) ledger.add(segment, 'a')
  expect(ledger.isFinal(hole, segments, ranges)).toBe(false)
  if (segments[1]) expect(ledger.skip(segments[1])).toBe(1)
  expect(ledger.isFinal(hole, segments, ranges)).toBe(true)
  // What the browser evicted by itself may come again.
  expect(ledger.isFinal(hole, segments, [{ start: 8, end: 12 }])).toBe(false)
})

test('removed media is forgotten, neighbours are not', () => {
  const ledger = new Ledger()
  for (const segment of segments) ledger.add(segment, segment.number === 2 ? 'b' : 'a')
  ledger.replace('a', 4, null)
  expect(stale(ledger)).toEqual([2])
  ledger.remove({ start: 8, end: Infinity })
  expect(segments.map((segment) => ledger.isAppended(segment))).toEqual([true, true, false])
  expect(stale(ledger)).toEqual([])
})

test('what is replaced waits until it comes in the rendition chosen, is kept, or was played', () => {
  const ledger = new Ledger()
  const [first, second, third] = segments
  if (!first || !second || !third) throw new Error('three segments')
  ledger.add(first, 'a')
  ledger.add(second, 'a')
  ledger.replace('b', 4, third)
  expect(stale(ledger)).toEqual([1, 2])
  // It was on its way when the other one was chosen: it comes, and then comes again.
  ledger.add(third, 'a')
  expect(stale(ledger)).toEqual([1, 2])
  ledger.add(second, 'b')
  expect(stale(ledger)).toEqual([2])
  ledger.keep(third)
  expect(stale(ledger)).toEqual([])
  ledger.replace('a', 0, null)
  expect(ledger.isStale(second)).toBe(true)
  ledger.keepAll()
  expect(ledger.isStale(second)).toBe(false)
})

test('losses in a row are counted until one arrives', () => {
  const ledger = new Ledger()
  expect(segments.map((segment) => ledger.skip(segment))).toEqual([1, 2, 3])
  ledger.arrived()
  expect(ledger.skip({ number: 9, startS: 36, durationS: 4 })).toBe(1)
})

test('renditions that are cut at other places are told by time', () => {
  const ledger = new Ledger()
  const long = { number: 0, startS: 0, durationS: 10 }
  ledger.add(long, 'source')
  expect(segments.map((segment) => ledger.isAppended(segment))).toEqual([true, true, false])
  ledger.replace('a', 0, null)
  expect(stale(ledger)).toEqual([0, 1, 2])
  ledger.add({ number: 0, startS: 0, durationS: 4 }, 'a')
  expect(stale(ledger)).toEqual([1, 2])
  ledger.add({ number: 2, startS: 8, durationS: 4 }, 'a')
  expect(stale(ledger)).toEqual([1])
  expect(segments.map((segment) => ledger.isAppended(segment))).toEqual([true, true, true])
  expect(ledger.isAppended({ number: 1, startS: 10, durationS: 10 })).toBe(false)
})

test('a segment of which a part was removed is torn until it comes again', () => {
  const ledger = new Ledger()
  for (const segment of segments) ledger.add(segment, 'a')
  ledger.remove({ start: 0, end: 4.13 })
  expect(segments.map((segment) => ledger.isTorn(segment))).toEqual([false, true, false])
  if (segments[1]) ledger.add(segments[1], 'a')
  expect(segments.map((segment) => ledger.isTorn(segment))).toEqual([false, false, false])
})
