/** Room for a `SampleTable`, bounded by the size of the file before it is allocated. */
import { MediaError } from '../errors.ts'
import type { SampleTable } from './model.ts'

/** Bytes that one sample takes in all arrays. */
const ROW_BYTES = 8 + 4 + 8 + 8 + 4 + 1

/** Small files may say what they like. */
const FREE_BYTES = 1024 * 1024

/**
 * Room for `count` samples of a file of `fileBytes`. Throws `MediaError` 'too-large' where the table would be more than four
 * times the file: real samples have more bytes than their rows, and a number in a header costs nothing to write.
 */
export function newSampleTable(count: number, fileBytes: number): SampleTable {
  if (count * ROW_BYTES > 4 * fileBytes + FREE_BYTES) {
    throw new MediaError('too-large', `${count} samples in a file of ${fileBytes} bytes`)
  }
  return {
    count,
    offset: new Float64Array(count),
    size: new Uint32Array(count),
    presentationTicks: new Float64Array(count),
    decodeTicks: new Float64Array(count),
    durationTicks: new Uint32Array(count),
    sync: new Uint8Array(count),
  }
}

const COLUMNS = ['offset', 'size', 'presentationTicks', 'decodeTicks', 'durationTicks', 'sync'] as const

/** Rows `[from, to)`, views of the same memory. */
export function sliceSamples(table: SampleTable, from: number, to: number): SampleTable {
  const slice = { ...table, count: to - from }
  for (const column of COLUMNS) Object.assign(slice, { [column]: table[column].subarray(from, to) })
  return slice
}

/** A table that grows by pieces, in few copies. */
export class GrowingSamples {
  readonly #fileBytes: number
  #table: SampleTable

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes
    this.#table = newSampleTable(0, fileBytes)
  }

  append(piece: SampleTable): void {
    const { count } = this.#table
    if (count + piece.count > this.#table.offset.length) this.#grow(count + piece.count)
    for (const column of COLUMNS) this.#table[column].set(piece[column], count)
    this.#table.count = count + piece.count
  }

  /** What is there so far: views, valid until the next `append`. */
  get samples(): SampleTable {
    return sliceSamples(this.#table, 0, this.#table.count)
  }

  #grow(least: number): void {
    const old = this.samples
    this.#table = newSampleTable(Math.max(least, Math.ceil(old.count * 1.5)), this.#fileBytes)
    this.#table.count = 0
    this.append(old)
  }
}
