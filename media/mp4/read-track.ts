/** `trak` (ISO/IEC 14496-12 8.3): what a track is. Its tables stay where they are until samples are asked for. */
import type { Track, TrackEdit, TrackKind, VideoFacts } from '../container/model.ts'
import { MediaError } from '../errors.ts'
import { macLanguage } from './mac-language.ts'
import { type Matrix, readElst, readHdlr, readMdhd, readText, readTkhd, type Tkhd } from './movie-boxes.ts'
import { type Box, boxesIn, boxesInside, firstOf, readBody } from './read-box.ts'
import { type PictureEntry, readSampleEntry, type SampleEntry } from './sample-entry.ts'
import { countSamples, findTables, type TrackTables } from './sample-tables.ts'

/** A track and where its samples are told. */
export interface MovieTrack {
  track: Track
  tables: TrackTables
  /** Tracks whose samples are this one's chapter titles (`tref`/`chap`). */
  chapterTrackIds: number[]
}

/** What `moov` says for all tracks. */
export interface MovieFacts {
  timescale: number
  matrix: Matrix
  /** There is a `mvex`: fragments follow. */
  fragmented: boolean
}

const KINDS: Readonly<Record<string, TrackKind>> = {
  ...{ vide: 'video', auxv: 'video', pict: 'video', soun: 'audio', text: 'text', sbtl: 'text', subt: 'text', clcp: 'text' },
  ...{ meta: 'metadata', tmcd: 'metadata', data: 'metadata', mdta: 'metadata' },
}

/** Throws `MediaError` for a track that does not say which and what it is, or whose entry is cut short. */
export function readTrack(moov: Uint8Array, trak: Box, movie: MovieFacts): MovieTrack {
  const boxes = boxesIn(moov, trak.body, trak.end)
  const tkhd = readBody(moov, need(boxes, 'tkhd'), readTkhd)
  const media = boxesInside(moov, boxes, 'mdia')
  const mdhd = readBody(moov, need(media, 'mdhd'), readMdhd)
  const hdlr = readBody(moov, need(media, 'hdlr'), readHdlr)
  const kind = KINDS[hdlr.handlerType] ?? 'other'
  const stbl = boxesInside(moov, boxesInside(moov, media, 'minf'), 'stbl')
  const entry = readFirstEntry(moov, stbl, kind)
  const tables = findTables(moov, stbl, kind === 'audio', entry?.sound?.units ?? null)
  const edits = firstOf(boxesInside(moov, boxes, 'edts'), 'elst')
  const track: Track = {
    id: tkhd.trackId,
    kind,
    codecId: entry?.codecId ?? '',
    codec: entry?.codec ?? null,
    timescale: mdhd.timescale,
    durationTicks: mdhd.durationTicks === 0 && movie.fragmented ? null : mdhd.durationTicks,
    language: readLanguage(moov, media, mdhd.language),
    name: readName(moov, boxes) ?? (PROGRAM_NAMES.test(hdlr.name) ? '' : hdlr.name),
    default: tkhd.enabled,
    video: entry?.picture ? videoFacts(entry.picture, tkhd, movie.matrix) : null,
    // Rates over 65,535 Hz do not fit the entry; the timescale is the rate then
    audio: entry?.sound ? { channels: entry.sound.channels, sampleRateHz: entry.sound.sampleRateHz || mdhd.timescale } : null,
    edits: edits === undefined ? [] : readEdits(moov, edits, movie.timescale),
    encryption: entry?.encryption ?? null,
    config: entry?.config ?? new Uint8Array(),
    sampleEntry: entry?.bytes ?? null,
    sampleCount: movie.fragmented ? null : countSamples(tables),
  }
  return { track, tables, chapterTrackIds: readChapterReferences(moov, boxes) }
}

function need(boxes: Box[], type: string): Box {
  const box = firstOf(boxes, type)
  if (box === undefined) throw new MediaError('malformed', `a track has no ${type}`)
  return box
}

/** SampleDescriptionBox, 8.5.2: FullBox, entry_count, entries. */
function readFirstEntry(moov: Uint8Array, stbl: Box[], kind: TrackKind): SampleEntry | null {
  const stsd = firstOf(stbl, 'stsd')
  if (stsd === undefined) return null
  const [first] = boxesIn(moov, Math.min(stsd.end, stsd.body + 8), stsd.end)
  return first === undefined ? null : readSampleEntry(moov, first, kind === 'video' || kind === 'audio' ? kind : 'other')
}

/** ExtendedLanguageBox (8.4.6, BCP 47), else what `mdhd` has. */
function readLanguage(moov: Uint8Array, media: Box[], packed: number): string | null {
  const elng = firstOf(media, 'elng')
  const extended = elng === undefined ? '' : readText(moov.subarray(elng.body + 4, elng.end))
  if (extended !== '') return extended
  if (packed < 0x400 || packed === 0x7fff) return macLanguage(packed)
  const letters = [packed >> 10, packed >> 5, packed].map((letter) => String.fromCharCode((letter & 31) + 0x60)).join('')
  return letters === 'und' || !/^[a-z]{3}$/.test(letters) ? null : letters
}

/** Names of handlers that are no titles: FFmpeg's, Apple's, YouTube's, GPAC's. */
const PROGRAM_NAMES = /handler|core media|iso media|gpac|^apple /i

/** `udta`/`name`: the user's title of the track. */
function readName(moov: Uint8Array, boxes: Box[]): string | null {
  const name = firstOf(boxesInside(moov, boxes, 'udta'), 'name')
  return name === undefined ? null : readText(moov.subarray(name.body, name.end)) || null
}

function readEdits(moov: Uint8Array, elst: Box, movieTimescale: number): TrackEdit[] {
  return readBody(moov, elst, readElst).map(({ segmentDuration, mediaTime, rate }) => ({
    // 0: the length is not known yet, as where fragments follow
    durationSeconds: segmentDuration === 0 ? null : segmentDuration / movieTimescale,
    mediaTicks: mediaTime < 0 ? null : mediaTime,
    rate,
  }))
}

/** TrackReferenceBox, 8.3.3: boxes named by the kind of reference, each a list of track ids. */
function readChapterReferences(moov: Uint8Array, boxes: Box[]): number[] {
  const chap = firstOf(boxesInside(moov, boxes, 'tref'), 'chap')
  if (chap === undefined) return []
  return readBody(moov, chap, (reader) => Array.from({ length: Math.min(16, reader.remaining >> 2) }, () => reader.u32()))
}

function videoFacts({ width, height, aspect, aperture, colour }: PictureEntry, tkhd: Tkhd, movieMatrix: Matrix): VideoFacts {
  const shown = aperture ?? { width, height }
  // Without `pasp` the track header tells the shape: its width and height are those of the picture as shown
  const ratio = aspect !== null ? aspect.horizontal / aspect.vertical : shapeOf(tkhd, shown)
  const display = { displayWidth: Math.round(shown.width * ratio), displayHeight: Math.round(shown.height) }
  return { width, height, ...display, rotation: rotationOf(tkhd.matrix, movieMatrix), colour }
}

function shapeOf(tkhd: Tkhd, { width, height }: { width: number; height: number }): number {
  const ratio = (tkhd.width * height) / (tkhd.height * width)
  return ratio > 0 && ratio < Infinity ? ratio : 1
}

/** The x axis after both matrices; (p q 1) · matrix, y grows downwards. */
function rotationOf(track: Matrix, movie: Matrix): VideoFacts['rotation'] {
  const [a = 0, b = 0] = track
  const [c = 0, d = 0, , e = 0, f = 0] = movie
  const quarter = Math.round(Math.atan2(a * d + b * f, a * c + b * e) / (Math.PI / 2)) & 3
  return ([0, 90, 180, 270] as const)[quarter] ?? 0
}
