/**
 * A `ByteSource` in blocks: what was read lately is kept, what is asked for twice at a time is fetched once, and blocks
 * that lie side by side are fetched in one go. It counts what it fetched.
 */
import type { ByteSource } from '../../../../media/bytes/source.ts'

/** Fetches bytes `[offset, offset + length)`, exactly; the range lies inside the source. */
export type FetchRange = (offset: number, length: number, signal: AbortSignal) => Promise<Uint8Array>

export interface BlockSourceOptions {
  size: number
  /** Bytes of a block: what the smallest read costs. */
  blockBytes: number
  /** Bytes that are kept. */
  cacheBytes: number
  fetchRange: FetchRange
  /** Bytes from the start that are there already. */
  head?: Uint8Array
  /** Called after each fetch. */
  counted?: (reads: ReadCount) => void
}

/** What was fetched so far. */
export interface ReadCount {
  bytes: number
  requests: number
}

export class BlockSource implements ByteSource {
  readonly size: number
  readonly count: ReadCount = { bytes: 0, requests: 0 }
  private readonly options: BlockSourceOptions
  /** In order of their last use, oldest first. A block that is on its way is there as a promise. */
  private readonly blocks = new Map<number, Promise<Uint8Array>>()
  private readonly abort = new AbortController()

  constructor(options: BlockSourceOptions) {
    this.size = options.size
    this.options = options
    const { head, blockBytes } = options
    if (head === undefined) return
    for (let at = 0; at + blockBytes <= head.length; at += blockBytes) {
      this.blocks.set(at / blockBytes, Promise.resolve(head.subarray(at, at + blockBytes)))
    }
    if (head.length === options.size && head.length % blockBytes > 0) {
      const last = Math.floor(head.length / blockBytes)
      this.blocks.set(last, Promise.resolve(head.subarray(last * blockBytes)))
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const start = Math.min(Math.max(0, offset), this.size)
    const end = Math.min(start + Math.max(0, length), this.size)
    if (end === start) return new Uint8Array(0)
    const { blockBytes, cacheBytes } = this.options
    // A read as large as the cache would only push everything else out of it.
    if (end - start > cacheBytes / 2) return this.fetch(start, end - start)
    const first = Math.floor(start / blockBytes)
    const last = Math.floor((end - 1) / blockBytes)
    const wanted = this.take(first, last)
    const out = new Uint8Array(end - start)
    for (const { index, bytes } of wanted) {
      const block = await bytes
      if (first === last) return block.subarray(start - index * blockBytes, end - index * blockBytes)
      const from = Math.max(start, index * blockBytes)
      out.set(block.subarray(from - index * blockBytes, end - index * blockBytes), from - start)
    }
    return out
  }

  /** Ends what is being fetched; every later read rejects. */
  close(): void {
    this.abort.abort(new DOMException('The file was closed.', 'AbortError'))
  }

  /** Blocks `first` to `last`; those that are missing are asked for in as few fetches as there are gaps. */
  private take(first: number, last: number): { index: number; bytes: Promise<Uint8Array> }[] {
    const { blockBytes, cacheBytes } = this.options
    for (let index = first; index <= last; index++) {
      if (this.blocks.has(index)) continue
      let end = index + 1
      while (end <= last && !this.blocks.has(end)) end += 1
      const offset = index * blockBytes
      const run = this.fetch(offset, Math.min(end * blockBytes, this.size) - offset)
      for (let each = index; each < end; each++) {
        const at = (each - index) * blockBytes
        // A copy, not a view: one block that is kept must not keep the whole run.
        const block = run.then((bytes) => bytes.slice(at, at + blockBytes))
        block.catch(() => this.blocks.delete(each))
        this.blocks.set(each, block)
      }
      index = end - 1
    }
    const taken: { index: number; bytes: Promise<Uint8Array> }[] = []
    for (let index = first; index <= last; index++) {
      const bytes = this.blocks.get(index)
      if (bytes === undefined) continue
      this.blocks.delete(index)
      this.blocks.set(index, bytes)
      taken.push({ index, bytes })
    }
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size * blockBytes <= cacheBytes) break
      this.blocks.delete(oldest)
    }
    return taken
  }

  private async fetch(offset: number, length: number): Promise<Uint8Array> {
    this.abort.signal.throwIfAborted()
    this.count.requests += 1
    const bytes = await this.options.fetchRange(offset, length, this.abort.signal)
    this.count.bytes += bytes.length
    this.options.counted?.(this.count)
    return bytes
  }
}
