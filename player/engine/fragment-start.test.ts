/** When fragments begin, against what the writer of media/mp4 was told; and on bytes that are cut off or no MP4. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fragmentStart } from './fragment-start.ts'

/** A box (ISO/IEC 14496-12, 4.2): numbers are 32 bits each. */
function box(type: string, ...content: (number | Uint8Array)[]): Uint8Array {
  const parts = content.map((one) => (typeof one === 'number' ? Uint8Array.from([24, 16, 8, 0], (shift) => (one >>> shift) & 0xff) : one))
  const size = 8 + parts.reduce((sum, { length }) => sum + length, 0)
  return Uint8Array.from([
    ...[24, 16, 8, 0].map((shift) => (size >>> shift) & 0xff),
    ...new TextEncoder().encode(type),
    ...parts.flatMap((part) => [...part]),
  ])
}

function trak(id: number, timescale: number, handler: string, mediaTime: number): Uint8Array {
  const edit = box('edts', box('elst', 0, 1, 0, mediaTime, 0x10000))
  const media = box('mdia', box('mdhd', 0, 0, 0, timescale, 0, 0), box('hdlr', 0, 0, new TextEncoder().encode(handler)))
  return box('trak', box('tkhd', 3, 0, 0, id, 0, 0), edit, media)
}

function moof(...tracks: { id: number; decode: number; composition: number }[]): Uint8Array {
  const trafs = tracks.map(({ id, decode, composition }) =>
    box('traf', box('tfhd', 0x020000, id), box('tfdt', 0x01000000, 0, decode), box('trun', 0x01000a01, 1, 0, 7, composition)),
  )
  return box('moof', box('mfhd', 0, 1), ...trafs)
}

const INIT = box('moov', trak(1, 15_360, 'vide', 1024), trak(2, 48_000, 'soun', 0))

test('decode time, composition offset and edit list are added up, and the picture counts', () => {
  const media = moof({ id: 2, decode: 48_000 * 9, composition: 0 }, { id: 1, decode: 153_600, composition: 2048 })
  expect(fragmentStart(INIT, media)).toBeCloseTo(10 + 1024 / 15_360, 9)
  expect(fragmentStart(INIT, moof({ id: 2, decode: 48_000, composition: 0 }))).toBe(1)
})

test('a segment that carries its own moov', () => {
  expect(fragmentStart(null, Uint8Array.from([...INIT, ...moof({ id: 1, decode: 1024, composition: 0 })]))).toBe(0)
})

test('what says no time is null', () => {
  expect(fragmentStart(INIT, moof())).toBeNull()
  expect(fragmentStart(INIT, moof({ id: 7, decode: 0, composition: 0 }))).toBeNull()
  expect(fragmentStart(new Uint8Array(), new Uint8Array())).toBeNull()
  expect(fragmentStart(INIT, box('moof', box('traf', box('tfhd'), box('tfdt'))))).toBeNull()
  expect(fragmentStart(box('moov', box('trak', box('tkhd'), box('mdia', box('mdhd')))), moof())).toBeNull()
})

test('bytes that are cut off or changed never do more than say nothing', () => {
  const whole = Uint8Array.from([...INIT, ...moof({ id: 1, decode: 1024, composition: 0 })])
  fc.assert(
    fc.property(fc.nat(whole.length), fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }), (length, changes) => {
      const bytes = whole.slice()
      for (const [at, value] of changes) bytes[at] = value
      const start = fragmentStart(null, bytes.subarray(0, length))
      expect(start === null || Number.isFinite(start)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
