/** The memory of what was fetched, against the plainest one there is: an array of bytes or nothing. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Extents } from './extents.ts'

const SIZE = 60
const whole = Uint8Array.from({ length: SIZE }, (_, at) => at + 1)

describe('extents', () => {
  it('know what is missing and give back what was added', () => {
    const places = fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(fc.array(places, { maxLength: 12 }), places, (added, [offset, length]) => {
        const extents = new Extents(1000)
        const plain: boolean[] = Array.from({ length: SIZE + 20 }, () => false)
        for (const [start, count] of added) {
          extents.add(start, whole.subarray(start, start + count))
          plain.fill(true, start, Math.min(SIZE, start + count))
        }
        const end = Math.min(SIZE, offset + length)
        const missing = plain.slice(offset, end)
        const gap = missing.includes(false)
          ? { start: offset + missing.indexOf(false), end: offset + missing.lastIndexOf(false) + 1 }
          : null
        expect(extents.gap(offset, end - offset)).toEqual(gap)
        expect(extents.get(offset, end - offset)).toEqual(gap === null ? whole.subarray(offset, end) : null)
      }),
    )
  })

  it('forget the oldest over the limit', () => {
    const extents = new Extents(20)
    for (const start of [40, 0, 20]) extents.add(start, whole.subarray(start, start + 10))
    expect(extents.get(40, 10)).toBeNull()
    expect([extents.get(0, 10), extents.get(20, 10)]).toEqual([whole.subarray(0, 10), whole.subarray(20, 30)])
  })
})
