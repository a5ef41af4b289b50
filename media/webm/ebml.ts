/**
 * EBML (RFC 8794): variable-size integers, element headers, and the values in elements. Elements are written in this folder
 * by their id with its length marker, as the standards print it: 0x1A45DFA3.
 */
import { MediaError } from '../errors.ts'

/** Bytes of the longest header: an id of 4 and a size of 8 (`EBMLMaxIDLength`, `EBMLMaxSizeLength` as Matroska fixes them). */
export const MAX_HEADER_BYTES = 12

/** What stands before an element's body. */
export interface ElementHeader {
  id: number
  headerBytes: number
  /** Bytes of the body; null: unknown, it ends where an element begins that cannot be in it (6.2). */
  bodyBytes: number | null
}

/** A number and the bytes that hold it. */
export interface Vint {
  value: number
  length: number
}

/**
 * A variable-size integer (4): as many bytes as the first has leading zeros, and one; the marker bit is taken off. Null when
 * `bytes` end before it does. Throws `MediaError`: 'malformed' for more than 8 bytes, 'too-large' beyond 2^53.
 */
export function readVint(bytes: Uint8Array, offset: number, end = bytes.length): Vint | null {
  const first = bytes[offset]
  if (first === undefined || offset >= end) return null
  if (first === 0) throw new MediaError('malformed', `no number of at most 8 bytes at ${offset}`)
  const length = Math.clz32(first) - 23
  if (offset + length > end) return null
  let value = first & (0xff >> length)
  for (let at = offset + 1; at < offset + length; at += 1) value = value * 256 + (bytes[at] ?? 0)
  if (!Number.isSafeInteger(value)) throw new MediaError('too-large', `the number at ${offset} does not fit`)
  return { value, length }
}

/** "An Element Data Size with all VINT_DATA bits set to one is reserved as an indicator that the size is unknown", in any length. */
function isAllOnes(bytes: Uint8Array, offset: number, length: number): boolean {
  if ((bytes[offset] ?? 0) !== 0xff >> (length - 1)) return false
  for (let at = offset + 1; at < offset + length; at += 1) if (bytes[at] !== 0xff) return false
  return true
}

/**
 * The header at `offset`, or null when `bytes` end before it does. Throws `MediaError` 'malformed' where none can be, and
 * 'too-large' for a body beyond 2^53 bytes.
 */
export function readElementHeader(bytes: Uint8Array, offset: number, end = bytes.length): ElementHeader | null {
  const first = bytes[offset]
  if (first === undefined || offset >= end) return null
  const idBytes = Math.clz32(first) - 23
  if (idBytes > 4) throw new MediaError('malformed', `no element at ${offset}: its id would begin with 0x${first.toString(16)}`)
  const sizeAt = offset + idBytes
  if (sizeAt > end) return null
  // "The VINT_DATA component of the Element ID MUST NOT be […] all one".
  if (isAllOnes(bytes, offset, idBytes)) throw new MediaError('malformed', `no element at ${offset}: its id would be all ones`)
  let id = first
  for (let at = offset + 1; at < sizeAt; at += 1) id = id * 256 + (bytes[at] ?? 0)
  const sizeFirst = bytes[sizeAt]
  if (sizeFirst === undefined || sizeAt >= end) return null
  if (sizeFirst === 0) throw new MediaError('malformed', `the size of the element at ${offset} has more than 8 bytes`)
  const sizeBytes = Math.clz32(sizeFirst) - 23
  if (sizeAt + sizeBytes > end) return null
  if (isAllOnes(bytes, sizeAt, sizeBytes)) return { id, headerBytes: idBytes + sizeBytes, bodyBytes: null }
  const size = readVint(bytes, sizeAt, end)
  return size === null ? null : { id, headerBytes: idBytes + sizeBytes, bodyBytes: size.value }
}

/** An element in bytes that are in memory. */
export interface Element {
  id: number
  /** First byte of the header, of the body, and one past the last, from the start of the bytes. */
  start: number
  body: number
  end: number
}

/**
 * The elements between `start` and `end`, in order, as far as they can be read: a body that reaches over the end is cut
 * there, and nothing is answered behind an unreadable header.
 */
export function* elementsOf(bytes: Uint8Array, start = 0, end = bytes.length): Generator<Element> {
  let offset = start
  while (offset < end) {
    let header: ElementHeader | null
    try {
      header = readElementHeader(bytes, offset, end)
    } catch (error) {
      // What came before is still good; who wants to know what is wrong asks the dissector.
      if (error instanceof MediaError) return
      throw error
    }
    if (header === null) return
    const body = offset + header.headerBytes
    const next = header.bodyBytes === null ? end : Math.min(end, body + header.bodyBytes)
    yield { id: header.id, start: offset, body, end: next }
    offset = next
  }
}

/** Unsigned integer of 0 to 8 bytes (7.2); 0 bytes are 0. Beyond 2^53 it is near, not exact: such are random UIDs. */
export function readUint(body: Uint8Array): number {
  let value = 0
  for (const byte of body.subarray(0, 8)) value = value * 256 + byte
  return value
}

/** Signed integer of 0 to 8 bytes (7.1), two's complement; near beyond 2^53. */
export function readInt(body: Uint8Array): number {
  const length = Math.min(body.length, 8)
  const value = readUint(body)
  return (body[0] ?? 0) >= 0x80 ? value - 256 ** length : value
}

/** Float of 0, 4 or 8 bytes (7.3); null for other lengths. */
export function readFloat(body: Uint8Array): number | null {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  if (body.length === 0) return 0
  if (body.length === 4) return view.getFloat32(0)
  return body.length === 8 ? view.getFloat64(0) : null
}

const utf8 = new TextDecoder()

/** Text (7.4, 7.5): "Any Null Octets at the end are to be ignored"; bytes that are no UTF-8 become U+FFFD. */
export function readText(body: Uint8Array): string {
  const end = body.indexOf(0)
  return utf8.decode(end === -1 ? body : body.subarray(0, end))
}

/** Date (7.6): "nanoseconds since 2001-01-01T00:00:00.000000000 UTC", answered in milliseconds since 1970. */
export function readDateMs(body: Uint8Array): number {
  return Date.UTC(2001, 0, 1) + readInt(body) / 1e6
}

/** Bytes as lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
