/**
 * A segment of the source, laid out without reading a byte of it: the heads of its chunks, and which bytes of the file go
 * between them. Whoever sends it streams the ranges; memory stays flat however large a keyframe is.
 */
import { SAMPLE } from '../mp4/fragment-boxes.ts'
import { type SampleHead, writeChunkHead } from '../packaging/write-chunk-head.ts'
import type { IndexedSample, SegmentSamples } from './model.ts'

/** Bytes that were made, or a range of the source. */
export type Piece = { bytes: Uint8Array } | { offset: number; length: number }

export interface Layout {
  /** In order; neighbouring ranges are joined. */
  pieces: Piece[]
  sizeBytes: number
  /** Bytes of the chunk that holds the keyframe alone; 0 where there is none (sound). */
  keyframeBytes: number
}

/** `segment` counts from 0; it numbers the fragments. A GOP is laid out as the packager does: its keyframe, then the rest. */
export function layOut({ decodeTicks, samples }: SegmentSamples, segment: number): Layout {
  const [first, ...rest] = samples
  if (first === undefined) return { pieces: [], sizeBytes: 0, keyframeBytes: 0 }
  const alone = first.sync && rest.some(({ sync }) => !sync)
  const pieces = chunk(alone ? [first] : samples, segment * 2 + 1, decodeTicks)
  const keyframeBytes = alone ? size(pieces) : 0
  if (alone) pieces.push(...chunk(rest, segment * 2 + 2, decodeTicks + first.durationTicks))
  return { pieces, sizeBytes: size(pieces), keyframeBytes }
}

function chunk(samples: IndexedSample[], sequence: number, decodeTicks: number): Piece[] {
  const pieces: Piece[] = [{ bytes: writeChunkHead(samples.map(headOf), sequence, decodeTicks) }]
  let range: { offset: number; length: number } | null = null
  for (const { offset, sizeBytes } of samples) {
    if (range !== null && range.offset + range.length === offset) range.length += sizeBytes
    else {
      range = { offset, length: sizeBytes }
      pieces.push(range)
    }
  }
  return pieces
}

function headOf({ sizeBytes, durationTicks, compositionOffsetTicks, sync }: IndexedSample): SampleHead {
  return { sizeBytes, durationTicks, compositionOffsetTicks, flags: sync ? SAMPLE.sync : SAMPLE.nonSync }
}

function size(pieces: Piece[]): number {
  return pieces.reduce((sum, piece) => sum + ('bytes' in piece ? piece.bytes.length : piece.length), 0)
}
