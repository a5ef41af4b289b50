/** The sample tables of `stbl` (ISO/IEC 14496-12 8.6 and 8.7), written: runs of equal values, whatever their number. */
import { concat, u32 } from '../bytes/write-bytes.ts'
import { fullBox } from './write-box.ts'

/** What the tables say of a sample, in decode order. */
export interface TableSample {
  sizeBytes: number
  durationTicks: number
  compositionOffsetTicks: number
  sync: boolean
}

/** Samples of one track that lie one behind the other. */
export interface TableChunk {
  /** Bytes from the start of the file. */
  offset: number
  samples: number
}

/** `stts`, `ctts` where it says something, `stss` where not all are sync samples, `stsz`, `stsc`, `co64`. */
export function writeTables(samples: TableSample[], chunks: TableChunk[]): Uint8Array[] {
  const durations = runs(samples.map(({ durationTicks }) => durationTicks))
  const offsets = runs(samples.map(({ compositionOffsetTicks }) => compositionOffsetTicks))
  const keys = samples.flatMap(({ sync }, index) => (sync ? [index + 1] : []))
  const tables = [table('stts', 0, durations.length / 2, durations)]
  // Version 1: signed.
  if (offsets.length > 2 || offsets[1] !== 0) tables.push(table('ctts', 1, offsets.length / 2, offsets))
  if (keys.length < samples.length) tables.push(table('stss', 0, keys.length, keys))
  const sizes = samples.map(({ sizeBytes }) => sizeBytes)
  tables.push(fullBox('stsz', 0, 0, u32(0, sizes.length), words(sizes)))
  // first_chunk, samples_per_chunk, sample_description_index: one row where the number changes
  const rows = chunks.flatMap(({ samples: count }, index) => (chunks[index - 1]?.samples === count ? [] : [index + 1, count, 1]))
  tables.push(table('stsc', 0, rows.length / 3, rows))
  const places = chunks.flatMap(({ offset }) => [Math.floor(offset / 2 ** 32), offset % 2 ** 32])
  tables.push(table('co64', 0, chunks.length, places))
  return tables
}

function table(type: string, version: number, count: number, fields: number[]): Uint8Array {
  return fullBox(type, version, 0, u32(count), words(fields))
}

/** Equal neighbours as pairs of count and value. */
function runs(values: number[]): number[] {
  const pairs: number[] = []
  for (const value of values) {
    if (pairs.at(-1) === value && pairs.length > 0) pairs[pairs.length - 2] = (pairs.at(-2) ?? 0) + 1
    else pairs.push(1, value)
  }
  return pairs
}

/** More than fit the arguments of a call. */
function words(values: number[]): Uint8Array {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < values.length; at += 4096) pieces.push(u32(...values.slice(at, at + 4096)))
  return concat(pieces)
}
