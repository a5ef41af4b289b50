/** Bits against BigInt arithmetic, Exp-Golomb against its definition, and emulation prevention there and back. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MediaError } from '../errors.ts'
import { BitReader, withoutEmulationPrevention } from './bit-reader.ts'

test('any widths read what the bytes say', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 32 }), { maxLength: 30 }),
      (bytes, widths) => {
        const text = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
        const reader = new BitReader(bytes)
        let at = 0
        for (const width of widths) {
          if (at + width > text.length) {
            expect(() => reader.bits(width)).toThrow(MediaError)
            expect(reader.position).toBe(at)
          } else {
            expect(reader.bits(width)).toBe(width === 0 ? 0 : Number.parseInt(text.slice(at, at + width), 2))
            at += width
          }
        }
      },
    ),
  )
})

/** The code of H.264 9.1: M zeros, a one, M bits. */
function expGolomb(value: number): string {
  const bits = (value + 1).toString(2)
  return '0'.repeat(bits.length - 1) + bits
}

function toBytes(bits: string): Uint8Array {
  return Uint8Array.from(bits.match(/.{1,8}/g) ?? [], (octet) => Number.parseInt(octet.padEnd(8, '0'), 2))
}

test('Exp-Golomb, signed and not', () => {
  const values = fc.array(fc.integer({ min: 0, max: 0xfffffffe }))
  fc.assert(
    fc.property(values, (list) => {
      const bytes = toBytes(list.map(expGolomb).join(''))
      const unsigned = new BitReader(bytes)
      const signed = new BitReader(bytes)
      for (const value of list) {
        expect(unsigned.ue()).toBe(value)
        expect(signed.se()).toBe(value === 0 ? 0 : (value % 2 === 0 ? -1 : 1) * Math.ceil(value / 2))
      }
    }),
  )
  expect(() => new BitReader(new Uint8Array(8)).ue()).toThrow(/31 zeros/)
  expect(() => new BitReader(new Uint8Array(2)).ue()).toThrow(/left/)
  expect(() => new BitReader(toBytes(expGolomb(7))).ueUpTo(6, 'x')).toThrow('x is 7, at most 6 is allowed')
})

test('emulation prevention is taken out again', () => {
  const zeros = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, 4), { maxLength: 60 })
  fc.assert(
    fc.property(zeros, (payload) => {
      const escaped: number[] = []
      for (const byte of payload) {
        if (byte <= 3 && escaped.at(-1) === 0 && escaped.at(-2) === 0) escaped.push(3)
        escaped.push(byte)
      }
      expect([...withoutEmulationPrevention(Uint8Array.from(escaped))]).toEqual(payload)
    }),
  )
  const plain = Uint8Array.of(0, 0, 1, 0, 3)
  expect(withoutEmulationPrevention(plain)).toBe(plain)
})

test('aligning goes to the next byte', () => {
  const reader = new BitReader(Uint8Array.of(0xff, 0x01))
  reader.align()
  expect(reader.position).toBe(0)
  reader.skip(1)
  reader.align()
  expect(reader.bits(8)).toBe(1)
})
