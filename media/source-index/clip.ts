/**
 * A stretch of the source as a file of its own, keyframe-exact: a header that is made, then the samples as they lie in the
 * source. Nothing is decoded, and nothing is read to lay it out but the index.
 */
import { u32, u64, fourcc, concat } from '../bytes/write-bytes.ts'
import { MediaError } from '../errors.ts'
import type { TableChunk } from '../mp4/movie-tables.ts'
import { childrenOf, needBox, readBody, readBoxes } from '../mp4/read-box.ts'
import { readTkhd } from '../mp4/movie-boxes.ts'
import { type MovieTrackToWrite, writeMovie } from '../mp4/write-movie.ts'
import { fromBase64 } from './base64.ts'
import type { IndexedSample, IndexedTrack, SegmentSamples } from './model.ts'
import type { Layout, Piece } from './segment.ts'

/** A track with the samples of the segments that the clip may need, in order. */
export interface ClipTrack {
  track: IndexedTrack
  segments: SegmentSamples[]
}

/** A sample with its place on the video's timeline. */
interface Placed extends IndexedSample {
  /** Presentation, ticks. */
  ticks: number
}

/** What came out: where the clip really begins and ends, seconds, and how it is put together. */
export interface Clip extends Omit<Layout, 'keyframeBytes'> {
  startSeconds: number
  endSeconds: number
}

/**
 * The clip from the last keyframe at or before `startSeconds` to the first at or behind `endSeconds`; of sound alone, the
 * frames that are heard then. Throws `MediaError` 'unsupported' when nothing lies there.
 */
export function layOutClip(tracks: ClipTrack[], startSeconds: number, endSeconds: number): Clip {
  const [lead] = tracks
  if (lead === undefined) throw new MediaError('unsupported', 'there is nothing to cut')
  const leading = cut(lead, startSeconds, endSeconds)
  const start = leading.startTicks / lead.track.timescale
  const end = leading.endTicks / lead.track.timescale
  const cuts = [leading, ...tracks.slice(1).map((track) => cut(track, start, end))].filter(({ samples }) => samples.length > 0)
  if (leading.samples.length === 0) throw new MediaError('unsupported', 'nothing lies in this stretch')
  // In the order of the source, so that it is read from front to back.
  const order = cuts
    .flatMap(({ samples }, track) => samples.map((sample) => ({ track, sample })))
    .toSorted((a, b) => a.sample.offset - b.sample.offset)
  const payload = order.reduce((sum, { sample }) => sum + sample.sizeBytes, 0)
  const headerAt = (position: number): Uint8Array =>
    writeMovie(cuts.map((one, track) => toWrite(one, chunksOf(order, track, position), start)))
  // size = 1, 'mdat', largesize: sixteen bytes
  const dataAt = headerAt(0).length + 16
  const head = concat([headerAt(dataAt), u32(1), fourcc('mdat'), u64(payload + 16)])
  const pieces: Piece[] = [{ bytes: head }]
  for (const { sample } of order) {
    const last = pieces.at(-1)
    if (last !== undefined && 'offset' in last && last.offset + last.length === sample.offset) last.length += sample.sizeBytes
    else pieces.push({ offset: sample.offset, length: sample.sizeBytes })
  }
  return { startSeconds: start, endSeconds: end, pieces, sizeBytes: head.length + payload }
}

interface Cut {
  track: IndexedTrack
  samples: Placed[]
  startTicks: number
  endTicks: number
}

function cut({ track, segments }: ClipTrack, startSeconds: number, endSeconds: number): Cut {
  const all: Placed[] = []
  for (const { decodeTicks, samples } of segments) {
    let ticks = decodeTicks
    for (const sample of samples) {
      all.push({ ...sample, ticks: ticks + sample.compositionOffsetTicks - track.delayTicks })
      ticks += sample.durationTicks
    }
  }
  // A microsecond of slack: times come as decimal text.
  const [from, until] = [(startSeconds + 1e-6) * track.timescale, (endSeconds - 1e-6) * track.timescale]
  const first = Math.max(
    0,
    all.findLastIndex(({ sync, ticks }) => sync && ticks <= from),
  )
  const found = all.findIndex(({ sync, ticks }, index) => index > first && sync && ticks >= until)
  const samples = all.slice(first, found === -1 ? all.length : found)
  const startTicks = track.kind === 'video' ? Math.max(0, samples[0]?.ticks ?? 0) : Math.max(0, Math.round(startSeconds * track.timescale))
  const endTicks = Math.max(startTicks, ...samples.map(({ ticks, durationTicks }) => ticks + durationTicks))
  return { track, samples, startTicks, endTicks }
}

function toWrite({ track, samples, endTicks }: Cut, chunks: TableChunk[], startSeconds: number): MovieTrackToWrite {
  const init = fromBase64(track.init)
  const moov = readBoxes(init).find(({ type }) => type === 'moov')
  if (moov === undefined) throw new MediaError('malformed', 'the index has no initialization segment')
  const trak = needBox(init, moov, 'trak')
  const [entry] = childrenOf(init, needBox(init, trak, 'mdia', 'minf', 'stbl', 'stsd'))
  if (entry === undefined) throw new MediaError('malformed', 'the index has no sample entry')
  const { width, height } = readBody(init, needBox(init, trak, 'tkhd'), readTkhd)
  const startTicks = Math.round(startSeconds * track.timescale)
  const [first] = samples
  // Media time counts from the decode time of the first sample: presentation there is its composition offset.
  const mediaTime = (first?.compositionOffsetTicks ?? 0) + startTicks - (first?.ticks ?? 0)
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

/** Runs of samples of one track, in a file whose samples begin at `position`. */
function chunksOf(order: { track: number; sample: Placed }[], track: number, position: number): TableChunk[] {
  const chunks: TableChunk[] = []
  let at = position
  let open = false
  for (const one of order) {
    const last = chunks.at(-1)
    if (one.track !== track) open = false
    else if (open && last !== undefined) last.samples += 1
    else {
      chunks.push({ offset: at, samples: 1 })
      open = true
    }
    at += one.sample.sizeBytes
  }
  return chunks
}
