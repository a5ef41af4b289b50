/**
 * Feeds of a file whose samples are known: MP4 and QuickTime, whose `moov` lists them, and Matroska once it was read. About
 * half a second of samples at a time is put into a CMAF chunk: MediaSource takes no `mdat` without a `moof`.
 */
import { concat } from '../../../media/bytes/write-bytes.ts'
import type { MediaFile, SampleTable, Track } from '../../../media/container/model.ts'
import { MediaError } from '../../../media/errors.ts'
import { SAMPLE } from '../../../media/mp4/fragment-boxes.ts'
import { writeChunkHead } from '../../../media/packaging/write-chunk-head.ts'
import { writeSourceInit } from '../../../media/source-index/init.ts'
import { clockOf } from '../../../media/source-index/timeline.ts'
import type { Span } from './byte-store.ts'
import type { Feed, Keyframe, OpenedFile, Piece } from './feed.ts'

/** Length of a piece, seconds. */
export const PIECE_S = 0.5

/** A track with its samples on the page's clock. */
class Samples {
  readonly track: Track
  readonly table: SampleTable
  /** Added to media time to be on the clock, ticks. */
  readonly shiftTicks: number

  constructor(track: Track, table: SampleTable) {
    this.track = track
    this.table = table
    const first = table.sync.indexOf(1)
    // A decoder begins at a keyframe: an edit list that begins behind it is shown from the keyframe on.
    this.shiftTicks = Math.max(clockOf(track).shiftTicks, -(table.presentationTicks[Math.max(0, first)] ?? 0))
  }

  seconds(at: number): number {
    return ((this.table.presentationTicks[at] ?? 0) + this.shiftTicks) / this.track.timescale
  }

  /** The last sync sample shown at or before a time; the first one, when there is none. */
  syncAt(seconds: number): number {
    let found = Math.max(0, this.table.sync.indexOf(1))
    for (let at = found; at < this.table.count; at += 1) {
      if (this.table.sync[at] !== 1) continue
      if (this.seconds(at) > seconds + 1e-6) break
      found = at
    }
    return found
  }

  keyframes(): Keyframe[] {
    const found: Keyframe[] = []
    for (let at = 0; at < this.table.count; at += 1) {
      if (this.table.sync[at] === 1) found.push({ seconds: this.seconds(at), offset: this.table.offset[at] ?? 0 })
    }
    return found
  }

  /** Bytes between the first and the last sample. */
  span(): Span {
    const span = { start: Infinity, end: 0 }
    for (let at = 0; at < this.table.count; at += 1) {
      const offset = this.table.offset[at] ?? 0
      span.start = Math.min(span.start, offset)
      span.end = Math.max(span.end, offset + (this.table.size[at] ?? 0))
    }
    return span
  }
}

/** Reads the sample tables and lays the file open. Throws `MediaError` 'unsupported' for what MediaSource does not take. */
export async function openSamples(file: MediaFile, about: string): Promise<OpenedFile> {
  const chosen = [pick(file.tracks, 'video'), pick(file.tracks, 'audio')].filter((track) => track !== null)
  const all: Samples[] = []
  for (const track of chosen) {
    if (track.encryption !== null) throw new MediaError('unsupported', 'it is encrypted')
    if (track.compression) throw new MediaError('unsupported', `its ${track.kind} is stored compressed once more`)
    const table = await file.samples(track.id)
    if (table.count > 0) all.push(new Samples(track, table))
  }
  const [lead] = all
  if (lead === undefined) throw new MediaError('unsupported', 'it has neither picture nor sound')
  const spans = all.map((samples) => samples.span())
  return {
    feeds: all.map(feedOf),
    durationS: Math.max(...all.map((samples) => lastEnd(samples))),
    keyframes: lead.track.kind === 'video' ? lead.keyframes() : [],
    media: { start: Math.min(...spans.map(({ start }) => start)), end: Math.max(...spans.map(({ end }) => end)) },
    about,
    byteAt: (seconds) => byteAt(lead, seconds),
    secondsAt: (offset) => secondsAt(lead, offset),
  }
}

/** The default track of a kind, else the first. */
function pick(tracks: Track[], kind: 'video' | 'audio'): Track | null {
  const able = tracks.filter((track) => track.kind === kind && (kind === 'video' ? track.video !== null : track.audio !== null))
  return able.find((track) => track.default) ?? able[0] ?? null
}

function feedOf(samples: Samples): Feed {
  const { track, table } = samples
  // `tfdt` is unsigned.
  const raisedBy = Math.max(0, -(table.decodeTicks[0] ?? 0))
  let from = samples.syncAt(0)
  let sequence = 1
  const pieceEnd = (): number => {
    let to = from + 1
    const until = (table.decodeTicks[from] ?? 0) + PIECE_S * track.timescale
    while (to < table.count && (table.decodeTicks[to] ?? 0) < until && (track.kind !== 'video' || table.sync[to] !== 1)) to += 1
    return to
  }
  return {
    type: `${track.kind === 'video' ? 'video' : 'audio'}/mp4; codecs="${track.codec ?? ''}"`,
    timestampOffsetS: (samples.shiftTicks - raisedBy) / track.timescale,
    init: async () => writeSourceInit(track, 0),
    next: () => (from >= table.count ? null : { spans: spansOf(table, from, pieceEnd()), startS: samples.seconds(from) }),
    take: (read) => {
      const to = pieceEnd()
      const piece = concat([
        writeChunkHead(headsOf(table, from, to), sequence, (table.decodeTicks[from] ?? 0) + raisedBy),
        ...spansOf(table, from, to).map(({ start, end }) => read(start, end - start)),
      ])
      sequence += 1
      from = to
      return piece as Uint8Array<ArrayBuffer>
    },
    seek: (seconds) => (from = samples.syncAt(seconds)),
  }
}

function headsOf(table: SampleTable, from: number, to: number): Parameters<typeof writeChunkHead>[0] {
  return Array.from({ length: to - from }, (_, index) => {
    const at = from + index
    const decodeTicks = table.decodeTicks[at] ?? 0
    const next = at + 1 < table.count ? (table.decodeTicks[at + 1] ?? 0) - decodeTicks : 0
    return {
      sizeBytes: table.size[at] ?? 0,
      durationTicks: next > 0 ? next : (table.durationTicks[at] ?? 0),
      compositionOffsetTicks: (table.presentationTicks[at] ?? 0) - decodeTicks,
      flags: table.sync[at] === 1 ? SAMPLE.sync : SAMPLE.nonSync,
    }
  })
}

/** Neighbours are joined. */
function spansOf({ offset, size }: SampleTable, from: number, to: number): Piece['spans'] {
  const spans: Span[] = []
  for (let at = from; at < to; at += 1) {
    const start = offset[at] ?? 0
    const last = spans.at(-1)
    if (last?.end === start) last.end += size[at] ?? 0
    else spans.push({ start, end: start + (size[at] ?? 0) })
  }
  return spans
}

function lastEnd(samples: Samples): number {
  const { table, track } = samples
  let end = 0
  // B-frames reorder a few.
  for (let at = Math.max(0, table.count - 100); at < table.count; at += 1) {
    end = Math.max(end, samples.seconds(at) + (table.durationTicks[at] ?? 0) / track.timescale)
  }
  return end
}

/** The last sample decoded at or before a time; its end, so that what is played fills up. */
function byteAt({ table, track, shiftTicks }: Samples, seconds: number): number {
  const at = lastAtOrBefore(table.count, (index) => ((table.decodeTicks[index] ?? 0) + shiftTicks) / track.timescale, seconds)
  return (table.offset[at] ?? 0) + (at > 0 || seconds > 0 ? (table.size[at] ?? 0) : 0)
}

function secondsAt(samples: Samples, offset: number): number {
  const { table } = samples
  return Math.max(0, samples.seconds(lastAtOrBefore(table.count, (index) => table.offset[index] ?? 0, offset)))
}

/** Binary search in values that ascend, as decode times do, and the offsets of all but strange files. */
export function lastAtOrBefore(count: number, value: (index: number) => number, wanted: number): number {
  let [low, high] = [0, count - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (value(middle) <= wanted) low = middle
    else high = middle - 1
  }
  return Math.max(0, low)
}
