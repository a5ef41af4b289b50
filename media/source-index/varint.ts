/** Numbers in as few bytes as they need: seven bits a byte, least significant first (LEB128); signed ones zigzag, small in either direction. */
import { MediaError } from '../errors.ts'

/** Appends numbers; the memory grows as it must. */
export class VarintWriter {
  #bytes = new Uint8Array(4096)
  #length = 0

  /** A safe integer of 0 or more. */
  unsigned(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow()
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  /** An integer of less than 2^52 either way. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** What was written: a view, good until the next number. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2)
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Reads them back. Throws `MediaError` 'truncated' behind the end. */
export class VarintReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  unsigned(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 53; scale *= 0x80) {
      const byte = this.#bytes[this.#offset++]
      if (byte === undefined) throw new MediaError('truncated', 'the index page ends inside a number')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw new MediaError('malformed', 'a number of the index page is too long')
  }

  signed(): number {
    const value = this.unsigned()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
