/** Box headers and trees (ISO/IEC 14496-12 4.2): where each box lies, before anything in it is read. */
import { MediaError } from '../errors.ts'
import { ByteReader } from '../bytes/byte-reader.ts'

/** Where a box lies in its bytes. */
export interface Box {
  /** Four characters, Latin-1. */
  type: string
  /** Start of the header. */
  start: number
  /** First byte after the header (and after the 16 bytes of a `uuid`'s name). */
  body: number
  /** One past the last byte. */
  end: number
}

/** What a header says; `sizeBytes` is null for "to the end of the file". */
export interface BoxHeader {
  type: string
  headerBytes: number
  sizeBytes: number | null
}

/** The longest header: size, type, 64-bit size, `uuid` name. */
export const MAX_HEADER_BYTES = 32

/** Boxes nest; real files stay below ten levels. */
export const MAX_DEPTH = 16

/** Reads a header, or answers null when `bytes` from `offset` on are too few to tell. Throws when the size is less than the header. */
export function readBoxHeader(bytes: Uint8Array, offset: number, end = bytes.length): BoxHeader | null {
  if (end - offset < 8) return null
  const reader = new ByteReader(bytes, offset, end)
  // unsigned int(32) size; unsigned int(32) type = boxtype;
  const size = reader.u32()
  const type = reader.fourcc()
  // if (size==1) { unsigned int(64) largesize; }
  if (size === 1 && reader.remaining < 8) return null
  const sizeBytes = size === 1 ? reader.u64() : size
  // if (boxtype=='uuid') { unsigned int(8)[16] usertype; }
  if (type === 'uuid') {
    if (reader.remaining < 16) return null
    reader.skip(16)
  }
  const headerBytes = reader.offset - offset
  // "if size is 0, then this box shall be in a top-level box (i.e. not contained in another box), and be the last box in its file"
  if (size === 0) return { type, headerBytes, sizeBytes: null }
  if (sizeBytes < headerBytes) throw new MediaError('malformed', `box ${printable(type)} at ${offset} says it is ${sizeBytes} bytes long`)
  return { type, headerBytes, sizeBytes }
}

/** The boxes between `start` and `end`, in order. A box that reaches over the end is an error. */
export function readBoxes(bytes: Uint8Array, start = 0, end = bytes.length): Box[] {
  const boxes: Box[] = []
  let offset = start
  while (offset < end) {
    const header = readBoxHeader(bytes, offset, end)
    if (header === null) throw new MediaError('truncated', `${end - offset} bytes at ${offset} are no box`)
    const next = header.sizeBytes === null ? end : offset + header.sizeBytes
    if (next > end) throw new MediaError('truncated', `box ${printable(header.type)} at ${offset} ends at ${next}, its parent at ${end}`)
    boxes.push({ type: header.type, start: offset, body: offset + header.headerBytes, end: next })
    offset = next
  }
  return boxes
}

/**
 * The header at `offset` as players take it, never an error: null where `end` comes before its own does, or the size is less
 * than the header. `sizeBytes` 0 is "to the end" in a file; in a box it is nothing.
 */
export function glanceHeader(
  bytes: Uint8Array,
  offset: number,
  end: number,
): { type: string; headerBytes: number; sizeBytes: number } | null {
  if (end - offset < 8) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8))
  let sizeBytes = view.getUint32(offset)
  let headerBytes = type === 'uuid' ? 24 : 8
  if (sizeBytes === 1 && end - offset >= 16) {
    sizeBytes = view.getUint32(offset + 8) * 2 ** 32 + view.getUint32(offset + 12)
    headerBytes += 8
  }
  return (sizeBytes > 0 && sizeBytes < headerBytes) || headerBytes > end - offset ? null : { type, headerBytes, sizeBytes }
}

/**
 * The boxes between `start` and `end` as players take them: what reaches over the end is cut to it, and the first thing that
 * is no box ends the list. QuickTime ends `udta` and others with 32 bits of zero, and real files have worse.
 */
export function boxesIn(bytes: Uint8Array, start: number, end: number): Box[] {
  const boxes: Box[] = []
  for (let offset = start; ;) {
    const header = glanceHeader(bytes, offset, end)
    if (header === null || header.sizeBytes === 0) return boxes
    const next = offset + header.sizeBytes
    boxes.push({ type: header.type, start: offset, body: offset + header.headerBytes, end: Math.min(end, next) })
    offset = next
  }
}

/** The boxes inside the first of `boxes` that is of a type; none where there is no such box. */
export function boxesInside(bytes: Uint8Array, boxes: Box[], type: string): Box[] {
  const box = firstOf(boxes, type)
  return box === undefined ? [] : boxesIn(bytes, box.body, box.end)
}

export function firstOf(boxes: Box[], type: string): Box | undefined {
  return boxes.find((box) => box.type === type)
}

/**
 * Boxes that hold boxes, with the bytes of their own fields before the first child. Everything else is a leaf.
 */
const CONTAINERS: Readonly<Record<string, number>> = {
  moov: 0,
  trak: 0,
  edts: 0,
  mdia: 0,
  minf: 0,
  stbl: 0,
  mvex: 0,
  moof: 0,
  traf: 0,
  // FullBox, entry_count
  stsd: 8,
  // SampleEntry (8), VisualSampleEntry (70)
  avc1: 78,
  avc3: 78,
  hvc1: 78,
  hev1: 78,
  vp09: 78,
  av01: 78,
  // SampleEntry (8), AudioSampleEntry (20)
  mp4a: 28,
  Opus: 28,
}

/** The children of a container; none for a leaf. */
export function childrenOf(bytes: Uint8Array, box: Box): Box[] {
  const own = CONTAINERS[box.type]
  if (own === undefined) return []
  if (box.body + own > box.end) throw new MediaError('truncated', `box ${printable(box.type)} at ${box.start} is too short`)
  return readBoxes(bytes, box.body + own, box.end)
}

/** The first box down a path of types, or null: `findBox(bytes, moov, 'trak', 'mdia', 'mdhd')`. */
export function findBox(bytes: Uint8Array, from: Box, ...path: string[]): Box | null {
  if (path.length > MAX_DEPTH) throw new MediaError('too-large', 'boxes nest too deep')
  let at: Box = from
  for (const type of path) {
    const next = childrenOf(bytes, at).find((child) => child.type === type)
    if (next === undefined) return null
    at = next
  }
  return at
}

/** `findBox` for a box that has to be there. */
export function needBox(bytes: Uint8Array, from: Box, ...path: string[]): Box {
  const box = findBox(bytes, from, ...path)
  if (box === null) throw new MediaError('malformed', `${printable(from.type)} has no ${path.join('/')}`)
  return box
}

/** Reads a box's body with one of the readers of this folder. */
export function readBody<T>(bytes: Uint8Array, box: Box, read: (reader: ByteReader) => T): T {
  return read(new ByteReader(bytes, box.body, box.end))
}

/** A type for a message: bytes that are no text become dots. */
function printable(type: string): string {
  return `'${type.replace(/[^ -~]/g, '.')}'`
}
