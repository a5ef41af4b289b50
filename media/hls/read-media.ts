/** Reads the lines of a media or I-frame playlist (RFC 8216bis 4.4.2 to 4.4.4). */
import { MediaError } from '../errors.ts'
import type { ByteRange, MediaMap } from './model.ts'
import { readAttributes, readByteRange, readNumber } from './read-attributes.ts'
import type { Line, ReadMedia, ReadMediaPlaylist, ReadSegment } from './read-model.ts'
import { splitTag } from './split-tag.ts'

const MAX_SEGMENTS = 200_000

/** What tags have said about the segment whose address is still to come, and what carries over to the next. */
interface State {
  warnings: string[]
  durationSeconds: number | null
  byteRange: { length: number; offset: number | null } | null
  discontinuity: boolean
  gap: boolean
  programDateTimeMs: number | null
  map: MediaMap | null
  bitrateBps: number | null
  discontinuityNumber: number
  startSeconds: number
  /** The range before, which one without an offset continues. */
  last: { uri: string; end: number } | null
}

export function readMedia(lines: Line[]): ReadMedia {
  const playlist: ReadMediaPlaylist = {
    version: 1,
    targetDurationSeconds: 0,
    mediaSequence: 0,
    discontinuitySequence: 0,
    independentSegments: false,
    iframesOnly: false,
    segments: [],
    ended: false,
    durationSeconds: 0,
  }
  const warnings: string[] = []
  const state: State = {
    warnings,
    durationSeconds: null,
    byteRange: null,
    discontinuity: false,
    gap: false,
    programDateTimeMs: null,
    map: null,
    bitrateBps: null,
    discontinuityNumber: 0,
    startSeconds: 0,
    last: null,
  }
  for (const line of lines) {
    const tag = splitTag(line.text)
    if (tag === 'comment') continue
    if (tag === 'uri') addSegment(playlist, state, line)
    else TAGS[tag.name]?.(playlist, state, tag.value, line)
  }
  if (state.durationSeconds !== null) warnings.push('the last EXTINF has no address and is ignored')
  finish(playlist, state)
  return { kind: 'media', playlist, warnings }
}

type TagReader = (playlist: ReadMediaPlaylist, state: State, value: string, line: Line) => void

/** A table without a prototype: a tag named `constructor` is as unknown as any. */
const TAGS: Readonly<Record<string, TagReader>> = Object.assign(Object.create(null) as Record<string, TagReader>, {
  'EXT-X-VERSION': (playlist, _state, value) => {
    playlist.version = readNumber(value) ?? 1
  },
  'EXT-X-TARGETDURATION': (playlist, _state, value) => {
    playlist.targetDurationSeconds = readNumber(value) ?? 0
  },
  'EXT-X-MEDIA-SEQUENCE': (playlist, _state, value) => {
    playlist.mediaSequence = readNumber(value) ?? 0
  },
  'EXT-X-DISCONTINUITY-SEQUENCE': (playlist, _state, value) => {
    playlist.discontinuitySequence = readNumber(value) ?? 0
  },
  'EXT-X-PLAYLIST-TYPE': (playlist, state, value, line) => {
    if (value === 'EVENT' || value === 'VOD') playlist.type = value
    else warn(state, line, `EXT-X-PLAYLIST-TYPE of '${value.slice(0, 20)}' is ignored`)
  },
  'EXT-X-INDEPENDENT-SEGMENTS': (playlist) => {
    playlist.independentSegments = true
  },
  'EXT-X-I-FRAMES-ONLY': (playlist) => {
    playlist.iframesOnly = true
  },
  'EXT-X-ENDLIST': (playlist) => {
    playlist.ended = true
  },
  'EXT-X-START': (playlist, state, value, line) => {
    const attributes = readAttributes(value)
    const text = attributes.get('TIME-OFFSET') ?? ''
    // A negative offset counts from the end.
    const offset = readNumber(text.replace(/^-/, ''))
    if (offset === undefined) warn(state, line, 'EXT-X-START without a number in TIME-OFFSET is ignored')
    else playlist.start = { offsetSeconds: text.startsWith('-') ? -offset : offset, precise: attributes.get('PRECISE') === 'YES' }
  },
  'EXT-X-MAP': (playlist, state, value, line) => {
    const attributes = readAttributes(value)
    const uri = attributes.get('URI')
    if (uri === undefined) {
      warn(state, line, 'EXT-X-MAP without URI is ignored')
      return
    }
    const range = readByteRange(attributes.get('BYTERANGE'))
    state.map = range === undefined ? { uri } : { uri, byteRange: { length: range.length, offset: range.offset ?? 0 } }
    playlist.map ??= state.map
  },
  'EXT-X-KEY': (_playlist, state, value, line) => {
    if (readAttributes(value).get('METHOD') !== 'NONE') warn(state, line, 'EXT-X-KEY is ignored: what follows may be encrypted')
  },
  EXTINF: (playlist, state, value, line) => {
    const comma = value.indexOf(',')
    const seconds = readNumber(comma < 0 ? value : value.slice(0, comma))
    if (seconds === undefined) warn(state, line, 'EXTINF without a duration; the target duration is taken')
    state.durationSeconds = seconds ?? playlist.targetDurationSeconds
  },
  'EXT-X-BYTERANGE': (_playlist, state, value, line) => {
    state.byteRange = readByteRange(value) ?? null
    if (state.byteRange === null) warn(state, line, 'EXT-X-BYTERANGE cannot be read and is ignored')
  },
  // "the approximate segment bit rate … in units of kilobits per second", until the next one (RFC 8216bis, 4.4.4.8)
  'EXT-X-BITRATE': (_playlist, state, value) => {
    state.bitrateBps = (readNumber(value) ?? 0) * 1000 || null
  },
  'EXT-X-DISCONTINUITY': (_playlist, state) => {
    state.discontinuity = true
  },
  'EXT-X-GAP': (_playlist, state) => {
    state.gap = true
  },
  'EXT-X-PROGRAM-DATE-TIME': (_playlist, state, value, line) => {
    const time = Date.parse(value)
    if (Number.isNaN(time)) warn(state, line, 'EXT-X-PROGRAM-DATE-TIME cannot be read and is ignored')
    else state.programDateTimeMs = time
  },
} satisfies Record<string, TagReader>)

function warn({ warnings }: State, { number }: Line, text: string): void {
  if (warnings.length < 1000) warnings.push(`line ${number}: ${text}`)
}

function addSegment(playlist: ReadMediaPlaylist, state: State, line: Line): void {
  if (playlist.segments.length >= MAX_SEGMENTS) throw new MediaError('too-large', `a playlist of more than ${MAX_SEGMENTS} segments`)
  const uri = line.text
  if (state.durationSeconds === null) warn(state, line, 'an address without EXTINF; the target duration is taken')
  const durationSeconds = state.durationSeconds ?? playlist.targetDurationSeconds
  if (state.discontinuity) state.discontinuityNumber += 1
  const byteRange = resolveRange(state, uri, line)
  const segment: ReadSegment = {
    uri,
    durationSeconds,
    number: 0,
    discontinuityNumber: state.discontinuityNumber,
    startSeconds: state.startSeconds,
    ...(state.map === null ? {} : { map: state.map }),
    ...(byteRange === null ? {} : { byteRange }),
    ...(state.bitrateBps === null || byteRange !== null ? {} : { bitrateBps: state.bitrateBps }),
    ...(state.discontinuity ? { discontinuity: true } : {}),
    ...(state.gap ? { gap: true } : {}),
    ...(state.programDateTimeMs === null ? {} : { programDateTimeMs: state.programDateTimeMs }),
  }
  playlist.segments.push(segment)
  state.startSeconds += durationSeconds
  state.last = byteRange === null ? null : { uri, end: byteRange.offset + byteRange.length }
  state.durationSeconds = null
  state.byteRange = null
  state.discontinuity = false
  state.gap = false
  state.programDateTimeMs = null
}

/** "If o is not present, the sub-range begins at the next byte following the sub-range of the previous Media Segment." */
function resolveRange(state: State, uri: string, line: Line): ByteRange | null {
  const { byteRange, last } = state
  if (byteRange === null) return null
  const { length, offset } = byteRange
  if (offset !== null) return { offset, length }
  if (last?.uri === uri) return { offset: last.end, length }
  warn(state, line, 'EXT-X-BYTERANGE has no offset and nothing to follow; 0 is taken')
  return { offset: 0, length }
}

/** Numbers are given last: the tags they count from may stand anywhere in the head, or, in playlists met in the wild, below it. */
function finish(playlist: ReadMediaPlaylist, { startSeconds, warnings }: State): void {
  for (const [index, segment] of playlist.segments.entries()) {
    segment.number = playlist.mediaSequence + index
    segment.discontinuityNumber += playlist.discontinuitySequence
  }
  playlist.durationSeconds = startSeconds
  if (playlist.targetDurationSeconds > 0) return
  playlist.targetDurationSeconds = playlist.segments.reduce((longest, one) => Math.max(longest, Math.round(one.durationSeconds)), 1)
  warnings.push('EXT-X-TARGETDURATION is missing; the longest segment is taken')
}
