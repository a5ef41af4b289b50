/** Pieces of a large thing that were fetched already: found again by their place, the oldest forgotten over a limit. */

interface Extent {
  offset: number
  bytes: Uint8Array
}

export class Extents {
  /** Sorted by offset; they do not overlap. */
  readonly #sorted: Extent[] = []
  /** In the order they came. */
  readonly #aged: Extent[] = []
  readonly #limitBytes: number
  #totalBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Keeps bytes that were not there before; what of them was is passed over. */
  add(offset: number, bytes: Uint8Array): void {
    for (let gap = this.gap(offset, bytes.length); gap !== null; gap = this.gap(offset, bytes.length)) {
      // One gap at a time: the end of the first gap is the next extent there is.
      const end = Math.min(gap.end, this.#nextFrom(gap.start))
      const extent = { offset: gap.start, bytes: bytes.subarray(gap.start - offset, end - offset) }
      this.#sorted.splice(this.#place(extent.offset), 0, extent)
      this.#aged.push(extent)
      this.#totalBytes += extent.bytes.length
    }
    while (this.#totalBytes > this.#limitBytes && this.#aged.length > 1) {
      const oldest = this.#aged.shift()
      if (oldest === undefined) break
      this.#sorted.splice(this.#sorted.indexOf(oldest), 1)
      this.#totalBytes -= oldest.bytes.length
    }
  }

  /** From the first byte of `[offset, offset + length)` that is missing to the last, or null. */
  gap(offset: number, length: number): { start: number; end: number } | null {
    const limit = offset + length
    let start = offset
    let end = limit
    for (const { offset: from, bytes } of this.#touching(offset, limit)) {
      if (from <= start) start = Math.max(start, from + bytes.length)
    }
    for (const { offset: from, bytes } of this.#touching(offset, limit).toReversed()) {
      if (from + bytes.length >= end) end = Math.min(end, from)
    }
    return start >= limit ? null : { start, end: Math.max(end, start) }
  }

  /** The bytes, where all of them are there. A view, or a copy when they lie in several pieces. */
  get(offset: number, length: number): Uint8Array | null {
    if (this.gap(offset, length) !== null) return null
    const pieces = this.#touching(offset, offset + length)
    const [only] = pieces
    if (only !== undefined && pieces.length === 1) return only.bytes.subarray(offset - only.offset, offset - only.offset + length)
    const joined = new Uint8Array(length)
    for (const { offset: from, bytes } of pieces) {
      const start = Math.max(offset, from)
      joined.set(bytes.subarray(start - from, offset + length - from), start - offset)
    }
    return joined
  }

  /** Start of the first extent at or after `offset`; Infinity when there is none. */
  #nextFrom(offset: number): number {
    return this.#sorted[this.#place(offset)]?.offset ?? Infinity
  }

  #touching(start: number, end: number): Extent[] {
    const touching: Extent[] = []
    for (let at = Math.max(0, this.#place(start) - 1); at < this.#sorted.length; at += 1) {
      const extent = this.#sorted[at]
      if (extent === undefined || extent.offset >= end) break
      if (extent.offset + extent.bytes.length > start) touching.push(extent)
    }
    return touching
  }

  /** How many extents start before `offset`. */
  #place(offset: number): number {
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sorted[middle]?.offset ?? Infinity) < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
