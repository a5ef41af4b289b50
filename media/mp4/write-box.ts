/** Writes boxes: a box is its type and its content, bytes in, bytes out. Sizes are filled in last, so nothing can disagree. */
import { u32 } from '../bytes/write-bytes.ts'

/** A box of 32-bit size around its content. */
export function box(type: string, ...content: Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, { length }) => sum + length, 8)
  const bytes = new Uint8Array(size)
  new DataView(bytes.buffer).setUint32(0, size)
  for (let index = 0; index < 4; index += 1) bytes[4 + index] = type.charCodeAt(index)
  let offset = 8
  for (const part of content) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** A box around content that is too large to copy: its header, then the content as it is. */
export function boxAround(type: string, content: Uint8Array[]): Uint8Array[] {
  const header = box(type)
  new DataView(header.buffer).setUint32(
    0,
    content.reduce((sum, { length }) => sum + length, header.length),
  )
  return [header, ...content]
}

/** A box with version and flags (4.2.2). */
export function fullBox(type: string, version: number, flags: number, ...content: Uint8Array[]): Uint8Array {
  return box(type, u32(version * 0x1000000 + flags), ...content)
}
