/**
 * The arithmetic of an upload, no I/O. R2 wants parts of equal size (at least 5 MiB) but the last; a client sends bodies of
 * any size. What has arrived of the part that is not yet full, the remainder, is kept in rows of at most 1 MiB, laid on a
 * fixed grid, so that one more byte rewrites one row.
 */

/** Bytes of every part but the last. R2 takes 10,000 parts. */
export const PART_BYTES = 8 * 1024 * 1024
/** Bytes of a row of the remainder; a Durable Object's value may have 2 MB. */
export const ROW_BYTES = 1024 * 1024

/** Bytes of the current part that have arrived when the upload stands at `offset`: 0 to PART_BYTES - 1. */
export function fillAt(offset: number): number {
  return offset % PART_BYTES
}

/** Number of full parts before `offset`; parts are numbered from 1. */
export function fullParts(offset: number): number {
  return Math.floor(offset / PART_BYTES)
}

/** A row of the remainder: bytes `[start, end)` of the current part. */
export interface RowRange {
  row: number
  start: number
  end: number
}

/** The rows that have to be written, whole, when the current part has grown from `from` to `to` bytes. */
export function touchedRows(from: number, to: number): RowRange[] {
  const rows: RowRange[] = []
  for (let row = Math.floor(from / ROW_BYTES); row * ROW_BYTES < to && from < to; row += 1) {
    rows.push({ row, start: row * ROW_BYTES, end: Math.min((row + 1) * ROW_BYTES, to) })
  }
  return rows
}

/** A full part. `bytes` is the assembler's own memory: it is overwritten when the next bytes are taken. */
export interface FullPart {
  number: number
  bytes: Uint8Array
}

/** Lays bytes of any slicing into parts. Holds one part in memory. */
export class PartAssembler {
  #offset: number
  readonly #buffer: Uint8Array

  /** Goes on at `offset` of a file of `sizeBytes`; `remainder` is what is kept of the current part, `fillAt(offset)` bytes. */
  constructor(offset: number, sizeBytes: number, remainder: Uint8Array) {
    if (remainder.byteLength !== fillAt(offset))
      throw new RangeError(`The remainder has ${remainder.byteLength} bytes at offset ${offset}.`)
    this.#offset = offset
    this.#buffer = new Uint8Array(Math.min(PART_BYTES, sizeBytes - offset + remainder.byteLength))
    this.#buffer.set(remainder)
  }

  /** Where the next byte goes. */
  get offset(): number {
    return this.#offset
  }

  /** What has arrived of the current part. */
  get remainder(): Uint8Array {
    return this.#buffer.subarray(0, fillAt(this.#offset))
  }

  /** Takes bytes and hands out each part as it becomes full; the caller is done with one before it asks for the next. */
  *push(bytes: Uint8Array): Generator<FullPart, void, undefined> {
    let rest = bytes
    while (rest.byteLength > 0) {
      const fill = fillAt(this.#offset)
      const taken = rest.subarray(0, PART_BYTES - fill)
      this.#buffer.set(taken, fill)
      this.#offset += taken.byteLength
      rest = rest.subarray(taken.byteLength)
      if (fillAt(this.#offset) === 0) yield { number: fullParts(this.#offset), bytes: this.#buffer }
    }
  }
}
