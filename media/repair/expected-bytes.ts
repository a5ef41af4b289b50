/** How long a box is by its own version, flags and counts (ISO/IEC 14496-12 8): what its size field has to agree with. */

/** Bytes before the entries (header of 8, version and flags included), bytes of an entry; the count stands before the entries. */
const TABLES: Readonly<Record<string, readonly [head: number, entry: number]>> = {
  stts: [16, 8],
  ctts: [16, 8],
  stss: [16, 4],
  stps: [16, 4],
  stsc: [16, 12],
  stco: [16, 4],
  co64: [16, 8],
}

/** Bytes of versions 0 and 1. */
const FIXED: Readonly<Record<string, readonly [number, number]>> = {
  mvhd: [108, 120],
  tkhd: [92, 104],
  mdhd: [32, 44],
  mehd: [16, 20],
  vmhd: [20, 20],
  smhd: [16, 16],
  trex: [32, 32],
  mfhd: [16, 16],
  tfdt: [16, 20],
}

/** Bytes with a header of 8, or null where the type does not say. `body` starts behind the header and may go on behind the box. */
export function expectedBytes(type: string, body: Uint8Array): number | null {
  if (body.length < 4) return null
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const version = view.getUint8(0)
  const flags = view.getUint32(0) & 0xffffff
  const fixed = Object.hasOwn(FIXED, type) ? FIXED[type] : undefined
  if (fixed !== undefined) return version > 1 ? null : (fixed[version] ?? null)
  // tf_flags, 8.8.7: track_ID, then a field for each flag
  if (type === 'tfhd') return 16 + (flags & 0x1 ? 8 : 0) + 4 * bitsOf(flags & 0x3a)
  if (body.length < 8) return null
  const table = Object.hasOwn(TABLES, type) ? TABLES[type] : undefined
  if (table !== undefined) return table[0] + view.getUint32(4) * table[1]
  if (type === 'elst') return 16 + view.getUint32(4) * (version === 1 ? 20 : 12)
  // tr_flags, 8.8.8: sample_count, data_offset, first_sample_flags, then up to four fields a sample
  if (type === 'trun') return 16 + 4 * bitsOf(flags & 0x5) + view.getUint32(4) * 4 * bitsOf(flags & 0xf00)
  // unsigned int(32) sample_size; unsigned int(32) sample_count; a table when sample_size is 0
  if (type === 'stsz' && body.length >= 12) return 20 + (view.getUint32(4) === 0 ? view.getUint32(8) * 4 : 0)
  return null
}

function bitsOf(flags: number): number {
  let bits = 0
  for (let left = flags; left !== 0; left &= left - 1) bits += 1
  return bits
}
