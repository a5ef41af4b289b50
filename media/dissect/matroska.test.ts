import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { type ByteSource, memorySource } from '../bytes/source.ts'
import { concat, u8 } from '../bytes/write-bytes.ts'
import { MATROSKA_FAMILY } from '../../tests/support/zoo.ts'
import { block, EBML_HEADER, element, frame, simpleBlock, sized, TRACKS, uint } from '../../tests/support/write-ebml.ts'
import { ID } from '../webm/ids.ts'
import { dissectMatroska } from './matroska.ts'
import type { Dissector, DissectNode, Field } from './model.ts'

interface Row {
  node: DissectNode
  fields: Field[]
  problems: string[]
}

/** The whole tree, in the order of the file. */
async function walk(dissector: Dissector, parent: DissectNode | null = null): Promise<Row[]> {
  const rows: Row[] = []
  for await (const node of dissector.children(parent)) {
    const { fields, problems } = await dissector.fields(node)
    rows.push({ node, fields, problems: [...node.problems, ...problems].map(({ what }) => what) })
    if (node.container) rows.push(...(await walk(dissector, node)))
  }
  return rows
}

async function fileOf(name: string): Promise<Uint8Array> {
  const animal = MATROSKA_FAMILY.find((one) => `${one.name}.${one.extension}` === name)!
  return new Uint8Array(await readFile(await animal.file()))
}

it('real files: every byte belongs to a node, every element has a name, nothing is wrong', async () => {
  for (const animal of MATROSKA_FAMILY) {
    const bytes = new Uint8Array(await readFile(await animal.file()))
    const rows = await walk(dissectMatroska(memorySource(bytes)))
    const name = `${animal.name}.${animal.extension}`
    expect(
      rows.flatMap(({ problems }) => problems),
      name,
    ).toEqual([])
    expect(
      rows.filter(({ node }) => node.type.startsWith('0x')).map(({ node }) => node.type),
      name,
    ).toEqual([])
    const leaves = rows.filter(({ node }) => !node.container).reduce((sum, { node }) => sum + node.size, 0)
    const heads = rows.filter(({ node }) => node.container).reduce((sum, { node }) => sum + node.headerBytes, 0)
    expect(leaves + heads, name).toBe(bytes.length)
  }
})

it('fields have values, words and places', async () => {
  const bytes = await fileOf('vp9-opus.webm')
  const rows = await walk(dissectMatroska(memorySource(bytes)))
  const field = (type: string): Field | undefined => rows.find(({ node }) => node.type === type)?.fields[0]
  expect(field('DocType')).toMatchObject({ name: 'DocType', value: 'webm', length: 4 })
  expect(field('TrackType')).toMatchObject({ value: 1, text: 'video' })
  expect(field('TimestampScale')).toMatchObject({ value: 1_000_000, text: '1 ms' })
  expect(field('DefaultDuration')).toMatchObject({ value: 40_000_000, text: '40 ms, 25 per second' })
  expect(field('SeekID')).toMatchObject({ text: 'Info' })
  expect(field('SamplingFrequency')?.value).toBe(48_000)
  const simple = rows.find(({ node }) => node.type === 'SimpleBlock')!
  expect(simple.fields.map(({ name, value }) => [name, value])).toEqual([
    ['track', 2],
    ['timestamp', 0],
    ['keyframe', true],
    ['invisible', false],
    ['lacing', 'none'],
    ['discardable', false],
    ['frames', 1],
  ])
  const { offset, headerBytes, size } = simple.node
  expect(simple.fields.at(-1)).toMatchObject({ offset: offset + headerBytes + 4, length: size - headerBytes - 4 })
})

it('a node is read when it is opened, not before', async () => {
  const bytes = await fileOf('h264-aac.mkv')
  let read = 0
  const source: ByteSource = {
    size: bytes.length * 1000,
    read: (offset, length) => {
      read += length
      return Promise.resolve(bytes.subarray(offset, offset + length))
    },
  }
  for await (const node of dissectMatroska(source).children(null)) if (node.type === 'Segment') break
  expect(read).toBeLessThanOrEqual(65_536)
})

it('laced frames and their places', async () => {
  const lace = element(ID.simpleBlock, block(2, 3, 0x82, u8(2, 40, 30), frame(40, 1), frame(30, 2), frame(20, 3)))
  const file = concat([EBML_HEADER, element(ID.segment, TRACKS, element(ID.cluster, uint(ID.timestamp, 5), lace))])
  const rows = await walk(dissectMatroska(memorySource(file)))
  const frames = rows.find(({ node }) => node.type === 'SimpleBlock')!.fields.at(-1)!
  expect(frames.fields?.map(({ value, offset, length }) => [value, file.subarray(offset, offset + length)])).toEqual([
    [40, frame(40, 1)],
    [30, frame(30, 2)],
    [20, frame(20, 3)],
  ])
})

it('Clusters without a size end where the next begins', async () => {
  const open = (...content: Uint8Array[]): Uint8Array => sized(ID.cluster, null, 8, uint(ID.timestamp, 5), ...content)
  const one = open(simpleBlock(1, 0, frame(100, 1)))
  const file = concat([EBML_HEADER, sized(ID.segment, null, 1, TRACKS, one, one, element(ID.tags, frame(9, 1)))])
  const rows = await walk(dissectMatroska(memorySource(file)))
  expect(rows.filter(({ node }) => node.type === 'Cluster').map(({ node }) => node.size)).toEqual([one.length, one.length])
  expect(rows.find(({ node }) => node.type === 'Segment')?.node.size).toBe(file.length - EBML_HEADER.length)
})

it('damage is a node with a problem, and the next Cluster is found behind it', async () => {
  const good = element(ID.cluster, uint(ID.timestamp, 5), simpleBlock(1, 0, frame(40, 1)))
  const file = concat([EBML_HEADER, sized(ID.segment, null, 8, TRACKS, good, new Uint8Array(70_000), good)])
  const rows = await walk(dissectMatroska(memorySource(file)))
  const damaged = rows.find(({ node }) => node.type === '0x00000000')!
  expect(damaged.node).toMatchObject({ offset: file.length - good.length - 70_000, size: 70_000, container: false })
  expect(damaged.problems[0]).toContain('are no element')
  expect(rows.filter(({ node }) => node.type === 'SimpleBlock')).toHaveLength(2)
})

it('unknown elements are named by their ids', async () => {
  const file = concat([EBML_HEADER, element(ID.segment, element(0x1abcdef0, frame(5, 1)))])
  const rows = await walk(dissectMatroska(memorySource(file)))
  expect(rows.at(-1)).toMatchObject({ node: { type: '0x1ABCDEF0', name: '' }, fields: [{ value: '1f262d343b' }] })
})

it('numbers that are too long, and floats of no length', async () => {
  const info = element(ID.info, element(ID.timestampScale, frame(9, 1)), element(ID.duration, frame(3, 1)))
  const rows = await walk(dissectMatroska(memorySource(concat([EBML_HEADER, element(ID.segment, info)]))))
  expect(rows.flatMap(({ problems }) => problems)).toEqual([
    'TimestampScale has 9 bytes, a number at most 8',
    'Duration has 3 bytes, a float 0, 4 or 8',
  ])
})

it('elements that nest without end are not followed', async () => {
  let atom = element(0xb6, uint(0x91, 1))
  for (let depth = 0; depth < 40; depth += 1) atom = element(0xb6, atom)
  const file = concat([EBML_HEADER, element(ID.segment, element(ID.chapters, element(0x45b9, atom)))])
  const rows = await walk(dissectMatroska(memorySource(file)))
  expect(rows.length).toBeLessThan(30)
  expect(rows.at(-1)?.problems[0]).toContain('levels deep')
})

it('damaged files give a tree that ends, whatever is damaged', async () => {
  const bytes = await fileOf('live.mkv')
  const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.integer({ min: 0, max: 255 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(bytes.length), async (changes, length) => {
      const damaged = bytes.slice(0, length)
      for (const { at, byte } of changes) if (at < length) damaged[at] = byte
      const rows = await walk(dissectMatroska(memorySource(damaged)))
      for (const { node } of rows) expect(node.offset + node.size).toBeLessThanOrEqual(length)
    }),
    { numRuns: 60 },
  )
})
