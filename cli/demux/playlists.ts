/** `sluice demux FILE.m3u8`: the segments of a playlist, and of all playlists of a multivariant one, against each other. */
import path from 'node:path'
import { TsAnalyzer } from '../../media/mpegts/analyze/analyzer.ts'
import {
  checkSegment,
  compareRenditions,
  compareSegments,
  type SegmentFacts,
  segmentFacts,
  type SegmentProblem,
} from '../../media/mpegts/analyze/compare-segments.ts'
import { MediaError } from '../../media/errors.ts'
import { readPlaylist } from '../../media/hls/read.ts'
import type { ReadMedia, ReadMultivariantPlaylist, ReadSegment } from '../../media/hls/read-model.ts'
import { Failure } from '../failure.ts'
import { bar, counted } from '../terminal.ts'
import { isUrl, openPart, readText } from './input.ts'

const MAX_PLAYLIST_BYTES = 16 * 1024 * 1024
const SIGNS = { error: '✗', warning: '!', note: '·' }

/** What was found in one rendition. */
interface Rendition {
  name: string
  segments: SegmentFacts[]
  problems: SegmentProblem[]
  /** Segments that are no transport streams, and why they were passed over. */
  passedOver: { count: number; reason: string } | null
  warnings: string[]
}

interface Options {
  json: boolean
  signal: AbortSignal
}

/** The exit code. Throws `Failure`. */
export async function checkPlaylists(address: string, { json, signal }: Options): Promise<number> {
  const read = await load(address, signal)
  const entries = read.kind === 'media' ? [{ name: path.basename(address), address }] : listRenditions(address, read.playlist)
  const renditions: Rendition[] = []
  for (const entry of entries) {
    const media = read.kind === 'media' ? read : await load(entry.address, signal)
    if (media.kind !== 'media') throw new Failure(`${entry.address} is a multivariant playlist inside another.`)
    renditions.push(await checkRendition(entry.name, entry.address, media, { json, signal }))
  }
  const [first, ...others] = renditions.filter(({ segments }) => segments.length > 0)
  if (first === undefined) {
    const reason = renditions.find(({ passedOver }) => passedOver !== null)?.passedOver?.reason ?? 'it lists no segments'
    throw new Failure(`Nothing in ${address} can be checked: ${reason}.`, 'Segments of MPEG-TS are what this command compares.')
  }
  const between = others.flatMap((other) => compareRenditions(first.segments, other.segments, other.name))
  const errors = [...renditions.flatMap(({ problems }) => problems), ...between].filter(({ severity }) => severity === 'error').length
  if (json) console.log(JSON.stringify({ playlist: address, renditions, between, errors }, null, 2))
  else print(address, renditions, between, errors)
  return errors > 0 ? 1 : 0
}

async function load(address: string, signal: AbortSignal): Promise<ReturnType<typeof readPlaylist>> {
  try {
    return readPlaylist(await readText(address, MAX_PLAYLIST_BYTES, signal))
  } catch (error) {
    if (error instanceof MediaError) throw new Failure(`${address} cannot be read as a playlist: ${error.message}.`)
    throw error
  }
}

/** Each playlist once, named by its address: several variants may share one. */
function listRenditions(base: string, { variants, audio }: ReadMultivariantPlaylist): { name: string; address: string }[] {
  const uris = [...variants.map(({ uri }) => uri), ...audio.flatMap(({ uri }) => uri ?? [])]
  return [...new Set(uris)].map((uri) => ({ name: uri.split('?')[0] ?? uri, address: resolve(base, uri) }))
}

/** An address in a playlist, which counts from the playlist's own. */
function resolve(base: string, uri: string): string {
  if (isUrl(uri)) return uri
  if (isUrl(base)) return new URL(uri, base).href
  const file = uri.split(/[?#]/)[0] ?? uri
  return path.resolve(path.dirname(base), decode(file))
}

/** `%20` in the address of a local file; a stray `%` stands for itself. */
function decode(file: string): string {
  try {
    return decodeURIComponent(file)
  } catch {
    return file
  }
}

async function checkRendition(
  name: string,
  address: string,
  { playlist, warnings }: ReadMedia,
  { json, signal }: Options,
): Promise<Rendition> {
  const rendition: Rendition = { name, segments: [], problems: [], passedOver: null, warnings }
  const encrypted = playlist.segments.some(({ keys = [] }) => keys.length > 0)
  const isFragmented = playlist.segments.some(({ map }) => map !== undefined)
  if (encrypted || isFragmented || playlist.iframesOnly) {
    const reason = isFragmented ? 'its segments are fragmented MP4' : encrypted ? 'its segments are encrypted' : 'it is an I-frame playlist'
    return { ...rendition, passedOver: { count: playlist.segments.length, reason } }
  }
  const show = process.stdout.isTTY && !json ? bar([name], false) : null
  let before: SegmentFacts | null = null
  for (const [index, segment] of playlist.segments.entries()) {
    show?.update(index / playlist.segments.length, `segment ${segment.number}`)
    if (segment.gap) {
      before = null
      continue
    }
    const facts = await checkOne(segment, resolve(address, segment.uri), rendition.problems, signal)
    if (facts !== null) {
      rendition.segments.push(facts)
      rendition.problems.push(...checkSegment(facts, playlist.independentSegments))
      if (before !== null) rendition.problems.push(...compareSegments(before, facts))
    }
    before = facts
    if (Math.round(segment.durationSeconds) > playlist.targetDurationSeconds) {
      const text = `EXTINF of ${segment.durationSeconds} s is over the target duration of ${playlist.targetDurationSeconds} s`
      rendition.problems.push({ severity: 'error', code: 'target-duration', segment: segment.number, text })
    }
  }
  show?.update(1, '')
  return rendition
}

/** Reads one segment; null when it is none that can be compared, which is among the problems then. */
async function checkOne(
  segment: ReadSegment,
  address: string,
  problems: SegmentProblem[],
  signal: AbortSignal,
): Promise<SegmentFacts | null> {
  const { number, uri, durationSeconds, discontinuityNumber } = segment
  const analyzer = new TsAnalyzer()
  try {
    const { slices } = await openPart(address, segment.byteRange ?? null, signal)
    for await (const slice of slices) analyzer.push(slice)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    problems.push({ severity: 'error', code: 'missing', segment: number, text: error.message })
    return null
  }
  const report = analyzer.end()
  if (report.packets === 0) {
    problems.push({ severity: 'error', code: 'no-ts', segment: number, text: `${uri} is no MPEG transport stream` })
    return null
  }
  for (const { severity, code, text } of report.problems.list) {
    if (severity === 'error' || severity === 'warning') problems.push({ severity, code, segment: number, text })
  }
  return segmentFacts(report, { number, uri, extinfSeconds: durationSeconds, discontinuityNumber })
}

function print(address: string, renditions: Rendition[], between: SegmentProblem[], errors: number): void {
  console.log(`Playlist: ${address}`)
  for (const { name, segments, problems, passedOver, warnings } of renditions) {
    const listed = segments.reduce((sum, { extinfSeconds }) => sum + extinfSeconds, 0)
    const real = segments.reduce((sum, { durationSeconds }) => sum + (durationSeconds ?? 0), 0)
    console.log(`\n${name}`)
    if (passedOver !== null)
      console.log(`  · ${counted(passedOver.count, 'segment')} not checked: ${passedOver.reason}, and only MPEG-TS is compared`)
    else console.log(`  ${counted(segments.length, 'segment')}, ${listed.toFixed(3)} s listed, ${real.toFixed(3)} s in the segments`)
    for (const warning of warnings) console.log(`  · ${warning}`)
    printProblems(problems)
    if (passedOver === null && problems.length === 0)
      console.log('  ✓ continuity counters, time stamps, tables and codecs go on from segment to segment; each starts with a keyframe')
  }
  const checked = renditions.filter(({ segments }) => segments.length > 0)
  if (checked.length > 1) {
    console.log('\nBetween renditions')
    printProblems(between)
    if (between.length === 0) console.log(`  ✓ the segments of ${checked.length} renditions start at the same times`)
  }
  console.log(`\n${errors === 0 ? 'No errors.' : `${counted(errors, 'error')}.`}`)
}

/** The same of many segments in one line. */
function printProblems(problems: SegmentProblem[]): void {
  const notes = new Map<string, SegmentProblem[]>()
  for (const problem of problems) {
    const key = problem.severity === 'note' ? problem.text : `${problem.segment} ${problem.code} ${problem.text}`
    notes.set(key, [...(notes.get(key) ?? []), problem])
  }
  for (const [problem, ...more] of notes.values()) {
    if (problem === undefined) continue
    const where = more.length === 0 ? `segment ${problem.segment}` : `${more.length + 1} segments from ${problem.segment} on`
    console.log(`  ${SIGNS[problem.severity]} ${where}: ${problem.text}`)
  }
}
