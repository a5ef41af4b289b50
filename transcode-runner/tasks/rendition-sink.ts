/**
 * From one of FFmpeg's pipes to the bucket: the packager cuts, every chunk becomes one object, uploaded while it is being
 * encoded. What was stored but never published is deleted again when the attempt fails.
 */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { MediaError } from '../../media/errors.ts'
import { SegmentCutter, type CutChunk, type CutterOptions, type CutterOutput } from '../../media/packaging/segment-cutter.ts'
import type { InitSegment } from '../../media/packaging/model.ts'
import { chunkKey, initKey } from '../../protocol/ids.ts'
import type { Published, RenditionFacts } from '../../protocol/rendition-index.ts'
import { TaskError } from '../failure.ts'
import type { ObjectWriter } from '../storage/storage.ts'
import type { TaskContext } from './context.ts'

export interface SinkOptions {
  context: TaskContext
  rendition: string
  /** What the init segment does not say. */
  video: RenditionFacts['video']
  audio: RenditionFacts['audio']
  cut: Omit<CutterOptions, 'createHash'>
  /** Chunks below are cut and counted, but not stored. */
  publishFrom: number
  /** Called when a chunk is stored, in order. */
  onStored: (published: Published) => void
}

const MP4 = { video: 'video/mp4', audio: 'audio/mp4' } as const

export class RenditionSink {
  readonly #options: SinkOptions
  readonly #cutter: SegmentCutter
  #facts: RenditionFacts | null = null
  #writer: ObjectWriter | null = null
  #chunkIndex: number
  /** The upload of the chunk before, which ends while the next one is being encoded. */
  #storing: Promise<void> = Promise.resolve()
  readonly #stored = new Set<string>()
  /** Sum of the segments' durations so far, ticks. */
  ticks = 0
  /** Chunks that are complete, published or below `publishFrom`. */
  chunks = 0

  constructor(options: SinkOptions) {
    this.#options = options
    this.#chunkIndex = options.cut.firstSegment / options.cut.segmentsPerChunk
    this.#cutter = new SegmentCutter({ ...options.cut, createHash: sha256 })
  }

  /** Reads the pipe to its end and resolves when everything is stored. */
  async consume(pipe: Readable): Promise<void> {
    let bytesRead = 0
    try {
      for await (const bytes of pipe as AsyncIterable<Buffer>) {
        bytesRead += bytes.length
        for (const output of this.#cutter.push(bytes)) await this.#take(output)
      }
      if (bytesRead > 0) for (const output of this.#cutter.end()) await this.#take(output)
      await this.#storing
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      throw new TaskError('work', `What FFmpeg wrote for ${this.#options.rendition} could not be packaged: ${error.message}`)
    }
  }

  /** Keeps what was stored: called once the chunk's entry is on its way to the pool. */
  keep(objectKey: string): void {
    this.#stored.delete(objectKey)
  }

  /** After a failure: ends the upload in progress and deletes what was stored and not kept. */
  async discard(): Promise<void> {
    await this.#storing.catch(() => undefined)
    await this.#writer?.abort().catch(() => undefined)
    await Promise.allSettled([...this.#stored].map((key) => this.#options.context.storage.delete(key)))
  }

  async #take(output: CutterOutput): Promise<void> {
    if (output.type === 'init') this.#facts = await this.#storeInit(output.init)
    else if (output.type === 'data') await this.#write(output.bytes)
    else if (output.type === 'segment') this.ticks += output.segment.durationTicks
    else await this.#finish(output.chunk)
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#chunkIndex < this.#options.publishFrom) return
    const { context, rendition } = this.#options
    this.#writer ??= context.storage.open(
      chunkKey(context.videoId, rendition, this.#chunkIndex, context.lease),
      MP4[this.#options.video === null ? 'audio' : 'video'],
      context.signal,
    )
    await this.#writer.write(bytes)
  }

  async #finish({ index, firstSegment, startTicks, sizeBytes, segments }: CutChunk): Promise<void> {
    const { context, rendition } = this.#options
    const writer = this.#writer
    const facts = this.#facts
    this.#writer = null
    this.#chunkIndex = index + 1
    if (writer === null) {
      this.chunks += 1
      return
    }
    if (facts === null) throw new TaskError('work', `FFmpeg wrote no initialization segment for ${rendition}`)
    const objectKey = chunkKey(context.videoId, rendition, index, context.lease)
    await this.#storing
    this.#storing = writer.close().then(() => {
      this.#stored.add(objectKey)
      this.chunks += 1
      const entry = { rendition, chunk: index, objectKey, sizeBytes, firstSegment, startTicks, segments }
      this.#options.onStored({ facts, entry, lease: context.lease })
    })
    // Awaited by the next chunk or at the end; until then a failure must not count as unhandled.
    this.#storing.catch(() => undefined)
  }

  async #storeInit(init: InitSegment): Promise<RenditionFacts> {
    const { context, rendition, video, audio } = this.#options
    const hash = sha256()
    hash.update(init.bytes)
    const initSha256 = hash.hex()
    const key = initKey(context.videoId, rendition, initSha256)
    // Named by its content: writing it again changes nothing.
    await context.storage.put(key, init.bytes, MP4[init.facts.kind], context.signal)
    const { kind, codecs, timescale } = init.facts
    return { rendition, kind, codecs, timescale, initKey: key, initSha256, initBytes: init.bytes.length, video, audio }
  }
}

function sha256(): { update(bytes: Uint8Array): void; hex(): string } {
  const hash = createHash('sha256')
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') }
}
