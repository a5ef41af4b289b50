/**
 * A stretch of the source as a file of its own, keyframe-exact: a header that is made, then the samples as they lie in the
 * source. Nothing is decoded, and nothing is read to lay it out but the index. Columns throughout, because the whole of a
 * three-hour film has 800,000 samples and a Worker 128 MB.
 */
import type { SampleTable } from '../container/model.ts'
import { sliceSamples } from '../container/sample-table.ts'
import { MediaError } from '../errors.ts'
import type { ChunkTable } from '../mp4/movie-tables.ts'
import { readTkhd } from '../mp4/movie-boxes.ts'
import { childrenOf, needBox, readBody, readBoxes } from '../mp4/read-box.ts'
import { type MovieTrackToWrite, writeMovie } from '../mp4/write-movie.ts'
import { fromBase64 } from './base64.ts'
import { inFileOrder, joinedRanges, type Places } from './file-order.ts'
import type { IndexedTrack } from './model.ts'
import type { Piece } from './segment.ts'

/** Samples of a clip: at 33 bytes each, and some 20 more while the tables are written. A film of four hours has a million. */
export const MAX_CLIP_SAMPLES = 1_000_000
/** Places where reading goes back in the source: each is a read of its own. */
const MAX_TURNS = 200

/** A track with the samples of the segments that the clip may need, in order. */
export interface ClipTrack {
  track: IndexedTrack
  segments: SampleTable[]
}

/** What came out: where the clip really begins and ends, seconds, and how it is put together. */
export interface Clip {
  startSeconds: number
  endSeconds: number
  /** In order; neighbouring ranges are joined. Made while it is gone through, each time anew. */
  pieces: Iterable<Piece>
  sizeBytes: number
}

/**
 * The clip from the last keyframe at or before `startSeconds` to the first at or behind `endSeconds`; of sound alone, the
 * frames that are heard then. Throws `MediaError` 'unsupported' when nothing lies there, or in too many places, and
 * 'too-large' for more than `MAX_CLIP_SAMPLES`.
 */
export function layOutClip(tracks: ClipTrack[], startSeconds: number, endSeconds: number): Clip {
  const [lead] = tracks
  if (lead === undefined) throw new MediaError('unsupported', 'there is nothing to cut')
  const leading = cut(lead, startSeconds, endSeconds)
  const start = leading.startTicks / lead.track.timescale
  const end = leading.endTicks / lead.track.timescale
  const cuts = [leading, ...tracks.slice(1).map((track) => cut(track, start, end))].filter(({ samples }) => samples.length > 0)
  if (leading.samples.length === 0) throw new MediaError('unsupported', 'nothing lies in this stretch')
  const count = cuts.reduce((sum, { samples }) => samples.reduce((rows, table) => rows + table.count, sum), 0)
  if (count > MAX_CLIP_SAMPLES) throw new MediaError('too-large', `${count} samples are more than a clip may have`)
  // Where they lie is all that is needed while they are sent; the other columns may go.
  const places: Places[][] = cuts.map(({ samples }) => samples.map(({ count: rows, offset, size }) => ({ count: rows, offset, size })))
  const { chunks, payloadBytes } = chunksOf(places)
  const head = writeMovie(
    cuts.map((one, track) => toWrite(one, chunks[track] ?? new GrowingChunks().table, start)),
    payloadBytes,
  )
  return {
    startSeconds: start,
    endSeconds: end,
    pieces: piecesOf(head, places),
    sizeBytes: head.reduce((sum, { length }) => sum + length, payloadBytes),
  }
}

/** In the order of the source, so that it is read from front to back. A function of its own: it must hold nothing else. */
function piecesOf(head: Uint8Array[], places: Places[][]): Iterable<Piece> {
  return {
    *[Symbol.iterator]() {
      for (const bytes of head) yield { bytes }
      yield* joinedRanges(inFileOrder(places))
    },
  }
}

interface Cut {
  track: IndexedTrack
  samples: SampleTable[]
  startTicks: number
  endTicks: number
}

function cut({ track, segments }: ClipTrack, startSeconds: number, endSeconds: number): Cut {
  // A microsecond of slack: times come as decimal text.
  const [from, until] = [(startSeconds + 1e-6) * track.timescale, (endSeconds - 1e-6) * track.timescale]
  let first = { segment: 0, row: 0 }
  let end: typeof first | null = null
  for (const [segment, { count, sync, presentationTicks }] of segments.entries()) {
    for (let row = 0; row < count; row += 1) {
      if (sync[row] !== 1) continue
      const ticks = (presentationTicks[row] ?? 0) - track.delayTicks
      if (ticks <= from) [first, end] = [{ segment, row }, null]
      else if (ticks >= until && segment + row > 0) end ??= { segment, row }
    }
  }
  const samples: SampleTable[] = []
  for (let segment = first.segment; segment <= (end?.segment ?? segments.length - 1); segment += 1) {
    const table = segments[segment]
    if (table === undefined) break
    const part = sliceSamples(table, segment === first.segment ? first.row : 0, segment === end?.segment ? end.row : table.count)
    if (part.count > 0) samples.push(part)
  }
  const shownFirst = (samples[0]?.presentationTicks[0] ?? track.delayTicks) - track.delayTicks
  const startTicks = Math.max(0, track.kind === 'video' ? shownFirst : Math.round(startSeconds * track.timescale))
  let endTicks = startTicks
  for (const { count, presentationTicks, durationTicks } of samples) {
    for (let row = 0; row < count; row += 1) {
      endTicks = Math.max(endTicks, (presentationTicks[row] ?? 0) + (durationTicks[row] ?? 0) - track.delayTicks)
    }
  }
  return { track, samples, startTicks, endTicks }
}

function toWrite({ track, samples, endTicks }: Cut, chunks: ChunkTable, startSeconds: number): MovieTrackToWrite {
  const init = fromBase64(track.init)
  const moov = readBoxes(init).find(({ type }) => type === 'moov')
  if (moov === undefined) throw new MediaError('malformed', 'the index has no initialization segment')
  const trak = needBox(init, moov, 'trak')
  const [entry] = childrenOf(init, needBox(init, trak, 'mdia', 'minf', 'stbl', 'stsd'))
  if (entry === undefined) throw new MediaError('malformed', 'the index has no sample entry')
  const { width, height } = readBody(init, needBox(init, trak, 'tkhd'), readTkhd)
  const startTicks = Math.round(startSeconds * track.timescale)
  // Media time of the clip counts from the decode time of its first sample, that of the segments goes before it.
  const mediaTime = startTicks + track.delayTicks - (samples[0]?.decodeTicks[0] ?? 0)
  const rest = { rotation: track.rotation, sampleEntry: init.subarray(entry.start, entry.end), samples, chunks }
  return {
    kind: track.kind,
    timescale: track.timescale,
    mediaTime: Math.max(0, mediaTime),
    shownTicks: Math.max(0, endTicks - startTicks),
    width,
    height,
    ...rest,
  }
}

/** Runs of samples of one track, as they follow each other in the clip. */
function chunksOf(places: Places[][]): { chunks: ChunkTable[]; payloadBytes: number } {
  const growing = places.map(() => new GrowingChunks())
  let payloadBytes = 0
  let open = -1
  let [end, turns] = [0, 0]
  for (const { track, table, from, to } of inFileOrder(places)) {
    if (track === open) growing[track]?.extend(to - from)
    else growing[track]?.add(payloadBytes, to - from)
    open = track
    for (let row = from; row < to; row += 1) {
      const [at = 0, length = 0] = [table.offset[row], table.size[row]]
      if (at < end) turns += 1
      end = at + length
      payloadBytes += length
    }
  }
  if (turns > MAX_TURNS) throw new MediaError('unsupported', 'its samples lie in the file in no order')
  return { chunks: growing.map(({ table }) => table), payloadBytes }
}

/** Chunks while their number is not known. */
class GrowingChunks {
  readonly table: ChunkTable = { count: 0, offset: new Float64Array(64), samples: new Uint32Array(64) }

  add(offset: number, samples: number): void {
    const { table } = this
    if (table.count === table.offset.length) {
      const old = { ...table }
      table.offset = new Float64Array(Math.ceil(table.count * 1.5))
      table.samples = new Uint32Array(table.offset.length)
      table.offset.set(old.offset)
      table.samples.set(old.samples)
    }
    table.offset[table.count] = offset
    table.samples[table.count] = samples
    table.count += 1
  }

  /** More samples in the last chunk. */
  extend(samples: number): void {
    const last = this.table.count - 1
    this.table.samples[last] = (this.table.samples[last] ?? 0) + samples
  }
}
