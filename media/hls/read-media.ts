/** Reads a media or I-frame playlist (RFC 8216bis 4.4.3 to 4.4.5). */
import { MediaError } from '../errors.ts'
import type { ByteRange, EncryptionKey, MediaMap, Part } from './model.ts'
import { placeSegments } from './place-segments.ts'
import { defined, placeByteRange, readAttributes, readByteRange, readDate, readFlag, readList, readNumber } from './read-attributes.ts'
import { addDateRange, readDateRange } from './read-date-range.ts'
import { type Item, type Lines, readKey, readStart } from './read-lines.ts'
import type { ReadMedia, ReadMediaPlaylist } from './read-model.ts'

/** Of segments, parts, date ranges, hints and reports together. */
const MAX_ENTRIES = 200_000
/** KEYFORMATs that a segment's key comes in. */
const MAX_KEYS = 16

/** Not yet counted. */
const UNPLACED = { number: 0, discontinuityNumber: 0, startSeconds: 0 }

/** What tags have said about the segment whose address is still to come. */
interface Next {
  durationSeconds?: number
  title?: string
  byteRange?: { length: number; offset: number | null }
  discontinuity?: true
  gap?: true
  programDateTimeMs?: number
  parts?: Part[]
}

class MediaReader {
  readonly playlist: ReadMediaPlaylist = {
    version: 1,
    targetDurationSeconds: 0,
    mediaSequence: 0,
    discontinuitySequence: 0,
    independentSegments: false,
    iframesOnly: false,
    segments: [],
    dateRanges: [],
    ended: false,
    durationSeconds: 0,
  }
  readonly dateRanges = new Map<string, ReadMediaPlaylist['dateRanges'][number]>()
  next: Next = {}
  /** What carries over from segment to segment. */
  map: MediaMap | undefined
  keys: EncryptionKey[] | undefined
  bitrateBps: number | undefined
  /** The range before, which one without an offset continues. */
  lastRange: { uri: string; end: number } | undefined
  #entries = 0

  /** Throws when there are too many. */
  count(): void {
    this.#entries += 1
    if (this.#entries > MAX_ENTRIES) throw new MediaError('too-large', `a playlist of more than ${MAX_ENTRIES} segments, parts and ranges`)
  }

  add({ value: uri, warn }: Item): void {
    this.count()
    const { playlist } = this
    const { byteRange: range, durationSeconds, ...tags } = this.next
    if (durationSeconds === undefined) warn('an address without EXTINF; the target duration is taken')
    const byteRange = range && this.#range(range, uri, warn)
    playlist.segments.push(
      defined({
        ...UNPLACED,
        uri,
        durationSeconds: durationSeconds ?? playlist.targetDurationSeconds,
        ...tags,
        byteRange,
        // "that does not have an EXT-X-BYTERANGE tag applied to it" (4.4.4.8)
        bitrateBps: byteRange ? undefined : this.bitrateBps,
        map: this.map,
        keys: this.keys,
      }),
    )
    this.lastRange = byteRange && { uri, end: byteRange.offset + byteRange.length }
    this.next = {}
  }

  #range(range: { length: number; offset: number | null }, uri: string, warn: Item['warn']): ByteRange | undefined {
    const { lastRange, playlist } = this
    const continues = lastRange?.uri === uri
    const { skip, segments } = playlist
    if (range.offset === null && !continues && !(skip && segments.length === 0)) {
      warn('EXT-X-BYTERANGE has no offset and nothing to follow; 0 is taken')
    }
    if (range.offset === null && skip?.openRanges === segments.length && (continues || segments.length === 0)) skip.openRanges += 1
    return placeByteRange(range, continues ? lastRange.end : 0)
  }

  /** Numbers are given last: the tags they count from may stand anywhere in the head, or, in playlists met in the wild, below it. */
  end({ warn }: Pick<Lines, 'warn'>): void {
    const { playlist, next } = this
    const { durationSeconds, byteRange: _, title: __, parts = [], ...tags } = next
    if (durationSeconds !== undefined) warn('the last EXTINF has no address and is ignored')
    else if (parts.length > 0 || Object.keys(tags).length > 0) {
      playlist.open = { ...UNPLACED, ...defined({ ...tags, map: this.map, keys: this.keys }), parts }
    }
    const map = playlist.segments[0]?.map ?? this.map
    if (map) playlist.map = map
    // A delta update adds to ranges of which only the playlist before has the beginning.
    playlist.dateRanges = [...this.dateRanges.values()].filter(({ startMs }) => startMs !== undefined || playlist.skip)
    if (playlist.targetDurationSeconds === 0) {
      playlist.targetDurationSeconds = playlist.segments.reduce((longest, one) => Math.max(longest, Math.round(one.durationSeconds)), 1)
      warn('EXT-X-TARGETDURATION is missing; the longest segment is taken')
    }
    placeSegments(playlist)
  }
}

export function readMedia(lines: Lines): ReadMedia {
  const reader = new MediaReader()
  for (const item of lines) {
    if (item.name === '') reader.add(item)
    else TAGS[item.name]?.(reader, item)
  }
  reader.end({ warn: (text) => lines.warn(text) })
  return { kind: 'media', playlist: reader.playlist, warnings: lines.warnings }
}

type TagReader = (reader: MediaReader, item: Item) => void

/** A table without a prototype: a tag named `constructor` is as unknown as any. */
const TAGS: Readonly<Record<string, TagReader>> = Object.assign(Object.create(null) as Record<string, TagReader>, {
  'EXT-X-VERSION': ({ playlist }, { value }) => {
    playlist.version = readNumber(value) ?? 1
  },
  'EXT-X-TARGETDURATION': ({ playlist }, { value }) => {
    playlist.targetDurationSeconds = readNumber(value) ?? 0
  },
  'EXT-X-MEDIA-SEQUENCE': ({ playlist }, { value }) => {
    playlist.mediaSequence = readNumber(value) ?? 0
  },
  'EXT-X-DISCONTINUITY-SEQUENCE': ({ playlist }, { value }) => {
    playlist.discontinuitySequence = readNumber(value) ?? 0
  },
  'EXT-X-PLAYLIST-TYPE': ({ playlist }, { value, warn }) => {
    const type = value.trim().toUpperCase()
    if (type === 'EVENT' || type === 'VOD') playlist.type = type
    else warn(`EXT-X-PLAYLIST-TYPE of '${value.slice(0, 20)}' is ignored`)
  },
  'EXT-X-INDEPENDENT-SEGMENTS': ({ playlist }) => {
    playlist.independentSegments = true
  },
  'EXT-X-I-FRAMES-ONLY': ({ playlist }) => {
    playlist.iframesOnly = true
  },
  'EXT-X-ENDLIST': ({ playlist }) => {
    playlist.ended = true
  },
  'EXT-X-START': ({ playlist }, item) => {
    const start = readStart(item)
    if (start) playlist.start = start
  },
  'EXT-X-PART-INF': ({ playlist }, { value, warn }) => {
    const target = readNumber(readAttributes(value).get('PART-TARGET'))
    if (target === undefined) warn('EXT-X-PART-INF without PART-TARGET is ignored')
    else playlist.partTargetSeconds = target
  },
  'EXT-X-SERVER-CONTROL': ({ playlist }, { value }) => {
    const attributes = readAttributes(value)
    playlist.serverControl = defined({
      canSkipUntilSeconds: readNumber(attributes.get('CAN-SKIP-UNTIL')),
      canSkipDateRanges: readFlag(attributes.get('CAN-SKIP-DATERANGES')),
      holdBackSeconds: readNumber(attributes.get('HOLD-BACK')),
      partHoldBackSeconds: readNumber(attributes.get('PART-HOLD-BACK')),
      canBlockReload: readFlag(attributes.get('CAN-BLOCK-RELOAD')),
    })
  },
  'EXT-X-SKIP': (reader, { value, warn }) => {
    const attributes = readAttributes(value)
    const segments = readNumber(attributes.get('SKIPPED-SEGMENTS'))
    if (segments === undefined || segments > MAX_ENTRIES) warn('EXT-X-SKIP without a number of segments is ignored')
    else {
      const removed = attributes.get('RECENTLY-REMOVED-DATERANGES')
      reader.playlist.skip = defined({
        segments,
        removedDateRanges: removed === undefined ? undefined : (readList(removed, '\t') ?? []),
        openRanges: 0,
        openMaps: new Set<MediaMap>(),
      })
      // What stands before it applies to segments that are left out; how it was at their end the playlist before knows.
      if (segments > 0) reader.map = reader.keys = reader.bitrateBps = undefined
    }
  },
  'EXT-X-MAP': (reader, { value, warn }) => {
    const attributes = readAttributes(value)
    const uri = attributes.get('URI')
    if (uri === undefined) {
      warn('EXT-X-MAP without URI is ignored')
      return
    }
    const map = defined({ uri, byteRange: placeByteRange(readByteRange(attributes.get('BYTERANGE')), 0), keys: reader.keys })
    const { skip } = reader.playlist
    if (skip && skip.keysEndAt === undefined) skip.openMaps.add(map)
    reader.map = map
  },
  // "applies to every Media Segment and to every Media Initialization Section … between it and the next EXT-X-KEY tag in the
  // Playlist file with the same KEYFORMAT attribute or a METHOD of NONE"
  'EXT-X-KEY': (reader, item) => {
    const key = readKey(item)
    if (key === undefined) return
    const { skip, segments } = reader.playlist
    if (key === null && skip) skip.keysEndAt ??= segments.length
    const others = reader.keys?.filter(({ keyFormat }) => keyFormat !== key?.keyFormat) ?? []
    if (key && others.length >= MAX_KEYS) item.warn(`more than ${MAX_KEYS} keys at once; this one is ignored`)
    else reader.keys = key ? [...others, key] : []
  },
  EXTINF: (reader, { value, warn }) => {
    const comma = value.indexOf(',')
    // Lists of television channels write attributes behind the number.
    const text = /^\s*[\d.]+(?=\s|$)/.exec(comma < 0 ? value : value.slice(0, comma))?.[0]
    const seconds = readNumber(text)
    if (seconds === undefined) warn('EXTINF without a duration; the target duration is taken')
    reader.next.durationSeconds = seconds ?? reader.playlist.targetDurationSeconds
    const title = comma < 0 ? '' : value.slice(comma + 1).trim()
    if (title !== '') reader.next.title = title
  },
  'EXT-X-BYTERANGE': ({ next }, { value, warn }) => {
    const range = readByteRange(value)
    if (range) next.byteRange = range
    else warn('EXT-X-BYTERANGE cannot be read and is ignored')
  },
  // "the approximate segment bit rate … in units of kilobits per second", until the next one (4.4.4.8)
  'EXT-X-BITRATE': (reader, { value }) => {
    reader.bitrateBps = (readNumber(value) ?? 0) * 1000 || undefined
  },
  'EXT-X-DISCONTINUITY': ({ next }) => {
    next.discontinuity = true
  },
  'EXT-X-GAP': ({ next }) => {
    next.gap = true
  },
  'EXT-X-PROGRAM-DATE-TIME': ({ next }, { value, warn }) => {
    const time = readDate(value)
    if (time === undefined) warn('EXT-X-PROGRAM-DATE-TIME cannot be read and is ignored')
    else next.programDateTimeMs = time
  },
  'EXT-X-PART': (reader, { value, warn }) => {
    const attributes = readAttributes(value)
    const uri = attributes.get('URI')
    const durationSeconds = readNumber(attributes.get('DURATION'))
    if (uri === undefined || durationSeconds === undefined) {
      warn('EXT-X-PART without URI or DURATION is ignored')
      return
    }
    reader.count()
    const parts = (reader.next.parts ??= [])
    const last = parts.at(-1)
    const end = last?.uri === uri && last.byteRange ? last.byteRange.offset + last.byteRange.length : 0
    parts.push(
      defined({
        uri,
        durationSeconds,
        byteRange: placeByteRange(readByteRange(attributes.get('BYTERANGE')), end),
        independent: readFlag(attributes.get('INDEPENDENT')) || undefined,
        gap: readFlag(attributes.get('GAP')) || undefined,
      }),
    )
  },
  'EXT-X-PRELOAD-HINT': (reader, { value, warn }) => {
    const attributes = readAttributes(value)
    const type = attributes.get('TYPE')?.toUpperCase()
    const uri = attributes.get('URI')
    if (uri === undefined || (type !== 'PART' && type !== 'MAP')) {
      warn('EXT-X-PRELOAD-HINT without URI, or of a TYPE that nobody knows, is ignored')
      return
    }
    reader.count()
    const [offset, length] = [readNumber(attributes.get('BYTERANGE-START')), readNumber(attributes.get('BYTERANGE-LENGTH'))]
    ;(reader.playlist.preloadHints ??= []).push(defined({ type, uri, offset, length }))
  },
  'EXT-X-RENDITION-REPORT': (reader, { value, warn }) => {
    const attributes = readAttributes(value)
    const uri = attributes.get('URI')
    if (uri === undefined) {
      warn('EXT-X-RENDITION-REPORT without URI is ignored')
      return
    }
    reader.count()
    const [lastNumber, lastPart] = [readNumber(attributes.get('LAST-MSN')), readNumber(attributes.get('LAST-PART'))]
    ;(reader.playlist.renditionReports ??= []).push(defined({ uri, lastNumber, lastPart }))
  },
  'EXT-X-DATERANGE': (reader, { value, warn }) => {
    const range = readDateRange(value)
    if (range === null) warn('EXT-X-DATERANGE without ID is ignored')
    else {
      reader.count()
      addDateRange(reader.dateRanges, range)
    }
  },
} satisfies Record<string, TagReader>)
