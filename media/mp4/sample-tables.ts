/**
 * The tables of `stbl` (ISO/IEC 14496-12 8.6 and 8.7) as one row a sample. Every count is checked against the bytes of its
 * table, and the number of samples against the file, before anything is allocated.
 */
import type { SampleTable } from '../container/model.ts'
import { newSampleTable, sliceSamples } from '../container/sample-table.ts'
import { MediaError } from '../errors.ts'
import type { Box } from './read-box.ts'

const TYPES = ['stts', 'ctts', 'stsc', 'stsz', 'stz2', 'stco', 'co64', 'stss', 'stps', 'sbgp'] as const
type TableType = (typeof TYPES)[number]

/** Where the tables of a track lie in `moov`. */
export interface TrackTables {
  moov: Uint8Array
  boxes: Partial<Record<TableType, Box>>
  sound: SoundUnits | null
  /** Sound: every sample is a sync sample, unless `stss` names some. */
  audio: boolean
}

/**
 * Uncompressed sound, and QuickTime's old compressions, count every frame as a sample: the table says "one tick each", and
 * the size is in the sample entry. Rows are made of up to 1024 of them, as FFmpeg makes packets.
 */
export interface SoundUnits {
  /** Samples that are coded together: 1 for PCM, 64 for IMA ADPCM. */
  samples: number
  /** Bytes that they take, all channels. */
  bytes: number
}

/** Samples in a row, where a track counts frames of sound. */
const ROW_SAMPLES = 1024

/** Picks the tables out of the children of `stbl`. */
export function findTables(moov: Uint8Array, children: Box[], audio: boolean, sound: SoundUnits | null): TrackTables {
  const boxes: TrackTables['boxes'] = {}
  for (const box of children) {
    const type = TYPES.find((one) => one === box.type)
    // Of sample groups only random access points matter here: 'rap ' (10.4)
    if (type === undefined || (type === 'sbgp' && groupingOf(moov, box) !== 'rap ')) continue
    boxes[type] ??= box
  }
  return { moov, boxes, audio, sound }
}

function groupingOf(moov: Uint8Array, { body, end }: Box): string {
  return end - body < 8 ? '' : String.fromCharCode(...moov.subarray(body + 4, body + 8))
}

/** Rows of the track, without making them. */
export function countSamples(tables: TrackTables): number {
  const sound = soundOf(tables)
  if (sound === null) return sizesOf(tables).count
  let rows = 0
  eachRun(tables, (chunks, samples) => {
    rows += chunks * Math.ceil(samples / rowSamples(sound))
  })
  return rows
}

/** Throws `MediaError`. `fileBytes` bounds how many samples there can be. */
export function readSampleTable(tables: TrackTables, fileBytes: number): SampleTable {
  const sound = soundOf(tables)
  if (sound !== null) return readSound(tables, sound, fileBytes)
  const sizes = sizesOf(tables)
  const table = newSampleTable(sizes.count, fileBytes)
  fillSizes(tables, sizes, table.size)
  const placed = fillOffsets(tables, table)
  fillTimes(tables, table)
  fillSync(tables, table)
  return placed === table.count ? table : sliceSamples(table, 0, placed)
}

/** Rows of a table, bounded by its bytes. */
interface Rows {
  count: number
  /** Of the first, in `moov`. */
  at: number
}

function rowsOf({ moov, boxes }: TrackTables, type: TableType, rowBytes: number, countAt = 4): Rows {
  const box = boxes[type]
  if (box === undefined) return { count: 0, at: 0 }
  const at = box.body + countAt + 4
  if (at > box.end) throw new MediaError('truncated', `${type} has no room for its count`)
  const count = viewOf(moov).getUint32(at - 4)
  if (count * rowBytes > box.end - at) throw new MediaError('truncated', `${type} has no room for ${count} entries`)
  return { count, at }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

interface Sizes extends Rows {
  /** Of every sample; 0: the table has them. */
  each: number
  /** Bits of an entry. */
  bits: number
}

/** SampleSizeBox and CompactSampleSizeBox, 8.7.3. */
function sizesOf(tables: TrackTables): Sizes {
  const { moov, boxes } = tables
  const box = boxes.stsz ?? boxes.stz2
  if (box === undefined) return { count: 0, at: 0, each: 0, bits: 32 }
  if (box.end - box.body < 12) throw new MediaError('truncated', `${box.type} has no room for its count`)
  const view = viewOf(moov)
  if (box.type === 'stsz') {
    // unsigned int(32) sample_size; unsigned int(32) sample_count;
    const each = view.getUint32(box.body + 4)
    return { ...rowsOf(tables, 'stsz', each === 0 ? 4 : 0, 8), each, bits: 32 }
  }
  // unsigned int(24) reserved = 0; unsigned int(8) field_size; unsigned int(32) sample_count;
  const bits = view.getUint8(box.body + 7)
  if (bits !== 4 && bits !== 8 && bits !== 16) throw new MediaError('malformed', `stz2 has fields of ${bits} bits`)
  return { ...rowsOf(tables, 'stz2', bits / 8, 8), each: 0, bits }
}

function fillSizes({ moov }: TrackTables, { at, each, bits }: Sizes, size: Uint32Array): void {
  const view = viewOf(moov)
  if (each !== 0) size.fill(each)
  else if (bits === 32) for (let index = 0; index < size.length; index += 1) size[index] = view.getUint32(at + 4 * index)
  else for (let index = 0; index < size.length; index += 1) size[index] = compactSize(view, at, index, bits)
}

function compactSize(view: DataView, at: number, index: number, bits: number): number {
  if (bits === 16) return view.getUint16(at + 2 * index)
  if (bits === 8) return view.getUint8(at + index)
  // Two in a byte, the first in its high half
  return (view.getUint8(at + (index >> 1)) >> (index & 1 ? 0 : 4)) & 15
}

/** Runs of chunks with equally many samples: SampleToChunkBox, 8.7.4. */
function eachRun(tables: TrackTables, visit: (chunks: number, samplesPerChunk: number, firstChunk: number) => void): void {
  const runs = rowsOf(tables, 'stsc', 12)
  const chunks = chunksOf(tables).count
  const view = viewOf(tables.moov)
  let first = 0
  for (let run = 0; run < runs.count && first < chunks; run += 1) {
    // unsigned int(32) first_chunk, counted from 1; samples_per_chunk; sample_description_index;
    const next = run + 1 < runs.count ? view.getUint32(runs.at + 12 * (run + 1)) - 1 : chunks
    const end = Math.min(chunks, next)
    if (end <= first) continue
    visit(end - first, view.getUint32(runs.at + 12 * run + 4), first)
    first = end
  }
}

interface Chunks extends Rows {
  bytes: 4 | 8
}

/** ChunkOffsetBox, 8.7.5. */
function chunksOf(tables: TrackTables): Chunks {
  if (tables.boxes.co64 !== undefined) return { ...rowsOf(tables, 'co64', 8), bytes: 8 }
  return { ...rowsOf(tables, 'stco', 4), bytes: 4 }
}

function chunkOffset(view: DataView, { at, bytes }: Chunks, chunk: number): number {
  if (bytes === 4) return view.getUint32(at + 4 * chunk)
  return view.getUint32(at + 8 * chunk) * 2 ** 32 + view.getUint32(at + 8 * chunk + 4)
}

/** Answers how many samples have a place: chunks may be fewer than samples in a file that was cut. */
function fillOffsets(tables: TrackTables, { offset, size, count }: SampleTable): number {
  const view = viewOf(tables.moov)
  const chunks = chunksOf(tables)
  let sample = 0
  eachRun(tables, (chunkCount, samplesPerChunk, firstChunk) => {
    for (let chunk = firstChunk; chunk < firstChunk + chunkCount && sample < count; chunk += 1) {
      let at = chunkOffset(view, chunks, chunk)
      for (const end = Math.min(count, sample + samplesPerChunk); sample < end; sample += 1) {
        offset[sample] = at
        at += size[sample] ?? 0
      }
    }
  })
  return sample
}

/** TimeToSampleBox, 8.6.1.2, and CompositionOffsetBox, 8.6.1.3. */
function fillTimes(tables: TrackTables, { count, decodeTicks, presentationTicks, durationTicks }: SampleTable): void {
  const view = viewOf(tables.moov)
  const deltas = rowsOf(tables, 'stts', 8)
  let sample = 0
  let ticks = 0
  let delta = 0
  for (let run = 0; run < deltas.count && sample < count; run += 1) {
    // unsigned int(32) sample_count; unsigned int(32) sample_delta;
    const end = Math.min(count, sample + view.getUint32(deltas.at + 8 * run))
    delta = view.getUint32(deltas.at + 8 * run + 4)
    for (; sample < end; sample += 1, ticks += delta) {
      decodeTicks[sample] = ticks
      durationTicks[sample] = delta
    }
  }
  // A table that ends early: the rest is as long as the last
  for (; sample < count; sample += 1, ticks += delta) {
    decodeTicks[sample] = ticks
    durationTicks[sample] = delta
  }
  presentationTicks.set(decodeTicks)
  const offsets = rowsOf(tables, 'ctts', 8)
  sample = 0
  for (let run = 0; run < offsets.count && sample < count; run += 1) {
    const end = Math.min(count, sample + view.getUint32(offsets.at + 8 * run))
    // "if (version==0) unsigned int(32) else signed int(32) sample_offset": QuickTime wrote negative ones in version 0
    const moved = view.getInt32(offsets.at + 8 * run + 4)
    for (; sample < end; sample += 1) presentationTicks[sample] = (decodeTicks[sample] ?? 0) + moved
  }
}

/** SyncSampleBox, 8.6.2; QuickTime's `stps` (open GOPs) and random access points (10.4), where decoding can start as well. */
function fillSync(tables: TrackTables, { count, sync }: SampleTable): void {
  const view = viewOf(tables.moov)
  const { boxes, audio } = tables
  const groups = boxes.sbgp
  // "If the sync sample box is not present, every sample is a sync sample."
  if (boxes.stss === undefined) sync.fill(1)
  const listed = rowsOf(tables, 'stss', 4)
  // An empty table for what must have one: sound is all sync, a picture starts with one.
  if (boxes.stss !== undefined && listed.count === 0 && boxes.stps === undefined && groups === undefined) sync.fill(1, 0, audio ? count : 1)
  const lists = [listed, rowsOf(tables, 'stps', 4)].filter((list) => list.count > 0)
  // Some writers count from 0
  const origin = lists.some(({ at }) => view.getUint32(at) === 0) ? 0 : 1
  for (const { at, count: entries } of lists) {
    for (let entry = 0; entry < entries; entry += 1) sync[view.getUint32(at + 4 * entry) - origin] = 1
  }
  if (groups === undefined) return
  // unsigned int(32) grouping_type; in version 1 grouping_type_parameter; entry_count
  const runs = rowsOf(tables, 'sbgp', 8, view.getUint8(groups.body) === 1 ? 12 : 8)
  let sample = 0
  for (let run = 0; run < runs.count && sample < count; run += 1) {
    const end = Math.min(count, sample + view.getUint32(runs.at + 8 * run))
    // group_description_index: 0 is "member of no group"
    if (view.getUint32(runs.at + 8 * run + 4) > 0) sync.fill(1, sample, end)
    sample = end
  }
}

/** Frames of sound are counted: one entry in `stts` that says one tick. */
function soundOf(tables: TrackTables): SoundUnits | null {
  const { sound, audio, moov } = tables
  if (!audio) return null
  const deltas = rowsOf(tables, 'stts', 8)
  if (deltas.count !== 1 || viewOf(moov).getUint32(deltas.at + 4) !== 1) return null
  return sound ?? { samples: 1, bytes: Math.max(1, sizesOf(tables).each) }
}

function rowSamples({ samples }: SoundUnits): number {
  // GSM and longer frames: one a row
  return samples >= 160 ? samples : Math.floor(ROW_SAMPLES / samples) * samples
}

function readSound(tables: TrackTables, sound: SoundUnits, fileBytes: number): SampleTable {
  const table = newSampleTable(countSamples(tables), fileBytes)
  const { offset, size, decodeTicks, durationTicks } = table
  const view = viewOf(tables.moov)
  const chunks = chunksOf(tables)
  const full = rowSamples(sound)
  let row = 0
  let ticks = 0
  eachRun(tables, (chunkCount, samplesPerChunk, firstChunk) => {
    for (let chunk = firstChunk; chunk < firstChunk + chunkCount; chunk += 1) {
      let at = chunkOffset(view, chunks, chunk)
      for (let left = samplesPerChunk; left > 0; row += 1) {
        const samples = Math.min(full, left)
        const bytes = Math.floor(samples / sound.samples) * sound.bytes
        offset[row] = at
        size[row] = bytes
        decodeTicks[row] = ticks
        durationTicks[row] = samples
        at += bytes
        ticks += samples
        left -= samples
      }
    }
  })
  table.presentationTicks.set(decodeTicks)
  table.sync.fill(1)
  return table
}
