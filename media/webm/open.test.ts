import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { type ByteSource, memorySource } from '../bytes/source.ts'
import { concat } from '../bytes/write-bytes.ts'
import { EBML_HEADER, element, frame, simpleBlock, sized, TRACKS, uint } from '../../tests/support/write-ebml.ts'
import { MATROSKA_FAMILY } from '../../tests/support/zoo.ts'
import { ID } from './ids.ts'
import { openMatroska } from './open.ts'

const cluster = (ticks: number, ...content: Uint8Array[]): Uint8Array => element(ID.cluster, uint(ID.timestamp, ticks), ...content)

/** A source that counts what is read. */
function counted(bytes: Uint8Array): ByteSource & { reads: number; bytes: number } {
  const source = {
    size: bytes.length,
    reads: 0,
    bytes: 0,
    read: (offset: number, length: number) => {
      const piece = bytes.subarray(offset, offset + length)
      source.reads += 1
      source.bytes += piece.length
      return Promise.resolve(piece)
    },
  }
  return source
}

async function zoo(name: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(await MATROSKA_FAMILY.find((one) => `${one.name}.${one.extension}` === name)!.file()))
}

it('tells what the file is', async () => {
  const file = await openMatroska(memorySource(await zoo('chapters.mkv')))
  expect(file).toMatchObject({ format: 'matroska', fragmented: false, headerFirst: true, hasCues: true, unknownSizes: false })
  expect(file.chapters).toEqual([
    { startSeconds: 0, title: 'Opening' },
    { startSeconds: 0.7, title: 'Ende, für alle' },
  ])
  expect(file.tracks.map(({ codec }) => codec)).toEqual(['avc1.42c00b', 'mp4a.40.2'])
})

it('the profile of VP9 comes from the first frame', async () => {
  expect((await openMatroska(memorySource(await zoo('vp9-opus.webm')))).tracks[0]?.codec).toBe('vp09.00.10.08')
})

it('opens with one read, and reads no more until samples are asked for', async () => {
  const source = counted(await zoo('prores-pcm.mkv'))
  const file = await openMatroska(source)
  expect(source).toMatchObject({ reads: 1, bytes: 65_536 })
  await Promise.all(file.tracks.map(({ id }) => file.samples(id)))
  expect(source.reads).toBe(2)
})

it('finds Tracks behind the clusters where SeekHead says', async () => {
  const frames = Array.from({ length: 300 }, (_, at) => simpleBlock(1, at * 40, frame(3000, at)))
  const clusters = cluster(0, ...frames)
  const seekHead = (position: number): Uint8Array =>
    element(
      ID.seekHead,
      element(
        ID.seek,
        element(ID.seekID, Uint8Array.of(0x16, 0x54, 0xae, 0x6b)),
        sized(ID.seekPosition, 4, 1, Uint8Array.of(0, position >> 16, (position >> 8) & 255, position & 255)),
      ),
    )
  // 12000 ms
  const info = element(ID.info, element(ID.duration, Uint8Array.of(0x46, 0x3b, 0x80, 0)))
  const position = seekHead(0).length + info.length + clusters.length
  const source = counted(concat([EBML_HEADER, element(ID.segment, seekHead(position), info, clusters, TRACKS)]))
  const file = await openMatroska(source)
  expect(file).toMatchObject({ headerFirst: false, hasCues: false, durationSeconds: 12 })
  expect(file.tracks).toHaveLength(2)
  expect((await file.samples(1)).count).toBe(300)
  expect(source.bytes).toBeLessThan(source.size * 1.5)
})

it('finds Tracks behind the clusters where nothing says', async () => {
  const bytes = concat([
    EBML_HEADER,
    element(ID.segment, cluster(0, simpleBlock(1, 0, frame(30, 1)), simpleBlock(2, 7, frame(30, 1))), TRACKS),
  ])
  const file = await openMatroska(memorySource(bytes))
  expect(file.headerFirst).toBe(false)
  expect((await file.samples(2)).count).toBe(1)
})

it('without a Duration the last Cluster tells it', async () => {
  const clusters = Array.from({ length: 200 }, (_, at) =>
    cluster(at * 1000, simpleBlock(2, 0, frame(9000, at)), simpleBlock(2, 24, frame(100, at))),
  )
  const source = counted(concat([EBML_HEADER, sized(ID.segment, null, 8, TRACKS, ...clusters)]))
  const file = await openMatroska(source)
  expect(file).toMatchObject({ unknownSizes: true, durationSeconds: 199.048 })
  expect(source.bytes).toBeLessThan(400_000)
})

it('refuses what it cannot open', async () => {
  await expect(openMatroska(memorySource(frame(100, 1)))).rejects.toMatchObject({ code: 'unsupported' })
  await expect(openMatroska(memorySource(new Uint8Array()))).rejects.toMatchObject({ code: 'truncated' })
  await expect(openMatroska(memorySource(concat([EBML_HEADER, element(ID.segment, cluster(0))])))).rejects.toMatchObject({
    code: 'malformed',
  })
  const file = await openMatroska(memorySource(concat([EBML_HEADER, element(ID.segment, TRACKS)])))
  await expect(file.samples(9)).rejects.toThrow(RangeError)
  expect((await file.samples(1)).count).toBe(0)
})

it('a medium that fails is asked again', async () => {
  const bytes = await zoo('prores-pcm.mkv')
  let broken = false
  const source = memorySource(bytes)
  const file = await openMatroska({
    size: bytes.length,
    read: (offset, length) => (broken ? Promise.reject(new Error('gone')) : source.read(offset, length)),
  })
  broken = true
  await expect(file.samples(1)).rejects.toThrow('gone')
  broken = false
  expect((await file.samples(1)).count).toBe(50)
})
