/** Writes a fragment in one piece: `moof` (ISO/IEC 14496-12 8.8) and an `mdat` whose content is left to the caller, so that nothing is copied twice. */
import { SAMPLE, TFHD, TRUN } from '../../mp4/fragment-boxes.ts'
import { TRACK_ID } from '../../mp4/init-boxes.ts'

/** What a fragment says of a sample. */
export interface FragmentSample {
  sizeBytes: number
  durationTicks: number
  compositionOffsetTicks: number
  /** Sample flags, 8.8.3.1. */
  flags: number
}

export const SYNC_FLAGS: number = SAMPLE.sync
export const NON_SYNC_FLAGS: number = SAMPLE.nonSync
/** sample_is_depended_on = 2: "no other sample depends on this one (disposable)". */
export const DISPOSABLE_FLAGS = 0x00800000

/** moof, mfhd, traf, tfhd (with duration and flags), tfdt version 1, trun up to its table. */
const FIXED_BYTES = 8 + 16 + 8 + 24 + 20 + 20
const MDAT_HEADER_BYTES = 8

/** `payload`: where in `bytes` the first sample begins; samples follow each other. `samples` is not empty. */
export function startFragment(
  samples: FragmentSample[],
  sequence: number,
  decodeTicks: number,
): { bytes: Uint8Array<ArrayBuffer>; payload: number } {
  const [first] = samples
  const duration = first?.durationTicks ?? 0
  const flags = first?.flags ?? 0
  let payloadBytes = 0
  let durationEach = false
  let flagsEach = false
  let offsetEach = false
  for (const sample of samples) {
    payloadBytes += sample.sizeBytes
    if (sample.durationTicks !== duration) durationEach = true
    if (sample.flags !== flags) flagsEach = true
    if (sample.compositionOffsetTicks !== 0) offsetEach = true
  }
  const rowBytes = 4 * (1 + Number(durationEach) + Number(flagsEach) + Number(offsetEach))
  const moofBytes = FIXED_BYTES + rowBytes * samples.length
  const payload = moofBytes + MDAT_HEADER_BYTES
  const bytes = new Uint8Array(payload + payloadBytes)
  const view = new DataView(bytes.buffer)
  let at = 0
  const u32 = (value: number): void => {
    view.setUint32(at, value)
    at += 4
  }
  const box = (size: number, type: number): void => {
    u32(size)
    u32(type)
  }
  box(moofBytes, MOOF)
  box(16, MFHD)
  u32(0)
  u32(sequence)
  box(moofBytes - 24, TRAF)
  box(24, TFHD_TYPE)
  u32(TFHD.defaultBaseIsMoof | TFHD.defaultSampleDuration | TFHD.defaultSampleFlags)
  u32(TRACK_ID)
  u32(duration)
  u32(flags)
  box(20, TFDT)
  // Version 1: 64 bits
  u32(0x01000000)
  u32(Math.floor(decodeTicks / 2 ** 32))
  u32(decodeTicks % 2 ** 32)
  box(20 + rowBytes * samples.length, TRUN_TYPE)
  // Version 1: signed composition offsets
  u32(
    0x01000000 |
      TRUN.dataOffset |
      TRUN.sampleSize |
      (durationEach ? TRUN.sampleDuration : 0) |
      (flagsEach ? TRUN.sampleFlags : 0) |
      (offsetEach ? TRUN.sampleCompositionTimeOffset : 0),
  )
  u32(samples.length)
  u32(payload)
  for (const sample of samples) {
    if (durationEach) u32(sample.durationTicks)
    u32(sample.sizeBytes)
    if (flagsEach) u32(sample.flags)
    if (offsetEach) u32(sample.compositionOffsetTicks)
  }
  box(MDAT_HEADER_BYTES + payloadBytes, MDAT)
  return { bytes, payload }
}

const MOOF = fourcc('moof')
const MFHD = fourcc('mfhd')
const TRAF = fourcc('traf')
const TFHD_TYPE = fourcc('tfhd')
const TFDT = fourcc('tfdt')
const TRUN_TYPE = fourcc('trun')
const MDAT = fourcc('mdat')

function fourcc(code: string): number {
  return Array.from(code).reduce((value, character) => value * 256 + character.charCodeAt(0), 0)
}
