/**
 * Every reader of media/ on hurt files: it reads what it can or throws `MediaError`, nothing else. A few hundred inputs of a
 * fixed seed for each; `node tests/fuzz/run.ts` is the long run, and what it found lies in tests/fixtures/fuzz.
 */
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { concat, fourcc, u32, u8 } from '../../media/bytes/write-bytes.ts'
import { type FixtureKind, smallFixtures } from './fixtures.ts'
import { inputOf } from './inputs.ts'
import { measure } from './measure.ts'
import type { Fixture } from './mutate.ts'
import { type Target, TARGETS } from './targets.ts'

const SEED = 20261122
const INPUTS = 120
const STRUCTURES = 60
const FOUND = path.join(import.meta.dirname, '..', 'fixtures', 'fuzz')

let fixtures: Record<FixtureKind, Fixture[]>

beforeAll(async () => {
  fixtures = await smallFixtures()
}, 120_000)

async function expectNoCrash(target: Target, bytes: Uint8Array, slices: number, label: string): Promise<void> {
  const { outcome, what } = await measure(target, bytes, slices)
  if (outcome === 'crash') expect.unreachable(`${target.name}, ${label}: ${what}`)
}

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (_name, target) => {
  test('whole files are read', async () => {
    for (const { name, bytes } of target.kinds.flatMap((kind) => fixtures[kind])) {
      // Not every source is one that can be played at once.
      if (target.name === 'source-index') await expectNoCrash(target, bytes, 3, name)
      else await target.run(bytes, 3)
    }
  })

  test(`hurt files, seed ${SEED}`, async () => {
    for (let number = 0; number < INPUTS; number += 1) {
      const { bytes, slices } = inputOf(target, fixtures, SEED, number)
      await expectNoCrash(target, bytes, slices, `input ${number} of seed ${SEED}`)
    }
  })

  test('structures that nobody would write', async () => {
    const arbitrary = fc.oneof(...target.kinds.map((kind) => STRUCTURE[kind]))
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.integer({ min: 1, max: 9 }), (bytes, slices) => expectNoCrash(target, bytes, slices, 'structure')),
      { seed: SEED, numRuns: STRUCTURES },
    )
  })
})

/** What the long run found, each named for its target and for what is wrong with it. */
test.each(readdirSync(FOUND).filter((name) => name.endsWith('.bin')))('a crasher of before: %s', async (name) => {
  const target = TARGETS.find((one) => one.name === name.split('.')[0])
  if (target === undefined) throw new Error(`${name} is named for no target`)
  const bytes = new Uint8Array(readFileSync(path.join(FOUND, name)))
  for (const slices of [1, 2, 7, 50]) {
    const { outcome, what } = await measure(target, bytes, slices)
    expect([outcome === 'read' || outcome === 'refused', what]).toEqual([true, ''])
  }
})

const leaf = fc.uint8Array({ maxLength: 120 })

/** Boxes whose sizes are right and whose content is anything. */
const BOX_TYPES = [
  ...[
    'ftyp',
    'moov',
    'mvhd',
    'trak',
    'tkhd',
    'mdia',
    'mdhd',
    'hdlr',
    'minf',
    'stbl',
    'stsd',
    'stts',
    'ctts',
    'stss',
    'stsz',
    'stz2',
    'stsc',
  ],
  ...[
    'stco',
    'co64',
    'edts',
    'elst',
    'mvex',
    'trex',
    'mehd',
    'moof',
    'mfhd',
    'traf',
    'tfhd',
    'tfdt',
    'trun',
    'mdat',
    'sidx',
    'udta',
    'meta',
  ],
  ...[
    'ilst',
    'avc1',
    'avcC',
    'hev1',
    'hvcC',
    'mp4a',
    'esds',
    'sinf',
    'schm',
    'tenc',
    'pssh',
    'chpl',
    'uuid',
    'free',
    'mfra',
    'tfra',
    'emsg',
  ],
]
const { box } = fc.letrec<{ box: Uint8Array }>((tie) => ({
  box: fc
    .tuple(
      fc.constantFrom(...BOX_TYPES),
      leaf,
      fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant<Uint8Array[]>([]), fc.array(tie('box'), { maxLength: 5 })),
    )
    .map(([type, own, children]) => {
      const body = concat([children.length > 0 ? own.subarray(0, own.length % 9) : own, ...children])
      return concat([u32(body.length + 8), fourcc(type), body])
    }),
}))

const ELEMENT_IDS = [
  ...[
    [0x15, 0x49, 0xa9, 0x66],
    [0x16, 0x54, 0xae, 0x6b],
    [0x1f, 0x43, 0xb6, 0x75],
    [0x1c, 0x53, 0xbb, 0x6b],
    [0x11, 0x4d, 0x9b, 0x74],
  ],
  ...[
    [0xae],
    [0xd7],
    [0x83],
    [0x86],
    [0x63, 0xa2],
    [0xe0],
    [0xe1],
    [0xb0],
    [0xba],
    [0xe7],
    [0xa3],
    [0xa0],
    [0xa1],
    [0x9b],
    [0xfb],
    [0xec],
    [0xbf],
  ],
  ...[[0x2a, 0xd7, 0xb1], [0x44, 0x89], [0x6d, 0x80], [0x10, 0x43, 0xa7, 0x70], [0x45, 0xb9], [0xb6], [0xbb], [0xb7], [0xf1], [0x4d, 0xbb]],
]
const { element } = fc.letrec<{ element: Uint8Array }>((tie) => ({
  element: fc
    .tuple(
      fc.constantFrom(...ELEMENT_IDS),
      leaf,
      fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant<Uint8Array[]>([]), fc.array(tie('element'), { maxLength: 6 })),
      fc.integer({ min: 0, max: 20 }),
    )
    .map(([id, own, children, open]) => {
      const body = children.length > 0 ? concat(children) : own
      // Now and then of unknown size
      const size =
        open === 0 ? u8(0xff) : u8(0x08, 0, 0, 0, 0).map((byte, at) => (at === 0 ? byte : (body.length >>> (8 * (4 - at))) & 255))
      return concat([u8(...id), size, body])
    }),
}))
const EBML_HEAD = u8(
  0x1a,
  0x45,
  0xdf,
  0xa3,
  0x87,
  0x42,
  0x82,
  0x84,
  0x77,
  0x65,
  0x62,
  0x6d,
  0x18,
  0x53,
  0x80,
  0x67,
  0x01,
  255,
  255,
  255,
  255,
  255,
  255,
  255,
)

const packet = fc
  .tuple(fc.uint8Array({ minLength: 187, maxLength: 187 }), fc.constantFrom(0, 0x11, 0x100, 0x101, 0x1fff))
  .map(([bytes, pid]) => {
    bytes[0] = ((bytes[0] ?? 0) & 0x60) | (pid >> 8)
    bytes[1] = pid & 255
    return concat([u8(0x47), bytes])
  })

const boxes = fc.array(box, { minLength: 1, maxLength: 6 }).map(concat)

const STRUCTURE: Record<FixtureKind, fc.Arbitrary<Uint8Array>> = {
  mp4: boxes,
  cmaf: boxes,
  matroska: fc.array(element, { minLength: 1, maxLength: 8 }).map((elements) => concat([EBML_HEAD, ...elements])),
  ts: fc.array(packet, { minLength: 1, maxLength: 40 }).map(concat),
  hls: fc
    .array(
      fc.oneof(fc.string(), fc.constantFrom('#EXTINF:', '#EXT-X-BYTERANGE:1@', '#EXT-X-STREAM-INF:BANDWIDTH=', '#EXT-X-MAP:URI="', 'a.ts')),
    )
    .map((lines) => new TextEncoder().encode(['#EXTM3U', ...lines].join('\n'))),
}
