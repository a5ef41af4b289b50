/** Boxes of `moof` (ISO/IEC 14496-12 8.8), read and written. */
import { MediaError } from '../errors.ts'
import type { ByteReader } from '../bytes/byte-reader.ts'
import { readFullBox } from './full-box.ts'

/** `tf_flags` of TrackFragmentHeaderBox, 8.8.7. */
export const TFHD = {
  baseDataOffset: 0x000001,
  sampleDescriptionIndex: 0x000002,
  defaultSampleDuration: 0x000008,
  defaultSampleSize: 0x000010,
  defaultSampleFlags: 0x000020,
  durationIsEmpty: 0x010000,
  defaultBaseIsMoof: 0x020000,
} as const

/** `tr_flags` of TrackRunBox, 8.8.8. */
export const TRUN = {
  dataOffset: 0x000001,
  firstSampleFlags: 0x000004,
  sampleDuration: 0x000100,
  sampleSize: 0x000200,
  sampleFlags: 0x000400,
  sampleCompositionTimeOffset: 0x000800,
} as const

/** Sample flags, 8.8.3.1: two bits each of is_leading, depends_on, is_depended_on, has_redundancy; then sample_is_non_sync_sample. */
export const SAMPLE = {
  /** sample_depends_on = 2: "does not depend on others (I picture)"; a sync sample. */
  sync: 0x02000000,
  /** sample_depends_on = 1: "depends on others (not an I picture)"; sample_is_non_sync_sample = 1. */
  nonSync: 0x01010000,
  isNonSyncBit: 0x00010000,
  /** sample_is_depended_on: what the encoder says of disposable pictures. */
  isDependedOnMask: 0x00c00000,
} as const

/** MovieFragmentHeaderBox, 8.8.5. */
export function readMfhd(reader: ByteReader): { sequenceNumber: number } {
  readFullBox(reader)
  return { sequenceNumber: reader.u32() }
}

/** TrackFragmentHeaderBox, 8.8.7; null where the box leaves it to `trex`. */
export interface Tfhd {
  trackId: number
  /** From the start of the file. */
  baseDataOffset: number | null
  /** Offsets count from the `moof`, also in its second track. */
  defaultBaseIsMoof: boolean
  defaultSampleDuration: number | null
  defaultSampleSize: number | null
  defaultSampleFlags: number | null
}

export function readTfhd(reader: ByteReader): Tfhd {
  const { flags } = readFullBox(reader)
  const trackId = reader.u32()
  const baseDataOffset = flags & TFHD.baseDataOffset ? reader.u64() : null
  if (flags & TFHD.sampleDescriptionIndex) reader.skip(4)
  return {
    trackId,
    baseDataOffset,
    defaultBaseIsMoof: (flags & TFHD.defaultBaseIsMoof) !== 0,
    defaultSampleDuration: flags & TFHD.defaultSampleDuration ? reader.u32() : null,
    defaultSampleSize: flags & TFHD.defaultSampleSize ? reader.u32() : null,
    defaultSampleFlags: flags & TFHD.defaultSampleFlags ? reader.u32() : null,
  }
}

/** TrackFragmentBaseMediaDecodeTimeBox, 8.8.12: decode time of the first sample, ticks. */
export function readTfdt(reader: ByteReader): { baseMediaDecodeTime: number } {
  const { version } = readFullBox(reader)
  return { baseMediaDecodeTime: version === 1 ? reader.u64() : reader.u32() }
}

/** One sample of a TrackRunBox; null where the run leaves it to `tfhd` or `trex`. */
export interface RunSample {
  duration: number | null
  size: number | null
  flags: number | null
  compositionOffset: number
}

/** TrackRunBox, 8.8.8. */
export interface Trun {
  /** From the base of the fragment's data; null: right behind the run before. */
  dataOffset: number | null
  samples: RunSample[]
}

/** A run need not have a byte for each sample, so its count is checked against `maxSamples` before anything is allocated. */
export function readTrun(reader: ByteReader, maxSamples: number): Trun {
  const { version, flags } = readFullBox(reader)
  const count = reader.u32()
  if (count > maxSamples) throw new MediaError('malformed', `trun counts ${count} samples in at most ${maxSamples} bytes`)
  const dataOffset = flags & TRUN.dataOffset ? reader.i32() : null
  const firstSampleFlags = flags & TRUN.firstSampleFlags ? reader.u32() : null
  const samples: RunSample[] = []
  for (let index = 0; index < count; index += 1) {
    const duration = flags & TRUN.sampleDuration ? reader.u32() : null
    const size = flags & TRUN.sampleSize ? reader.u32() : null
    const own = flags & TRUN.sampleFlags ? reader.u32() : null
    // "if (version == 0) unsigned int(32) else signed int(32) sample_composition_time_offset". FFmpeg before 4.0 and others
    // wrote negative numbers in version 0 too; no true offset reaches 2^31, so signed is right for both.
    const compositionOffset = flags & TRUN.sampleCompositionTimeOffset ? reader.i32() : 0
    samples.push({ duration, size, flags: index === 0 && firstSampleFlags !== null ? firstSampleFlags : own, compositionOffset })
  }
  if (version > 1) throw new MediaError('unsupported', `trun version ${version}`)
  return { dataOffset, samples }
}
