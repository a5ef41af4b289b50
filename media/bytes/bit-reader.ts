/** A cursor over bits, most significant first, that cannot leave its bytes: reading past the end is a `MediaError`. */
import { MediaError } from '../errors.ts'

export class BitReader {
  readonly bytes: Uint8Array
  /** Position in bits from the start of `bytes`. */
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  /** Bits that are left. */
  get remaining(): number {
    return this.bytes.length * 8 - this.position
  }

  /** One bit as a flag. */
  flag(): boolean {
    return this.u(1) === 1
  }

  /** `count` bits (0 to 32) as an unsigned number. */
  u(count: number): number {
    if (count > this.remaining) throw new MediaError('truncated', `${count} bits wanted, ${this.remaining} left`)
    let value = 0
    let left = count
    while (left > 0) {
      const offset = this.position & 7
      const taken = Math.min(left, 8 - offset)
      const bits = ((this.bytes[this.position >> 3] ?? 0) >> (8 - offset - taken)) & ((1 << taken) - 1)
      value = value * 2 ** taken + bits
      this.position += taken
      left -= taken
    }
    return value
  }

  skip(count: number): void {
    if (count < 0 || count > this.remaining) throw new MediaError('truncated', `${count} bits wanted, ${this.remaining} left`)
    this.position += count
  }

  /** ue(v): unsigned Exp-Golomb (Rec. ITU-T H.264 9.1). Throws 'malformed' when its prefix is longer than 32 bits. */
  ue(): number {
    let zeros = 0
    while (!this.flag()) {
      zeros += 1
      if (zeros > 32) throw new MediaError('malformed', 'an Exp-Golomb code of more than 65 bits')
    }
    return 2 ** zeros - 1 + this.u(zeros)
  }

  /** se(v): signed Exp-Golomb (9.1.1). */
  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2
  }
}
