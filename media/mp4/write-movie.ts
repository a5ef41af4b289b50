/** Writes `ftyp` and `moov` of a file with all of its samples in one table (ISO/IEC 14496-12), for what is put behind them as `mdat`. */
import { concat, fourcc, u16, u32, u64, u8, zeros } from '../bytes/write-bytes.ts'
import { matrixOf } from './init-boxes.ts'
import { type TableChunk, type TableSample, writeTables } from './movie-tables.ts'
import { box, fullBox } from './write-box.ts'

/** One track of the file. */
export interface MovieTrackToWrite {
  kind: 'video' | 'audio'
  timescale: number
  /** Media time that is shown first, ticks, and how long the track is shown. */
  mediaTime: number
  shownTicks: number
  /** 16.16 fixed point; 0 for audio. */
  width: number
  height: number
  rotation: 0 | 90 | 180 | 270
  sampleEntry: Uint8Array
  samples: TableSample[]
  chunks: TableChunk[]
}

/** Ticks per second of the movie: edit lists and headers count in them. */
const MOVIE_TIMESCALE = 90_000

/** `ftyp` and `moov`; the length depends on the numbers of samples and chunks, never on where the chunks lie. */
export function writeMovie(tracks: MovieTrackToWrite[]): Uint8Array {
  const durations = tracks.map(({ shownTicks, timescale }) => Math.round((shownTicks * MOVIE_TIMESCALE) / timescale))
  const ftyp = box('ftyp', fourcc('isom'), u32(0x200), fourcc('isom', 'iso6', 'mp41'))
  const traks = tracks.map((track, index) => trak(track, index + 1, durations[index] ?? 0))
  return concat([ftyp, box('moov', mvhd(Math.max(0, ...durations), tracks.length + 1), ...traks)])
}

/** Version 1 throughout: durations of 64 bits. */
function mvhd(duration: number, nextTrackId: number): Uint8Array {
  const times = [u64(0), u64(0), u32(MOVIE_TIMESCALE), u64(duration)]
  return fullBox(
    'mvhd',
    1,
    0,
    ...times,
    u32(0x10000),
    u16(0x0100),
    zeros(10),
    matrixOf({ width: 0, height: 0 }),
    zeros(24),
    u32(nextTrackId),
  )
}

function trak(track: MovieTrackToWrite, id: number, duration: number): Uint8Array {
  const { kind, width, height, timescale, mediaTime, samples } = track
  const mediaTicks = samples.reduce((sum, { durationTicks }) => sum + durationTicks, 0)
  const head = [u64(0), u64(0), u32(id, 0), u64(duration), zeros(8), u16(0, 0), u16(kind === 'audio' ? 0x0100 : 0, 0)]
  const tkhd = fullBox('tkhd', 1, 3, ...head, matrixOf(track), u32(width, height))
  const elst = fullBox('elst', 1, 0, u32(1), u64(duration), u64(mediaTime), u16(1, 0))
  const mdhd = fullBox('mdhd', 1, 0, u64(0), u64(0), u32(timescale), u64(mediaTicks), u16(0x55c4, 0))
  const hdlr = fullBox('hdlr', 0, 0, u32(0), fourcc(kind === 'video' ? 'vide' : 'soun'), zeros(12), u8(0))
  const stbl = box('stbl', fullBox('stsd', 0, 0, u32(1), track.sampleEntry), ...writeTables(samples, track.chunks))
  const header = kind === 'video' ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4))
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))
  return box('trak', tkhd, box('edts', elst), box('mdia', mdhd, hdlr, box('minf', header, dinf, stbl)))
}
