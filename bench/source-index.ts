/**
 * What it costs to play an upload as it is, without the runtime around it: the size of the index, the time and the memory
 * in which it is made; what is read of the bucket until the first segments are there; the CPU time of a segment. The
 * Worker's own code over a bucket that is a folder.
 *
 *   node bench/source-index.ts [--seconds 30,600,10800]
 */
import { execa } from 'execa'
import { open, type FileHandle } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { ByteSource } from '../media/bytes/source.ts'
import { openMedia } from '../media/container/open.ts'
import { fromBase64 } from '../media/source-index/base64.ts'
import { buildIndex } from '../media/source-index/build.ts'
import type { IndexedTrack, SourceIndex } from '../media/source-index/model.ts'
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
}

async function loadWorkerCode(): Promise<SourceCode> {
  const [head, segment] = ['head', 'segment'].map((name) => new URL(`../workers/source/${name}.ts`, import.meta.url).href)
  return { ...(await import(head ?? '')), ...(await import(segment ?? '')) } as SourceCode
}
/** Segments whose CPU time is measured, spread over the film. */
const SEGMENTS = 60

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30,600,10800' }, file: { type: 'string' }, only: { type: 'string' } },
})

const mb = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e5 ? 3 : 2)
/** Most that the process has held so far, MB. */
const peakMB = (): number => process.resourceUsage().maxRSS / 1000

async function measure(file: string, only: string | undefined): Promise<void> {
  const handle = await open(file)
  const { size } = await handle.stat()
  const source: ByteSource = { size, read: (offset, length) => readAt(handle, offset, Math.min(length, size - offset)) }
  const beforeMB = peakMB()
  const startMs = performance.now()
  const { head, pages } = await buildIndex(await openMedia(source), size)
  const tookMs = performance.now() - startMs
  if (only === 'index') {
    const headBytes = JSON.stringify(head).length
    const count = head.tracks.map(({ segmentTicks }) => segmentTicks.length).join(' and ')
    console.log(`index: ${mb(headBytes + pages.length)} MB (head ${mb(headBytes)}, pages ${mb(pages.length)}), ${count} segments`)
    console.log(`made in ${tookMs.toFixed(0)} ms, ${(peakMB() - beforeMB).toFixed(0)} MB of memory at its peak`)
    return
  }
  const bucket = new FolderBucket(
    handle,
    size,
    new Map<string, Uint8Array>([
      [sourceIndexKey(ID, 'head'), new TextEncoder().encode(JSON.stringify(head))],
      [sourceIndexKey(ID, 'pages'), pages],
    ]),
  )
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

if (values.file !== undefined) await measure(values.file, values.only)
else {
  for (const seconds of values.seconds.split(',').map(Number)) {
    const file = await film(seconds)
    console.log(`\n${seconds} s`)
    // A process each: the peak of its memory is a figure of its own.
    for (const only of ['index', 'segments']) {
      const { stdout } = await execa(process.execPath, [import.meta.filename, '--file', file, '--only', only])
      console.log(stdout)
    }
  }
}
