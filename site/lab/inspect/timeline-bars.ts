/** Samples as bars: what each pixel of the timeline shows, for a dozen of samples or a million. No DOM. */
import type { SampleTable } from '../../../media/container/model.ts'

/**
 * What a container tells of a sample's type. 'reordered': shown before one that was decoded earlier, which is what B-frames
 * are; whether a sample in order is a P-frame or a B-frame only its bits know.
 */
export type SampleType = 'key' | 'ordered' | 'reordered'

/** What one says about a track's samples in a line. */
export interface LaneFacts {
  samples: number
  keyframes: number
  /** Seconds between keyframes at most; null where all are. */
  longestGroup: number | null
  bitsPerSecond: number
}

/** What a time in seconds is made of. */
type Timed = { table: SampleTable; timescale: number }

/** A track's samples and what is derived from them once. */
export interface Lane {
  table: SampleTable
  timescale: number
  types: Uint8Array
  /** Indexes of the sync samples. */
  keys: Uint32Array
  /** Every sample is one: there are no groups to show. */
  allKeys: boolean
  facts: LaneFacts
}

/** One bar: a sample, or the samples of a pixel. */
export interface Bar {
  /** Pixels. */
  x: number
  width: number
  /** Bytes of the largest. */
  size: number
  type: SampleType
  /** Index of the first of them. */
  first: number
  count: number
}

const TYPES: SampleType[] = ['ordered', 'key', 'reordered']

export function laneOf(table: SampleTable, timescale: number): Lane {
  const types = new Uint8Array(table.count)
  const keys = new Uint32Array(table.count)
  let keyCount = 0
  let latest = Number.NEGATIVE_INFINITY
  for (let index = 0; index < table.count; index++) {
    const shownAt = table.presentationTicks[index] ?? 0
    if (table.sync[index] === 1) {
      types[index] = 1
      keys[keyCount] = index
      keyCount += 1
    } else if (shownAt < latest) {
      types[index] = 2
    }
    if (shownAt > latest) latest = shownAt
  }
  const lane = { table, timescale, types, keys: keys.slice(0, keyCount), allKeys: keyCount === table.count }
  return { ...lane, facts: factsOf(lane) }
}

export function typeOf(lane: Lane, index: number): SampleType {
  return TYPES[lane.types[index] ?? 0] ?? 'ordered'
}

/** Seconds at which a sample is decoded: the timeline's axis, on which samples follow each other as they lie in the file. */
export function secondsOf(lane: Timed, index: number): number {
  return (lane.table.decodeTicks[index] ?? 0) / lane.timescale
}

/** Where the track ends on the axis, seconds. */
export function endOf(lane: Timed): number {
  const last = lane.table.count - 1
  return last < 0 ? 0 : secondsOf(lane, last) + (lane.table.durationTicks[last] ?? 0) / lane.timescale
}

/** The last sample that is decoded at or before `seconds`; the first where there is none before; -1 without samples. */
export function sampleAt(lane: Lane, seconds: number): number {
  const ticks = seconds * lane.timescale
  let low = 0
  let high = lane.table.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((lane.table.decodeTicks[middle] ?? 0) <= ticks) low = middle + 1
    else high = middle
  }
  return lane.table.count === 0 ? -1 : Math.max(0, low - 1)
}

/** Bars of the samples between two times, on `width` pixels: one a sample while they are wider than 3 pixels, else one a pixel. */
export function barsIn(lane: Lane, from: number, to: number, width: number): Bar[] {
  const { table } = lane
  const first = sampleAt(lane, from)
  if (first < 0 || to <= from || width < 1) return []
  const last = sampleAt(lane, to)
  const scale = width / (to - from)
  const bars: Bar[] = []
  if ((last - first + 1) * 3 <= width) {
    for (let index = first; index <= last; index++) {
      const x = (secondsOf(lane, index) - from) * scale
      const next = index + 1 < table.count ? secondsOf(lane, index + 1) : endOf(lane)
      const wide = Math.max(1, (next - from) * scale - x)
      bars.push({ x, width: wide > 4 ? wide - 1 : wide, size: table.size[index] ?? 0, type: typeOf(lane, index), first: index, count: 1 })
    }
    return bars
  }
  let bar: Bar | null = null
  for (let index = first; index <= last; index++) {
    const x = Math.floor((secondsOf(lane, index) - from) * scale)
    if (x < 0 || x >= width) continue
    if (bar === null || x !== bar.x) {
      bar = { x, width: 1, size: 0, type: 'reordered', first: index, count: 0 }
      bars.push(bar)
    }
    bar.count += 1
    bar.size = Math.max(bar.size, table.size[index] ?? 0)
    const type = lane.types[index] ?? 0
    if (type === 1) bar.type = 'key'
    else if (type === 0 && bar.type === 'reordered') bar.type = 'ordered'
  }
  return bars
}

/** Groups of pictures between two times as `[start, end)` in pixels, every second one; empty where they are too narrow to see. */
export function groupsIn(lane: Lane, from: number, to: number, width: number): { x: number; width: number; index: number }[] {
  if (lane.allKeys || to <= from) return []
  const scale = width / (to - from)
  const first = Math.max(0, keyAfter(lane, sampleAt(lane, from)) - 1)
  const groups: { x: number; width: number; index: number }[] = []
  for (let group = first; group < lane.keys.length; group++) {
    const start = secondsOf(lane, lane.keys[group] ?? 0)
    if (start >= to) break
    const next = lane.keys[group + 1]
    const end = next === undefined ? endOf(lane) : secondsOf(lane, next)
    const x = Math.max(0, (start - from) * scale)
    groups.push({ x, width: Math.min(width, (end - from) * scale) - x, index: group })
    if (groups.length > width / 4) return []
  }
  return groups
}

/** Index in `keys` of the first sync sample after sample `index`. */
function keyAfter(lane: Lane, index: number): number {
  let low = 0
  let high = lane.keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((lane.keys[middle] ?? 0) <= index) low = middle + 1
    else high = middle
  }
  return low
}

function factsOf(lane: Timed & Pick<Lane, 'keys' | 'allKeys'>): LaneFacts {
  let bytes = 0
  for (const size of lane.table.size) bytes += size
  const seconds = endOf(lane) - (lane.table.count > 0 ? secondsOf(lane, 0) : 0)
  let longest = 0
  for (let group = 0; group < lane.keys.length; group++) {
    const next = lane.keys[group + 1]
    longest = Math.max(longest, (next === undefined ? endOf(lane) : secondsOf(lane, next)) - secondsOf(lane, lane.keys[group] ?? 0))
  }
  return {
    samples: lane.table.count,
    keyframes: lane.keys.length,
    longestGroup: lane.allKeys ? null : longest,
    bitsPerSecond: seconds > 0 ? (bytes * 8) / seconds : 0,
  }
}
