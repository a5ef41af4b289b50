/** Edit lists as they occur, and what a viewer's clock shows. */
import { describe, expect, it } from 'vitest'
import { presentationClock } from './presentation-clock.ts'

const edit = (durationSeconds: number | null, mediaTicks: number | null, rate = 1) => ({ durationSeconds, mediaTicks, rate })

describe('the clock of a track', () => {
  it.each([
    ['no edits', [], { 0: 0, 500: 0.5 }],
    ['encoder delay', [edit(10, 1024)], { 0: -1.024, 1024: 0, 2024: 1 }],
    ['a late start', [edit(2, null), edit(10, 0)], { 0: 2, 500: 2.5 }],
    ['nothing but a late start', [edit(2, null)], { 0: 2 }],
    ['two pieces out of order', [edit(1, 5000), edit(2, 0)], { 5000: 0, 5999: 0.999, 0: 1, 1500: 2.5, 3000: -2 }],
    ['to the end, as fragmented files say it', [edit(0, 100)], { 100: 0, 90_100: 90 }],
    ['to the end', [edit(null, 100)], { 100: 0, 90_100: 90 }],
    ['at double speed', [edit(5, 0, 2)], { 0: 0, 4000: 2 }],
  ])('%s', (_name, edits, expected) => {
    const clock = presentationClock({ edits, timescale: 1000 })
    for (const [ticks, seconds] of Object.entries(expected)) expect(clock(Number(ticks))).toBeCloseTo(seconds, 9)
  })
})
