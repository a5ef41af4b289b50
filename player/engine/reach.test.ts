import { expect, test } from 'vitest'
import { askAnother, furtherThan, lacks, type Listing } from './reach.ts'

/** A rendition that lists `listedS` seconds in segments of 4 s; null: its playlist was not read. Counts how often it is asked. */
function rendition(
  listedS: number | null,
  { ended = false, isOld = false, averageBps = 1, setAsideUntilMs = 0 } = {},
): Listing & { asked: number } {
  return {
    ...{ info: { averageBps }, isOld, setAsideUntilMs, asked: 0 },
    timeline: listedS === null ? null : { targetDurationS: 4, ended, durationS: listedS },
    ready() {
      this.asked += 1
      return Promise.resolve()
    },
    setAside() {},
  }
}
const at = (startS: number): { number: number; startS: number; durationS: number } => ({ number: 0, startS, durationS: 4 })

test('a rendition that is being made lacks what it does not list, and is not taken again for a segment alone', () => {
  const whole = rendition(100, { ended: true })
  const made = rendition(40)
  const streams = [whole, made]
  expect(lacks(made, at(40), made, streams)).toBe(true)
  expect(lacks(made, at(36), made, streams)).toBe(false)
  expect(lacks(made, at(36), whole, streams)).toBe(true)
  expect(lacks(made, at(28), whole, streams)).toBe(false)
  expect(lacks(whole, at(96), made, streams)).toBe(false)
})

test('what is unread or old may have it', () => {
  const whole = rendition(100, { ended: true })
  expect(lacks(rendition(null), at(40), whole, [whole])).toBe(false)
  expect(lacks(rendition(20, { isOld: true }), at(40), whole, [whole])).toBe(false)
})

test('at the edge of a live stream all renditions can be chosen that list the segment', () => {
  const one = rendition(100)
  const behind = rendition(96)
  const streams = [one, behind]
  expect(lacks(behind, at(92), one, streams)).toBe(false)
  expect(lacks(behind, at(96), one, streams)).toBe(true)
  expect(furtherThan(behind, streams, 0)).toBe(null)
})

test('the plan goes by the rendition that lists most, if that is more than a segment', () => {
  const made = rendition(40)
  const more = rendition(60)
  const whole = rendition(50, { ended: true })
  expect(furtherThan(made, [made, more], 0)).toBe(more)
  expect(furtherThan(made, [made, more, whole], 0)).toBe(whole)
  expect(furtherThan(made, [made, rendition(60, { setAsideUntilMs: 9 })], 0)).toBe(null)
  expect(furtherThan(whole, [made, more, whole], 0)).toBe(null)
})

test('the largest unread one is asked when little is left to play; what was read long ago only when nothing is', () => {
  const made = rendition(40)
  const small = rendition(null, { averageBps: 1 })
  const large = rendition(null, { averageBps: 2 })
  expect(askAnother(made, [made, small, large], 13, 0)).toBe(null)
  expect(askAnother(made, [made, small, large], 11, 0)).not.toBe(null)
  expect([small.asked, large.asked, made.asked]).toEqual([0, 1, 0])
  const old = rendition(20, { isOld: true })
  expect(askAnother(made, [made, old], 3, 0)).toBe(null)
  expect(askAnother(made, [made, old], 0, 0)).not.toBe(null)
  expect(askAnother(made, [made, rendition(20)], 0, 0)).toBe(null)
})
