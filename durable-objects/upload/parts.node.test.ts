import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fillAt, fullParts, PART_BYTES, PartAssembler, ROW_BYTES, touchedRows } from './parts.ts'

/** Bytes that say where in the file they are, so that one in the wrong place is seen. */
function bytesAt(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 1) bytes[i] = (offset + i) * 31 + ((offset + i) >> 8)
  return bytes
}

it('lays any slicing of a file into equal parts and a remainder that any offset resumes from', () => {
  const length = fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.constantFrom(1, ROW_BYTES, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1))
  fc.assert(
    fc.property(
      fc.array(fc.record({ length, restart: fc.boolean() }), { minLength: 1, maxLength: 6 }),
      fc.nat(ROW_BYTES),
      (slices, ahead) => {
        const sizeBytes = ahead + slices.reduce((sum, slice) => sum + slice.length, 0)
        let assembler = new PartAssembler(0, sizeBytes, new Uint8Array())
        const parts: number[] = []
        for (const { length: bytes, restart } of [...slices, { length: ahead, restart: false }]) {
          if (restart) assembler = new PartAssembler(assembler.offset, sizeBytes, assembler.remainder.slice())
          for (const part of assembler.push(bytesAt(assembler.offset, bytes))) {
            expect(part.bytes.byteLength).toBe(PART_BYTES)
            expect(Buffer.compare(part.bytes, bytesAt((part.number - 1) * PART_BYTES, PART_BYTES))).toBe(0)
            parts.push(part.number)
          }
        }
        expect(assembler.offset).toBe(sizeBytes)
        expect(parts).toEqual(Array.from({ length: fullParts(sizeBytes) }, (_, index) => index + 1))
        const rest = bytesAt(fullParts(sizeBytes) * PART_BYTES, fillAt(sizeBytes))
        expect(Buffer.compare(assembler.remainder, rest)).toBe(0)
      },
    ),
    { numRuns: 25 },
  )
})

it('rewrites exactly the rows that grow, each whole', () => {
  const offset = fc.oneof(
    fc.nat(PART_BYTES - 1),
    fc.nat(7).map((row) => row * ROW_BYTES),
  )
  fc.assert(
    fc.property(offset, offset, (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      const rows = touchedRows(from, to)
      expect(rows[0]?.start).toBe(from === to ? undefined : Math.floor(from / ROW_BYTES) * ROW_BYTES)
      expect(rows.at(-1)?.end).toBe(from === to ? undefined : to)
      for (const [index, { row, start, end }] of rows.entries()) {
        expect(start).toBe(row * ROW_BYTES)
        expect(end - start).toBeLessThanOrEqual(ROW_BYTES)
        if (index > 0) expect(start).toBe(rows[index - 1]?.end)
      }
    }),
  )
})

it('refuses a remainder that does not belong to the offset', () => {
  expect(() => new PartAssembler(5, 10, new Uint8Array(4))).toThrow(RangeError)
})
