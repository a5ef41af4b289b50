/**
 * All that is told of a file, as one value that is JSON as it stands: what `sluice inspect --json` prints and
 * `GET /api/videos/:id/inspect` answers. Reading is bounded; what was left out is said.
 */
import type { ByteSource } from '../bytes/source.ts'
import type { Chapter, ContainerFormat, MediaFile, SampleTable, Track, TrackEdit } from '../container/model.ts'
import { presentationClock } from '../container/presentation-clock.ts'
import { MediaError } from '../errors.ts'
import { describeCodec } from '../codecs/describe-codec.ts'
import type { Dissector, Problem } from './model.ts'
import { judge, mainVideo, type Verdict } from './verdict.ts'
import { readTree, type ReportChild, type TreeLimits } from './report-tree.ts'

export interface Report {
  format: ContainerFormat
  sizeBytes: number
  /** Longest track as presented; null where it is not known. */
  durationSeconds: number | null
  /** Null in these two when the file could not be opened. */
  fragmented: boolean | null
  headerFirst: boolean | null
  tracks: ReportTrack[]
  chapters: Chapter[]
  /** Of the first video track; null when there is none, or its samples were not read. */
  keyframes: Keyframes | null
  /** Does it start fast, where can it seek, does a browser play it. Null when the file could not be opened. */
  verdict: Verdict | null
  /** `error`: the file is damaged there. */
  problems: Problem[]
  /** Why tracks or samples are missing, in a sentence; null when nothing is. */
  unreadable: string | null
  /** Where the tree ends before the file does; null when it is whole. */
  unreadFrom: number | null
  tree: ReportChild[]
}

export interface Keyframes {
  trackId: number
  count: number
  /** Presentation times, in order; the first `maxKeyframes` of them. */
  seconds: number[]
}

/** A `Track` with what its samples say, and without bytes. */
export interface ReportTrack extends Omit<Track, 'config' | 'sampleEntry' | 'edits'> {
  /** `H.264 High, level 4.0`. */
  codecInWords: string
  /** Lower-case hex of `Track.config`. */
  config: string
  durationSeconds: number | null
  edits: TrackEdit[]
  /** These four are null where the samples were not read. */
  bitrateBps: number | null
  frameRate: number | null
  keyframeCount: number | null
  firstSeconds: number | null
}

export interface ReportLimits extends TreeLimits {
  maxKeyframes: number
  /**
   * Whether samples are read for frame rates and keyframes. `tables`: when they are in one place; not where reading them
   * means walking through the file (fragments, clusters).
   */
  samples: 'none' | 'tables' | 'all'
}

/** For a file that is at hand. */
export const GENEROUS: ReportLimits = { repeats: 100, maxEntries: 1000, maxNodes: 100_000, maxKeyframes: 100_000, samples: 'all' }

/** `open` is `openMedia` on the same source; it is asked after the tree was read, when most of what it needs is at hand. */
export async function describeFile(
  source: ByteSource,
  dissector: Dissector,
  open: () => Promise<MediaFile>,
  limits: ReportLimits = GENEROUS,
): Promise<Report> {
  const { nodes, problems, unreadFrom } = await readTree(dissector, limits)
  const report: Report = {
    format: dissector.format,
    sizeBytes: source.size,
    ...{ durationSeconds: null, fragmented: null, headerFirst: null, tracks: [], chapters: [], keyframes: null, verdict: null },
    problems,
    unreadable: null,
    unreadFrom,
    tree: nodes,
  }
  try {
    const media = await open()
    const { format, durationSeconds, fragmented, headerFirst, chapters } = media
    Object.assign(report, { format, durationSeconds, fragmented, headerFirst, chapters })
    await describeTracks(media, report, limits)
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    report.unreadable = error.message
  }
  return report
}

async function describeTracks(media: MediaFile, report: Report, { samples, maxKeyframes }: ReportLimits): Promise<void> {
  report.tracks = media.tracks.map((track) => describeTrack(track))
  report.verdict = judge(media, null)
  const inTables = (media.format === 'mp4' || media.format === 'mov') && !media.fragmented
  if (samples === 'none' || (samples === 'tables' && !inTables)) return
  const video = mainVideo(media)
  for (const [at, track] of media.tracks.entries()) {
    const table = await media.samples(track.id)
    report.tracks[at] = describeTrack(track, table)
    if (track !== video) continue
    const seconds = keyframeSeconds(track, table, maxKeyframes)
    report.verdict = judge(media, table)
    report.keyframes = { trackId: track.id, count: countKeyframes(table), seconds }
  }
}

/** Presentation times of sync samples, in order, at most `limit`. */
export function keyframeSeconds(track: Track, { count, sync, presentationTicks }: SampleTable, limit: number): number[] {
  const clock = presentationClock(track)
  const seconds: number[] = []
  for (let at = 0; at < count && seconds.length < limit; at += 1) if (sync[at] === 1) seconds.push(clock(presentationTicks[at] ?? 0))
  return seconds.toSorted((a, b) => a - b)
}

function countKeyframes({ sync }: SampleTable): number {
  let count = 0
  for (const flag of sync) count += flag
  return count
}

function describeTrack(track: Track, table?: SampleTable): ReportTrack {
  const { config, sampleEntry: _sampleEntry, ...facts } = track
  const { durationTicks, timescale } = track
  const known = {
    ...facts,
    codecInWords: describeCodec(track).text,
    config: Array.from(config, (byte) => byte.toString(16).padStart(2, '0')).join(''),
  }
  const durationSeconds = durationTicks === null ? null : durationTicks / timescale
  if (table === undefined || table.count === 0)
    return { ...known, durationSeconds, bitrateBps: null, frameRate: null, keyframeCount: null, firstSeconds: null }
  let [bytes, ticks, first] = [0, 0, Infinity]
  for (let at = 0; at < table.count; at += 1) {
    bytes += table.size[at] ?? 0
    ticks += table.durationTicks[at] ?? 0
    first = Math.min(first, table.presentationTicks[at] ?? Infinity)
  }
  const seconds = ticks / timescale
  const clock = presentationClock(track)
  return {
    ...known,
    durationSeconds: durationSeconds ?? seconds,
    sampleCount: table.count,
    bitrateBps: seconds > 0 ? Math.round((bytes * 8) / seconds) : null,
    frameRate: track.kind === 'video' && seconds > 0 ? Math.round((table.count / seconds) * 1000) / 1000 : null,
    keyframeCount: countKeyframes(table),
    firstSeconds: clock(first),
  }
}
