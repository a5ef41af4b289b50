/**
 * Indexes of fragments that files carry: `sidx` (ISO/IEC 14496-12 8.16.3) in front, `mfra` (8.8.9) at the end. Both tell how
 * long a file is without a walk through it.
 */
import { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteSource } from '../bytes/source.ts'
import { readFullBox } from './full-box.ts'
import { boxesIn, readBody } from './read-box.ts'

/** What a SegmentIndexBox covers. */
export interface SegmentIndex {
  endSeconds: number
  /** One past the last byte that it references, from the start of the file. */
  end: number
}

/** A whole `sidx` box that ends at `boxEnd` in the file; null for one that says nothing. */
export function readSegmentIndex(bytes: Uint8Array, boxEnd: number): SegmentIndex | null {
  const [sidx] = boxesIn(bytes, 0, bytes.length)
  if (sidx === undefined) return null
  return readBody(bytes, sidx, (reader) => {
    const { version } = readFullBox(reader)
    // unsigned int(32) reference_ID; unsigned int(32) timescale;
    reader.skip(4)
    const timescale = reader.u32()
    // earliest_presentation_time; first_offset: 32 bits in version 0, else 64; reserved (16); reference_count (16)
    const wide = version > 0
    let ticks = wide ? reader.u64() : reader.u32()
    let end = boxEnd + (wide ? reader.u64() : reader.u32())
    reader.skip(2)
    for (let left = reader.u16(); left > 0; left -= 1) {
      // bit(1) reference_type; unsigned int(31) referenced_size; unsigned int(32) subsegment_duration; SAP (32)
      end += reader.u32() & 0x7fffffff
      ticks += reader.u32()
      reader.skip(4)
    }
    return timescale === 0 ? null : { endSeconds: ticks / timescale, end }
  })
}

/** MovieFragmentRandomAccessOffsetBox, 8.8.11. */
const MFRO_BYTES = 16

/** `mfra` has an entry for a fragment; hours of them stay below this. */
const MAX_MFRA_BYTES = 4 * 1024 * 1024

/** Where the last `moof` of each track lies, by `mfra`; empty where the file has none. Reads the last bytes, then the box. */
export async function readLastFragments(source: ByteSource): Promise<number[]> {
  if (source.size < MFRO_BYTES) return []
  const tail = new ByteReader(await source.read(source.size - MFRO_BYTES, MFRO_BYTES))
  if (tail.remaining < MFRO_BYTES || tail.u32() !== MFRO_BYTES || tail.fourcc() !== 'mfro') return []
  tail.skip(4)
  const size = tail.u32()
  if (size > MAX_MFRA_BYTES || size > source.size) return []
  const bytes = await source.read(source.size - size, size)
  const [mfra] = boxesIn(bytes, 0, bytes.length)
  if (mfra?.type !== 'mfra') return []
  const offsets = new Set<number>()
  for (const box of boxesIn(bytes, mfra.body, mfra.end)) {
    if (box.type !== 'tfra') continue
    const last = readBody(bytes, box, readLastEntry)
    if (last !== null) offsets.add(last)
  }
  return [...offsets]
}

/** `moof_offset` of the last entry of a TrackFragmentRandomAccessBox, 8.8.10. */
function readLastEntry(reader: ByteReader): number | null {
  const { version } = readFullBox(reader)
  // unsigned int(32) track_ID; reserved (26); length_size_of_traf_num, _trun_num, _sample_num: 2 bits each, less one
  reader.skip(4)
  const lengths = reader.u32()
  const numbers = ((lengths >> 4) & 3) + ((lengths >> 2) & 3) + (lengths & 3) + 3
  const count = reader.u32()
  const entryBytes = (version === 1 ? 16 : 8) + numbers
  if (count === 0 || count * entryBytes > reader.remaining) return null
  reader.skip((count - 1) * entryBytes + (version === 1 ? 8 : 4))
  return version === 1 ? reader.u64() : reader.u32()
}
