/** `moov` (ISO/IEC 14496-12 8.2): the tracks of a file, and what its fragments start from. */
import type { Chapter } from '../container/model.ts'
import { MediaError } from '../errors.ts'
import { readNeroChapters } from './chapters.ts'
import type { FragmentTrack } from './fragments.ts'
import { readMvhd, readTrex } from './movie-boxes.ts'
import { type Box, boxesIn, boxesInside, firstOf, readBody } from './read-box.ts'
import { type MovieTrack, readTrack } from './read-track.ts'

export interface Movie {
  timescale: number
  /** Seconds, of everything that is in `moov`; 0 where fragments hold it all. */
  durationSeconds: number
  /** `mehd`: with all fragments; null where it is not there. */
  fragmentedSeconds: number | null
  fragmented: boolean
  tracks: MovieTrack[]
  chapters: Chapter[]
}

/** Reads a whole `moov` box. Throws `MediaError`. */
export function readMovie(bytes: Uint8Array): Movie {
  const boxes = boxesOfMoov(bytes)
  if (firstOf(boxes, 'cmov')) throw new MediaError('unsupported', 'the movie header is compressed (cmov, QuickTime 3)')
  const mvhd = firstOf(boxes, 'mvhd')
  if (mvhd === undefined) throw new MediaError('malformed', 'moov has no mvhd')
  const { timescale, durationTicks, matrix } = readBody(bytes, mvhd, readMvhd)
  const fragmented = firstOf(boxes, 'mvex') !== undefined
  const facts = { timescale, matrix, fragmented }
  return {
    timescale,
    durationSeconds: durationTicks / timescale,
    fragmentedSeconds: readFragmentedSeconds(bytes, boxes, timescale),
    fragmented,
    tracks: boxes.filter(({ type }) => type === 'trak').map((trak) => readTrack(bytes, trak, facts)),
    chapters: readUserChapters(bytes, boxes),
  }
}

function boxesOfMoov(bytes: Uint8Array): Box[] {
  return boxesInside(bytes, boxesIn(bytes, 0, bytes.length), 'moov')
}

/** What `readMovieFragment` needs, by track id: fresh, as for the first fragment of the file. */
export function fragmentTracks(bytes: Uint8Array, movie: Movie): Map<number, FragmentTrack> {
  const tracks = new Map<number, FragmentTrack>()
  for (const { track } of movie.tracks) {
    const defaults = { trackId: track.id, defaultSampleDuration: 0, defaultSampleSize: 0, defaultSampleFlags: 0 }
    tracks.set(track.id, { defaults, audio: track.kind === 'audio', nextDecodeTicks: 0 })
  }
  for (const box of boxesInside(bytes, boxesOfMoov(bytes), 'mvex')) {
    if (box.type !== 'trex') continue
    const trex = readBody(bytes, box, readTrex)
    const track = tracks.get(trex.trackId)
    if (track !== undefined) track.defaults = trex
  }
  return tracks
}

/** MovieExtendsHeaderBox, 8.8.2. */
function readFragmentedSeconds(bytes: Uint8Array, boxes: Box[], timescale: number): number | null {
  const mehd = firstOf(boxesInside(bytes, boxes, 'mvex'), 'mehd')
  if (mehd === undefined) return null
  const ticks = readBody(bytes, mehd, (reader) => {
    const version = reader.u8()
    reader.skip(3)
    return version === 1 ? reader.u32() * 2 ** 32 + reader.u32() : reader.u32()
  })
  return ticks === 0 ? null : ticks / timescale
}

function readUserChapters(bytes: Uint8Array, boxes: Box[]): Chapter[] {
  const chpl = firstOf(boxesInside(bytes, boxes, 'udta'), 'chpl')
  return chpl === undefined ? [] : readBody(bytes, chpl, readNeroChapters)
}
