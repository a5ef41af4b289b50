/** Prints a media playlist (RFC 8216bis 4.4.3 to 4.4.5), growing or whole, or the delta update of one. */
import type { EncryptionKey, MediaMap, MediaPlaylist, MediaSegment, OpenSegment, ServerControl } from './model.ts'
import { type AttributeValue, printAttributes, printKey, printSeconds, printStart, printUri } from './print-attributes.ts'
import { printDateRange, printHint, printPart, printReport, printSkip } from './print-live.ts'

/** The playlist as text, one tag a line, ending with a line feed. The version is the least that its tags need. */
export function printMedia(playlist: MediaPlaylist): string {
  return printSegments(playlist, playlist.independentSegments === true ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : [], mediaVersion(playlist))
}

/**
 * "A Media Playlist MUST indicate an EXT-X-VERSION of 6 or higher if it contains the EXT-X-MAP tag without
 * EXT-X-I-FRAMES-ONLY", 4 for EXT-X-BYTERANGE, 3 for fractions in EXTINF (RFC 8216bis 8). The minimum is what is written: a
 * higher number would shut out clients for nothing.
 */
function mediaVersion({ map, segments, open, skip }: MediaPlaylist): number {
  if (skip !== undefined) return skip.removedDateRanges === undefined ? 9 : 10
  const all: (MediaSegment | OpenSegment)[] = open === undefined ? segments : [...segments, open]
  if (map !== undefined || all.some((segment) => segment.map !== undefined)) return 6
  const keys = all.flatMap((segment) => segment.keys ?? [])
  if (
    keys.some(
      ({ method, keyFormat = 'identity', keyFormatVersions }) => method === 'SAMPLE-AES' || keyFormat !== 'identity' || keyFormatVersions,
    )
  )
    return 5
  return segments.some(({ byteRange }) => byteRange !== undefined) ? 4 : 3
}

/** Head, segments and end of a playlist; `extra` are tags of the head that only one kind of playlist has. */
export function printSegments(playlist: Omit<MediaPlaylist, 'independentSegments'>, extra: string[], version: number): string {
  const { segments, mediaSequence = 0, discontinuitySequence = 0, type, start, ended, serverControl, partTargetSeconds } = playlist
  const { skip, open, dateRanges = [], preloadHints = [], renditionReports = [] } = playlist
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${version}`,
    `#EXT-X-TARGETDURATION:${playlist.targetDurationSeconds ?? targetDuration(segments)}`,
    ...(serverControl === undefined ? [] : [printServerControl(serverControl)]),
    ...(partTargetSeconds === undefined ? [] : [`#EXT-X-PART-INF:PART-TARGET=${printSeconds(partTargetSeconds)}`]),
    `#EXT-X-MEDIA-SEQUENCE:${mediaSequence}`,
    ...(discontinuitySequence === 0 ? [] : [`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`]),
    ...extra,
  ]
  if (type !== undefined) lines.push(`#EXT-X-PLAYLIST-TYPE:${type}`)
  if (start !== undefined) lines.push(printStart(start))
  const scope = new Scope(lines, skip !== undefined)
  // What every segment needs, or the first, stands in the head.
  const head = (segments[0] ?? open)?.map ?? playlist.map
  if (head !== undefined) scope.enter(head, head.keys)
  if (skip !== undefined) lines.push(printSkip(skip))
  for (const segment of segments) {
    pushTags(lines, scope, segment, segment.map ?? playlist.map)
    lines.push(`#EXTINF:${printSeconds(segment.durationSeconds)},${segment.title?.replace(/[\r\n]+/g, ' ') ?? ''}`)
    // The offset is always said: "if o is not present, the sub-range begins at the next byte following the previous" would tie each line to the one before.
    if (segment.byteRange !== undefined) lines.push(`#EXT-X-BYTERANGE:${segment.byteRange.length}@${segment.byteRange.offset}`)
    lines.push(printUri(segment.uri))
  }
  if (open !== undefined) pushTags(lines, scope, open, open.map ?? playlist.map)
  lines.push(...dateRanges.map(printDateRange), ...preloadHints.map(printHint), ...renditionReports.map(printReport))
  if (ended) lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}

/** Which map and which keys count where the next line goes. */
class Scope {
  readonly #lines: string[]
  #map = ''
  #keys: EncryptionKey[] = []
  /** Keys of segments that were left out may count still. */
  #unknown: boolean

  constructor(lines: string[], isDelta: boolean) {
    this.#lines = lines
    this.#unknown = isDelta
  }

  enter(map: MediaMap | undefined, keys: EncryptionKey[] | undefined): void {
    // The keys that count where EXT-X-MAP stands are those of the initialization segment.
    if (map !== undefined) {
      const text = printMap(map)
      // The same bytes under another key are another initialization segment.
      const known = [text, ...printKeys(map.keys ?? [])].join()
      if (known !== this.#map) {
        this.#enterKeys(map.keys)
        this.#lines.push(text)
        this.#map = known
      }
    }
    this.#enterKeys(keys)
  }

  #enterKeys(keys: EncryptionKey[] | undefined): void {
    if (this.#unknown && keys !== undefined) {
      this.#lines.push('#EXT-X-KEY:METHOD=NONE')
      this.#unknown = false
    }
    this.#changeKeys(keys ?? [])
  }

  #changeKeys(keys: EncryptionKey[]): void {
    if (printKeys(keys).join() === printKeys(this.#keys).join()) return
    // A key goes on until the next of its KEYFORMAT; only NONE ends one that has no successor.
    if (this.#keys.some((old) => keys.every(({ keyFormat }) => keyFormat !== old.keyFormat))) this.#lines.push('#EXT-X-KEY:METHOD=NONE')
    this.#lines.push(...printKeys(keys))
    this.#keys = keys
  }
}

function printKeys(keys: EncryptionKey[]): string[] {
  return keys.map((key) => printKey('EXT-X-KEY', key))
}

function printMap({ uri, byteRange }: MediaMap): string {
  const range = byteRange === undefined ? undefined : { quoted: `${byteRange.length}@${byteRange.offset}` }
  return `#EXT-X-MAP:${printAttributes({ URI: { quoted: uri }, BYTERANGE: range })}`
}

/** What "MUST appear before the first EXT-X-PART tag", and the parts (4.4.4.9). */
function pushTags(lines: string[], scope: Scope, segment: MediaSegment | OpenSegment, map: MediaMap | undefined): void {
  if (segment.discontinuity === true) lines.push('#EXT-X-DISCONTINUITY')
  scope.enter(map, segment.keys)
  if (segment.programDateTimeMs !== undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTimeMs).toISOString()}`)
  if (segment.gap === true) lines.push('#EXT-X-GAP')
  lines.push(...(segment.parts ?? []).map(printPart))
}

function printServerControl(control: ServerControl): string {
  const yes = (flag: boolean | undefined): AttributeValue => (flag === true ? { plain: 'YES' } : undefined)
  const seconds = (value: number | undefined): AttributeValue => (value === undefined ? undefined : { plain: printSeconds(value) })
  return `#EXT-X-SERVER-CONTROL:${printAttributes({
    'CAN-BLOCK-RELOAD': yes(control.canBlockReload),
    'CAN-SKIP-UNTIL': seconds(control.canSkipUntilSeconds),
    'CAN-SKIP-DATERANGES': yes(control.canSkipDateRanges),
    'HOLD-BACK': seconds(control.holdBackSeconds),
    'PART-HOLD-BACK': seconds(control.partHoldBackSeconds),
  })}`
}

/** "The EXTINF duration of each Media Segment, when rounded to the nearest integer, MUST be less than or equal to the Target Duration." */
function targetDuration(segments: MediaSegment[]): number {
  return segments.reduce((longest, { durationSeconds }) => Math.max(longest, Math.round(durationSeconds)), 1)
}
