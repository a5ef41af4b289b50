/**
 * When a segment of fragmented MP4 begins, by its own time stamps (ISO/IEC 14496-12): `tfdt`, the first composition offset and
 * the edit list, as Chromium adds them up. Only what that takes: the readers of media/mp4 read everything.
 */
interface Box {
  type: string
  /** Its content. */
  view: DataView
}

interface TrackClock {
  timescale: number
  /** Media time of the edit list, ticks. */
  editTicks: number
  isVideo: boolean
}

/**
 * Seconds: of the picture where there is one, else of what begins first. `init` is null when the segment carries its own `moov`.
 * Null when it cannot be told.
 */
export function fragmentStart(init: Uint8Array | null, media: Uint8Array): number | null {
  try {
    return startOf(init, media)
  } catch (error) {
    // A box that is shorter than its fields.
    if (error instanceof RangeError) return null
    throw error
  }
}

function startOf(init: Uint8Array | null, media: Uint8Array): number | null {
  const tracks = tracksOf(init ?? media)
  const starts: { startS: number; isVideo: boolean }[] = []
  for (const { view } of boxesIn(media, 'moof').flatMap((moof) => inside(moof, 'traf'))) {
    const [tfhd] = inside({ type: '', view }, 'tfhd')
    const [tfdt] = inside({ type: '', view }, 'tfdt')
    const [trun] = inside({ type: '', view }, 'trun')
    const track = tfhd && tracks.get(tfhd.view.getUint32(4))
    if (!track || !tfdt || starts.some(({ isVideo }) => isVideo === track.isVideo)) continue
    const decode = tfdt.view.getUint8(0) === 1 ? Number(tfdt.view.getBigUint64(4)) : tfdt.view.getUint32(4)
    const ticks = decode + (trun ? firstOffset(trun.view) : 0) - track.editTicks
    starts.push({ startS: ticks / track.timescale, isVideo: track.isVideo })
  }
  const video = starts.find(({ isVideo }) => isVideo)
  const all = (video ? [video] : starts).map(({ startS }) => startS)
  return all.length > 0 ? Math.min(...all) : null
}

function tracksOf(bytes: Uint8Array): Map<number, TrackClock> {
  const tracks = new Map<number, TrackClock>()
  for (const trak of boxesIn(bytes, 'moov').flatMap((moov) => inside(moov, 'trak'))) {
    const [tkhd] = inside(trak, 'tkhd')
    const [mdia] = inside(trak, 'mdia')
    const [mdhd] = mdia ? inside(mdia, 'mdhd') : []
    const [hdlr] = mdia ? inside(mdia, 'hdlr') : []
    const [elst] = inside(trak, 'edts').flatMap((edts) => inside(edts, 'elst'))
    if (!tkhd || !mdhd) continue
    // Version 1 has times of 64 bits before the field.
    const id = tkhd.view.getUint32(tkhd.view.getUint8(0) === 1 ? 20 : 12)
    const timescale = mdhd.view.getUint32(mdhd.view.getUint8(0) === 1 ? 20 : 12)
    if (timescale > 0)
      tracks.set(id, { timescale, editTicks: elst ? editOf(elst.view) : 0, isVideo: hdlr?.view.getUint32(8) === 0x76696465 })
  }
  return tracks
}

/** Media time of the first edit; an empty one (−1) counts for nothing, as in Chromium. */
function editOf(view: DataView): number {
  if (view.getUint32(4) === 0) return 0
  return Math.max(0, view.getUint8(0) === 1 ? Number(view.getBigInt64(16)) : view.getInt32(12))
}

/** sample_composition_time_offset of the first sample, ticks; the last field of those that the flags name. */
function firstOffset(view: DataView): number {
  const flags = view.getUint32(0) & 0xffffff
  if (!(flags & 0x800) || view.getUint32(4) === 0) return 0
  const before = [0x1, 0x4, 0x100, 0x200, 0x400].reduce((bytes, flag) => bytes + (flags & flag ? 4 : 0), 8)
  return view.getInt32(before)
}

function inside({ view }: Box, type: string): Box[] {
  return boxesIn(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), type)
}

/** Boxes of a type, one after another; what is cut off at the end is left out. */
function boxesIn(bytes: Uint8Array, type: string): Box[] {
  const found: Box[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 8 <= bytes.length;) {
    const short = view.getUint32(at)
    const header = short === 1 ? 16 : 8
    if (at + header > bytes.length) break
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short || bytes.length - at
    if (size < header) break
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (name === type && at + size <= bytes.length) {
      found.push({ type, view: new DataView(bytes.buffer, bytes.byteOffset + at + header, size - header) })
    }
    at += size
  }
  return found
}
