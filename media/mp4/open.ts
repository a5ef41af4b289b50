/**
 * Opens MP4, MOV, M4A, 3GP and fragmented MP4 (ISO/IEC 14496-12, 14496-14, "QuickTime File Format") for reading by range:
 * the header is read, samples when they are asked for.
 */
import type { ByteSource } from '../bytes/source.ts'
import type { Chapter, MediaFile, SampleTable, Track } from '../container/model.ts'
import { GrowingSamples } from '../container/sample-table.ts'
import { MediaError } from '../errors.ts'
import { readTextChapters } from './chapters.ts'
import { readLastFragments, readSegmentIndex } from './fragment-index.ts'
import { endOf, readAllFragments, readFragmentEnds } from './fragment-walk.ts'
import { fragmentTracks, type Movie, readMovie } from './read-movie.ts'
import type { MovieTrack } from './read-track.ts'
import { readSampleTable } from './sample-tables.ts'
import { type TopLevelBox, TopLevelWalk } from './walk-top-level.ts'

/** A day of film with composition offsets, and room to spare. */
const MAX_MOOV_BYTES = 256 * 1024 * 1024

/**
 * Reads what the header says: at most three reads and `moov` + 64 KiB where one table holds all samples. A fragmented file
 * may need a few more to tell how long it is; one without `mehd`, `sidx` and `mfra`, a read for each fragment. Chapters in a
 * text track are read with it. Throws `MediaError`: 'malformed' without `moov`, 'truncated' where the file ends too early,
 * 'unsupported' for a compressed `moov`.
 */
export async function openMp4(source: ByteSource): Promise<MediaFile> {
  const header = await readHeader(source)
  const movie = readMovie(header.moov)
  const fragments = new Fragments(source, header, movie)
  const read = async (trackId: number): Promise<SampleTable> => {
    const found = movie.tracks.find(({ track }) => track.id === trackId)
    if (found === undefined) throw new RangeError(`no track ${trackId}`)
    return movie.fragmented ? fragments.samples(found) : readSampleTable(found.tables, source.size)
  }
  return {
    format: header.quickTime ? 'mov' : 'mp4',
    durationSeconds: movie.fragmented ? await fragments.durationSeconds() : durationOf(movie),
    fragmented: movie.fragmented,
    headerFirst: header.headerFirst,
    tracks: movie.tracks.map(({ track }) => track),
    chapters: movie.chapters.length > 0 ? movie.chapters : await readTrackChapters(source, movie, read),
    samples: read,
  }
}

interface Header {
  quickTime: boolean
  headerFirst: boolean
  moov: Uint8Array
  moovEnd: number
  /** Goes on behind `moov`. */
  walk: TopLevelWalk
}

async function readHeader(source: ByteSource): Promise<Header> {
  const walk = new TopLevelWalk(source)
  // No `ftyp`: a file of QuickTime before 2001
  let quickTime = true
  let headerFirst = true
  let last: TopLevelBox | null = null
  for (let box = await walk.next(); box !== null; box = await walk.next()) {
    last = box
    if (box.type === 'ftyp') quickTime = isQuickTime(await walk.read(box, MAX_FTYP_BYTES))
    if (box.type === 'mdat') headerFirst = false
    if (box.type === 'moof')
      throw new MediaError('malformed', `a fragment (moof at ${box.offset}) before any moov: a segment without its initialization`)
    if (box.type === 'moov') return { quickTime, headerFirst, moov: await walk.read(box, MAX_MOOV_BYTES), moovEnd: walk.offset, walk }
  }
  if (last !== null && last.offset + last.sizeBytes > source.size) {
    throw new MediaError('truncated', `${last.type} at ${last.offset} goes on beyond the end of the file, and no moov comes before it`)
  }
  throw new MediaError('malformed', last === null ? 'no box at the start of the file' : `no moov up to byte ${walk.offset}`)
}

const MAX_FTYP_BYTES = 64 * 1024

/** FileTypeBox, 4.3: the major brand of a QuickTime file is `qt  `. */
function isQuickTime(ftyp: Uint8Array): boolean {
  return String.fromCharCode(...ftyp.subarray(8, 12)) === 'qt  '
}

/** Longest track as presented; what `mvhd` says where there is none. */
function durationOf({ tracks, durationSeconds }: Movie): number | null {
  const longest = Math.max(0, ...tracks.map(({ track }) => shownSeconds(track, track.durationTicks ?? 0)))
  return longest || durationSeconds || null
}

/** How long a track is shown whose media ends at `endTicks`. */
function shownSeconds({ edits, timescale }: Track, endTicks: number): number {
  let seconds = 0
  for (const { durationSeconds, mediaTicks, rate } of edits) {
    seconds += durationSeconds ?? (mediaTicks === null ? 0 : Math.max(0, endTicks - mediaTicks) / timescale / (rate > 0 ? rate : 1))
  }
  return edits.length === 0 ? endTicks / timescale : seconds
}

async function readTrackChapters(
  source: ByteSource,
  { tracks }: Movie,
  read: (trackId: number) => Promise<SampleTable>,
): Promise<Chapter[]> {
  const ids = new Set(tracks.flatMap(({ chapterTrackIds }) => chapterTrackIds))
  const text = tracks.find(({ track }) => track.kind === 'text' && ids.has(track.id))
  return text === undefined ? [] : readTextChapters(source, text.track, await read(text.track.id))
}

/** The samples in fragments, walked once. */
class Fragments {
  readonly #source: ByteSource
  readonly #header: Header
  readonly #movie: Movie
  #all: Promise<Map<number, SampleTable>> | null = null

  constructor(source: ByteSource, header: Header, movie: Movie) {
    this.#source = source
    this.#header = header
    this.#movie = movie
  }

  /** Those of `moov`, if there are any, then those of all fragments. */
  async samples({ track, tables }: MovieTrack): Promise<SampleTable> {
    const whole = new GrowingSamples(this.#source.size)
    whole.append(readSampleTable(tables, this.#source.size))
    const fragments = (await this.#walk()).get(track.id)
    if (fragments === undefined) return whole.samples
    if (whole.samples.count === 0) return fragments
    whole.append(fragments)
    return whole.samples
  }

  /** By the first that tells: `mehd`, a `sidx` of the whole file, `mfra`, a walk. */
  async durationSeconds(): Promise<number | null> {
    const { fragmentedSeconds } = this.#movie
    if (fragmentedSeconds !== null) return fragmentedSeconds
    const indexed = await this.#indexedSeconds()
    if (indexed !== null) return indexed
    const ends = new Map<number, number>()
    for (const offset of await readLastFragments(this.#source)) {
      const last = await readFragmentEnds(this.#source, offset, fragmentTracks(this.#header.moov, this.#movie))
      for (const [trackId, ticks] of last) ends.set(trackId, Math.max(ticks, ends.get(trackId) ?? 0))
    }
    if (ends.size === 0) for (const [trackId, samples] of await this.#walk()) ends.set(trackId, endOf(samples))
    const shown = this.#movie.tracks.map(({ track }) => shownSeconds(track, ends.get(track.id) ?? 0))
    return Math.max(0, ...shown, this.#movie.durationSeconds) || null
  }

  /** From the `sidx` boxes in front of the first `moof`. One that ends before the file does is of the first segment only. */
  async #indexedSeconds(): Promise<number | null> {
    const { walk } = this.#header
    let seconds: number | null = null
    for (let box = await walk.next(); box !== null && box.type !== 'moof' && box.type !== 'mdat'; box = await walk.next()) {
      if (box.type !== 'sidx') continue
      const index = readSegmentIndex(await walk.read(box, MAX_SIDX_BYTES), walk.offset)
      if (index === null || !(await this.#coversFile(index.end))) return null
      seconds = Math.max(seconds ?? 0, index.endSeconds)
    }
    return seconds
  }

  /** Nothing follows, or `mfra`, which is no media. */
  async #coversFile(end: number): Promise<boolean> {
    if (end >= this.#source.size - 8) return end <= this.#source.size
    const box = await new TopLevelWalk(this.#source, end).next()
    return box?.type === 'mfra'
  }

  #walk(): Promise<Map<number, SampleTable>> {
    this.#all ??= readAllFragments(this.#source, this.#header.moovEnd, this.#startingTracks())
    return this.#all
  }

  /** A fragment that does not say when it starts follows what `moov` holds. */
  #startingTracks(): ReturnType<typeof fragmentTracks> {
    const tracks = fragmentTracks(this.#header.moov, this.#movie)
    for (const { track, tables } of this.#movie.tracks) {
      const { count, decodeTicks, durationTicks } = readSampleTable(tables, this.#source.size)
      const started = tracks.get(track.id)
      if (started !== undefined && count > 0) started.nextDecodeTicks = (decodeTicks[count - 1] ?? 0) + (durationTicks[count - 1] ?? 0)
    }
    return tracks
  }
}

/** 65,535 references of 12 bytes, and a head. */
const MAX_SIDX_BYTES = 1024 * 1024
