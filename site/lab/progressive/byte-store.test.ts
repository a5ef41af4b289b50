import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BLOCK_BYTES, ByteStore } from './byte-store.ts'

/** `toEqual` looks at every byte by itself. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

it('asks for what is missing and for nothing twice, whatever is read and wherever a request is cancelled', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 * BLOCK_BYTES }),
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          length: fc.integer({ min: 1, max: 2 * BLOCK_BYTES }),
          part: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        { maxLength: 30 },
      ),
      (size, reads) => {
        const file = new Uint8Array(size).map((_, at) => (at * 31 + (at >> 8)) & 0xff)
        const store = new ByteStore(size, Infinity)
        let received = 0
        for (const { at, length, part } of reads) {
          const offset = Math.floor(at * (size - 1))
          const from = store.missing(offset, length)
          if (from === null) {
            expect(same(store.read(offset, length), file.subarray(offset, offset + length))).toBe(true)
            continue
          }
          const end = store.gapEnd(from, offset + length)
          expect(end).toBeGreaterThan(from)
          expect(end % BLOCK_BYTES === 0 || end === size).toBe(true)
          const got = Math.ceil((end - from) * part)
          store.write(from, file.subarray(from, from + got))
          received += got
        }
        const spans = store.spans()
        expect(spans.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(received)
        for (const { start, end } of spans) expect(same(store.read(start, end - start), file.subarray(start, end))).toBe(true)
        for (const [index, { start }] of spans.entries()) if (index > 0) expect(start).toBeGreaterThan(spans[index - 1]?.end ?? 0)
      },
    ),
    { numRuns: 25 },
  )
})

it('drops what lies farthest away', () => {
  const store = new ByteStore(10 * BLOCK_BYTES, 3 * BLOCK_BYTES)
  store.write(0, new Uint8Array(10 * BLOCK_BYTES))
  store.trim(6 * BLOCK_BYTES)
  expect(store.spans()).toEqual([{ start: 5 * BLOCK_BYTES, end: 8 * BLOCK_BYTES }])
  expect(store.missing(0, 10)).toBe(0)
  expect(() => store.read(0, 10)).toThrow(RangeError)
})
