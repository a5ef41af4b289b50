/**
 * Bits, most significant first, and the variable-length codes of H.264 and HEVC (Rec. ITU-T H.264 9.1). Reading past the end
 * is a `MediaError`, never a wrong value.
 */
import { MediaError } from '../errors.ts'

export class BitReader {
  readonly bytes: Uint8Array
  /** Position in bits from the start of `bytes`. */
  position: number
  readonly #end: number

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.position = 0
    this.#end = bytes.length * 8
  }

  /** Bits left. */
  get remaining(): number {
    return this.#end - this.position
  }

  /** u(n): `count` bits as a number, 0 to 32 of them. */
  bits(count: number): number {
    let position = this.#advance(count)
    let left = count
    let value = 0
    while (left > 0) {
      const inByte = 8 - (position & 7)
      const take = left < inByte ? left : inByte
      const byte = this.bytes[position >> 3] ?? 0
      value = value * 2 ** take + ((byte >> (inByte - take)) & ((1 << take) - 1))
      position += take
      left -= take
    }
    return value
  }

  /** u(1). */
  flag(): boolean {
    const position = this.#advance(1)
    return (((this.bytes[position >> 3] ?? 0) >> (7 - (position & 7))) & 1) === 1
  }

  skip(count: number): void {
    this.#advance(count)
  }

  /** To the next byte; stays where it is on the first bit of one. */
  align(): void {
    this.position = (this.position + 7) & ~7
  }

  /** ue(v): Exp-Golomb, 0 to 2^32 - 2. */
  ue(): number {
    let zeros = 0
    while (!this.flag()) {
      zeros += 1
      if (zeros > 31) throw new MediaError('malformed', `an Exp-Golomb code of more than 31 zeros before bit ${this.position}`)
    }
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** se(v): 0, 1, -1, 2, -2 … */
  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : code === 0 ? 0 : -code / 2
  }

  /** ue(v) that the standard bounds: more than `most` is a `MediaError`, before anything loops over it. */
  ueUpTo(most: number, what: string): number {
    const value = this.ue()
    if (value > most) throw new MediaError('malformed', `${what} is ${value}, at most ${most} is allowed`)
    return value
  }

  #advance(count: number): number {
    if (count < 0 || count > this.remaining) {
      throw new MediaError('truncated', `${count} bits wanted at bit ${this.position}, ${this.remaining} left`)
    }
    const at = this.position
    this.position += count
    return at
  }
}

/**
 * The RBSP of a NAL unit: without emulation_prevention_three_byte ("00 00 03", H.264 7.3.1). Answers its argument where there
 * is none; a copy otherwise.
 */
export function withoutEmulationPrevention(unit: Uint8Array): Uint8Array {
  let out: Uint8Array | null = null
  let written = 0
  let zeros = 0
  for (let at = 0; at < unit.length; at += 1) {
    const byte = unit[at] ?? 0
    if (zeros >= 2 && byte === 3) {
      if (out === null) {
        out = new Uint8Array(unit.length)
        out.set(unit.subarray(0, at))
        written = at
      }
      zeros = 0
    } else {
      if (out !== null) out[written] = byte
      written += 1
      zeros = byte === 0 ? zeros + 1 : 0
    }
  }
  return out === null ? unit : out.subarray(0, written)
}
