/** Small reads of a source in nearly ascending order, served from one buffer: headers are a few bytes each, requests are not free. */
import type { ByteSource } from '../bytes/source.ts'

const WINDOW_BYTES = 64 * 1024

export class Window {
  readonly source: ByteSource
  #start = 0
  #bytes: Uint8Array = new Uint8Array(0)

  constructor(source: ByteSource) {
    this.source = source
  }

  /** As `read`, but the caller's to keep. */
  async copy(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    // `slice` of a Buffer would be a view.
    return new Uint8Array(await this.read(offset, length))
  }

  /** Bytes `[offset, offset + length)`, fewer where the file ends. `length` is the caller's to bound. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.source.size - offset))
    if (wanted === 0) return new Uint8Array(0)
    if (wanted > WINDOW_BYTES) return this.source.read(offset, wanted)
    if (offset < this.#start || offset + wanted > this.#start + this.#bytes.length) {
      this.#start = offset
      this.#bytes = await this.source.read(offset, Math.min(WINDOW_BYTES, this.source.size - offset))
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + wanted)
  }
}
