/** Durations of `mdhd`, `elst`, `tkhd` and `mvhd` (ISO/IEC 14496-12 8.2 to 8.6) after a track has become shorter. */
import { concat, u32 } from '../bytes/write-bytes.ts'
import { Table } from './sample-layout.ts'
import { allWithin, type TreeBox, within } from './box-tree.ts'

/** Ticks per second that `mvhd` or `mdhd` says; 1 where it says nothing, so that nothing is divided by 0. */
export function timescaleOf(header: TreeBox | null): number {
  if (header === null) return 1
  const at = header.body[0] === 1 ? 20 : 12
  return header.body.length < at + 4 ? 1 : Math.max(1, view(header.body).getUint32(at))
}

/** `track_ID`, or 0. */
export function trackIdOf(trak: TreeBox): number {
  const tkhd = within(trak, 'tkhd')
  const at = tkhd?.body[0] === 1 ? 20 : 12
  return tkhd === null || tkhd.body.length < at + 4 ? 0 : view(tkhd.body).getUint32(at)
}

/** Sets what a track says of its length. `mediaTicks`: sum of its samples' durations. Answers its length in ticks of the movie. */
export function shortenTrack(trak: TreeBox, mediaTicks: number, movieTimescale: number): number {
  const mdhd = within(trak, 'mdia', 'mdhd')
  const timescale = timescaleOf(mdhd)
  if (mdhd !== null) mdhd.body = withDuration(mdhd.body, 16, 24, mediaTicks)
  const toMovie = (ticks: number): number => Math.max(0, Math.round((ticks * movieTimescale) / timescale))
  const elst = within(trak, 'edts', 'elst')
  const stbl = within(trak, 'mdia', 'minf', 'stbl')
  const ctts = new Table(stbl === null ? null : within(stbl, 'ctts'), 8)
  const firstOffset = ctts.count > 0 ? ctts.i32(0, 4) : 0
  const shown = elst === null ? null : shortenEdits(elst, (mediaTime) => toMovie(mediaTicks + firstOffset - mediaTime))
  const movieTicks = shown ?? toMovie(mediaTicks)
  const tkhd = within(trak, 'tkhd')
  if (tkhd !== null) tkhd.body = withDuration(tkhd.body, 20, 28, movieTicks)
  return movieTicks
}

/** `mvhd`, and `mehd` where there is one: the longest track. */
export function shortenMovie(moov: TreeBox, movieTicks: number): void {
  const mvhd = within(moov, 'mvhd')
  if (mvhd !== null) mvhd.body = withDuration(mvhd.body, 16, 24, movieTicks)
  for (const mvex of allWithin(moov, 'mvex')) {
    const mehd = within(mvex, 'mehd')
    if (mehd !== null) mehd.body = withDuration(mehd.body, 4, 4, movieTicks)
  }
}

/** Each edit shows no more than there is; answers the sum, or null where the list cannot be read. */
function shortenEdits(elst: TreeBox, available: (mediaTime: number) => number): number | null {
  const { body } = elst
  if (body.length < 8) return null
  const long = body[0] === 1
  const entryBytes = long ? 20 : 12
  const count = Math.min(view(body).getUint32(4), Math.floor((body.length - 8) / entryBytes))
  const made = concat([body.subarray(0, 4), u32(count), body.subarray(8, 8 + count * entryBytes)])
  const out = view(made)
  let sum = 0
  for (let index = 0; index < count; index += 1) {
    const at = 8 + index * entryBytes
    const duration = long ? Number(out.getBigUint64(at)) : out.getUint32(at)
    const mediaTime = long ? Number(out.getBigInt64(at + 8)) : out.getInt32(at + 4)
    // -1: an empty edit
    const shown = mediaTime === -1 ? duration : Math.min(duration, available(mediaTime))
    if (shown !== duration && long) out.setBigUint64(at, BigInt(shown))
    else if (shown !== duration) out.setUint32(at, shown)
    sum += shown
  }
  elst.body = made
  return sum
}

/** A duration written at its place: 32 bits in version 0, where a longer one becomes "unknown", all ones. */
function withDuration(body: Uint8Array, at0: number, at1: number, ticks: number): Uint8Array {
  const long = body[0] === 1
  const at = long ? at1 : at0
  if (body.length < at + (long ? 8 : 4)) return body
  const made = body.slice()
  if (long) view(made).setBigUint64(at, BigInt(Math.min(ticks, Number.MAX_SAFE_INTEGER)))
  else view(made).setUint32(at, Math.min(ticks, 0xffffffff))
  return made
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
