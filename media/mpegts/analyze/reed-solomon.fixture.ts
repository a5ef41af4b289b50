/** Reed-Solomon parity the slow way, for tests: the remainder of a division in GF(2^8), one multiplication a time. */

/** Product modulo x^8 + x^4 + x^3 + x^2 + 1. */
function times(a: number, b: number): number {
  let product = 0
  for (let bit = 0, shifted = a; bit < 8; bit += 1, shifted = shifted & 0x80 ? ((shifted << 1) ^ 0x11d) & 0xff : shifted << 1)
    if ((b >> bit) & 1) product ^= shifted
  return product
}

/** The 16 bytes behind a packet of 188 in a 204-byte layout. */
export function parityOf(packet: Uint8Array): Uint8Array {
  let generator = [1]
  for (let root = 0, power = 1; root < 16; root += 1, power = times(power, 2)) {
    const shifted = [...generator, 0]
    generator = shifted.map((coefficient, index) => coefficient ^ times(generator[index - 1] ?? 0, power))
  }
  const remainder = [...packet, ...Array.from<number>({ length: 16 }).fill(0)]
  for (let at = 0; at < packet.length; at += 1) {
    const factor = remainder[at] ?? 0
    for (const [index, coefficient] of generator.entries())
      remainder[at + index] = (remainder[at + index] ?? 0) ^ times(coefficient, factor)
  }
  return Uint8Array.from(remainder.slice(packet.length))
}
