/** `GET /api/videos/:id/inspect`: what is in the uploaded file, read by range from the bucket, as `sluice inspect --json` has it. */
import type { ByteSource } from '../../media/bytes/source.ts'
import { openMedia } from '../../media/container/open.ts'
import { dissect } from '../../media/dissect/dissect.ts'
import { describeFile, type Report } from '../../media/dissect/report.ts'
import { sourceKey } from '../../protocol/ids.ts'
import { HttpError } from '../errors.ts'

/** Read at once: neighbours of what is asked for are asked for next. */
const BLOCK_BYTES = 256 * 1024
/** Blocks kept while one file is looked at. */
const MAX_BLOCKS = 16
/** Reads after which the tree ends where it is. */
const MAX_READS = 100

/** A bounded look: the tree's beginning, tables by their first rows, keyframes where one table has them. Throws `not-playable-yet` and `not-inspectable`. */
export async function inspectSource(bucket: R2Bucket, videoId: string): Promise<Report> {
  const object = await bucket.head(sourceKey(videoId))
  if (object === null) throw new HttpError('not-playable-yet', 'The file is not uploaded completely yet.')
  const source = new BucketSource(bucket, sourceKey(videoId), object.size)
  const dissector = await dissect(source)
  if (dissector === null) throw new HttpError('not-inspectable')
  const stop = () => source.reads >= MAX_READS
  const limits = { repeats: 20, maxEntries: 20, maxNodes: 2000, maxKeyframes: 2000, samples: 'tables', glance: true, stop } as const
  return describeFile(source, dissector, () => openMedia(source), limits)
}

/** The object by range, in blocks that are kept for a moment. */
class BucketSource implements ByteSource {
  readonly size: number
  reads = 0
  readonly #bucket: R2Bucket
  readonly #key: string
  readonly #blocks = new Map<number, Uint8Array>()

  constructor(bucket: R2Bucket, key: string, size: number) {
    this.#bucket = bucket
    this.#key = key
    this.size = size
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, offset + length)
    if (offset >= end) return new Uint8Array()
    const first = Math.floor(offset / BLOCK_BYTES)
    if (Math.floor((end - 1) / BLOCK_BYTES) !== first) return this.#fetch(offset, end)
    const start = first * BLOCK_BYTES
    let block = this.#blocks.get(first)
    if (block === undefined) {
      block = await this.#fetch(start, Math.min(this.size, start + BLOCK_BYTES))
      for (const oldest of this.#blocks.keys()) if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.delete(oldest)
      this.#blocks.set(first, block)
    }
    return block.subarray(offset - start, end - start)
  }

  async #fetch(offset: number, end: number): Promise<Uint8Array> {
    this.reads += 1
    const object = await this.#bucket.get(this.#key, { range: { offset, length: end - offset } })
    if (object === null) throw new HttpError('video-not-found')
    return object.bytes()
  }
}
