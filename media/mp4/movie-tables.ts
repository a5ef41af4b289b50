/**
 * The sample tables of `stbl` (ISO/IEC 14496-12 8.6 and 8.7), written: runs of equal values, whatever their number. A film has
 * a million samples, so each table is written once, into memory of its own.
 */
import type { SampleTable } from '../container/model.ts'

/** Samples of one track that lie one behind the other, in rows: at which byte behind the header, and how many. */
export interface ChunkTable {
  count: number
  offset: Float64Array
  samples: Uint32Array
}

/** `stts`, `ctts` where it says something, `stss` where not all are sync samples, `stsz`, `stsc`. `samples`: tables that follow each other in decode order. */
export function writeTables(samples: SampleTable[], chunks: ChunkTable): Uint8Array[] {
  const durations = new RunWriter('stts', 0)
  // Version 1: signed.
  const compositions = new RunWriter('ctts', 1)
  const keys = new TableWriter('stss', 0)
  // sample_size = 0: each has its own
  const sizes = new TableWriter('stsz', 0, [0])
  let decodeTicks = samples[0]?.decodeTicks[0] ?? 0
  let count = 0
  let allSync = true
  let allAtOnce = true
  for (const table of samples) {
    for (let row = 0; row < table.count; row += 1) {
      const [size = 0, duration = 0] = [table.size[row], table.durationTicks[row]]
      const composition = (table.presentationTicks[row] ?? 0) - decodeTicks
      count += 1
      sizes.row(size)
      durations.add(duration)
      compositions.add(composition)
      if (table.sync[row] === 1) keys.row(count)
      else allSync = false
      if (composition !== 0) allAtOnce = false
      decodeTicks += duration
    }
  }
  const tables = [durations.end()]
  if (!allAtOnce) tables.push(compositions.end())
  if (!allSync) tables.push(keys.end())
  return [...tables, sizes.end(), stsc(chunks)]
}

/** first_chunk, samples_per_chunk, sample_description_index: one row where the number changes. */
function stsc(chunks: ChunkTable): Uint8Array {
  const table = new TableWriter('stsc', 0)
  for (let chunk = 0; chunk < chunks.count; chunk += 1) {
    const samples = chunks.samples[chunk] ?? 0
    if (chunk === 0 || samples !== chunks.samples[chunk - 1]) table.row(chunk + 1, samples, 1)
  }
  return table.end()
}

/** Bytes of `co64` for so many chunks. */
export function placesBytes(chunks: ChunkTable): number {
  return 16 + chunks.count * 8
}

/** Fills `into` with `co64`; the media data begins at byte `dataAt` of the file. */
export function writePlaces(chunks: ChunkTable, dataAt: number, into: Uint8Array<ArrayBuffer>): void {
  const table = new TableWriter('co64', 0, [], into.buffer)
  for (let chunk = 0; chunk < chunks.count; chunk += 1) {
    const place = dataAt + (chunks.offset[chunk] ?? 0)
    table.row(Math.floor(place / 2 ** 32), place % 2 ** 32)
  }
  table.end()
}

/** A box that is a table: rows of 32-bit fields behind their number. The memory grows as it must. */
class TableWriter {
  #view: DataView
  #length: number
  #rows = 0
  readonly #countAt: number

  constructor(type: string, version: number, before: number[] = [], memory = new ArrayBuffer(4096)) {
    this.#view = new DataView(memory)
    for (let index = 0; index < 4; index += 1) this.#view.setUint8(4 + index, type.charCodeAt(index))
    this.#view.setUint8(8, version)
    this.#countAt = 12 + before.length * 4
    for (const [index, field] of before.entries()) this.#view.setUint32(12 + index * 4, field)
    this.#length = this.#countAt + 4
  }

  /** Negative fields are written as two's complement. */
  row(...fields: [number] | [number, number] | [number, number, number]): void {
    if (this.#length + fields.length * 4 > this.#view.byteLength) this.#grow()
    for (const field of fields) {
      this.#view.setUint32(this.#length, field)
      this.#length += 4
    }
    this.#rows += 1
  }

  end(): Uint8Array {
    this.#view.setUint32(0, this.#length)
    this.#view.setUint32(this.#countAt, this.#rows)
    return new Uint8Array(this.#view.buffer, 0, this.#length)
  }

  #grow(): void {
    const larger = new Uint8Array(this.#view.byteLength * 2)
    larger.set(new Uint8Array(this.#view.buffer))
    this.#view = new DataView(larger.buffer)
  }
}

/** Equal neighbours as rows of count and value. */
class RunWriter {
  readonly #table: TableWriter
  #value = 0
  #count = 0

  constructor(type: string, version: number) {
    this.#table = new TableWriter(type, version)
  }

  add(value: number): void {
    if (this.#count > 0 && value !== this.#value) {
      this.#table.row(this.#count, this.#value)
      this.#count = 0
    }
    this.#value = value
    this.#count += 1
  }

  end(): Uint8Array {
    if (this.#count > 0) this.#table.row(this.#count, this.#value)
    return this.#table.end()
  }
}
