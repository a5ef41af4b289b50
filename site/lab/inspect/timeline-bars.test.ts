import { expect, it } from 'vitest'
import type { SampleTable } from '../../../media/container/model.ts'
import { barsIn, endOf, groupsIn, laneOf, sampleAt, typeOf } from './timeline-bars.ts'

/** 25 samples a second; a keyframe every `gop`; each third sample is shown before the one in front of it. */
function table(count: number, gop: number): SampleTable {
  const made: SampleTable = {
    count,
    offset: new Float64Array(count),
    size: new Uint32Array(count),
    presentationTicks: new Float64Array(count),
    decodeTicks: new Float64Array(count),
    durationTicks: new Uint32Array(count).fill(40),
    sync: new Uint8Array(count),
  }
  for (let index = 0; index < count; index++) {
    const key = index % gop === 0
    made.sync[index] = key ? 1 : 0
    made.size[index] = key ? 9000 : 500
    made.decodeTicks[index] = index * 40
    made.presentationTicks[index] = index * 40 + (key ? 40 : ([40, 80, 0][index % 3] ?? 0))
  }
  return made
}

it('tells keyframes, samples in order and those that are shown early', () => {
  const lane = laneOf(table(12, 6), 1000)
  expect(Array.from({ length: 12 }, (_, index) => typeOf(lane, index)).slice(0, 7)).toEqual([
    'key',
    'ordered',
    'reordered',
    'ordered',
    'ordered',
    'reordered',
    'key',
  ])
  expect(lane.facts).toEqual({ samples: 12, keyframes: 2, longestGroup: 0.24, bitsPerSecond: ((2 * 9000 + 10 * 500) * 8) / 0.48 })
  expect(endOf(lane)).toBe(0.48)
})

it('finds the sample of a time', () => {
  const lane = laneOf(table(100, 25), 1000)
  expect([-1, 0, 0.039, 0.04, 3.999, 99].map((seconds) => sampleAt(lane, seconds))).toEqual([0, 0, 0, 1, 99, 99])
  expect(sampleAt(laneOf(table(0, 1), 1000), 0)).toBe(-1)
})

it('draws each sample where there is room, and groups between keyframes', () => {
  const lane = laneOf(table(100, 25), 1000)
  const bars = barsIn(lane, 0, 4, 800)
  expect(bars).toHaveLength(100)
  expect(bars.filter(({ type }) => type === 'key').map(({ x }) => x)).toEqual([0, 200, 400, 600])
  expect(groupsIn(lane, 0.5, 2.5, 800).map(({ index, x, width }) => [index, x, width])).toEqual([
    [0, 0, 200],
    [1, 200, 400],
    [2, 600, 200],
  ])
})

it('draws a million samples as pixels; no keyframe is lost among them', () => {
  const lane = laneOf(table(1_000_000, 250), 1000)
  const bars = barsIn(lane, 0, endOf(lane), 1000)
  expect(bars).toHaveLength(1000)
  expect(bars.every(({ type, size }) => type === 'key' && size === 9000)).toBe(true)
  expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(1_000_000)
  // Zoomed in again, the samples stand alone.
  expect(barsIn(lane, 100, 101, 1000)).toHaveLength(26)
})
