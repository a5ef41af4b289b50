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
  const table = new Uint8Array(samples.length * 4 * (1 + Number(durationEach) + Number(flagsEach) + Number(offsetEach)))
  const view = new DataView(table.buffer)
  let at = 0
  const put = (value: number): void => {
    view.setUint32(at, value)
    at += 4
  }
  for (const [index, sample] of samples.entries()) {
    if (durationEach) put(sample.durationTicks)
    put(sample.sizeBytes)
    if (flagsEach) put(flags[index] ?? usual)
    if (offsetEach) put(sample.compositionOffsetTicks)
  }
  const fixed = first === undefined ? [] : [first]
  // Version 1: signed composition offsets.
  const trun = fullBox('trun', 1, runFlags, u32(samples.length, 0, ...fixed), table)
  const moof = box('moof', fullBox('mfhd', 0, 0, u32(sequence)), box('traf', tfhd, tfdt, trun))
  // data_offset counts from `moof` to the first sample, behind the header of `mdat`: known now that `moof` has a length.
  const dataOffsetAt = moof.length - table.length - fixed.length * 4 - 4
  new DataView(moof.buffer).setUint32(dataOffsetAt, moof.length + 8)
  return moof
}
