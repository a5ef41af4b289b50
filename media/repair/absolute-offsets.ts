/** Offsets from the start of the file that stand outside of `moov`: `tfra` (8.8.10), `tfhd` (8.8.7) and `iloc` (8.11.3). */
import { MediaError } from '../errors.ts'
import { u64 } from '../bytes/write-bytes.ts'
import { type Box, readBoxes } from '../mp4/read-box.ts'
import type { FragmentTrack } from './fragments.ts'
import type { Patch, Relocation } from './layout.ts'
import type { TopBox } from './top-level.ts'
import type { Window } from './window.ts'

/** Indexes beyond this are left as they are; nobody writes them. */
const MAX_BYTES = 16 * 1024 * 1024

/** `base_data_offset` of fragments. */
export function patchBases(fragments: FragmentTrack[], moved: Relocation): Patch[] {
  return fragments.flatMap(({ base }) => {
    const offset = base === null ? null : moved.map(base.offset)
    return base === null || offset === null || offset === base.offset ? [] : [{ at: base.at, bytes: u64(offset) }]
  })
}

/** `mfra` and `meta` at top level. */
export async function patchIndexes(window: Window, boxes: TopBox[], moved: Relocation): Promise<Patch[]> {
  const patches: Patch[] = []
  for (const box of boxes) {
    if ((box.type !== 'mfra' && box.type !== 'meta') || box.end - box.start > MAX_BYTES) continue
    const bytes = await window.copy(box.start, box.end - box.start)
    try {
      // meta is a FullBox.
      const inside = readBoxes(bytes, box.headerBytes + (box.type === 'meta' ? 4 : 0))
      for (const child of inside) {
        const patch = child.type === 'tfra' ? patchTfra : child.type === 'iloc' ? patchIloc : null
        for (const one of patch?.(bytes, child, box.start, moved) ?? []) patches.push(one)
      }
    } catch (error) {
      // Damaged indexes stay as they are: players do without.
      if (!(error instanceof MediaError) && !(error instanceof RangeError)) throw error
    }
  }
  return patches
}

function patchTfra(bytes: Uint8Array, { body, end }: Box, position: number, moved: Relocation): Patch[] {
  const view = new DataView(bytes.buffer, 0, end)
  const long = view.getUint8(body) === 1
  // track_ID; reserved (26), length_size_of_traf_num (2), length_size_of_trun_num (2), length_size_of_sample_num (2)
  const lengths = view.getUint32(body + 8)
  const entryBytes = (long ? 16 : 8) + 3 + ((lengths >> 4) & 3) + ((lengths >> 2) & 3) + (lengths & 3)
  const count = Math.min(view.getUint32(body + 12), Math.floor((end - body - 16) / entryBytes))
  const patches: Patch[] = []
  for (let index = 0; index < count; index += 1) {
    const at = body + 16 + index * entryBytes + (long ? 8 : 4)
    patches.push(...patchAt(view, at, long ? 8 : 4, position, moved))
  }
  return patches
}

function patchIloc(bytes: Uint8Array, { body, end }: Box, position: number, moved: Relocation): Patch[] {
  const view = new DataView(bytes.buffer, 0, end)
  const version = view.getUint8(body)
  // offset_size (4), length_size (4), base_offset_size (4), index_size (4; reserved in version 0)
  const sizes = view.getUint16(body + 4)
  const [offsetBytes, lengthBytes, baseBytes, indexBytes] = [
    sizes >> 12,
    (sizes >> 8) & 15,
    (sizes >> 4) & 15,
    version === 0 ? 0 : sizes & 15,
  ]
  let at = body + 6
  const items = version < 2 ? view.getUint16(at) : view.getUint32(at)
  at += version < 2 ? 2 : 4
  const patches: Patch[] = []
  for (let item = 0; item < items; item += 1) {
    at += version < 2 ? 2 : 4
    // construction_method: 0 is "by the usual absolute file offsets into the file"
    const method = version === 0 ? 0 : view.getUint16(at) & 15
    at += version === 0 ? 0 : 2
    const inFile = method === 0 && view.getUint16(at) === 0
    at += 2
    const baseAt = at
    at += baseBytes
    const extents = view.getUint16(at)
    at += 2
    if (inFile && baseBytes > 0 && read(view, baseAt, baseBytes) > 0) patches.push(...patchAt(view, baseAt, baseBytes, position, moved))
    else if (inFile) {
      for (let extent = 0; extent < extents; extent += 1) {
        const offsetAt = at + indexBytes + extent * (indexBytes + offsetBytes + lengthBytes)
        if (offsetBytes > 0) patches.push(...patchAt(view, offsetAt, offsetBytes, position, moved))
      }
    }
    at += extents * (indexBytes + offsetBytes + lengthBytes)
  }
  return patches
}

function read(view: DataView, at: number, bytes: number): number {
  return bytes === 8 ? Number(view.getBigUint64(at)) : view.getUint32(at)
}

function patchAt(view: DataView, at: number, bytes: number, position: number, moved: Relocation): Patch[] {
  const old = read(view, at, bytes)
  const offset = moved.map(old)
  if (offset === null || offset === old || (bytes !== 8 && offset > 0xffffffff)) return []
  const made = u64(offset)
  return [{ at: position + at, bytes: bytes === 8 ? made : made.subarray(4) }]
}
