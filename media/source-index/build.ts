/**
 * Makes the index of a file whose tracks and samples are known. Decides which tracks are played, and refuses with a reason
 * what no browser would play or no playlist can say.
 */
import { concat } from '../bytes/write-bytes.ts'
import type { MediaFile, SampleTable, Track } from '../container/model.ts'
import { newSampleTable } from '../container/sample-table.ts'
import { MediaError } from '../errors.ts'
import { toBase64 } from './base64.ts'
import { type Cut, cutPicture, cutSound, type Cuttable, evenBorders } from './cut.ts'
import { writeSourceInit } from './init.ts'
import { INDEX_VERSION, type IndexedTrack, type IndexPage, type SourceIndex } from './model.ts'
import { writePage } from './page.ts'
import { layOut } from './segment.ts'
import { clockOf, originSeconds, type Placed } from './timeline.ts'

/** A page is full with this many samples: a few kilobytes, deflated. */
const PAGE_SAMPLES = 2_000

/** The two objects that are kept: the head, and the pages one after another. */
export interface BuiltIndex {
  head: SourceIndex
  pages: Uint8Array
}

/** Throws `MediaError`; 'unsupported' says in a sentence why the source cannot be played as it is. */
export async function buildIndex(file: MediaFile, sourceBytes: number): Promise<BuiltIndex> {
  const chosen = [pick(file.tracks, 'video'), pick(file.tracks, 'audio')].filter((track) => track !== null)
  if (chosen.length === 0) throw new MediaError('unsupported', 'it has neither picture nor sound')
  const placed: (Placed & { track: Track })[] = []
  for (const track of chosen) {
    if (track.encryption !== null) throw new MediaError('unsupported', 'it is encrypted')
    if (track.compression)
      throw new MediaError('unsupported', `its ${track.kind} is stored compressed once more (${track.compression.algorithm})`)
    const samples = await file.samples(track.id)
    if (samples.count === 0 && track.kind === 'audio' && chosen.length > 1) continue
    if (samples.count === 0) throw new MediaError('unsupported', `its ${track.kind} has no samples`)
    requireInside(samples, sourceBytes)
    const kind = track.kind === 'video' ? 'video' : 'audio'
    placed.push({ track, kind, timescale: track.timescale, clock: clockOf(track), samples })
  }
  const origin = originSeconds(placed)
  const tracks: IndexedTrack[] = []
  const pages: Uint8Array[] = []
  let pagesBytes = 0
  let borders: number[] | null = null
  for (const { track, timescale, clock, samples } of placed) {
    const shiftTicks = clock.shiftTicks - Math.round(origin * timescale)
    const cuttable: Cuttable = { samples, timescale, shiftTicks, endTicks: clock.endTicks - Math.round(origin * timescale) }
    const cuts: Cut[] = track.kind === 'video' ? cutPicture(cuttable) : cutSound(cuttable, borders ?? evenBorders(lastSecond(cuttable)))
    borders ??= cuts.slice(1).map(({ startTicks }) => startTicks / timescale)
    const made = await indexTrack(track, cuttable, cuts, pagesBytes)
    tracks.push(made.track)
    for (const page of made.pages) {
      pages.push(page)
      pagesBytes += page.length
    }
  }
  const durationSeconds = Math.max(
    ...tracks.map(({ startTicks, segmentTicks, timescale }) => segmentTicks.reduce((sum, ticks) => sum + ticks, startTicks) / timescale),
  )
  return { head: { version: INDEX_VERSION, sourceBytes, durationSeconds, tracks }, pages: concat(pages) }
}

/** A file that was cut off promises samples that are not there. */
function requireInside({ offset, size, count }: SampleTable, sourceBytes: number): void {
  for (let at = 0; at < count; at += 1) {
    const end = (offset[at] ?? 0) + (size[at] ?? 0)
    if (end > sourceBytes) throw new MediaError('truncated', `sample ${at} ends at byte ${end} of ${sourceBytes}`)
  }
}

/** The default track of a kind, else the largest picture or the first sound. */
function pick(tracks: Track[], kind: 'video' | 'audio'): Track | null {
  const area = ({ video }: Track): number => (video === null ? 0 : video.width * video.height)
  const able = tracks.filter((track) => track.kind === kind && (kind === 'audio' ? track.audio !== null : area(track) > 0))
  return able.toSorted((a, b) => Number(b.default) - Number(a.default) || area(b) - area(a))[0] ?? null
}

function lastSecond({ samples, shiftTicks, timescale }: Cuttable): number {
  return ((samples.presentationTicks[samples.count - 1] ?? 0) + shiftTicks) / timescale
}

async function indexTrack(
  track: Track,
  { samples, timescale, shiftTicks, endTicks }: Cuttable,
  cuts: Cut[],
  pagesOffset: number,
): Promise<{ track: IndexedTrack; pages: Uint8Array[] }> {
  // `tfdt` is unsigned: decode time is moved up until nothing is negative, and the edit list moves presentation back.
  const firstDecode = samples.decodeTicks[cuts[0]?.from ?? 0] ?? 0
  const raisedBy = Math.max(shiftTicks, -firstDecode)
  const delayTicks = raisedBy - shiftTicks
  const [first] = cuts
  if (first === undefined) throw new MediaError('unsupported', `its ${track.kind} has no samples`)
  const endsAt = Math.min(endTicks, lastEnd(samples, cuts, shiftTicks))
  const startTicks = Math.max(0, first.startTicks)
  const starts = [startTicks, ...cuts.slice(1).map((cut) => cut.startTicks), Math.max(endsAt, (cuts.at(-1)?.startTicks ?? 0) + 1)]
  const segmentTicks = cuts.map((_, index) => (starts[index + 1] ?? 0) - (starts[index] ?? 0))
  const segmentBytes: number[] = []
  const keyframeBytes: number[] = []
  const pages: Uint8Array[] = []
  const places: IndexPage[] = []
  let offset = pagesOffset
  // Page by page: the samples of a long film are not there twice.
  for (const { firstSegment, group } of paged(cuts, (cut) => segmentOf(samples, cut, raisedBy))) {
    for (const [index, segment] of group.entries()) {
      const laid = layOut(segment, firstSegment + index)
      segmentBytes.push(laid.sizeBytes)
      keyframeBytes.push(laid.keyframeBytes)
    }
    const page = await writePage(group)
    places.push({ firstSegment, offset, length: page.length })
    pages.push(page)
    offset += page.length
  }
  const shown = segmentTicks.reduce((sum, ticks) => sum + ticks, 0)
  const bytes = segmentBytes.reduce((sum, size) => sum + size, 0)
  const count = cuts.reduce((sum, { from, to }) => sum + to - from, 0)
  const indexed: IndexedTrack = {
    rendition: track.kind === 'video' ? 'source-video' : 'source-audio',
    kind: track.kind === 'video' ? 'video' : 'audio',
    trackId: track.id,
    codecs: track.codec ?? '',
    timescale,
    delayTicks,
    startTicks,
    rotation: track.video?.rotation ?? 0,
    init: toBase64(writeSourceInit(track, delayTicks)),
    video:
      track.video === null ? null : { ...turned(track.video), averageFps: (count * timescale) / shown, videoRange: rangeOf(track.video) },
    audio: track.audio,
    segmentTicks,
    segmentBytes,
    keyframeBytes,
    pages: places,
    peakBps: Math.ceil(segmentBytes.reduce((most, size, index) => Math.max(most, (size * 8 * timescale) / (segmentTicks[index] ?? 1)), 0)),
    averageBps: Math.ceil((bytes * 8 * timescale) / shown),
  }
  return { track: indexed, pages }
}

/**
 * Durations are what leads from one decode time to the next, so that a segment has no gaps of its own; where decode times go
 * back, the composition offset makes up for it.
 */
function segmentOf(samples: SampleTable, { from, to }: Cut, raisedBy: number): SampleTable {
  const segment = newSampleTable(to - from, Infinity)
  let decodeTicks = (samples.decodeTicks[from] ?? 0) + raisedBy
  for (let at = from; at < to; at += 1) {
    const row = at - from
    const next = at + 1 < samples.count ? (samples.decodeTicks[at + 1] ?? 0) - (samples.decodeTicks[at] ?? 0) : 0
    const durationTicks = next > 0 ? Math.min(next, 0xffffffff) : (samples.durationTicks[at] ?? 0)
    segment.offset[row] = samples.offset[at] ?? 0
    segment.size[row] = samples.size[at] ?? 0
    segment.presentationTicks[row] = (samples.presentationTicks[at] ?? 0) + raisedBy
    segment.decodeTicks[row] = decodeTicks
    segment.durationTicks[row] = durationTicks
    segment.sync[row] = samples.sync[at] ?? 0
    decodeTicks += durationTicks
  }
  return segment
}

/** End of what is shown last, presentation ticks. */
function lastEnd(samples: SampleTable, cuts: Cut[], shiftTicks: number): number {
  const { from = 0, to = 0 } = cuts.at(-1) ?? {}
  let end = 0
  for (let at = from; at < to; at += 1) {
    end = Math.max(end, (samples.presentationTicks[at] ?? 0) + (samples.durationTicks[at] ?? 0) + shiftTicks)
  }
  return end
}

/** The segments that stand together in a page, one page at a time. */
function* paged(cuts: Cut[], read: (cut: Cut) => SampleTable): Generator<{ firstSegment: number; group: SampleTable[] }> {
  let firstSegment = 0
  let group: SampleTable[] = []
  let count = 0
  for (const [index, cut] of cuts.entries()) {
    group.push(read(cut))
    count += cut.to - cut.from
    if (count < PAGE_SAMPLES && index < cuts.length - 1) continue
    yield { firstSegment, group }
    firstSegment = index + 1
    group = []
    count = 0
  }
}

function turned({ displayWidth, displayHeight, rotation }: NonNullable<Track['video']>): { width: number; height: number } {
  const [width, height] = rotation === 90 || rotation === 270 ? [displayHeight, displayWidth] : [displayWidth, displayHeight]
  return { width: Math.round(width), height: Math.round(height) }
}

/** TransferCharacteristics of H.273: 16 is SMPTE ST 2084, 18 is ARIB STD-B67. */
function rangeOf({ colour }: NonNullable<Track['video']>): 'SDR' | 'HLG' | 'PQ' {
  return colour?.transfer === 16 ? 'PQ' : colour?.transfer === 18 ? 'HLG' : 'SDR'
}
