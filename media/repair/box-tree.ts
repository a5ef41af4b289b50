/**
 * `moov` and `moof` as a tree that can be changed and written again (ISO/IEC 14496-12 4.2). Sizes are not trusted: where
 * children do not fill their container, what the boxes themselves count decides where each ends.
 */
import { MediaError } from '../errors.ts'
import { type BoxHeader, MAX_DEPTH, MAX_HEADER_BYTES, readBoxHeader } from '../mp4/read-box.ts'
import { expectedBytes } from './expected-bytes.ts'
import { counted, type RepairAction } from './model.ts'

export interface TreeBox {
  type: string
  /** The 16 bytes of a `uuid`'s name; empty otherwise. */
  name: Uint8Array
  /** The body of a leaf; empty for a container. */
  body: Uint8Array
  /** Null for a leaf. */
  children: TreeBox[] | null
  /** Bytes in the input, header included, and where they start in the file. */
  start: number
  end: number
}

/** Containers without fields of their own, and what may stand in them. Everything else is a leaf, `udta` and `meta` too. */
const CHILDREN: Readonly<Record<string, ReadonlySet<string>>> = {
  moov: words('mvhd trak mvex udta meta iods pssh free skip uuid'),
  trak: words('tkhd tref edts mdia udta meta trgr tapt load clip matt free skip uuid'),
  edts: words('elst'),
  mdia: words('mdhd hdlr minf elng udta free'),
  minf: words('vmhd smhd hmhd nmhd sthd gmhd hdlr dinf stbl free'),
  dinf: words('dref'),
  stbl: words('stsd stts ctts cslg stsc stsz stz2 stco co64 stss stsh stps padb stdp sdtp sbgp sgpd subs saiz saio free'),
  mvex: words('mehd trex leva trep'),
  moof: words('mfhd traf pssh meta free uuid'),
  traf: words('tfhd tfdt trun saiz saio sbgp sgpd senc subs udta meta uuid'),
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}

/** Every type of the table above; a size is believed when one of them follows. */
const KNOWN: ReadonlySet<string> = new Set(['mdat', 'moof', 'mfra', ...Object.values(CHILDREN).flatMap((types) => [...types])])

/**
 * The box at the start of `bytes`, which lie at `position` in the file and may go on behind it. Actions say what was wrong;
 * `torn`: a child was not there to its end. `suspect`: what follows shows that the size is wrong. Throws when it is no box.
 */
export function readTree(bytes: Uint8Array, position: number, suspect = false): { tree: TreeBox; actions: RepairAction[]; torn: boolean } {
  const header = anyHeader(bytes, 0, bytes.length)
  if (header === null) throw new MediaError('truncated', `no box at ${position}`)
  const declaredEnd = header.sizeBytes ?? bytes.length
  const strict = !suspect && declaredEnd <= bytes.length ? readStrict(bytes, 0, bytes.length, position, 0) : null
  if (strict !== null) return { tree: strict, actions: [], torn: false }
  const actions: RepairAction[] = []
  const tree = readTolerant({ bytes, position, actions }, 0, bytes.length, header, 0)
  return { tree, actions, torn: actions.some(({ kind }) => kind === 'truncated') }
}

/** A box whose sizes agree all the way down, or null. */
function readStrict(bytes: Uint8Array, start: number, end: number, position: number, depth: number): TreeBox | null {
  const header = headerAt(bytes, start, end)
  // Size 0, "to the end of the file", is for boxes at top level.
  if (header === null || (header.sizeBytes === null && depth > 0)) return null
  const stop = header.sizeBytes === null ? end : start + header.sizeBytes
  if (stop > end) return null
  const made = leaf(bytes, start, header.headerBytes, stop, header.type, position)
  if (!Object.hasOwn(CHILDREN, header.type) || depth === MAX_DEPTH) {
    const expected = expectedBytes(header.type, made.body)
    // Slack behind a table is odd, but it harms nobody.
    return expected !== null && expected > stop - start ? null : made
  }
  const children: TreeBox[] = []
  let at = start + header.headerBytes
  while (at < stop) {
    const child = readStrict(bytes, at, stop, position, depth + 1)
    // A known box at the wrong place: a size before it is too small.
    if (child === null || (KNOWN.has(child.type) && !CHILDREN[header.type]?.has(child.type))) return null
    children.push(child)
    at = child.end - position
  }
  return { ...made, body: made.body.subarray(0, 0), children }
}

interface Tolerant {
  bytes: Uint8Array
  position: number
  actions: RepairAction[]
}

/** A container by what is in it: children one after another, each as long as its own counts say, until something else stands there. */
function readTolerant(at: Tolerant, start: number, limit: number, header: BoxHeader, depth: number): TreeBox {
  const { bytes, position, actions } = at
  const types = Object.hasOwn(CHILDREN, header.type) && depth < MAX_DEPTH ? CHILDREN[header.type] : undefined
  const declared = header.sizeBytes === null ? limit : start + header.sizeBytes
  if (types === undefined) {
    const stop = leafEnd(bytes, start, limit, header)
    if (stop > limit) throw new MediaError('truncated', `box '${header.type}' at ${position + start} is not there to its end`)
    if (stop !== declared) actions.push(wrongSize(header, position + start, stop - start))
    return leaf(bytes, start, header.headerBytes, stop, header.type, position)
  }
  const children: TreeBox[] = []
  let next = start + header.headerBytes
  while (next + 8 <= limit) {
    const child = anyHeader(bytes, next, limit)
    // A type that this table does not know is taken at its word, inside what the container claims.
    const believed = child !== null && (types.has(child.type) || (isText(child.type) && next + (child.sizeBytes ?? Infinity) <= declared))
    if (child === null || !believed) break
    try {
      const made = readTolerant(at, next, limit, child, depth + 1)
      children.push(made)
      next = made.end - position
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      actions.push({ kind: 'truncated', what: `${header.type} ends in the middle of its '${child.type}', which was dropped` })
      next = limit
    }
  }
  if (next !== declared) actions.push(wrongSize(header, position + start, next - start))
  const made = leaf(bytes, start, header.headerBytes, next, header.type, position)
  return { ...made, body: made.body.subarray(0, 0), children }
}

/** Where a leaf ends: as its header says, unless its own counts say otherwise and a known box follows there. */
function leafEnd(bytes: Uint8Array, start: number, limit: number, header: BoxHeader): number {
  const declared = header.sizeBytes === null ? limit : start + header.sizeBytes
  const expected = expectedBytes(header.type, bytes.subarray(start + header.headerBytes, limit))
  if (expected === null || start + expected === declared) return declared
  const follows = start + expected
  if (follows > limit) return declared
  return follows === limit || KNOWN.has(anyHeader(bytes, follows, limit)?.type ?? '') ? follows : declared
}

/** A header whose size may be nonsense: then it is as long as the header. */
function anyHeader(bytes: Uint8Array, start: number, end: number): BoxHeader | null {
  if (end - start < 8) return null
  return headerAt(bytes, start, end) ?? { type: typeAt(bytes, start), headerBytes: 8, sizeBytes: 8 }
}

function headerAt(bytes: Uint8Array, start: number, end: number): BoxHeader | null {
  try {
    return readBoxHeader(bytes, start, Math.min(end, start + MAX_HEADER_BYTES))
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

function typeAt(bytes: Uint8Array, start: number): string {
  return String.fromCharCode(...bytes.subarray(start + 4, start + 8))
}

function wrongSize({ type, sizeBytes }: BoxHeader, start: number, real: number): RepairAction {
  const said = sizeBytes === null ? 'no size' : counted(sizeBytes, 'byte')
  return { kind: 'size', what: `box '${type}' at ${start} said ${said}, it has ${counted(real, 'byte')}` }
}

/** Printable, as every registered type is. */
export function isText(type: string): boolean {
  return /^[ -~\u00a9]{4}$/.test(type)
}

function leaf(bytes: Uint8Array, start: number, headerBytes: number, end: number, type: string, position: number): TreeBox {
  const body = start + headerBytes
  const name = type === 'uuid' ? bytes.subarray(body - 16, body) : bytes.subarray(0, 0)
  return { type, name, body: bytes.subarray(body, end), children: null, start: position + start, end: position + end }
}

/** Bytes that `writeTree` makes. */
export function treeBytes(box: TreeBox): number {
  return 8 + box.name.length + box.body.length + (box.children ?? []).reduce((sum, child) => sum + treeBytes(child), 0)
}

/** The box and all in it, with the sizes that they have. Throws `MediaError` over 4 GiB. */
export function writeTree(root: TreeBox): Uint8Array {
  const size = treeBytes(root)
  if (size > 0xffffffff) throw new MediaError('too-large', `${root.type} of ${size} bytes`)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  const write = (box: TreeBox): void => {
    const start = at
    at += 8
    for (let index = 0; index < 4; index += 1) bytes[start + 4 + index] = box.type.charCodeAt(index)
    bytes.set(box.name, at)
    at += box.name.length
    bytes.set(box.body, at)
    at += box.body.length
    for (const child of box.children ?? []) write(child)
    view.setUint32(start, at - start)
  }
  write(root)
  return bytes
}

/** The first box down a path of types, or null. */
export function within(from: TreeBox, ...path: string[]): TreeBox | null {
  let at: TreeBox = from
  for (const type of path) {
    const next = at.children?.find((child) => child.type === type)
    if (next === undefined) return null
    at = next
  }
  return at
}

export function allWithin(from: TreeBox, type: string): TreeBox[] {
  return (from.children ?? []).filter((child) => child.type === type)
}
