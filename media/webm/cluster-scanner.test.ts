import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { concat, u8 } from '../bytes/write-bytes.ts'
import { MATROSKA_FAMILY } from '../../tests/support/zoo.ts'
import { block, EBML_HEADER, element, frame, simpleBlock, sized, TRACKS, uint } from '../../tests/support/write-ebml.ts'
import { MatroskaScanner } from './cluster-scanner.ts'
import { ID } from './ids.ts'
import type { FoundSample } from './scanner-state.ts'

interface Scanned {
  samples: FoundSample[]
  problems: string[]
  tracks: number
}

/** All at once. */
function scan(bytes: Uint8Array, fileSize: number | null = bytes.length): Scanned {
  const scanner = new MatroskaScanner(fileSize)
  scanner.give(bytes, 0)
  scanner.end(bytes.length)
  return outcome(scanner, scanner.drain())
}

function outcome(scanner: MatroskaScanner, samples: FoundSample[]): Scanned {
  return { samples, problems: scanner.problems.map(({ what }) => what), tracks: scanner.header?.tracks.length ?? 0 }
}

/** In pieces that end at `ends`; after each the scanner is saved, forgotten and restored. */
function scanInPieces(bytes: Uint8Array, ends: number[]): Scanned {
  let scanner = new MatroskaScanner(bytes.length)
  const samples: FoundSample[] = []
  let from = 0
  for (const to of [...ends, bytes.length]) {
    scanner.give(bytes.subarray(from, to), from)
    if (to % 2 === 0) samples.push(...scanner.drain())
    scanner = MatroskaScanner.restore(scanner.save())
    from = to
  }
  scanner.end(bytes.length)
  samples.push(...scanner.drain())
  return outcome(scanner, samples)
}

/** Only the bytes that are asked for, no more. */
function scanAsWanted(bytes: Uint8Array): Scanned & { read: number } {
  const scanner = new MatroskaScanner(bytes.length)
  let read = 0
  for (let { wants } = scanner; wants !== null && wants.offset < bytes.length; { wants } = scanner) {
    const piece = bytes.subarray(wants.offset, wants.offset + wants.length)
    read += piece.length
    scanner.give(piece)
  }
  scanner.end(bytes.length)
  return { ...outcome(scanner, scanner.drain()), read }
}

const cluster = (ticks: number, ...content: Uint8Array[]): Uint8Array => element(ID.cluster, uint(ID.timestamp, ticks), ...content)
const openCluster = (ticks: number, length: number, ...content: Uint8Array[]): Uint8Array =>
  sized(ID.cluster, null, length, uint(ID.timestamp, ticks), ...content)
const VOID = element(ID.void, frame(20, 9))
const CUES = element(ID.cues, element(0xbb, uint(0xb3, 0)))
const TAGS = element(ID.tags, frame(30, 3))

const GROUP = element(ID.blockGroup, element(ID.block, block(1, 40, 0, new Uint8Array(), frame(300, 4))), uint(ID.blockDuration, 33))
const GROUP_B = element(
  ID.blockGroup,
  uint(ID.blockDuration, 100),
  element(ID.block, block(2, 10, 0x06, u8(2, 0x80 | 30, 0x80 | (63 + 5)), frame(30, 1), frame(35, 2), frame(7, 3))),
  element(ID.referenceBlock, Uint8Array.of(0xf0)),
)

/** Everything that a Segment may hold between its Clusters, in one file. */
const MIXED = concat([
  EBML_HEADER,
  sized(
    ID.segment,
    null,
    8,
    VOID,
    element(ID.crc32, frame(4, 1)),
    TRACKS,
    cluster(0, simpleBlock(1, 0, frame(2000, 1)), VOID, simpleBlock(2, 5, frame(20, 2)), GROUP),
    CUES,
    openCluster(1000, 8, simpleBlock(1, -10, frame(100, 5), false), GROUP_B, VOID),
    openCluster(2000, 1, simpleBlock(1, 0, frame(90, 6))),
    TAGS,
    cluster(3000, uint(ID.position, 77), simpleBlock(2, 0, frame(11, 7))),
  ),
])

it('finds every frame between unknown sizes, Void, CRC-32, Cues and Tags', () => {
  const { samples, problems, tracks } = scan(MIXED)
  expect(problems).toEqual([])
  expect(tracks).toBe(2)
  expect(
    samples.map(({ trackId, size, timestampTicks, durationTicks, sync }) => [trackId, size, timestampTicks, durationTicks, sync]),
  ).toEqual([
    [1, 2000, 0, null, true],
    [2, 20, 5, null, true],
    [1, 300, 40, 33, true],
    [1, 100, 990, null, false],
    [2, 30, 1010, 33, false],
    [2, 35, 1010, 33, false],
    [2, 7, 1010, 34, false],
    [1, 90, 2000, null, true],
    [2, 11, 3000, null, true],
  ])
  const first = samples[0]!
  expect(MIXED.subarray(first.offset, first.offset + first.size)).toEqual(frame(2000, 1))
  const laced = samples[5]!
  expect(MIXED.subarray(laced.offset, laced.offset + laced.size)).toEqual(frame(35, 2))
})

it('finds the same after a stop at any byte', () => {
  const whole = scan(MIXED)
  for (let at = 0; at <= MIXED.length; at += 1) expect(scanInPieces(MIXED, [at]), `split at ${at}`).toEqual(whole)
})

it('finds the same byte by byte, and in pieces of any size', () => {
  const whole = scan(MIXED)
  expect(
    scanInPieces(
      MIXED,
      Array.from({ length: MIXED.length }, (_, at) => at),
    ),
  ).toEqual(whole)
  fc.assert(
    fc.property(fc.array(fc.nat(MIXED.length), { maxLength: 40 }), (ends) => {
      expect(
        scanInPieces(
          MIXED,
          ends.toSorted((a, b) => a - b),
        ),
      ).toEqual(whole)
    }),
    { numRuns: 100 },
  )
})

it('finds the same in real files, in pieces and by what it asks for', async () => {
  for (const animal of MATROSKA_FAMILY.slice(0, 12)) {
    const bytes = new Uint8Array(await readFile(await animal.file()))
    const whole = scan(bytes)
    expect(whole.samples.length).toBeGreaterThan(20)
    expect(scan(bytes, null), 'without the size').toEqual(whole)
    const { read, ...wanted } = scanAsWanted(bytes)
    expect(wanted).toEqual(whole)
    // Headers, a few bytes for each frame; Tracks, and up to eleven bytes more than a header has.
    expect(read).toBeLessThan(whole.samples.length * 32 + 4096)
    const ends = fc.sample(fc.array(fc.nat(bytes.length), { minLength: 30, maxLength: 30 }), { numRuns: 1, seed: 7 })[0]!
    expect(
      scanInPieces(
        bytes,
        ends.toSorted((a, b) => a - b),
      ),
    ).toEqual(whole)
  }
})

it('what it remembers is small, and plain', async () => {
  const bytes = new Uint8Array(await readFile(await MATROSKA_FAMILY[0]!.file()))
  const scanner = new MatroskaScanner(bytes.length)
  for (let at = 0; at < bytes.length; at += 1000) {
    scanner.give(bytes.subarray(at, at + 1000), at)
    scanner.drain()
    const state = scanner.save()
    expect(state.held.length).toBeLessThan(1024)
    expect(JSON.stringify(state, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value)).length).toBeLessThan(8192)
  }
})

it('the first document counts', () => {
  const again = concat([MIXED, EBML_HEADER, element(ID.segment, TRACKS, cluster(0, simpleBlock(1, 0, frame(5, 1))))])
  expect(scan(again).samples).toEqual(scan(MIXED).samples)
})

it('goes on behind damage with the next Cluster', () => {
  const head = concat([EBML_HEADER, sized(ID.segment, null, 8, TRACKS)])
  const good = cluster(500, simpleBlock(1, 0, frame(50, 1)))
  // A block that is longer than its Cluster, and bytes that are no element at all.
  const damaged = concat([element(ID.cluster, uint(ID.timestamp, 1), sized(ID.simpleBlock, 5000, 2, frame(80, 2))), frame(64, 3)])
  const { samples, problems } = scan(concat([head, damaged, good, good]))
  expect(samples.map(({ timestampTicks }) => timestampTicks)).toEqual([500, 500])
  expect(problems).toEqual([`0xA3 at ${head.length + 8} ends at ${head.length + 8 + 5003}, its parent at ${head.length + 91}`])
  const scanner = new MatroskaScanner()
  scanner.give(concat([head, damaged, good]), 0)
  expect(scanner.problems[0]).toMatchObject({ offset: head.length + 8, length: damaged.length - 8 })
})

it('a Cluster that says it is longer than it is ends where the next begins', () => {
  const bytes = concat([
    EBML_HEADER,
    sized(
      ID.segment,
      null,
      8,
      TRACKS,
      sized(ID.cluster, 9999, 2, uint(ID.timestamp, 0), simpleBlock(1, 0, frame(9, 1))),
      cluster(7, simpleBlock(1, 0, frame(9, 1))),
    ),
  ])
  expect(scan(bytes).samples.map(({ timestampTicks }) => timestampTicks)).toEqual([0, 7])
  expect(scan(bytes).problems[0]).toContain('says it ends at')
})

it('a damaged block costs that block', () => {
  const bad = element(ID.simpleBlock, block(1, 0, 0x04, u8(2), frame(10, 1)))
  const bytes = concat([EBML_HEADER, element(ID.segment, TRACKS, cluster(0, bad, simpleBlock(1, 20, frame(9, 1))))])
  expect(scan(bytes).samples).toHaveLength(1)
  expect(scan(bytes).problems[0]).toContain('cannot be 3 frames of one size')
})

it('leaves out the frame that is cut off, wherever the file ends', () => {
  const whole = scan(MIXED).samples
  for (let size = 0; size < MIXED.length; size += 1) {
    const bytes = MIXED.subarray(0, size)
    if (size < EBML_HEADER.length) {
      expect(() => scan(bytes)).toThrow('the file ends before')
      continue
    }
    const { samples } = scan(bytes)
    expect(samples, `cut to ${size}`).toEqual(whole.slice(0, samples.length))
    const next = whole[samples.length]
    // Nothing that is there is missing: the next frame, or the group it is in, is cut off.
    if (next !== undefined) expect(next.offset + next.size + 64, `cut to ${size}`).toBeGreaterThan(size)
  }
})

it('refuses what is no Matroska', () => {
  expect(() => scan(frame(1000, 0))).toThrow('does not begin with an EBML header')
  expect(() => scan(concat([element(0x1a45dfa3, element(0x4282, u8(0x78))), MIXED]))).toThrow("EBML of the type 'x'")
})

it('bytes that are left out are an error of the caller', () => {
  const scanner = new MatroskaScanner()
  expect(() => scanner.give(MIXED.subarray(100), 100)).toThrow(RangeError)
})

it('a Tracks without end is not collected', () => {
  const scanner = new MatroskaScanner()
  scanner.give(concat([EBML_HEADER, sized(ID.segment, null, 8, sized(ID.tracks, 2 ** 40, 8))]), 0)
  expect(scanner.wants?.offset).toBeGreaterThan(2 ** 40)
  expect(scanner.problems[0]?.what).toContain('are not read')
})
