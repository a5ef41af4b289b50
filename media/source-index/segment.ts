/**
 * A segment of the source, laid out without reading a byte of it: the heads of its chunks, and which bytes of the file go
 * between them. Whoever sends it streams the ranges; memory stays flat however large a keyframe is.
 */
import type { SampleTable } from '../container/model.ts'
import { sliceSamples } from '../container/sample-table.ts'
import { SAMPLE } from '../mp4/fragment-boxes.ts'
import { type SampleHead, writeChunkHead } from '../packaging/write-chunk-head.ts'
import { joinedRanges } from './file-order.ts'

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
export function layOut(samples: SampleTable, segment: number): Layout {
  if (samples.count === 0) return { pieces: [], sizeBytes: 0, keyframeBytes: 0 }
  const alone = samples.sync[0] === 1 && samples.sync.includes(0)
  const first = chunk(alone ? sliceSamples(samples, 0, 1) : samples, segment * 2 + 1)
  if (!alone) return { pieces: first, sizeBytes: size(first), keyframeBytes: 0 }
  const pieces = [...first, ...chunk(sliceSamples(samples, 1, samples.count), segment * 2 + 2)]
  return { pieces, sizeBytes: size(pieces), keyframeBytes: size(first) }
}

function chunk(samples: SampleTable, sequence: number): Piece[] {
  const heads = Array.from({ length: samples.count }, (_, row) => headOf(samples, row))
  return [
    { bytes: writeChunkHead(heads, sequence, samples.decodeTicks[0] ?? 0) },
    ...joinedRanges([{ table: samples, from: 0, to: samples.count }]),
  ]
}

function headOf({ size: sizes, durationTicks, presentationTicks, decodeTicks, sync }: SampleTable, row: number): SampleHead {
  return {
    sizeBytes: sizes[row] ?? 0,
    durationTicks: durationTicks[row] ?? 0,
    compositionOffsetTicks: (presentationTicks[row] ?? 0) - (decodeTicks[row] ?? 0),
    flags: sync[row] === 1 ? SAMPLE.sync : SAMPLE.nonSync,
  }
}

function size(pieces: Piece[]): number {
  return pieces.reduce((sum, piece) => sum + ('bytes' in piece ? piece.bytes.length : piece.length), 0)
}
