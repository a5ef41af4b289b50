/** Where the samples of a track lie, by its tables (ISO/IEC 14496-12 8.6 and 8.7), chunk by chunk and without an array of them. */
import { type TreeBox, within } from './box-tree.ts'

/** A table of equal entries in a box: read where it lies, never past its end whatever it counts. */
export class Table {
  readonly count: number
  readonly #view: DataView
  readonly #head: number
  readonly #entryBytes: number

  /** `head`: bytes of the body before the first entry; the count is the four bytes before it. */
  constructor(box: TreeBox | null, entryBytes: number, head = 8) {
    const body = box?.body ?? new Uint8Array(0)
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    this.#head = head
    this.#entryBytes = entryBytes
    const room = Math.max(0, Math.floor((body.length - head) / entryBytes))
    this.count = body.length < head ? 0 : Math.min(this.#view.getUint32(head - 4), room)
  }

  /** 32 bits of an entry. */
  u32(index: number, at = 0): number {
    return this.#view.getUint32(this.#head + index * this.#entryBytes + at)
  }

  i32(index: number, at = 0): number {
    return this.#view.getInt32(this.#head + index * this.#entryBytes + at)
  }

  /** 64 bits of an entry, as a number. Beyond 2^53 it is not exact, and no file has it. */
  u64(index: number): number {
    return Number(this.#view.getBigUint64(this.#head + index * this.#entryBytes))
  }
}

/** Samples that lie one behind the other. */
export interface Chunk {
  /** From 0. */
  index: number
  /** From the start of the file. */
  offset: number
  /** Number of its first sample, from 0. */
  firstSample: number
  samples: number
  /** Number of its sample entry, from 1. */
  description: number
}

export class SampleLayout {
  readonly sampleCount: number
  readonly chunkCount: number
  readonly #fixedSize: number
  readonly #sizes: Table
  /** Of `stz2`: bits of an entry; null for `stsz`. */
  readonly #bits: number | null
  readonly #compact: Uint8Array
  readonly #stco: Table
  readonly #co64: Table
  readonly #stsc: Table

  constructor(stbl: TreeBox) {
    const stsz = within(stbl, 'stsz')
    const stz2 = stsz === null ? within(stbl, 'stz2') : null
    this.#stco = new Table(within(stbl, 'stco'), 4)
    this.#co64 = new Table(within(stbl, 'co64'), 8)
    this.#stsc = new Table(within(stbl, 'stsc'), 12)
    this.chunkCount = this.#stco.count + this.#co64.count
    // unsigned int(32) sample_size; unsigned int(32) sample_count;
    const head = stsz !== null && stsz.body.length >= 12 ? new DataView(stsz.body.buffer, stsz.body.byteOffset, 12) : null
    this.#fixedSize = head?.getUint32(4) ?? 0
    this.#sizes = new Table(stsz, 4, 12)
    this.#compact = stz2?.body ?? new Uint8Array(0)
    // unsigned int(24) reserved; unsigned int(8) field_size; unsigned int(32) sample_count;
    const bits = this.#compact[7] ?? 0
    this.#bits = stz2 !== null && (bits === 4 || bits === 8 || bits === 16) ? bits : null
    if (this.#bits !== null) {
      const counted = new DataView(this.#compact.buffer, this.#compact.byteOffset).getUint32(8)
      this.sampleCount = Math.min(counted, Math.floor(((this.#compact.length - 12) * 8) / this.#bits))
    } else this.sampleCount = this.#fixedSize > 0 ? (head?.getUint32(8) ?? 0) : this.#sizes.count
  }

  /** Bytes of a sample. */
  sizeOf(sample: number): number {
    if (this.#bits !== null) {
      const at = 12 + Math.floor((sample * this.#bits) / 8)
      const byte = this.#compact[at] ?? 0
      if (this.#bits === 8) return byte
      if (this.#bits === 16) return byte * 256 + (this.#compact[at + 1] ?? 0)
      return sample % 2 === 0 ? byte >> 4 : byte & 15
    }
    return this.#fixedSize > 0 ? this.#fixedSize : this.#sizes.u32(sample)
  }

  /** Bytes of samples in a row. */
  bytesOf(firstSample: number, samples: number): number {
    if (this.#bits === null && this.#fixedSize > 0) return this.#fixedSize * samples
    let bytes = 0
    for (let sample = firstSample; sample < firstSample + samples; sample += 1) bytes += this.sizeOf(sample)
    return bytes
  }

  /** How many of a chunk's samples, from its first on, are not longer than `bytes` together. */
  fitting(chunk: Chunk, bytes: number): number {
    if (this.#bits === null && this.#fixedSize > 0) return Math.min(chunk.samples, Math.max(0, Math.floor(bytes / this.#fixedSize)))
    let left = bytes
    for (let taken = 0; taken < chunk.samples; taken += 1) {
      left -= this.sizeOf(chunk.firstSample + taken)
      if (left < 0) return taken
    }
    return chunk.samples
  }

  /** Chunks that hold samples, as far as all of the tables go. */
  *chunks(): Generator<Chunk> {
    let run = 0
    let firstSample = 0
    for (let index = 0; index < this.chunkCount && firstSample < this.sampleCount; index += 1) {
      // unsigned int(32) first_chunk; unsigned int(32) samples_per_chunk; unsigned int(32) sample_description_index;
      while (run + 1 < this.#stsc.count && this.#stsc.u32(run + 1) <= index + 1) run += 1
      const perChunk = run < this.#stsc.count ? this.#stsc.u32(run, 4) : 0
      if (perChunk === 0) continue
      const samples = Math.min(perChunk, this.sampleCount - firstSample)
      yield { index, offset: this.offsetOf(index), firstSample, samples, description: this.#stsc.u32(run, 8) }
      firstSample += samples
    }
  }

  /** As stored. */
  offsetOf(chunk: number): number {
    return chunk < this.#stco.count ? this.#stco.u32(chunk) : this.#co64.u64(chunk - this.#stco.count)
  }
}
