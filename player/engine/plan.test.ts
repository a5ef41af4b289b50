import { expect, test } from 'vitest'
import { planEviction, planGapJump, planNext, replaceFrom, segmentIndexAt, undoesTooMuch, type PlanInput } from './plan.ts'

const segments = Array.from({ length: 10 }, (_, number) => ({ number, startS: number * 4, durationS: 4 }))
const base: PlanInput = {
  playheadS: 0,
  ranges: [],
  segments,
  ended: true,
  forwardBufferS: 12,
  isAppended: only(),
  isSkipped: only(),
  isTorn: only(),
  isStale: only(),
}

/** Of these numbers and no other. */
function only(...numbers: number[]): (segment: { number: number }) => boolean {
  return ({ number }) => numbers.includes(number)
}

test('loads from the playhead on until the goal is reached', () => {
  expect(planNext(base)).toEqual({ action: 'load', number: 0 })
  expect(planNext({ ...base, ranges: [{ start: 0, end: 8 }] })).toEqual({ action: 'load', number: 2 })
  expect(planNext({ ...base, ranges: [{ start: 0, end: 12 }] })).toEqual({ action: 'full' })
  expect(planNext({ ...base, playheadS: 30, ranges: [{ start: 28, end: 40 }] })).toEqual({ action: 'done' })
  expect(planNext({ ...base, ended: false, playheadS: 30, ranges: [{ start: 28, end: 40 }] })).toEqual({ action: 'wait-for-playlist' })
})

test('a seek loads the segment that holds the time, even a moment before its end', () => {
  expect(planNext({ ...base, playheadS: 17 })).toEqual({ action: 'load', number: 4 })
  // What is buffered begins with the next segment: jumping there would show another frame than was asked for.
  expect(planNext({ ...base, playheadS: 19.9, ranges: [{ start: 20, end: 40 }] })).toEqual({ action: 'load', number: 4 })
  expect(planNext({ ...base, playheadS: 20 - 1e-9, ranges: [{ start: 20, end: 40 }] })).toEqual({ action: 'full' })
})

test('at the very end the last segment is needed', () => {
  expect(planNext({ ...base, playheadS: 40, ranges: [{ start: 0, end: 12 }] })).toEqual({ action: 'load', number: 9 })
  expect(planNext({ ...base, playheadS: 40, ranges: [{ start: 36, end: 39.98 }], isAppended: only(9) })).toEqual({ action: 'done' })
})

test('rounded playlists and short segments are not loaded twice, evicted ones are', () => {
  expect(planNext({ ...base, ranges: [{ start: 0.08, end: 3.9 }] })).toEqual({ action: 'load', number: 1 })
  const short = { ...base, ranges: [{ start: 0, end: 3 }] }
  expect(planNext(short)).toEqual({ action: 'load', number: 0 })
  expect(planNext({ ...short, isAppended: only(0) })).toEqual({ action: 'load', number: 1 })
  expect(planNext({ ...base, isAppended: only(0) })).toEqual({ action: 'load', number: 0 })
})

test('what is to come again in another rendition is loaded although it is there', () => {
  const input = { ...base, ranges: [{ start: 0, end: 12 }], isAppended: only(0, 1, 2) }
  expect(planNext({ ...input, isStale: only(1, 2) })).toEqual({ action: 'load', number: 1 })
  expect(planNext({ ...input, isStale: only(1), isSkipped: only(1) })).toEqual({ action: 'full' })
})

test('a segment whose beginning was evicted comes again before playback gets there', () => {
  const input = {
    ...base,
    ranges: [
      { start: 0, end: 4 },
      { start: 4.13, end: 12 },
    ],
    isAppended: only(0, 2),
    isTorn: only(1),
  }
  expect(planNext({ ...input, playheadS: 2 })).toEqual({ action: 'load', number: 1 })
  expect(planNext({ ...input, playheadS: 6 })).toEqual({ action: 'load', number: 3 })
})

test('skipped segments are passed over', () => {
  expect(planNext({ ...base, ranges: [{ start: 0, end: 4 }], isSkipped: only(1) })).toEqual({ action: 'load', number: 2 })
})

test('an empty playlist waits, or is done', () => {
  expect(planNext({ ...base, segments: [], ended: false })).toEqual({ action: 'wait-for-playlist' })
  expect(planNext({ ...base, segments: [] })).toEqual({ action: 'done' })
})

test('finds the segment of a time', () => {
  expect([-1, 0, 3.99, 4, 39.9, 40].map((timeS) => segmentIndexAt(segments, timeS))).toEqual([0, 0, 0, 1, 9, 10])
})

test('evicts behind the playhead and far ahead of it, not a frame at a time', () => {
  expect(planEviction([{ start: 0, end: 60 }], 50, 30, 90)).toEqual([{ start: 0, end: 20 }])
  expect(planEviction([{ start: 19, end: 60 }], 50, 30, 90)).toEqual([])
  expect(
    planEviction(
      [
        { start: 0, end: 10 },
        { start: 200, end: 230 },
      ],
      100,
      30,
      90,
    ),
  ).toEqual([
    { start: 0, end: 10 },
    { start: 200, end: 230 },
  ])
})

test('replaces the buffer from the next border that leaves time to load', () => {
  expect(replaceFrom(segments, 5, 0.5)).toBe(8)
  expect(replaceFrom(segments, 7.8, 0.5)).toBe(12)
  expect(replaceFrom(segments, 38, 0.5)).toBeNull()
})

test('jumps a hole only when nothing will fill it', () => {
  const hole = {
    playheadS: 3.95,
    ranges: [
      { start: 0, end: 4 },
      { start: 8, end: 12 },
    ],
    holeIsFinal: () => true,
  }
  expect(planGapJump(hole)).toBeCloseTo(8, 2)
  expect(planGapJump({ ...hole, holeIsFinal: () => false })).toBeNull()
  expect(planGapJump({ ...hole, playheadS: 2 })).toBeNull()
  expect(planGapJump({ ...hole, playheadS: 6 })).toBeCloseTo(8, 2)
  expect(planGapJump({ ...hole, playheadS: 12 })).toBeNull()
  // A small one too: a seek just before a buffered range waits for its own segment.
  expect(planGapJump({ playheadS: 7.9, ranges: [{ start: 8, end: 12 }], holeIsFinal: () => false })).toBeNull()
})

test('a rendition that is cut elsewhere is switched to where little is thrown away, and never under the playhead', () => {
  const long = { number: 1, startS: 10, durationS: 10 }
  const at = (playheadS: number, fromS: number) => undoesTooMuch(long, fromS, { playheadS, ranges: [{ start: 0, end: fromS }] })
  expect(at(2, 10)).toBe(false)
  expect(at(2, 12)).toBe(false)
  expect(at(2, 16)).toBe(true)
  expect(at(9.8, 12)).toBe(true)
  expect(undoesTooMuch(long, 16, { playheadS: 16, ranges: [] })).toBe(false)
})
