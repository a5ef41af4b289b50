/** Opens a WebM or Matroska file: its head at once, its clusters when samples are asked for. */
import { type ByteSource, readExactly } from '../bytes/source.ts'
import type { MediaFile, SampleTable } from '../container/model.ts'
import type { Problem } from '../dissect/model.ts'
import { MediaError } from '../errors.ts'
import { MatroskaScanner } from './cluster-scanner.ts'
import { type CuePoint, readCues } from './cues.ts'
import { MAX_HEADER_BYTES, readElementHeader } from './ebml.ts'
import { KEPT } from './element-walker.ts'
import { findCluster } from './find-cluster.ts'
import { type MatroskaHeader, readSeekHead } from './header.ts'
import { ID } from './ids.ts'
import { sampleTableOf } from './sample-table.ts'
import type { FoundSample } from './scanner-state.ts'

export interface MatroskaFile extends MediaFile {
  /** What is damaged, as far as the file was read. */
  problems: readonly Problem[]
  /** SeekHead says where Cues are: a player finds keyframes without reading the film. */
  hasCues: boolean
  /** Written live, or never finished: sizes are unknown. */
  unknownSizes: boolean
  title: string
  /** Where the first Cluster begins, bytes from the start of the file; what is before it makes an initialization segment. Null: there is none. */
  firstCluster: number | null
  /** Cues, read from where SeekHead says they are; empty where it says nothing, or something wrong. */
  cues(): Promise<CuePoint[]>
  /** The programs that wrote it. */
  muxingApp: string
  writingApp: string
}

/** Read at once: enough for the head of most files, and for the first keyframe of many. */
const HEAD_BYTES = 65_536
/** Read at once from the clusters: blocks lie close together, and a request costs more than what is skipped. */
const SCAN_BYTES = 1024 * 1024
/** A Cluster is five seconds or some megabytes; behind the last one there are Cues and Tags. */
const TAIL_BYTES: readonly number[] = [262_144, 2 * 1024 * 1024, 16 * 1024 * 1024]
/** The first keyframe of each track lies in the first Cluster or two. */
const FIRST_FRAMES_BYTES = 4 * 1024 * 1024

/** Throws `MediaError`: 'unsupported' for what is no Matroska, 'malformed' for a file without Tracks, 'truncated' for half a head. */
export async function openMatroska(source: ByteSource): Promise<MatroskaFile> {
  const scanner = new MatroskaScanner(source.size)
  while (scanner.state.firstCluster === null && (await advance(source, scanner, HEAD_BYTES)));
  await readElsewhere(source, scanner)
  // Tracks behind the clusters, and nothing says where.
  while (scanner.header === null && (await advance(source, scanner, SCAN_BYTES)));
  if (scanner.header === null) throw new MediaError('malformed', 'it has no Tracks')
  await readFirstFrames(source, scanner)
  const { header } = scanner
  const { state } = scanner
  const hasCues = readSeekHead(state.parts.seekHead ?? new Uint8Array()).some(({ id }) => id === ID.cues)
  const clusters = readClusters(source, scanner)
  const { format, chapters, title, muxingApp, writingApp } = header
  return {
    format,
    durationSeconds: header.durationSeconds ?? (await lastSeconds(source, scanner, clusters)),
    fragmented: false,
    headerFirst: state.headerFirst || state.firstCluster === null,
    tracks: header.tracks.map(({ track }) => track),
    chapters,
    problems: scanner.problems,
    hasCues,
    unknownSizes: state.unknownSizes,
    title,
    firstCluster: state.firstCluster,
    cues: () => readCuesOf(source, scanner),
    muxingApp,
    writingApp,
    async samples(trackId: number): Promise<SampleTable> {
      const entry = header.tracks.find(({ track }) => track.id === trackId)
      if (entry === undefined) throw new RangeError(`there is no track ${trackId}`)
      return sampleTableOf((await clusters()).get(trackId) ?? [], entry)
    },
  }
}

/** One read, given to the scanner; false when the scan is over. */
async function advance(source: ByteSource, scanner: MatroskaScanner, atOnce: number): Promise<boolean> {
  const { wants } = scanner
  if (wants === null) return false
  if (wants.offset < source.size) {
    const bytes = await source.read(wants.offset, Math.min(Math.max(wants.length, atOnce), source.size - wants.offset))
    // A source that ends before it said is taken at its bytes.
    if (bytes.length > 0) {
      scanner.give(bytes, wants.offset)
      return true
    }
  }
  scanner.end(Math.min(source.size, wants.offset))
  return false
}

/** Info, Tracks and Chapters that do not stand before the first Cluster, where SeekHead says they are. */
async function readElsewhere(source: ByteSource, scanner: MatroskaScanner): Promise<void> {
  const { parts, segmentBody } = scanner.state
  for (const { id, position } of readSeekHead(parts.seekHead ?? new Uint8Array())) {
    const [part, limit] = KEPT.get(id) ?? []
    const at = segmentBody + position
    if (part === undefined || limit === undefined || parts[part] !== undefined || at >= source.size) continue
    const head = await source.read(at, Math.min(HEAD_BYTES, source.size - at))
    try {
      const header = readElementHeader(head, 0, Math.min(MAX_HEADER_BYTES, head.length))
      if (header === null || header.id !== id || header.bodyBytes === null) continue
      const { headerBytes, bodyBytes } = header
      const isThere = headerBytes + bodyBytes <= head.length
      const body = isThere
        ? head.subarray(headerBytes, headerBytes + bodyBytes)
        : await readExactly(source, at + headerBytes, bodyBytes, limit)
      scanner.learn(part, body)
    } catch (error) {
      // SeekHead is a hint: what it says wrongly is found by going there on foot, or missed.
      if (!(error instanceof MediaError)) throw error
    }
  }
}

/** A point of a few dozen bytes for each keyframe of a long film. */
const MAX_CUES_BYTES = 16 * 1024 * 1024

async function readCuesOf(source: ByteSource, { state }: MatroskaScanner): Promise<CuePoint[]> {
  const seek = readSeekHead(state.parts.seekHead ?? new Uint8Array()).find(({ id }) => id === ID.cues)
  const at = state.segmentBody + (seek?.position ?? 0)
  if (seek === undefined || at >= source.size) return []
  const head = await source.read(at, Math.min(MAX_HEADER_BYTES, source.size - at))
  try {
    const header = readElementHeader(head, 0)
    if (header === null || header.id !== ID.cues || header.bodyBytes === null) return []
    const body = await readExactly(source, at + header.headerBytes, header.bodyBytes, MAX_CUES_BYTES)
    return readCues(body, state.segmentBody)
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    return []
  }
}

/** Goes on until the keyframes are seen whose first bytes tell the codec's profile. */
async function readFirstFrames(source: ByteSource, scanner: MatroskaScanner): Promise<void> {
  const { state, header } = scanner
  const missing = (): boolean =>
    (header?.tracks ?? []).some(({ needsFirstFrame, track }) => needsFirstFrame && !state.firstFrames.some(([id]) => id === track.id))
  const limit = state.at + FIRST_FRAMES_BYTES
  while (missing() && state.at < limit && (await advance(source, scanner, HEAD_BYTES)));
}

type Samples = ReadonlyMap<number, FoundSample[]>

/** Scans the clusters, once; a scan that failed (the medium did) goes on where it was when it is asked for again. */
function readClusters(source: ByteSource, scanner: MatroskaScanner): () => Promise<Samples> {
  const samples = new Map<number, FoundSample[]>()
  const scan = async (): Promise<Samples> => {
    do {
      for (const sample of scanner.drain()) {
        const list = samples.get(sample.trackId)
        if (list === undefined) samples.set(sample.trackId, [sample])
        else list.push(sample)
      }
    } while ((await advance(source, scanner, SCAN_BYTES)) || scanner.state.found.length > 0)
    return samples
  }
  let running: Promise<Samples> | null = null
  return () => {
    running ??= scan().catch((error: unknown) => {
      running = null
      throw error
    })
    return running
  }
}

/** End of what is shown last, from the last Cluster; all of them are read where it is not found near the end of the file. */
async function lastSeconds(source: ByteSource, scanner: MatroskaScanner, clusters: () => Promise<Samples>): Promise<number | null> {
  const { header, state } = scanner
  if (header === null || state.firstCluster === null) return null
  for (const bytes of TAIL_BYTES) {
    const from = Math.max(state.firstCluster, source.size - bytes)
    const tail = await source.read(from, source.size - from)
    for (const offset of clusterOffsets(tail).toReversed()) {
      const seconds = endSeconds(scanFrom(scanner, from + offset, tail.subarray(offset)), header)
      if (seconds !== null) return seconds
    }
    if (from === state.firstCluster) return null
  }
  return endSeconds(await clusters(), header)
}

/** Of the last few. */
function clusterOffsets(tail: Uint8Array): number[] {
  const offsets: number[] = []
  for (let at = 0; at < tail.length;) {
    const { offset, found } = findCluster(tail, at, tail.length)
    if (!found) break
    offsets.push(offset)
    at = offset + 1
  }
  return offsets.slice(-3)
}

/** The samples of the clusters from `offset` on, which is where `bytes` begin and reach to the end of the file. */
function scanFrom(scanner: MatroskaScanner, offset: number, bytes: Uint8Array): Samples {
  const state = scanner.save()
  const fresh = { at: offset, held: new Uint8Array(), need: 0, cluster: null, group: null, block: null, found: [], problems: [] }
  const tail = MatroskaScanner.restore({ ...state, ...fresh, phase: 'elements', segmentEnd: null })
  tail.give(bytes, offset)
  tail.end(offset + bytes.length)
  return Map.groupBy(tail.drain(), ({ trackId }) => trackId)
}

function endSeconds(samples: Samples, { tracks }: MatroskaHeader): number | null {
  let end: number | null = null
  for (const entry of tracks) {
    const { count, presentationTicks, durationTicks } = sampleTableOf(samples.get(entry.track.id) ?? [], entry)
    const delay = entry.track.edits[0]?.mediaTicks ?? 0
    for (let at = 0; at < count; at += 1) {
      const seconds = ((presentationTicks[at] ?? 0) + (durationTicks[at] ?? 0) - delay) / entry.track.timescale
      end = Math.max(end ?? 0, seconds)
    }
  }
  return end
}
