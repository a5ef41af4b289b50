/**
 * The head of a CMAF chunk: `moof` with a single `traf` and `trun`, and the header of the `mdat` behind it (ISO/IEC 23000-19,
 * 7.3.2.3). The samples themselves need not be there yet: their sizes are enough.
 */
import { concat, u32, u64 } from '../bytes/write-bytes.ts'
import { SAMPLE, TFHD, TRUN } from '../mp4/fragment-boxes.ts'
import { TRACK_ID } from '../mp4/init-boxes.ts'
import { box, fullBox } from '../mp4/write-box.ts'

/** What a chunk says about a sample. */
export interface SampleHead {
  sizeBytes: number
  durationTicks: number
  compositionOffsetTicks: number
  /** Sample flags of 8.8.3.1. */
  flags: number
}

/** `moof` and the eight bytes that begin `mdat`; the samples follow, one after another. `samples` is not empty. */
export function writeChunkHead(samples: SampleHead[], sequence: number, decodeTicks: number): Uint8Array {
  const payloadBytes = samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return concat([writeMoof(samples, sequence, decodeTicks), u32(payloadBytes + 8), MDAT])
}

const MDAT = box('mdat').subarray(4)

/** Clean flags: what this sample is, and whether others need it; nothing else an encoder left there. */
function cleanFlags(sample: SampleHead): number {
  return ((sample.flags & SAMPLE.isNonSyncBit) === 0 ? SAMPLE.sync : SAMPLE.nonSync) | (sample.flags & SAMPLE.isDependedOnMask)
}

function writeMoof(samples: SampleHead[], sequence: number, decodeTicks: number): Uint8Array {
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
    row.push(sample.sizeBytes)
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
