/**
 * The bytes of a file that are here, in blocks that fill from their start. What lies farthest from where the film is played
 * is dropped when there are too many.
 */

/** Requests begin and end at multiples of this, but for one that goes on where another was cancelled. */
export const BLOCK_BYTES = 64 * 1024

/** Bytes `[start, end)`. */
export interface Span {
  start: number
  end: number
}

interface Block {
  bytes: Uint8Array
  filled: number
}

export class ByteStore {
  readonly size: number
  readonly #maxBytes: number
  readonly #blocks = new Map<number, Block>()

  constructor(size: number, maxBytes: number) {
    this.size = size
    this.#maxBytes = maxBytes
  }

  /** Where a request has to begin so that `[offset, offset + length)` will be here; null: it is. */
  missing(offset: number, length: number): number | null {
    const end = Math.min(this.size, offset + length)
    for (let block = Math.floor(offset / BLOCK_BYTES); block * BLOCK_BYTES < end; block += 1) {
      const filled = this.#blocks.get(block)?.filled ?? 0
      if (filled < Math.min(BLOCK_BYTES, end - block * BLOCK_BYTES)) return block * BLOCK_BYTES + filled
    }
    return null
  }

  /** Where a request from `start` has to end: before `end`, rounded up to a block, and before what is here already. */
  gapEnd(start: number, end: number): number {
    let block = Math.floor(start / BLOCK_BYTES) + 1
    while (block * BLOCK_BYTES < end && !this.#blocks.has(block)) block += 1
    return Math.min(this.size, block * BLOCK_BYTES)
  }

  /** Bytes that follow what is here in their block; others are not taken. */
  write(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const index = Math.floor((offset + at) / BLOCK_BYTES)
      const inBlock = offset + at - index * BLOCK_BYTES
      const piece = bytes.subarray(at, at + BLOCK_BYTES - inBlock)
      const block = this.#blocks.get(index) ?? {
        bytes: new Uint8Array(Math.min(BLOCK_BYTES, this.size - index * BLOCK_BYTES)),
        filled: 0,
      }
      if (inBlock === block.filled && piece.length > 0) {
        block.bytes.set(piece, inBlock)
        block.filled += piece.length
        this.#blocks.set(index, block)
      }
      at += piece.length
    }
  }

  /** Bytes that are here, all of them: ask `missing` before. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)))
    for (let at = 0; at < out.length;) {
      const index = Math.floor((offset + at) / BLOCK_BYTES)
      const from = offset + at - index * BLOCK_BYTES
      const piece = this.#blocks.get(index)?.bytes.subarray(from, from + out.length - at)
      if (piece === undefined || piece.length === 0) throw new RangeError(`byte ${offset + at} is not here`)
      out.set(piece, at)
      at += piece.length
    }
    return out
  }

  /** What is here, in order; spans neither overlap nor touch. */
  spans(): Span[] {
    const spans: Span[] = []
    for (const index of [...this.#blocks.keys()].toSorted((a, b) => a - b)) {
      const start = index * BLOCK_BYTES
      const end = start + (this.#blocks.get(index)?.filled ?? 0)
      const last = spans.at(-1)
      if (last?.end === start) last.end = end
      else spans.push({ start, end })
    }
    return spans
  }

  /** Drops blocks until what is left fits, the farthest from `near` first. */
  trim(near: number): void {
    const most = Math.floor(this.#maxBytes / BLOCK_BYTES)
    if (this.#blocks.size <= most) return
    const at = near / BLOCK_BYTES
    const far = [...this.#blocks.keys()].toSorted((a, b) => Math.abs(b - at) - Math.abs(a - at))
    for (const index of far.slice(0, this.#blocks.size - most)) this.#blocks.delete(index)
  }
}
