/**
 * What it costs to play an upload as it is, without the runtime around it: the size of the index, the time and the memory
 * in which it is made; what is read of the bucket until the first segments are there; the CPU time of a segment; the time
 * and the memory in which clips of ten minutes and of all of it are laid out and sent. The Worker's own code over a bucket
 * that is a folder.
 *
 *   node bench/source-index.ts [--seconds 30,600,10800]
 */
import { execa } from 'execa'
import { type FileHandle, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { ByteSource } from '../media/bytes/source.ts'
import { openMedia } from '../media/container/open.ts'
import { fromBase64 } from '../media/source-index/base64.ts'
import { buildIndex } from '../media/source-index/build.ts'
import { type ClipTrack, layOutClip } from '../media/source-index/clip.ts'
import type { IndexedTrack, SourceIndex } from '../media/source-index/model.ts'
import type { Piece } from '../media/source-index/segment.ts'
import { sourceIndexKey, sourceKey } from '../protocol/ids.ts'
import { film } from './film.ts'
import { median } from './median.ts'

const ID = 'bench0000000'

/** The Worker's code is typed for its own runtime: as much of it as is used here. */
interface SourceCode {
  loadHead: (bucket: FolderBucket, videoId: string) => Promise<SourceIndex>
  loadSourceSegment: (
    bucket: FolderBucket,
    videoId: string,
    track: IndexedTrack,
    segment: number,
  ) => Promise<{ size: number; open: (range: null) => Promise<ReadableStream> }>
  loadClipTracks: (bucket: FolderBucket, videoId: string, head: SourceIndex, from: number, to: number) => Promise<ClipTrack[]>
  openPieces: (bucket: FolderBucket, objectKey: string, pieces: Iterable<Piece>) => (range: null) => Promise<ReadableStream>
}

async function loadWorkerCode(): Promise<SourceCode> {
  const modules = ['head', 'segment', 'clip-tracks', 'pieces'].map((name) => new URL(`../workers/source/${name}.ts`, import.meta.url).href)
  const loaded = await Promise.all(modules.map((url) => import(url) as Promise<Partial<SourceCode>>))
  return Object.assign({}, ...loaded) as SourceCode
}
/** Segments whose CPU time is measured, spread over the film. */
const SEGMENTS = 60

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30,600,10800' },
    file: { type: 'string' },
    index: { type: 'string' },
    only: { type: 'string' },
  },
})

const mb = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e5 ? 3 : 2)
/** Most that the process has held so far, MB. */
const peakMB = (): number => process.resourceUsage().maxRSS / 1000
/** Typed arrays that are there, whether or not somebody still needs them: what a clip is made of. */
const arrayBuffersMB = (): number => process.memoryUsage().arrayBuffers / 1e6
/** Of them, those that are needed. */
function heldMB(): number {
  globalThis.gc?.()
  return arrayBuffersMB()
}

async function measureIndex(file: string, folder: string): Promise<void> {
  const handle = await open(file)
  const { size } = await handle.stat()
  const source: ByteSource = { size, read: (offset, length) => readAt(handle, offset, Math.min(length, size - offset)) }
  const beforeMB = peakMB()
  const startMs = performance.now()
  const { head, pages } = await buildIndex(await openMedia(source), size)
  const tookMs = performance.now() - startMs
  const text = JSON.stringify(head)
  const count = head.tracks.map(({ segmentTicks }) => segmentTicks.length).join(' and ')
  console.log(`index: ${mb(text.length + pages.length)} MB (head ${mb(text.length)}, pages ${mb(pages.length)}), ${count} segments`)
  console.log(`made in ${tookMs.toFixed(0)} ms, ${(peakMB() - beforeMB).toFixed(0)} MB of memory at its peak`)
  await Promise.all([writeFile(path.join(folder, 'head'), text), writeFile(path.join(folder, 'pages'), pages)])
}

/** The bucket with the file, and the index that `measureIndex` left. */
async function openBucket(file: string, folder: string): Promise<FolderBucket> {
  const handle = await open(file)
  const small = (['head', 'pages'] as const).map(async (name): Promise<[string, Uint8Array]> => [
    sourceIndexKey(ID, name),
    new Uint8Array(await readFile(path.join(folder, name))),
  ])
  return new FolderBucket(handle, (await handle.stat()).size, new Map(await Promise.all(small)))
}

/** From the start on; Infinity: all of it. */
async function measureClip(bucket: FolderBucket, seconds: number): Promise<void> {
  const { loadHead, loadClipTracks, openPieces } = await loadWorkerCode()
  const head = await loadHead(bucket, ID)
  const until = Math.min(seconds, head.durationSeconds)
  const reads = bucket.reads
  const held = heldMB()
  const before = process.cpuUsage()
  const clip = layOutClip(await loadClipTracks(bucket, ID, head, 0, until), 0, until)
  const { user, system } = process.cpuUsage(before)
  const laidOutMB = arrayBuffersMB() - held
  const heldWhileSentMB = heldMB() - held
  const startMs = performance.now()
  await drain(openPieces(bucket, sourceKey(ID), clip.pieces))
  console.log(
    `clip of ${until.toFixed(0)} s: ${mb(clip.sizeBytes)} MB laid out in ${((user + system) / 1000).toFixed(0)} ms of CPU, ` +
      `${laidOutMB.toFixed(1)} MB of memory, of which ${heldWhileSentMB.toFixed(1)} MB are held while it is sent; ` +
      `sent in ${(performance.now() - startMs).toFixed(0)} ms with ${bucket.reads - reads} reads of the bucket`,
  )
}

async function measureSegments(bucket: FolderBucket): Promise<void> {
  const { loadHead, loadSourceSegment } = await loadWorkerCode()
  const loaded = await loadHead(bucket, ID)
  for (const track of loaded.tracks) {
    await drain((await loadSourceSegment(bucket, ID, track, 0)).open)
    bucket.bytes += fromBase64(track.init).length
    bucket.reads += 1
  }
  console.log(`first segments: ${bucket.reads} reads of the bucket, ${mb(bucket.bytes)} MB`)
  for (const track of loaded.tracks) {
    const step = Math.max(1, Math.floor(track.segmentTicks.length / SEGMENTS))
    const times: number[] = []
    const overheads: number[] = []
    for (let segment = 0; segment < track.segmentTicks.length; segment += step) {
      bucket.bytes = 0
      const before = process.cpuUsage()
      const { size: sent, open: start } = await loadSourceSegment(bucket, ID, track, segment)
      await drain(start)
      const { user, system } = process.cpuUsage(before)
      times.push((user + system) / 1000)
      overheads.push(bucket.bytes / sent)
    }
    console.log(
      `${track.rendition}: ${median(times).toFixed(2)} ms of CPU a segment (first ${times[0]?.toFixed(1)}), ` +
        `${median(overheads).toFixed(2)} bytes read for each that is sent`,
    )
  }
}

async function drain(start: (range: null) => Promise<ReadableStream>): Promise<void> {
  const reader = (await start(null)).getReader()
  while (!(await reader.read()).done);
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, length))
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset)
  return bytes.subarray(0, bytesRead)
}

/** As much of an R2 bucket as `workers/source` uses; counts what is read. */
class FolderBucket {
  reads = 0
  bytes = 0
  readonly #handle: FileHandle
  readonly #size: number
  readonly #small: Map<string, Uint8Array>

  constructor(handle: FileHandle, size: number, small: Map<string, Uint8Array>) {
    this.#handle = handle
    this.#size = size
    this.#small = small
  }

  async get(key: string, options?: { range: { offset: number; length: number } }): Promise<object | null> {
    const small = this.#small.get(key)
    if (small === undefined && key !== sourceKey(ID)) return null
    const { offset, length } = options?.range ?? { offset: 0, length: small?.length ?? this.#size }
    this.reads += 1
    const count = (bytes: Uint8Array): Uint8Array => {
      this.bytes += bytes.length
      return bytes
    }
    if (small !== undefined) {
      const bytes = small.subarray(offset, offset + length)
      return { bytes: async () => count(bytes), json: async () => JSON.parse(new TextDecoder().decode(count(bytes))) }
    }
    let at = offset
    const end = offset + length
    // `readAtLeast` is the runtime's own: a reader that has it stands for the stream.
    const readAtLeast = async (_: number, view: Uint8Array): Promise<{ value: Uint8Array }> => {
      const value = count(await readAt(this.#handle, at, Math.min(view.length, end - at)))
      at += value.length
      return { value }
    }
    return { body: { getReader: () => ({ readAtLeast, cancel: async () => {} }) } }
  }
}

if (values.file !== undefined && values.index !== undefined) {
  if (values.only === 'index') await measureIndex(values.file, values.index)
  else {
    const bucket = await openBucket(values.file, values.index)
    await (values.only === 'segments' ? measureSegments(bucket) : measureClip(bucket, values.only === 'clip' ? 600 : Infinity))
  }
} else {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-source-index-'))
  for (const seconds of values.seconds.split(',').map(Number)) {
    const file = await film(seconds)
    console.log(`\n${seconds} s`)
    // A process each: the peak of its memory is a figure of its own.
    for (const only of ['index', 'segments', ...(seconds > 600 ? ['clip'] : []), 'whole']) {
      const { stdout } = await execa(process.execPath, [
        '--expose-gc',
        import.meta.filename,
        '--file',
        file,
        '--index',
        folder,
        '--only',
        only,
      ])
      console.log(stdout)
    }
  }
  await rm(folder, { recursive: true })
}
