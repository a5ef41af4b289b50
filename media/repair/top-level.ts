/**
 * The boxes of a damaged file, one behind the other. Where a size leads into nothing, the next `moov` or `moof` is looked
 * for in the bytes: what lies between belongs to the `mdat` before it, or to nobody.
 */
import { MediaError } from '../errors.ts'
import { MAX_HEADER_BYTES, readBoxHeader } from '../mp4/read-box.ts'
import { isText, readTree, type TreeBox } from './box-tree.ts'
import { counted, type Notes, type RepairAction } from './model.ts'
import type { Window } from './window.ts'

export interface TopBox {
  type: string
  start: number
  headerBytes: number
  /** Where it really ends. */
  end: number
  /** Where its header says it ends; null: at the end of the file. */
  declaredEnd: number | null
  /** `moov` and `moof`. */
  tree: TreeBox | null
  /** Its own sizes were wrong inside, so it has to be written anew. */
  rewrite: boolean
  /** What was wrong inside. */
  actions: RepairAction[]
  /** Something in it is not there to its end. */
  torn: boolean
  /** Becomes `free`: it must not be read, and nothing may move. */
  hidden?: boolean
}

/** A `moov` of this size has tens of millions of samples. */
const MAX_MOOV_BYTES = 256 * 1024 * 1024
const MAX_MOOF_BYTES = 16 * 1024 * 1024
/** A day of fragments of a second is 86,400 times `moof` and `mdat`. */
const MAX_BOXES = 1_000_000
/** Damage is a few places; more of them are no file that was ever whole. */
const MAX_WRONG = 1000

/** Types that start a box at top level. Others are taken where they fit into the file and read as text. */
const TOP: ReadonlySet<string> = new Set(
  'ftyp styp moov moof mdat free skip wide mfra sidx ssix prft emsg meta uuid udta pdin pnot PICT imda'.split(' '),
)

/** Types that never stand at top level. */
const INSIDE: ReadonlySet<string> = new Set(['mvhd', 'trak', 'mvex', 'mfhd', 'traf'])

function typeOf(head: Uint8Array): string {
  return String.fromCharCode(...head.subarray(4, 8))
}

/** All boxes in order; gaps between them are bytes that belong to none. Throws `MediaError` only over the limits. */
export async function readTopLevel(window: Window): Promise<TopBox[]> {
  const { size } = window.source
  const boxes: TopBox[] = []
  let at = 0
  // Searches go forward only: a signature that turned out to be none is not found twice.
  let searched = 0
  let wrong = 0
  while (at < size) {
    if (boxes.length >= MAX_BOXES) throw new MediaError('too-large', `more than ${MAX_BOXES} boxes`)
    if (wrong > MAX_WRONG) throw new MediaError('malformed', `more than ${MAX_WRONG} boxes are wrong`)
    const box = await boxAt(window, at)
    wrong += box?.actions.length ?? 0
    const last = boxes.at(-1)
    // "wrong" is also a box that leads to a place where no box is, and one that swallows the index.
    const search = box === null || (box.end >= size && box.declaredEnd !== size && !done(boxes, box))
    if (!search) {
      boxes.push(box)
      at = box.end
      continue
    }
    const from = box === null ? (last?.type === 'mdat' ? last.start + last.headerBytes : at) : at + box.headerBytes
    const found = await findIndex(window, Math.max(from, searched), size)
    if (found === null) {
      if (box !== null) boxes.push(box)
      break
    }
    if (box === null && last?.type === 'mdat') last.end = found
    else if (box?.type === 'mdat') boxes.push({ ...box, end: found })
    at = found
    searched = found + 8
  }
  return boxes
}

/** Nothing can follow a box that reaches to the end: it is cut off by the end of the file, or its size is left open. */
function done(before: TopBox[], box: TopBox): boolean {
  if (box.type === 'moov') return true
  const index = before.find(({ type }) => type === 'moov')
  if (index === undefined) return false
  // Fragments may hide in an mdat whose size is wrong; after an index of whole samples there is nothing to look for.
  return box.type === 'moof' || index.tree?.children?.every(({ type }) => type !== 'mvex') === true
}

async function boxAt(window: Window, at: number): Promise<TopBox | null> {
  const { size } = window.source
  const head = await window.read(at, MAX_HEADER_BYTES)
  const header = headerOf(head)
  if (header === null) return null
  const { type, headerBytes, sizeBytes } = header
  const declaredEnd = sizeBytes === null ? null : at + sizeBytes
  if (!TOP.has(type) && (!isText(type) || declaredEnd === null || declaredEnd > size)) return null
  const end = Math.min(size, declaredEnd ?? size)
  if (type !== 'moov' && type !== 'moof')
    return {
      type,
      start: at,
      headerBytes,
      end,
      declaredEnd,
      tree: null,
      rewrite: false,
      actions: [],
      torn: declaredEnd !== null && declaredEnd > size,
    }
  const limit = type === 'moov' ? MAX_MOOV_BYTES : MAX_MOOF_BYTES
  if (end - at > limit && declaredEnd === end)
    throw new MediaError('too-large', `box '${type}' of ${end - at} bytes; the limit is ${limit}`)
  const declared = await window.copy(at, Math.min(end - at, limit))
  const whole = declared.length === end - at && declaredEnd !== null && declaredEnd <= size
  // An index without its first child, or with children behind it, is longer than it says.
  const suspect = end - at < 16 || INSIDE.has(typeOf(await window.read(end, 8)))
  const strict = whole && !suspect ? readTree(declared, at) : null
  // Its children may reach over a size that is too small.
  const { tree, actions, torn } = strict?.actions.length === 0 ? strict : readTree(await window.copy(at, limit), at, suspect)
  return { type, start: at, headerBytes, end: tree.end, declaredEnd, tree, rewrite: actions.length > 0, actions, torn }
}

function headerOf(head: Uint8Array): ReturnType<typeof readBoxHeader> {
  try {
    return readBoxHeader(head, 0)
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    // How long they really are is found out by what is in them, or behind them.
    const type = typeOf(head)
    return type === 'moov' || type === 'moof' || type === 'mdat' ? { type, headerBytes: 8, sizeBytes: 8 } : null
  }
}

const SEARCH_BYTES = 1024 * 1024

/** Where the next `moov` or `moof` starts: known by its first child, which is `mvhd` or `mfhd` in every writer's files. */
async function findIndex(window: Window, from: number, to: number): Promise<number | null> {
  for (let at = from; at < to; at += SEARCH_BYTES) {
    // size, type, size of the child, type of the child: 16 bytes that may lie across the end of a read
    const bytes = await window.source.read(at, Math.min(SEARCH_BYTES + 15, to - at))
    for (let m = bytes.indexOf(0x6d, 4); m !== -1 && m + 12 <= bytes.length; m = bytes.indexOf(0x6d, m + 1)) {
      const word = String.fromCharCode(...bytes.subarray(m, m + 4))
      const child = String.fromCharCode(...bytes.subarray(m + 8, m + 12))
      if ((word === 'moov' && child === 'mvhd') || (word === 'moof' && child === 'mfhd')) return at + m - 4
    }
  }
  return null
}

/** Says what was wrong with sizes at top level and what lay between boxes. `dataEnd` is one past the last byte of any sample. */
export function settleMdat(boxes: TopBox[], size: number, dataEnd: number, notes: Notes): void {
  for (const [index, box] of boxes.entries()) {
    const next = boxes[index + 1]?.start ?? size
    if (box.type === 'mdat') {
      // Samples behind it show that it is longer than it says.
      if (box.end < next && dataEnd > box.end && box.start < dataEnd)
        box.end = Math.min(next, boxes[index + 1] === undefined ? dataEnd : next)
      sayMdat(box, size, dataEnd, notes)
    }
    if (box.end < next) {
      notes.actions.push({ kind: 'garbage', what: `${counted(next - box.end, 'byte')} at ${box.end} that belong to no box dropped` })
    }
  }
  const first = boxes[0]
  if (first !== undefined && first.start > 0)
    notes.actions.push({ kind: 'garbage', what: `${counted(first.start, 'byte')} before the first box dropped` })
}

function sayMdat(box: TopBox, size: number, dataEnd: number, notes: Notes): void {
  // Size 0 is right for the last box of a file.
  if (box.declaredEnd === null && box.end === size) return
  if (box.declaredEnd === box.end) return
  const said = box.declaredEnd === null ? 'it goes to the end of the file' : `it has ${counted(box.declaredEnd - box.start, 'byte')}`
  const missing = box.declaredEnd !== null && box.declaredEnd > size && dataEnd > size
  notes.actions.push({
    kind: missing ? 'truncated' : 'size',
    what: `box 'mdat' at ${box.start} said ${said}, ${missing ? 'the file has' : 'it has'} ${counted(box.end - box.start, 'byte')} of it`,
  })
}
