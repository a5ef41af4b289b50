/** What stands before, or behind, the clusters: Info, Tracks, Chapters and SeekHead (RFC 9559 5.1), from their bodies. */
import type { Chapter } from '../container/model.ts'
import { readUint } from './ebml.ts'
import { ID } from './ids.ts'
import { Master } from './master.ts'
import { type MatroskaTrack, readTrack, tickScale } from './tracks.ts'

/** Bodies of the elements that make the header; those that were not met are absent. */
export interface HeaderParts {
  info?: Uint8Array
  tracks?: Uint8Array
  chapters?: Uint8Array
  seekHead?: Uint8Array
}

export interface MatroskaHeader {
  /** DocType. */
  format: 'webm' | 'matroska'
  /** Nanoseconds in a tick of blocks and of Duration. */
  timestampScaleNs: number
  /** Info's Duration; null where a live file has none. */
  durationSeconds: number | null
  title: string
  muxingApp: string
  writingApp: string
  /** In the order of the file, one of a number. */
  tracks: MatroskaTrack[]
  chapters: Chapter[]
}

/** TimestampScale: "default: 1000000", and what a value of no sense is taken for. */
const MILLISECOND_NS = 1_000_000

/** `firstFrames`: the first bytes of the first keyframe of a track, as far as they are known. */
export function readHeader(format: 'webm' | 'matroska', parts: HeaderParts, firstFrames: ReadonlyMap<number, Uint8Array>): MatroskaHeader {
  const info = new Master(parts.info ?? new Uint8Array())
  const timestampScaleNs = info.uint(ID.timestampScale, 0) || MILLISECOND_NS
  const duration = info.float(ID.duration, 0)
  const scale = tickScale(timestampScaleNs)
  const tracks = new Map<number, MatroskaTrack>()
  for (const entry of new Master(parts.tracks ?? new Uint8Array()).masters(0xae)) {
    const number = entry.uint(0xd7, 0)
    const read = tracks.has(number) ? null : readTrack(entry, scale, firstFrames.get(number) ?? new Uint8Array())
    if (read !== null) tracks.set(number, read)
  }
  return {
    format,
    timestampScaleNs,
    durationSeconds: duration > 0 ? (duration * timestampScaleNs) / 1e9 : null,
    title: info.text(ID.title, ''),
    muxingApp: info.text(ID.muxingApp, ''),
    writingApp: info.text(ID.writingApp, ''),
    tracks: [...tracks.values()],
    chapters: readChapters(new Master(parts.chapters ?? new Uint8Array())),
  }
}

/** The chapters of the default edition, or of the first; nested ones are parts of them, and left out. */
function readChapters(chapters: Master): Chapter[] {
  const editions = [...chapters.masters(0x45b9)]
  // EditionFlagDefault
  const edition = editions.find((one) => one.uint(0x45db, 0) === 1) ?? editions[0]
  if (edition === undefined) return []
  const found: Chapter[] = []
  for (const atom of edition.masters(0xb6)) {
    // ChapterFlagHidden
    if (atom.uint(0x98, 0) === 1) continue
    // ChapterTimeStart: nanoseconds, whatever TimestampScale says; ChapterDisplay, ChapString
    found.push({ startSeconds: atom.uint(0x91, 0) / 1e9, title: atom.master(0x80)?.text(0x85, '') ?? '' })
  }
  return found
}

/** Where SeekHead says an element is: bytes from the start of the Segment's body. */
export function readSeekHead(seekHead: Uint8Array): { id: number; position: number }[] {
  const found: { id: number; position: number }[] = []
  for (const seek of new Master(seekHead).masters(ID.seek)) {
    const id = seek.binary(ID.seekID)
    const position = seek.uint(ID.seekPosition, null)
    if (id !== null && position !== null) found.push({ id: readUint(id), position })
  }
  return found
}
