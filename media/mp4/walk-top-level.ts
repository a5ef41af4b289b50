/**
 * The boxes of a file, header by header, in few reads: one window of 32 KiB at the start, one behind each jump. What is
 * passed over (`mdat`) is not read.
 */
import type { ByteSource } from '../bytes/source.ts'
import { readExactly } from '../bytes/source.ts'
import { concat } from '../bytes/write-bytes.ts'
import { MediaError } from '../errors.ts'
import { glanceHeader, MAX_HEADER_BYTES } from './read-box.ts'

/** Two of them and `moov` are what opening a file costs at most. */
const WINDOW_BYTES = 32 * 1024

export interface TopLevelBox {
  type: string
  offset: number
  headerBytes: number
  /** Of the whole box; beyond the end of the file where that was cut. */
  sizeBytes: number
}

export class TopLevelWalk {
  readonly source: ByteSource
  /** Where the next box starts. */
  offset: number
  #window: { offset: number; bytes: Uint8Array } = { offset: 0, bytes: new Uint8Array() }

  constructor(source: ByteSource, offset = 0) {
    this.source = source
    this.offset = offset
  }

  /** The next box; null at the end, and where nothing that can be a box follows. */
  async next(): Promise<TopLevelBox | null> {
    const { offset } = this
    const left = this.source.size - offset
    if (left < 8) return null
    const head = await this.#peek(offset, Math.min(left, MAX_HEADER_BYTES))
    // Padding and garbage behind the last box end the walk: what came before is good
    const header = glanceHeader(head, 0, head.length)
    if (header === null) return null
    // "If size is 0, then this box is the last one in the file"
    const sizeBytes = header.sizeBytes || left
    this.offset = offset + sizeBytes
    return { type: header.type, offset, headerBytes: header.headerBytes, sizeBytes }
  }

  /** A whole box. Throws `MediaError` where the file ends before it does, and over `limit` bytes. */
  async read({ offset, sizeBytes, type }: TopLevelBox, limit: number): Promise<Uint8Array> {
    if (offset + sizeBytes > this.source.size) {
      throw new MediaError('truncated', `${type} at ${offset} ends at ${offset + sizeBytes}, the file at ${this.source.size}`)
    }
    const known = this.#known(offset)
    if (known.length >= sizeBytes) return known.subarray(0, sizeBytes)
    const rest = await readExactly(this.source, offset + known.length, sizeBytes - known.length, limit)
    return known.length === 0 ? rest : concat([known, rest])
  }

  async #peek(offset: number, length: number): Promise<Uint8Array> {
    if (this.#known(offset).length < length) {
      this.#window = { offset, bytes: await this.source.read(offset, Math.min(WINDOW_BYTES, this.source.size - offset)) }
    }
    return this.#known(offset).subarray(0, length)
  }

  /** What the window has from `offset` on. */
  #known(offset: number): Uint8Array {
    const from = offset - this.#window.offset
    return from < 0 ? new Uint8Array() : this.#window.bytes.subarray(from)
  }
}
