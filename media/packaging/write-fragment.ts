/**
 * Samples to CMAF chunks (ISO/IEC 23000-19, 7.3.2.3): `moof` and `mdat`. A GOP becomes two: its keyframe alone, then the
 * rest. So an I-frame playlist addresses a whole chunk that any demuxer takes; a range that ended inside an `mdat` would
 * have FFmpeg read the next one as its missing bytes.
 */
import { concat } from '../bytes/write-bytes.ts'
import { isSync, type Sample } from './fragment-reader.ts'
import type { Fragment } from './model.ts'
import { writeChunkHead } from './write-chunk-head.ts'

/** Where a fragment stands. `samples` is not empty; composition offsets are counted with `delayTicks` in them. */
export interface FragmentPlace {
  /** `mfhd`: 1, 3, 5, …; the chunk behind a keyframe has the number between. */
  sequence: number
  decodeTicks: number
  delayTicks: number
}

export function writeFragment(samples: Sample[], { sequence, decodeTicks, delayTicks }: FragmentPlace): Fragment {
  const [first, ...rest] = samples
  const keyframe = first !== undefined && isSync(first)
  let startTicks = Infinity
  let ticks = decodeTicks
  for (const sample of samples) {
    startTicks = Math.min(startTicks, ticks + sample.compositionOffsetTicks - delayTicks)
    ticks += sample.durationTicks
  }
  // Audio has no other samples than sync samples: there is nothing to set apart.
  const alone = keyframe && rest.some((sample) => !isSync(sample))
  const head = writeChunk(alone ? [first] : samples, sequence, decodeTicks)
  const tail = alone ? writeChunk(rest, sequence + 1, decodeTicks + first.durationTicks) : []
  return {
    bytes: concat([...head, ...tail]),
    decodeTicks,
    startTicks,
    durationTicks: ticks - decodeTicks,
    sampleCount: samples.length,
    keyframeEnd: head.reduce((sum, { length }) => sum + length, 0),
    keyframe,
  }
}

function writeChunk(samples: Sample[], sequence: number, decodeTicks: number): Uint8Array[] {
  const heads = samples.map((sample) => ({ ...sample, sizeBytes: sample.data.length }))
  return [writeChunkHead(heads, sequence, decodeTicks), ...samples.map(({ data }) => data)]
}
