/** Where the parts of the input come to lie in the output, and every offset that says so written anew. */
import { type TreeBox, within } from './box-tree.ts'
import type { Piece } from './model.ts'
import { SampleLayout } from './sample-layout.ts'

/** In output order: bytes that were made, then a range of the input; either may be empty. */
export interface Item {
  made: Uint8Array
  offset: number
  length: number
}

/** From places in the input to places in the output. */
export class Relocation {
  readonly #ranges: { from: number; to: number; by: number }[] = []

  constructor(items: Item[]) {
    let at = 0
    for (const { made, offset, length } of items) {
      at += made.length
      if (length > 0) this.#ranges.push({ from: offset, to: offset + length, by: at - offset })
      at += length
    }
    this.#ranges.sort((a, b) => a.from - b.from)
  }

  /** Where a byte of the input is now; null when it is not there any more. */
  map(offset: number): number | null {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ranges[middle]?.from ?? Infinity) <= offset) low = middle + 1
      else high = middle
    }
    const range = this.#ranges[low - 1]
    // One past the end is a place, too: an empty chunk may lie there.
    return range === undefined || offset > range.to ? null : offset + range.by
  }

  /** Nothing has moved. */
  get still(): boolean {
    return this.#ranges.every(({ by }) => by === 0)
  }
}

/** Bytes of the input that are written differently. */
export interface Patch {
  at: number
  bytes: Uint8Array
}

/** The pieces of the output. Patches lie in ranges of the input, do not overlap and may come in any order. */
export function toPieces(items: Item[], patches: Patch[]): Piece[] {
  const sorted = patches.toSorted((a, b) => a.at - b.at)
  const pieces: Piece[] = []
  const range = (offset: number, length: number): void => {
    const last = pieces.at(-1)
    if (length === 0) return
    if (last !== undefined && 'offset' in last && last.offset + last.length === offset) last.length += length
    else pieces.push({ offset, length })
  }
  for (const { made, offset, length } of items) {
    if (made.length > 0) pieces.push({ bytes: made })
    let at = offset
    for (let index = firstFrom(sorted, offset); ; index += 1) {
      const patch = sorted[index]
      if (patch === undefined || patch.at >= offset + length) break
      range(at, patch.at - at)
      pieces.push({ bytes: patch.bytes })
      at = patch.at + patch.bytes.length
    }
    range(at, offset + length - at)
  }
  return pieces
}

function firstFrom(sorted: Patch[], offset: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.at ?? Infinity) < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** `stco` becomes `co64` where one of its offsets needs it; answers whether it did. `where` maps what is stored. */
export function widenOffsets(stbl: TreeBox, where: (stored: number) => number): boolean {
  const stco = within(stbl, 'stco')
  if (stco === null) return false
  const layout = new SampleLayout(stbl)
  let wide = false
  for (let chunk = 0; chunk < layout.chunkCount && !wide; chunk += 1) wide = where(layout.offsetOf(chunk)) > 0xffffffff
  if (!wide) return false
  const body = new Uint8Array(8 + layout.chunkCount * 8)
  body.set(stco.body.subarray(0, 8))
  const view = new DataView(body.buffer)
  for (let chunk = 0; chunk < layout.chunkCount; chunk += 1) view.setBigUint64(8 + chunk * 8, BigInt(layout.offsetOf(chunk)))
  stco.type = 'co64'
  stco.body = body
  return true
}

/** Writes every chunk offset of a track anew; answers how many have changed. */
export function writeOffsets(stbl: TreeBox, where: (stored: number) => number): number {
  let changed = 0
  const layout = new SampleLayout(stbl)
  const stco = within(stbl, 'stco')
  const table = stco ?? within(stbl, 'co64')
  if (table === null) return 0
  const body = table.body.slice()
  const view = new DataView(body.buffer)
  for (let chunk = 0; chunk < layout.chunkCount; chunk += 1) {
    const old = layout.offsetOf(chunk)
    const offset = where(old)
    if (offset === old) continue
    changed += 1
    if (stco === null) view.setBigUint64(8 + chunk * 8, BigInt(offset))
    else view.setUint32(8 + chunk * 4, offset)
  }
  table.body = body
  const saio = within(stbl, 'saio')
  if (saio !== null) saio.body = writeAuxiliary(saio.body, where)
  return changed
}

/** `saio`, 8.7.9: (aux_info_type, aux_info_type_parameter) by flag 1, entry_count, offsets of 32 or, in version 1, 64 bits. */
function writeAuxiliary(body: Uint8Array, where: (stored: number) => number): Uint8Array {
  const made = body.slice()
  const view = new DataView(made.buffer)
  const head = 4 + ((made[3] ?? 0) & 1 ? 8 : 0) + 4
  const entryBytes = made[0] === 1 ? 8 : 4
  if (made.length < head) return made
  const count = Math.min(view.getUint32(head - 4), Math.floor((made.length - head) / entryBytes))
  for (let index = 0; index < count; index += 1) {
    const at = head + index * entryBytes
    if (entryBytes === 8) view.setBigUint64(at, BigInt(where(Number(view.getBigUint64(at)))))
    else view.setUint32(at, Math.min(where(view.getUint32(at)), 0xffffffff))
  }
  return made
}
