import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseRanges, contentRange, MAX_RANGES, rangeLength, unsatisfiedRange } from './range.ts'

const whole = { kind: 'whole' }
const none = { kind: 'unsatisfiable' }
const some = (...ranges: [number, number][]) => ({ kind: 'ranges', ranges: ranges.map(([first, last]) => ({ first, last })) })

describe('chooseRanges', () => {
  it.each([
    [null, 100, whole],
    ['bytes=0-0', 100, some([0, 0])],
    ['bytes=0-1', 100, some([0, 1])],
    ['bytes=10-', 100, some([10, 99])],
    ['bytes=-10', 100, some([90, 99])],
    ['bytes=-1000', 100, some([0, 99])],
    ['bytes=90-1000', 100, some([90, 99])],
    ['bytes=0-99999999999999999999999999', 100, some([0, 99])],
    ['bytes=99999999999999999999999999-', 100, none],
    ['BYTES=0-1', 100, some([0, 1])],
    ['  bytes=0-1 ', 100, some([0, 1])],
    ['bytes=0-1 ,\t5-6', 100, some([0, 1], [5, 6])],
    ['bytes=,,0-1,,', 100, some([0, 1])],
    ['bytes=50-59,0-9', 100, some([50, 59], [0, 9])],
    ['bytes=0-9,200-300', 100, some([0, 9])],
    ['bytes=0-9,10-19', 100, some([0, 19])],
    ['bytes=20-29,0-9,5-24', 100, some([0, 29])],
    ['bytes=60-69,20-29,25-30', 100, some([60, 69], [20, 30])],
    ['bytes=100-', 100, none],
    ['bytes=100-200,300-', 100, none],
    ['bytes=-0', 100, none],
    ['bytes=0-0', 0, none],
    ['bytes=-5', 0, whole],
    ['lines=0-1', 100, whole],
    ['bytes', 100, whole],
    ['bytes=', 100, whole],
    ['bytes=,', 100, whole],
    ['bytes=-', 100, whole],
    ['bytes=5-4', 100, whole],
    ['bytes=0-1,5-4', 100, whole],
    ['bytes=a-b', 100, whole],
    ['bytes=0 - 1', 100, whole],
    ['bytes =0-1', 100, whole],
    ['bytes=+0-1', 100, whole],
    ['bytes=0-1-2', 100, whole],
    ['bytes=0x0-1', 100, whole],
    ['bytes=1e1-20', 100, whole],
    ['bytes=٣-٤', 100, whole],
  ])('%s of %i bytes', (field, size, choice) => {
    expect(chooseRanges(field, size)).toEqual(choice)
  })

  it('answers a request for many ranges by the whole', () => {
    const set = (count: number) => `bytes=${Array.from({ length: count }, (_, i) => `${i * 3}-${i * 3}`).join()}`
    expect(chooseRanges(set(MAX_RANGES), 1000)).toMatchObject({ kind: 'ranges', ranges: { length: MAX_RANGES } })
    expect(chooseRanges(set(MAX_RANGES + 1), 1000)).toEqual(whole)
    expect(chooseRanges(`bytes=0-0${','.repeat(1000)}5-5`, 1000)).toEqual(whole)
  })

  it('never answers more than the whole, nor a byte twice, and every byte that was asked for', () => {
    const spec = fc.record({ first: fc.nat(120), length: fc.integer({ min: 1, max: 50 }) })
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: MAX_RANGES }), fc.integer({ min: 1, max: 100 }), (specs, size) => {
        const field = `bytes=${specs.map(({ first, length }) => `${first}-${first + length - 1}`).join(', ')}`
        const choice = chooseRanges(field, size)
        const wanted = new Set(specs.flatMap(({ first, length }) => Array.from({ length }, (_, i) => first + i)).filter((at) => at < size))
        const ranges = choice.kind === 'ranges' ? choice.ranges : []
        const sent = ranges.flatMap((range) => Array.from({ length: rangeLength(range) }, (_, i) => range.first + i))
        expect(new Set(sent)).toEqual(wanted)
        expect(sent.length).toBe(wanted.size)
        expect(choice.kind).toBe(wanted.size === 0 ? 'unsatisfiable' : 'ranges')
      }),
    )
  })

  it('takes any text without throwing, and answers ranges inside the file', () => {
    const field = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[0-9, \t-]{0,40}$/))
    fc.assert(
      fc.property(field, fc.nat(1000), (text, size) => {
        const choice = chooseRanges(text, size)
        if (choice.kind !== 'ranges') return
        for (const { first, last } of choice.ranges) expect(0 <= first && first <= last && last < size).toBe(true)
      }),
    )
  })
})

it('writes Content-Range', () => {
  expect(contentRange({ first: 0, last: 1 }, 10)).toBe('bytes 0-1/10')
  expect(unsatisfiedRange(10)).toBe('bytes */10')
})
