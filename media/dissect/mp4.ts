/**
 * The tree of an MP4, MOV or fragmented file (ISO/IEC 14496-12 4.2), read as it is asked for. Headers that lie are cut to what
 * is there and say so; nothing is believed before it is checked against the bytes around it.
 */
import { MediaError } from '../errors.ts'
import type { ByteSource } from '../bytes/source.ts'
import { FieldReader, WindowEnd } from './field-reader.ts'
import { printable, printableType } from './field-words.ts'
import type { DissectNode, Dissector, Field, Problem } from './model.ts'
import { uuidName } from './mp4-boxes/file.ts'
import { boxType } from './mp4-boxes/table.ts'

/** Boxes nest; real files stay below twelve levels. */
const MAX_DEPTH = 24
/** Boxes in one parent: an hour of fragments of 100 ms each is 72,000. */
const MAX_CHILDREN = 2_000_000
/** Bytes that are read at once to look at headers. */
const HEADER_WINDOW = 4096
/** Fields of a container lie before its first child: sample entries are the longest of them. */
const CONTAINER_FIELDS = 1024
/** Bytes of a box that are read for its fields, when its tables are short. */
const FIELD_WINDOW = 65_536
/** Bytes of a box that nothing is known of. */
const UNKNOWN_WINDOW = 256

export function dissectMp4(source: ByteSource): Dissector {
  let held: { offset: number; bytes: Uint8Array } = { offset: 0, bytes: new Uint8Array() }

  /** Bytes at a place, fewer where the file ends; headers that follow each other are read as one. */
  async function read(offset: number, length: number, ahead = 0): Promise<Uint8Array> {
    const there = atHand(offset, length)
    if (there !== null) return there
    const wanted = Math.max(0, Math.min(Math.max(length, ahead), source.size - offset))
    const bytes = await source.read(offset, wanted)
    if (ahead > 0) held = { offset, bytes }
    return bytes.subarray(0, length)
  }

  function atHand(offset: number, length: number): Uint8Array | null {
    const at = offset - held.offset
    return at >= 0 && at + length <= held.bytes.length ? held.bytes.subarray(at, at + length) : null
  }

  async function* children(parent: DissectNode | null): AsyncGenerator<DissectNode> {
    if (parent !== null && !parent.container) return
    const path = parent === null ? [] : [...parent.path, parent.type]
    const end = parent === null ? source.size : parent.offset + parent.size
    let at = parent === null ? 0 : await childrenStart(parent)
    const seen = new Set<string>()
    for (let count = 1; at < end; count += 1) {
      const length = Math.min(32, end - at)
      // No promise where none is needed: a file of tiny boxes has very many
      const header = atHand(at, length) ?? (await read(at, length, HEADER_WINDOW))
      const { node, last } = readNode(header, at, end, path)
      seen.add(node.type)
      at = node.offset + node.size
      if (parent === null && (last || at >= end)) noteMissing(node, seen)
      if (count === MAX_CHILDREN && at < end)
        node.problems.push(problem(at, end - at, `more than ${MAX_CHILDREN} boxes, the rest is not read`))
      yield node
      if (last || count === MAX_CHILDREN) return
    }
  }

  /** Behind the fields of a container. Damaged fields leave no place to start at: then it has no children. */
  async function childrenStart(parent: DissectNode): Promise<number> {
    const reader = await readerOf(parent, CONTAINER_FIELDS, 100)
    const problems = run(reader, parent)
    return problems ? parent.offset + parent.size : reader.offset
  }

  async function fields(node: DissectNode, maxEntries = 1000): Promise<{ fields: Field[]; problems: Problem[] }> {
    const type = boxType(node.type, node.path.at(-1) ?? '')
    if (node.headerBytes === 0 || (type !== null && type.read === undefined)) return { fields: [], problems: [] }
    const window = node.container ? CONTAINER_FIELDS : type === null ? UNKNOWN_WINDOW : Math.max(FIELD_WINDOW, maxEntries * 24)
    const reader = await readerOf(node, window, maxEntries)
    const damaged = run(reader, node)
    if (!damaged && !node.container && reader.remaining > 0) endWith(reader)
    return { fields: reader.fields, problems: reader.problems }
  }

  async function readerOf(node: DissectNode, window: number, maxEntries: number): Promise<FieldReader> {
    const start = fieldsStart(node)
    const length = node.offset + node.size - start
    const bytes = await read(start, Math.min(length, window))
    return new FieldReader(bytes, start, length, maxEntries, { type: node.type, path: node.path, fileSize: source.size })
  }

  return { format: 'mp4', size: source.size, children, fields }
}

/** The user type of a `uuid` is of its header, and shown with its fields. */
function fieldsStart({ type, offset, headerBytes }: DissectNode): number {
  return offset + headerBytes - (type === 'uuid' && headerBytes >= 24 ? 16 : 0)
}

/** Reads the fields; answers whether damage stopped it. What is shorter than it should be becomes a problem. */
function run(reader: FieldReader, node: DissectNode): boolean {
  try {
    boxType(node.type, node.path.at(-1) ?? '')?.read?.(reader)
    return false
  } catch (error) {
    if (error instanceof WindowEnd) return false
    if (!(error instanceof MediaError)) throw error
    const end = node.offset + node.size
    reader.problem(`box ${printable(node.type)} at ${node.offset}: ${error.message}`, {
      offset: reader.offset,
      length: end - reader.offset,
    })
    return true
  }
}

/** Bytes behind the fields that are known. */
function endWith(reader: FieldReader): void {
  try {
    reader.hex('data')
  } catch (error) {
    if (!(error instanceof WindowEnd)) throw error
  }
}

function problem(offset: number, length: number, what: string, severity: Problem['severity'] = 'error'): Problem {
  return { offset, length, what, severity }
}

/** The header at `at`: a node, and whether nothing can be read behind it. */
function readNode(bytes: Uint8Array, at: number, end: number, path: string[]): { node: DissectNode; last: boolean } {
  const room = end - at
  const [parent = ''] = path.slice(-1)
  if (room < 8 || bytes.length < 8) return { node: leftover(bytes, at, room, path), last: true }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // unsigned int(32) size; unsigned int(32) type = boxtype; if (size==1) unsigned int(64) largesize;
  const size = view.getUint32(0)
  const raw = String.fromCharCode(...bytes.subarray(4, 8))
  const type = printableType(raw)
  const large = size === 1 && bytes.length >= 16
  const said = large ? view.getUint32(8) * 2 ** 32 + view.getUint32(12) : size
  // if (boxtype=='uuid') unsigned int(8)[16] usertype;
  const plain = large ? 16 : 8
  const uuid = raw === 'uuid' && bytes.length >= plain + 16
  const headerBytes = plain + (uuid ? 16 : 0)
  const known = boxType(type, parent)
  const name = uuid ? uuidName(Array.from(bytes.subarray(plain, plain + 16), (byte) => byte.toString(16).padStart(2, '0')).join('')) : ''
  const terminator = raw === '\0\0\0\0' && said === 8
  const node: DissectNode = {
    ...{ type, name: terminator ? 'Terminator' : name || (known?.name ?? ''), offset: at, headerBytes, size: said },
    ...{ container: known?.container ?? false, path, problems: [] },
  }
  const called = `box ${printable(type)} at ${at}`
  if (size === 0) {
    // "if size is 0, then this box shall be in a top-level box …, and be the last box in its file"
    node.size = room
    if (path.length > 0)
      node.problems.push(problem(at, room, `${called} has size 0, which only the last box of a file may have`, 'warning'))
  } else if (said < headerBytes) {
    node.size = room
    node.container = false
    node.problems.push(
      problem(at, room, `${called} says it is ${said} bytes long, its header alone has ${headerBytes}; what follows cannot be read`),
    )
    return { node, last: true }
  } else if (said > room) {
    node.size = room
    const whose = path.length === 0 ? 'the file' : `its parent '${parent}'`
    node.problems.push(problem(at, room, `${called} ends at ${at + said}, ${whose} at ${end}: ${said - room} bytes too far`))
  }
  if (type.startsWith('0x') && parent !== 'ilst' && !terminator)
    node.problems.push(problem(at + 4, 4, `the type of the box at ${at} is no text`, 'warning'))
  if (path.length >= MAX_DEPTH && node.container) {
    node.container = false
    node.problems.push(problem(at, node.size, `boxes nest deeper than ${MAX_DEPTH} levels, the rest is not read`))
  }
  return { node, last: false }
}

/** Fewer bytes than a header: QuickTime ends lists of boxes with a zero of 32 bits, everything else is damage. */
function leftover(bytes: Uint8Array, at: number, room: number, path: string[]): DissectNode {
  const zeros = bytes.every((byte) => byte === 0)
  const terminator = zeros && path.length > 0
  const type = printableType(String.fromCharCode(...bytes.subarray(0, room)))
  return {
    ...{ type, name: terminator ? 'Terminator' : '', offset: at, headerBytes: 0, size: room, container: false, path },
    problems: terminator ? [] : [problem(at, room, `${room} bytes at ${at} are no box`)],
  }
}

/** A file without what makes it one. Segments have `moof`, images `meta`. */
function noteMissing(node: DissectNode, seen: ReadonlySet<string>): void {
  if (['moov', 'moof', 'meta', 'styp', 'sidx'].some((type) => seen.has(type))) return
  const { offset, size } = node
  node.problems.push(problem(offset, size, "the file has no 'moov' box: nothing says what is in it, so nothing can be played"))
}
