/** What a `moof` says of its samples (ISO/IEC 14496-12 8.8): how many, how long, and where their bytes end. */
import { TFHD, TRUN } from '../mp4/fragment-boxes.ts'
import { allWithin, type TreeBox, within } from './box-tree.ts'

export interface Defaults {
  duration: number
  size: number
}

export interface FragmentTrack {
  trackId: number
  samples: number
  ticks: number
  /** `tfdt`; null where there is none. */
  decodeTicks: number | null
  /** One past the last byte of its samples, from the start of the file. */
  dataEnd: number
  /** First sample; null where there is none. */
  first: { offset: number; size: number } | null
  /** Where `base_data_offset` stands in the file, and what it says; null where offsets count from `moof`. */
  base: { at: number; offset: number } | null
}

/** `trex` by track. */
export function readDefaults(moov: TreeBox): Map<number, Defaults> {
  const defaults = new Map<number, Defaults>()
  for (const { body } of allWithin(moov, 'mvex').flatMap((mvex) => allWithin(mvex, 'trex'))) {
    if (body.length < 24) continue
    const view = viewOf(body)
    defaults.set(view.getUint32(4), { duration: view.getUint32(12), size: view.getUint32(16) })
  }
  return defaults
}

/** One entry for each track fragment. Runs that count more than their box holds are cut to it. */
export function readFragment(moof: TreeBox, defaults: Map<number, Defaults>): FragmentTrack[] {
  const tracks: FragmentTrack[] = []
  // "for the second and subsequent tracks … the default is the end of the data defined by the preceding track fragment"
  let before = moof.start
  for (const traf of allWithin(moof, 'traf')) {
    const track = readTrackFragment(traf, moof.start, before, defaults)
    if (track === null) continue
    tracks.push(track)
    before = track.dataEnd
  }
  return tracks
}

function readTrackFragment(traf: TreeBox, moofStart: number, before: number, defaults: Map<number, Defaults>): FragmentTrack | null {
  const tfhd = within(traf, 'tfhd')
  if (tfhd === null || tfhd.body.length < 8) return null
  const view = viewOf(tfhd.body)
  const flags = view.getUint32(0) & 0xffffff
  const trackId = view.getUint32(4)
  let at = 8
  const optional = (flag: number, bytes: number): number | null => {
    if ((flags & flag) === 0) return null
    at += bytes
    return at <= tfhd.body.length ? at - bytes : null
  }
  const baseAt = optional(TFHD.baseDataOffset, 8)
  optional(TFHD.sampleDescriptionIndex, 4)
  const durationAt = optional(TFHD.defaultSampleDuration, 4)
  const sizeAt = optional(TFHD.defaultSampleSize, 4)
  const trex = defaults.get(trackId)
  const own = {
    duration: durationAt === null ? (trex?.duration ?? 0) : view.getUint32(durationAt),
    size: sizeAt === null ? (trex?.size ?? 0) : view.getUint32(sizeAt),
  }
  const baseOffset = baseAt === null ? null : Number(view.getBigUint64(baseAt))
  const base = baseOffset ?? (flags & TFHD.defaultBaseIsMoof ? moofStart : before)
  const tfdt = within(traf, 'tfdt')
  const track: FragmentTrack = {
    trackId,
    samples: 0,
    ticks: 0,
    decodeTicks: tfdt === null ? null : decodeTime(tfdt.body),
    dataEnd: base,
    first: null,
    base: baseAt === null || baseOffset === null ? null : { at: tfhd.end - tfhd.body.length + baseAt, offset: baseOffset },
  }
  for (const run of allWithin(traf, 'trun')) addRun(track, run.body, base, own)
  return track
}

function decodeTime(body: Uint8Array): number | null {
  if (body[0] === 1) return body.length < 12 ? null : Number(viewOf(body).getBigUint64(4))
  return body.length < 8 ? null : viewOf(body).getUint32(4)
}

function addRun(track: FragmentTrack, body: Uint8Array, base: number, defaults: Defaults): void {
  if (body.length < 8) return
  const view = viewOf(body)
  const flags = view.getUint32(0) & 0xffffff
  let at = 8
  if (flags & TRUN.dataOffset && at + 4 <= body.length) {
    track.dataEnd = base + view.getInt32(at)
    at += 4
  }
  if (flags & TRUN.firstSampleFlags) at += 4
  const fields = [TRUN.sampleDuration, TRUN.sampleSize, TRUN.sampleFlags, TRUN.sampleCompositionTimeOffset]
  const entryBytes = 4 * fields.filter((field) => flags & field).length
  const declared = view.getUint32(4)
  const count = entryBytes === 0 ? declared : Math.max(0, Math.min(declared, Math.floor((body.length - at) / entryBytes)))
  const durationAt = flags & TRUN.sampleDuration ? 0 : null
  const sizeAt = flags & TRUN.sampleSize ? (durationAt === null ? 0 : 4) : null
  const size = (index: number): number => (sizeAt === null ? defaults.size : view.getUint32(at + index * entryBytes + sizeAt))
  if (count > 0) track.first ??= { offset: track.dataEnd, size: size(0) }
  track.samples += count
  if (durationAt === null) track.ticks += count * defaults.duration
  if (sizeAt === null) track.dataEnd += count * defaults.size
  if (durationAt === null && sizeAt === null) return
  for (let index = 0; index < count; index += 1) {
    if (durationAt !== null) track.ticks += view.getUint32(at + index * entryBytes + durationAt)
    if (sizeAt !== null) track.dataEnd += size(index)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
