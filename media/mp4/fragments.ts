/**
 * The samples of a movie fragment (ISO/IEC 14496-12 8.8): one `moof` at a time, pure, so that a file can be indexed while it
 * passes by.
 */
import type { SampleTable } from '../container/model.ts'
import { newSampleTable } from '../container/sample-table.ts'
import { MediaError } from '../errors.ts'
import { readTfdt, readTfhd, SAMPLE, type Tfhd, TRUN } from './fragment-boxes.ts'
import { readFullBox } from './full-box.ts'
import type { Trex } from './movie-boxes.ts'
import { type Box, boxesIn, firstOf, readBody } from './read-box.ts'

/** What is kept of a track from fragment to fragment. */
export interface FragmentTrack {
  defaults: Trex
  /** Sound: writers leave the flags of its samples to chance. */
  audio: boolean
  /** Where the next fragment starts that does not say it itself (no `tfdt`), ticks. Moved on by `readMovieFragment`. */
  nextDecodeTicks: number
}

/** Samples of one track in one fragment, in decode order. */
export interface TrackFragment {
  trackId: number
  samples: SampleTable
}

/** sample_depends_on = 1: "depends on others (not an I picture)". */
const DEPENDS_ON_OTHERS = 0x01000000

/**
 * Reads one whole `moof` box, `bytes`, which lies at `fileOffset`; its samples' offsets are from the start of the file.
 * `tracks` by track id; samples of others are passed over. `dataBytes` bounds how many samples there can be: what follows the
 * box in the file, or its `mdat`. Answers one entry for each `traf` that has samples. Throws `MediaError`.
 */
export function readMovieFragment(
  bytes: Uint8Array,
  fileOffset: number,
  tracks: ReadonlyMap<number, FragmentTrack>,
  dataBytes: number,
): TrackFragment[] {
  const [moof] = boxesIn(bytes, 0, bytes.length)
  if (moof?.type !== 'moof') throw new MediaError('malformed', `no moof at ${fileOffset}`)
  const fragments: TrackFragment[] = []
  // "for subsequent track fragments, the default is the end of the data defined by the preceding track fragment"
  let previousEnd = fileOffset
  for (const traf of boxesIn(bytes, moof.body, moof.end)) {
    if (traf.type !== 'traf') continue
    const children = boxesIn(bytes, traf.body, traf.end)
    const header = firstOf(children, 'tfhd')
    if (header === undefined) throw new MediaError('malformed', `a traf without tfhd in the moof at ${fileOffset}`)
    const tfhd = readBody(bytes, header, readTfhd)
    const track = tracks.get(tfhd.trackId)
    if (track === undefined) continue
    const time = firstOf(children, 'tfdt')
    if (time !== undefined) track.nextDecodeTicks = readBody(bytes, time, readTfdt).baseMediaDecodeTime
    const runs = children.filter(({ type }) => type === 'trun').map((box) => readRun(bytes, box, dataBytes))
    const count = runs.reduce((sum, run) => sum + run.count, 0)
    // A sample has bytes: their number bounds that of the samples, and the table.
    const samples = newSampleTable(count, bytes.length + dataBytes)
    const base = tfhd.baseDataOffset ?? (tfhd.defaultBaseIsMoof ? fileOffset : previousEnd)
    previousEnd = fill(samples, runs, { bytes, tfhd, track, base })
    if (count > 0) fragments.push({ trackId: tfhd.trackId, samples })
  }
  return fragments
}

/** Head of a TrackRunBox, 8.8.8. */
interface Run {
  flags: number
  count: number
  dataOffset: number | null
  firstSampleFlags: number | null
  /** First sample's fields, in `bytes`. */
  at: number
}

function readRun(bytes: Uint8Array, box: Box, dataBytes: number): Run {
  const head = readBody(bytes, box, (reader) => {
    const { flags } = readFullBox(reader)
    const count = reader.u32()
    const dataOffset = flags & TRUN.dataOffset ? reader.i32() : null
    const firstSampleFlags = flags & TRUN.firstSampleFlags ? reader.u32() : null
    return { flags, count, dataOffset, firstSampleFlags, at: reader.offset }
  })
  const room = box.end - head.at
  if (head.count * sampleBytes(head.flags) > room) throw new MediaError('truncated', `trun has no room for ${head.count} samples`)
  if (head.count > dataBytes) throw new MediaError('malformed', `trun counts ${head.count} samples in ${dataBytes} bytes`)
  return head
}

/** Of a sample's fields in the run: four bytes for each of four flags. */
function sampleBytes(flags: number): number {
  let bytes = 0
  for (let bit: number = TRUN.sampleDuration; bit <= TRUN.sampleCompositionTimeOffset; bit *= 2) if (flags & bit) bytes += 4
  return bytes
}

interface Place {
  bytes: Uint8Array
  tfhd: Tfhd
  track: FragmentTrack
  base: number
}

/** Answers the end of the data, and moves the track's clock on. */
function fill(table: SampleTable, runs: Run[], { bytes, tfhd, track, base }: Place): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const defaultDuration = tfhd.defaultSampleDuration ?? track.defaults.defaultSampleDuration
  const defaultSize = tfhd.defaultSampleSize ?? track.defaults.defaultSampleSize
  const defaultFlags = tfhd.defaultSampleFlags ?? track.defaults.defaultSampleFlags
  let row = 0
  let ticks = track.nextDecodeTicks
  // "If the data-offset is not present, then the data for this run starts immediately after the data of the previous run"
  let offset = base
  for (const { flags, count, dataOffset, firstSampleFlags, at: first } of runs) {
    if (dataOffset !== null) offset = base + dataOffset
    let at = first
    const next = (): number => view.getUint32((at += 4) - 4)
    for (let sample = 0; sample < count; sample += 1, row += 1) {
      const duration = flags & TRUN.sampleDuration ? next() : defaultDuration
      const size = flags & TRUN.sampleSize ? next() : defaultSize
      const impliedFlags = (sample === 0 ? firstSampleFlags : null) ?? defaultFlags
      const sampleFlags = flags & TRUN.sampleFlags ? next() : impliedFlags
      // Signed in version 1; writers put negative numbers into version 0 too, and no true offset reaches 2^31
      const moved = flags & TRUN.sampleCompositionTimeOffset ? next() | 0 : 0
      table.offset[row] = offset
      table.size[row] = size
      table.decodeTicks[row] = ticks
      table.presentationTicks[row] = ticks + moved
      table.durationTicks[row] = duration
      table.sync[row] = track.audio || (sampleFlags & (SAMPLE.isNonSyncBit | DEPENDS_ON_OTHERS)) === 0 ? 1 : 0
      offset += size
      ticks += duration
    }
  }
  track.nextDecodeTicks = ticks
  return offset
}
