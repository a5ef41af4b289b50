import { describe, expect, it } from 'vitest'
import { BitReader } from './bit-reader.ts'

describe('BitReader', () => {
  it('reads fields across bytes, up to 32 bits', () => {
    const reader = new BitReader(Uint8Array.of(0b1010_0101, 0xff, 0xff, 0xff, 0xff, 0x80))
    expect([reader.u(3), reader.u(0), reader.flag(), reader.u(4)]).toEqual([5, 0, false, 5])
    expect(reader.u(32)).toBe(0xffffffff)
    expect([reader.flag(), reader.remaining]).toEqual([true, 7])
  })

  it('reads Exp-Golomb codes as table 9-2 has them', () => {
    // 1 010 011 00100 00101 00110 | as signed: 0 1 -1 2 -2 3
    const bits = '1010011001000010100110'.padEnd(24, '0')
    const bytes = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
    const unsigned = new BitReader(bytes)
    expect(Array.from({ length: 6 }, () => unsigned.ue())).toEqual([0, 1, 2, 3, 4, 5])
    const signed = new BitReader(bytes)
    expect(Array.from({ length: 6 }, () => signed.se())).toEqual([0, 1, -1, 2, -2, 3])
  })

  it('does not leave its bytes', () => {
    expect(() => new BitReader(Uint8Array.of(1)).u(9)).toThrow('9 bits wanted, 8 left')
    expect(() => new BitReader(new Uint8Array(2)).ue()).toThrow('1 bits wanted')
    expect(() => new BitReader(new Uint8Array(8)).ue()).toThrow('Exp-Golomb')
    expect(() => new BitReader(Uint8Array.of(1)).skip(9)).toThrow('bits wanted')
  })
})
