/** Writes EBML, well or badly: what no muxer makes, tests make by hand. */
import { concat, u16, u8 } from '../../media/bytes/write-bytes.ts'

/** An id, its length marker included, in as many bytes as it has. */
function idBytes(id: number): Uint8Array {
  const bytes: number[] = []
  for (let left = id; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256)
  return Uint8Array.from(bytes)
}

/** A number with its marker bit, in `length` bytes (the fewest unless told). */
export function vint(value: number, length?: number): Uint8Array {
  let bytes = length ?? 1
  while (length === undefined && value >= 2 ** (7 * bytes) - 1) bytes += 1
  const digits = Uint8Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** (bytes - 1 - at)) % 256)
  digits[0] = (digits[0] ?? 0) | (0x80 >> (bytes - 1))
  return digits
}

/** An element. */
export function element(id: number, ...body: Uint8Array[]): Uint8Array {
  const content = concat(body)
  return concat([idBytes(id), vint(content.length), content])
}

/** An element whose size says `size`, whatever is in it; null: unknown, in `length` bytes. */
export function sized(id: number, size: number | null, length: number, ...body: Uint8Array[]): Uint8Array {
  const unknown = Uint8Array.from({ length }, (_, at) => (at === 0 ? 0xff >> (length - 1) : 0xff))
  return concat([idBytes(id), size === null ? unknown : vint(size, length), ...body])
}

export function uint(id: number, value: number): Uint8Array {
  const bytes: number[] = []
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256)
  return element(id, Uint8Array.from(bytes))
}

export function text(id: number, value: string): Uint8Array {
  return element(id, new TextEncoder().encode(value))
}

export const EBML_HEADER = element(0x1a45dfa3, text(0x4282, 'matroska'))

/** Track 1 is H.264, track 2 sound. */
export const TRACKS = element(
  0x1654ae6b,
  element(0xae, uint(0xd7, 1), uint(0x83, 1), text(0x86, 'V_MPEG4/ISO/AVC'), element(0xe0, uint(0xb0, 64), uint(0xba, 48))),
  element(0xae, uint(0xd7, 2), uint(0x83, 2), text(0x86, 'A_MPEG/L3'), uint(0x23e383, 24_000_000)),
)

/** Body of a block: `flags` as in a SimpleBlock; `lace` goes between them and the frames. */
export function block(track: number, ticks: number, flags: number, lace: Uint8Array, ...frames: Uint8Array[]): Uint8Array {
  return concat([vint(track), u16(ticks & 0xffff), u8(flags), lace, ...frames])
}

/** A SimpleBlock of one frame. */
export function simpleBlock(track: number, ticks: number, content: Uint8Array, key = true): Uint8Array {
  return element(0xa3, block(track, ticks, key ? 0x80 : 0, new Uint8Array(), content))
}

/** Bytes that can be told from others. */
export function frame(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + seed * 31) % 251)
}
