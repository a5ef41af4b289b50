/**
 * The sixteen bytes behind a packet of a 204-byte layout: RS(204, 188, T = 8), shortened from RS(255, 239) (ETSI EN 300 429
 * 4.4.2). Field generator x^8 + x^4 + x^3 + x^2 + 1, code generator (x + λ^0)(x + λ^1)…(x + λ^15), λ = 02.
 */
import { PACKET_BYTES } from '../packets.ts'

const PARITY_BYTES = 16

/** Powers of λ, twice over, so that sums of two logarithms need no modulo. */
const exp = new Uint8Array(510)
const log = new Uint8Array(256)
for (let power = 0, value = 1; power < 255; power += 1) {
  exp[power] = value
  exp[power + 255] = value
  log[value] = power
  value = value & 0x80 ? (value << 1) ^ 0x11d : value << 1
}

function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : (exp[(log[a] ?? 0) + (log[b] ?? 0)] ?? 0)
}

/** Products of each byte with the code generator's coefficients, four to a word, highest first: one row is one step of the division. */
const ROWS = divisionRows()

function divisionRows(): Int32Array {
  let generator = [1]
  for (let root = 0; root < PARITY_BYTES; root += 1) {
    const next = Array.from<number>({ length: generator.length + 1 }).fill(0)
    for (const [index, coefficient] of generator.entries()) {
      next[index] = (next[index] ?? 0) ^ coefficient
      next[index + 1] = (next[index + 1] ?? 0) ^ multiply(coefficient, exp[root] ?? 0)
    }
    generator = next
  }
  const rows = new Int32Array(256 * 4)
  for (let byte = 0; byte < 256; byte += 1) {
    for (let place = 0; place < PARITY_BYTES; place += 1) {
      const word = byte * 4 + (place >> 2)
      rows[word] = (rows[word] ?? 0) | (multiply(byte, generator[place + 1] ?? 0) << (24 - 8 * (place & 3)))
    }
  }
  return rows
}

/** Whether the parity behind the packet at `at` is that packet's; all 204 bytes must be there. */
export function parityHolds(bytes: Uint8Array, at: number): boolean {
  let [a, b, c, d] = [0, 0, 0, 0]
  for (let place = at; place < at + PACKET_BYTES; place += 1) {
    const row = (((a >>> 24) ^ (bytes[place] ?? 0)) & 0xff) * 4
    a = ((a << 8) | (b >>> 24)) ^ (ROWS[row] ?? 0)
    b = ((b << 8) | (c >>> 24)) ^ (ROWS[row + 1] ?? 0)
    c = ((c << 8) | (d >>> 24)) ^ (ROWS[row + 2] ?? 0)
    d = (d << 8) ^ (ROWS[row + 3] ?? 0)
  }
  const parity = at + PACKET_BYTES
  for (const [index, word] of [a, b, c, d].entries()) {
    const [w = 0, x = 0, y = 0, z = 0] = bytes.subarray(parity + index * 4, parity + index * 4 + 4)
    if (word !== ((w << 24) | (x << 16) | (y << 8) | z)) return false
  }
  return true
}
