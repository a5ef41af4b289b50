/**
 * Samples to CMAF chunks: `moof` with a single `traf` and `trun`, and its `mdat` (ISO/IEC 23000-19, 7.3.2.3). A GOP becomes
 * two: its keyframe alone, then the rest. So an I-frame playlist addresses a whole chunk that any demuxer takes; a range
 * that ended inside an `mdat` would have FFmpeg read the next one as its missing bytes.
 */
import { SAMPLE, TFHD, TRUN } from '../mp4/fragment-boxes.ts'
import { TRACK_ID } from '../mp4/init-boxes.ts'
import { concat, u32, u64 } from '../bytes/write-bytes.ts'
import { box, fullBox } from '../mp4/write-box.ts'
import { isSync, type Sample } from './fragment-reader.ts'
import type { Fragment } from './model.ts'

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
  const payloadBytes = samples.reduce((sum, { data }) => sum + data.length, 0)
  return [writeMoof(samples, sequence, decodeTicks), u32(payloadBytes + 8), MDAT, ...samples.map(({ data }) => data)]
}

const MDAT = box('mdat').subarray(4)

/** Clean flags: what this sample is, and whether others need it; nothing else an encoder left there. */
function cleanFlags(sample: Sample): number {
  return (isSync(sample) ? SAMPLE.sync : SAMPLE.nonSync) | (sample.flags & SAMPLE.isDependedOnMask)
}

function writeMoof(samples: Sample[], sequence: number, decodeTicks: number): Uint8Array {
  const flags = samples.map(cleanFlags)
  const usual = flags.at(-1) ?? SAMPLE.sync
  const flagsEach = flags.slice(1).some((value) => value !== usual)
  const duration = samples[0]?.durationTicks ?? 0
  const durationEach = samples.some(({ durationTicks }) => durationTicks !== duration)
  const offsetEach = samples.some(({ compositionOffsetTicks }) => compositionOffsetTicks !== 0)
  const first = !flagsEach && flags[0] !== usual ? flags[0] : undefined

  const tfhd = fullBox(
    'tfhd',
    0,
    TFHD.defaultBaseIsMoof | TFHD.defaultSampleDuration | TFHD.defaultSampleFlags,
    u32(TRACK_ID, duration, usual),
  )
  // Version 1: 64 bits.
  const tfdt = fullBox('tfdt', 1, 0, u64(decodeTicks))
  const runFlags =
    TRUN.dataOffset |
    TRUN.sampleSize |
    (first === undefined ? 0 : TRUN.firstSampleFlags) |
    (durationEach ? TRUN.sampleDuration : 0) |
    (flagsEach ? TRUN.sampleFlags : 0) |
    (offsetEach ? TRUN.sampleCompositionTimeOffset : 0)
  const table = samples.flatMap((sample, index) => {
    const row: number[] = []
    if (durationEach) row.push(sample.durationTicks)
    row.push(sample.data.length)
    if (flagsEach) row.push(flags[index] ?? usual)
    if (offsetEach) row.push(sample.compositionOffsetTicks)
    return row
  })
  const fixed = first === undefined ? [] : [first]
  const moof = (dataOffset: number) => {
    // Version 1: signed composition offsets.
    const trun = fullBox('trun', 1, runFlags, u32(samples.length, dataOffset, ...fixed), u32(...table))
    return box('moof', fullBox('mfhd', 0, 0, u32(sequence)), box('traf', tfhd, tfdt, trun))
  }
  // data_offset counts from `moof` to the first sample, behind the header of `mdat`: known once the length of `moof` is.
  return moof(moof(0).length + 8)
}
