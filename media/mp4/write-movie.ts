/** Writes what comes before the samples of a file with all of them in one table (ISO/IEC 14496-12): `ftyp`, `moov`, the header of `mdat`. */
import { fourcc, u16, u32, u64, u8, zeros } from '../bytes/write-bytes.ts'
import type { SampleTable } from '../container/model.ts'
import { matrixOf } from './init-boxes.ts'
import { type ChunkTable, placesBytes, writePlaces, writeTables } from './movie-tables.ts'
import { box, boxAround, fullBox } from './write-box.ts'

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
  /** Tables that follow each other in decode order. Media time 0 is the first decode time. */
  samples: SampleTable[]
  chunks: ChunkTable
}

/** Ticks per second of the movie: edit lists and headers count in them. */
const MOVIE_TIMESCALE = 90_000

/** In pieces, because the tables of a film are megabytes. `payloadBytes`: what follows, in the order of the chunks. */
export function writeMovie(tracks: MovieTrackToWrite[], payloadBytes: number): Uint8Array[] {
  const durations = tracks.map(({ shownTicks, timescale }) => Math.round((shownTicks * MOVIE_TIMESCALE) / timescale))
  const ftyp = box('ftyp', fourcc('isom'), u32(0x200), fourcc('isom', 'iso6', 'mp41'))
  // Where the samples lie depends on the length of what is written here, and that on their number alone.
  const places = tracks.map(({ chunks }) => new Uint8Array(placesBytes(chunks)))
  const traks = tracks.flatMap((track, index) => trak(track, index + 1, durations[index] ?? 0, places[index] ?? new Uint8Array()))
  const moov = boxAround('moov', [mvhd(Math.max(0, ...durations), tracks.length + 1), ...traks])
  // size = 1: largesize follows
  const parts = [ftyp, ...moov, u32(1), fourcc('mdat'), u64(payloadBytes + 16)]
  const dataAt = parts.reduce((sum, { length }) => sum + length, 0)
  for (const [index, into] of places.entries()) {
    const track = tracks[index]
    if (track !== undefined) writePlaces(track.chunks, dataAt, into)
  }
  return parts
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

function trak(track: MovieTrackToWrite, id: number, duration: number, places: Uint8Array): Uint8Array[] {
  const { kind, width, height, timescale, mediaTime, samples } = track
  const mediaTicks = samples.reduce((sum, { durationTicks }) => durationTicks.reduce((ticks, each) => ticks + each, sum), 0)
  const head = [u64(0), u64(0), u32(id, 0), u64(duration), zeros(8), u16(0, 0), u16(kind === 'audio' ? 0x0100 : 0, 0)]
  const tkhd = fullBox('tkhd', 1, 3, ...head, matrixOf(track), u32(width, height))
  const elst = fullBox('elst', 1, 0, u32(1), u64(duration), u64(mediaTime), u16(1, 0))
  const mdhd = fullBox('mdhd', 1, 0, u64(0), u64(0), u32(timescale), u64(mediaTicks), u16(0x55c4, 0))
  const hdlr = fullBox('hdlr', 0, 0, u32(0), fourcc(kind === 'video' ? 'vide' : 'soun'), zeros(12), u8(0))
  const stsd = fullBox('stsd', 0, 0, u32(1), track.sampleEntry)
  const header = kind === 'video' ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4))
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))
  const stbl = boxAround('stbl', [stsd, ...writeTables(samples, track.chunks), places])
  return boxAround('trak', [tkhd, box('edts', elst), ...boxAround('mdia', [mdhd, hdlr, ...boxAround('minf', [header, dinf, ...stbl])])])
}
