import fc from 'fast-check'
import { expect, it } from 'vitest'
import { element, sized, vint } from '../../tests/support/write-ebml.ts'
import { elementsOf, readDateMs, readElementHeader, readFloat, readInt, readText, readUint, readVint } from './ebml.ts'
import { elementInfo } from './elements.ts'
import { ID } from './ids.ts'

it('numbers of every length are read, and their bytes counted', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 8 }), (number, length) => {
      const value = number % (2 ** (7 * length) - 1)
      expect(readVint(vint(value, length), 0)).toEqual({ value, length })
    }),
  )
})

it('a number that is cut off is none yet, one of more than 8 bytes never', () => {
  expect(readVint(Uint8Array.of(0x40), 0)).toBeNull()
  expect(readVint(new Uint8Array(), 0)).toBeNull()
  expect(() => readVint(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8), 0)).toThrow('no number')
  expect(() => readVint(Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe), 0)).toThrow('does not fit')
})

it('all ones are an unknown size, in each of eight lengths', () => {
  for (let length = 1; length <= 8; length += 1) {
    const bytes = sized(ID.cluster, null, length)
    expect(readElementHeader(bytes, 0)).toEqual({ id: ID.cluster, headerBytes: 4 + length, bodyBytes: null })
    for (let end = 0; end < bytes.length; end += 1) expect(readElementHeader(bytes, 0, end)).toBeNull()
  }
})

it('ids that cannot be are refused', () => {
  expect(() => readElementHeader(Uint8Array.of(0x08, 0, 0, 0, 0, 0x80), 0)).toThrow('begin with 0x8')
  expect(() => readElementHeader(Uint8Array.of(0xff, 0x80), 0)).toThrow('all ones')
  expect(() => readElementHeader(Uint8Array.of(0xec, 0), 0)).toThrow('more than 8 bytes')
})

it('children are read as far as they go', () => {
  const bytes = Uint8Array.from([...element(0xec, Uint8Array.of(1, 2)), ...sized(0xbf, 100, 1, Uint8Array.of(3))])
  expect([...elementsOf(bytes)]).toEqual([
    { id: 0xec, start: 0, body: 2, end: 4 },
    { id: 0xbf, start: 4, body: 6, end: 7 },
  ])
})

it('values are read by their types', () => {
  expect(readUint(Uint8Array.of())).toBe(0)
  expect(readUint(Uint8Array.of(1, 0, 0, 0, 0))).toBe(2 ** 32)
  expect(readInt(Uint8Array.of(0xff, 0xfe))).toBe(-2)
  expect(readInt(Uint8Array.of(0x7f))).toBe(127)
  expect(readFloat(Uint8Array.of(0x40, 0x49, 0x0f, 0xdb))).toBeCloseTo(Math.PI, 6)
  expect(readFloat(Uint8Array.of(1, 2, 3))).toBeNull()
  expect(readText(Uint8Array.of(0x61, 0x62, 0, 0))).toBe('ab')
  expect(readDateMs(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0))).toBe(Date.UTC(2001, 0, 1))
})

it('the table knows every id that the readers look for', () => {
  for (const id of Object.values(ID)) expect(elementInfo(id), id.toString(16)).not.toBeNull()
  expect(elementInfo(0x7675)).toEqual({ id: 0x7675, name: 'ProjectionPoseRoll', type: 'float', parent: 'Projection' })
})
