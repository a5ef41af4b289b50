/**
 * The body of a 206 with several ranges: `multipart/byteranges` (RFC 9110 clause 14.6, RFC 2046 clause 5.1). Everything
 * around the bytes is known before the first of them is read, so the length of the whole is too.
 */
import { contentRange, rangeLength, type ByteRange } from './range.ts'

/** The text that stands before each range, and the one after the last. */
export interface Framing {
  /** Value of the response's Content-Type. */
  contentType: string
  parts: { head: Uint8Array; range: ByteRange }[]
  tail: Uint8Array
  /** Length of the whole body, bytes. */
  length: number
}

/**
 * Frames `ranges` of a representation of `size` bytes and type `type`. The boundary must not occur in the data: give it at
 * least 128 random bits, in characters of RFC 2046's bchars that need no quotes.
 */
export function frameRanges(ranges: ByteRange[], size: number, type: string, boundary: string): Framing {
  const utf8 = new TextEncoder()
  const parts = ranges.map((range, place) => ({
    range,
    head: utf8.encode(
      `${place === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
    ),
  }))
  const tail = utf8.encode(`\r\n--${boundary}--\r\n`)
  const length = parts.reduce((sum, part) => sum + part.head.length + rangeLength(part.range), tail.length)
  return { contentType: `multipart/byteranges; boundary=${boundary}`, parts, tail, length }
}
