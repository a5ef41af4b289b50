/** `moov` (ISO/IEC 14496-12 8.2): the tracks of a file, and what its fragments start from. */
import type { Chapter } from '../container/model.ts'
import { MediaError } from '../errors.ts'
import { readNeroChapters } from './chapters.ts'
import type { FragmentTrack } from './fragments.ts'
import { readMvhd, readTrex } from './movie-boxes.ts'
import { type Box, boxesIn, readBody } from './read-box.ts'
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
  const [moov] = boxesIn(bytes, 0, bytes.length)
  if (moov?.type !== 'moov') throw new MediaError('malformed', 'no moov')
  const boxes = boxesIn(bytes, moov.body, moov.end)
  if (boxes.some(({ type }) => type === 'cmov')) throw new MediaError('unsupported', 'the movie header is compressed (cmov, QuickTime 3)')
  const mvhd = boxes.find(({ type }) => type === 'mvhd')
  if (mvhd === undefined) throw new MediaError('malformed', 'moov has no mvhd')
  const { timescale, durationTicks, matrix } = readBody(bytes, mvhd, readMvhd)
  const mvex = boxes.find(({ type }) => type === 'mvex')
  const fragmented = mvex !== undefined
  const facts = { timescale, matrix, fragmented }
  return {
    timescale,
    durationSeconds: durationTicks / timescale,
    fragmentedSeconds: mvex === undefined ? null : readFragmentedSeconds(bytes, mvex, timescale),
    fragmented,
    tracks: boxes.filter(({ type }) => type === 'trak').map((trak) => readTrack(bytes, trak, facts)),
    chapters: readUserChapters(bytes, boxes),
  }
}

/** What `readMovieFragment` needs, by track id: fresh, as for the first fragment of the file. */
export function fragmentTracks(bytes: Uint8Array, movie: Movie): Map<number, FragmentTrack> {
  const tracks = new Map<number, FragmentTrack>()
  for (const { track } of movie.tracks) {
    const defaults = { trackId: track.id, defaultSampleDuration: 0, defaultSampleSize: 0, defaultSampleFlags: 0 }
    tracks.set(track.id, { defaults, audio: track.kind === 'audio', nextDecodeTicks: 0 })
  }
  const [moov] = boxesIn(bytes, 0, bytes.length)
  const mvex = moov === undefined ? undefined : boxesIn(bytes, moov.body, moov.end).find(({ type }) => type === 'mvex')
  for (const box of mvex === undefined ? [] : boxesIn(bytes, mvex.body, mvex.end)) {
    if (box.type !== 'trex') continue
    const trex = readBody(bytes, box, readTrex)
    const track = tracks.get(trex.trackId)
    if (track !== undefined) track.defaults = trex
  }
  return tracks
}

/** MovieExtendsHeaderBox, 8.8.2. */
function readFragmentedSeconds(bytes: Uint8Array, mvex: Box, timescale: number): number | null {
  const mehd = boxesIn(bytes, mvex.body, mvex.end).find(({ type }) => type === 'mehd')
  if (mehd === undefined) return null
  const ticks = readBody(bytes, mehd, (reader) => {
    const version = reader.u8()
    reader.skip(3)
    return version === 1 ? reader.u32() * 2 ** 32 + reader.u32() : reader.u32()
  })
  return ticks === 0 ? null : ticks / timescale
}

function readUserChapters(bytes: Uint8Array, boxes: Box[]): Chapter[] {
  const udta = boxes.find(({ type }) => type === 'udta')
  const chpl = udta === undefined ? undefined : boxesIn(bytes, udta.body, udta.end).find(({ type }) => type === 'chpl')
  return chpl === undefined ? [] : readBody(bytes, chpl, readNeroChapters)
}
