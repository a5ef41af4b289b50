import fc from 'fast-check'
import { expect, it } from 'vitest'
import { concat, u8 } from '../bytes/write-bytes.ts'
import { block, frame, vint } from '../../tests/support/write-ebml.ts'
import { type BlockHead, type Lacing, readBlockHead } from './blocks.ts'

const FLAGS: Readonly<Record<Lacing, number>> = { none: 0, xiph: 0x02, fixed: 0x04, ebml: 0x06 }

/** What stands between the flags and the frames (RFC 9559 10.3). */
function lace(lacing: Lacing, sizes: number[]): Uint8Array {
  if (lacing === 'none') return new Uint8Array()
  const count = u8(sizes.length - 1)
  if (lacing === 'fixed') return count
  const told = sizes.slice(0, -1)
  if (lacing === 'xiph')
    return concat([count, ...told.map((size) => Uint8Array.from([...Array<number>(Math.floor(size / 255)).fill(255), size % 255]))])
  return concat([
    count,
    ...told.map((size, at) => {
      if (at === 0) return vint(size)
      const difference = size - told[at - 1]!
      let length = 1
      while (Math.abs(difference) >= 2 ** (7 * length - 1) - 1) length += 1
      return vint(difference + 2 ** (7 * length - 1) - 1, length)
    }),
  ])
}

function write(lacing: Lacing, sizes: number[], track = 1, ticks = 0): Uint8Array {
  return block(track, ticks, 0x80 | FLAGS[lacing], lace(lacing, sizes), ...sizes.map(frame))
}

it('tells the frames of every lacing', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(fc.constantFrom('xiph' as const, 'ebml' as const, 'fixed' as const), sizes, (lacing, given) => {
      const all = lacing === 'fixed' ? given.map(() => given[0]!) : given
      const bytes = write(lacing, all, 130, -5)
      const head = readBlockHead(bytes, 0, bytes.length, bytes.length) as BlockHead
      expect(head).toMatchObject({ track: 130, relativeTicks: -5, keyframe: true, lacing, sizes: all })
      expect(head.headBytes).toBe(bytes.length - all.reduce((sum, size) => sum + size, 0))
    }),
    { numRuns: 60 },
  )
})

it('asks for more until the head is there, and for nothing behind it', () => {
  for (const lacing of ['none', 'xiph', 'fixed', 'ebml'] as const) {
    const bytes = write(lacing, lacing === 'none' ? [9000] : [3000, 3000, 3000])
    const { headBytes } = readBlockHead(bytes, 0, bytes.length, bytes.length) as BlockHead
    for (let end = 0; end < headBytes; end += 1) expect(readBlockHead(bytes, 0, end, bytes.length)).toBeGreaterThan(end)
    expect(readBlockHead(bytes, 0, headBytes, bytes.length)).toMatchObject({ headBytes })
  }
})

it('256 frames in a lace', () => {
  const sizes = Array.from({ length: 256 }, (_, at) => at % 5)
  const bytes = write('ebml', sizes)
  expect(readBlockHead(bytes, 0, bytes.length, bytes.length)).toMatchObject({ sizes })
})

it('refuses what contradicts itself', () => {
  const refused = (bytes: Uint8Array): void => {
    expect(() => readBlockHead(bytes, 0, bytes.length, bytes.length)).toThrow(/longer|negative|one size|end/)
  }
  refused(Uint8Array.of(0x81, 0, 0))
  refused(block(1, 0, 0x02, Uint8Array.of(1, 200), frame(10, 1)))
  refused(block(1, 0, 0x04, Uint8Array.of(2), frame(10, 1)))
  // the second frame is 8 bytes shorter than 2
  refused(block(1, 0, 0x06, Uint8Array.of(2, 0x82, 0xbf - 8), frame(10, 1)))
  // sizes that never end
  refused(block(1, 0, 0x02, new Uint8Array(70_000).fill(255), frame(200_000, 1)))
})
