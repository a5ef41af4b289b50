/** Prints a media playlist (RFC 8216bis 4.4.3, 4.4.4), growing or whole. */
import type { MediaPlaylist, MediaSegment } from './model.ts'
import { printAttributes, printSeconds, printUri } from './print-attributes.ts'

/** The playlist as text, one tag a line, ending with a line feed. `EXT-X-MAP` and byte ranges decide the version. */
export function printMedia(playlist: MediaPlaylist): string {
  return printSegments(playlist, playlist.independentSegments === true ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : [], mediaVersion(playlist))
}

/**
 * "A Media Playlist MUST indicate an EXT-X-VERSION of 6 or higher if it contains the EXT-X-MAP tag without
 * EXT-X-I-FRAMES-ONLY", 4 for EXT-X-BYTERANGE, 3 for fractions in EXTINF (RFC 8216bis 8). The minimum is what is written: a
 * higher number would shut out clients for nothing.
 */
function mediaVersion({ map, segments }: MediaPlaylist): number {
  if (map !== undefined) return 6
  return segments.some(({ byteRange }) => byteRange !== undefined) ? 4 : 3
}

/** Head, segments and end of a playlist; `extra` are tags of the head that only one kind of playlist has. */
export function printSegments(playlist: Omit<MediaPlaylist, 'independentSegments'>, extra: string[], version: number): string {
  const { segments, map, mediaSequence = 0, type, start, ended } = playlist
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${version}`,
    `#EXT-X-TARGETDURATION:${playlist.targetDurationSeconds ?? targetDuration(segments)}`,
    `#EXT-X-MEDIA-SEQUENCE:${mediaSequence}`,
    ...extra,
  ]
  if (type !== undefined) lines.push(`#EXT-X-PLAYLIST-TYPE:${type}`)
  if (start !== undefined) {
    const { offsetSeconds, precise } = start
    lines.push(
      `#EXT-X-START:${printAttributes({
        'TIME-OFFSET': { plain: printSeconds(offsetSeconds) },
        PRECISE: precise === undefined ? undefined : { plain: precise ? 'YES' : 'NO' },
      })}`,
    )
  }
  if (map !== undefined) {
    const range = map.byteRange
    lines.push(
      `#EXT-X-MAP:${printAttributes({
        URI: { quoted: map.uri },
        BYTERANGE: range === undefined ? undefined : { quoted: `${range.length}@${range.offset}` },
      })}`,
    )
  }
  for (const segment of segments) pushSegment(lines, segment)
  if (ended) lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}

function pushSegment(lines: string[], segment: MediaSegment): void {
  if (segment.discontinuity === true) lines.push('#EXT-X-DISCONTINUITY')
  if (segment.programDateTimeMs !== undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTimeMs).toISOString()}`)
  if (segment.gap === true) lines.push('#EXT-X-GAP')
  lines.push(`#EXTINF:${printSeconds(segment.durationSeconds)},`)
  // The offset is always said: "if o is not present, the sub-range begins at the next byte following the previous" would tie each line to the one before.
  if (segment.byteRange !== undefined) lines.push(`#EXT-X-BYTERANGE:${segment.byteRange.length}@${segment.byteRange.offset}`)
  lines.push(printUri(segment.uri))
}

/** "The EXTINF duration of each Media Segment, when rounded to the nearest integer, MUST be less than or equal to the Target Duration." */
function targetDuration(segments: MediaSegment[]): number {
  return segments.reduce((longest, { durationSeconds }) => Math.max(longest, Math.round(durationSeconds)), 1)
}
