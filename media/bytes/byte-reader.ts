/** A cursor over big-endian bytes that cannot leave its window: reading past the end is a `MediaError`, never undefined. */
import { MediaError } from '../errors.ts'

export class ByteReader {
  readonly bytes: Uint8Array
  /** Position from the start of `bytes`. */
  offset: number
  /** One past the last byte that may be read. */
  readonly end: number
  readonly #view: DataView

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    if (offset < 0 || end > bytes.length || offset > end)
      throw new MediaError('malformed', `no bytes ${offset} to ${end} in ${bytes.length}`)
    this.bytes = bytes
    this.offset = offset
    this.end = end
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.end - this.offset
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2))
  }

  u24(): number {
    const at = this.#advance(3)
    return this.#view.getUint16(at) * 256 + this.#view.getUint8(at + 2)
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4))
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4))
  }

  /** As a number: values beyond 2^53 are refused, no real file has them. */
  u64(): number {
    return safe(this.#view.getBigUint64(this.#advance(8)))
  }

  i64(): number {
    return safe(this.#view.getBigInt64(this.#advance(8)))
  }

  /** Four bytes as Latin-1 characters. */
  fourcc(): string {
    const at = this.#advance(4)
    const view = this.#view
    return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const at = this.#advance(length)
    return this.bytes.subarray(at, at + length)
  }

  skip(length: number): void {
    this.#advance(length)
  }

  #advance(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw new MediaError('truncated', `${length} bytes wanted at ${this.offset}, ${this.remaining} left`)
    }
    const at = this.offset
    this.offset += length
    return at
  }
}

function safe(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new MediaError('too-large', `${value} does not fit a number`)
  return number
}
