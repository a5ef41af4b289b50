/** What a server may change from one load of a media playlist to the next (RFC 8216bis 6.2.1, 6.2.2), and between playlists (6.2.4). */
import type { ReadMediaPlaylist, ReadSegment } from '../read-model.ts'
import type { Finding } from './model.ts'

/** `after` was loaded later than `before`; delta updates are merged. Findings have no line. */
export function checkUpdate(before: ReadMediaPlaylist, after: ReadMediaPlaylist): Finding[] {
  const findings: Finding[] = []
  const must = (broken: boolean, clause: string, text: string): void => {
    if (broken) findings.push({ level: 'must', line: null, clause, text })
  }
  const removed = after.mediaSequence - before.mediaSequence
  must(removed < 0, '6.2.2', `EXT-X-MEDIA-SEQUENCE went back from ${before.mediaSequence} to ${after.mediaSequence}.`)
  must(after.discontinuitySequence < before.discontinuitySequence, '6.2.2', 'EXT-X-DISCONTINUITY-SEQUENCE went back.')
  const [targetBefore, targetAfter] = [before.targetDurationSeconds, after.targetDurationSeconds]
  must(targetBefore !== targetAfter, '6.2.1', `EXT-X-TARGETDURATION changed from ${targetBefore} to ${targetAfter}.`)
  must(before.type !== after.type, '6.2.1', 'EXT-X-PLAYLIST-TYPE changed.')
  must(before.type !== undefined && removed > 0, '6.2.2', 'Segments were removed from a playlist that has EXT-X-PLAYLIST-TYPE.')
  const [endBefore, endAfter] = [before, after].map(({ mediaSequence, segments }) => mediaSequence + segments.length)
  must((endAfter ?? 0) < (endBefore ?? 0), '6.2.1', 'Segments at the end of the playlist were removed.')
  must(before.type === 'VOD' && endAfter !== endBefore, '6.2.1', 'Segments were added to a playlist of EXT-X-PLAYLIST-TYPE:VOD.')
  must(before.ended && !after.ended, '6.2.1', 'EXT-X-ENDLIST was removed.')
  must(before.ended && (endAfter ?? 0) > (endBefore ?? 0), '4.4.3.4', 'Segments were added after EXT-X-ENDLIST.')
  const short = after.durationSeconds < 3 * after.targetDurationSeconds
  must(removed > 0 && !after.ended && short, '6.2.2', 'Segments were removed, which leaves less than three target durations.')
  for (const old of before.segments) {
    const change = removed < 0 ? null : changeOf(old, after.segments[old.number - after.mediaSequence])
    if (change === null) continue
    must(true, '6.2.1', `Segment ${old.number} changed: ${change}.`)
    // One says it all: after a restart every segment is another.
    break
  }
  const ranges = new Map(before.dateRanges.map((one) => [one.id, one]))
  for (const { id, attributes: _, ...range } of after.dateRanges) {
    const known = ranges.get(id)
    const changed =
      known &&
      (['class', 'startMs', 'endMs', 'durationSeconds'] as const).find((name) => known[name] !== undefined && known[name] !== range[name])
    must(changed !== undefined, '4.4.5.1', `The date range ${id} has another ${changed}.`)
  }
  return findings
}

/** What is not as it was; null when all is, or the segment is gone. */
function changeOf(old: ReadSegment, now: ReadSegment | undefined): string | null {
  if (now === undefined) return null
  if (old.uri !== now.uri) return `'${old.uri}' became '${now.uri}'`
  if (old.durationSeconds !== now.durationSeconds) return `${old.durationSeconds} s became ${now.durationSeconds} s`
  if (old.discontinuityNumber !== now.discontinuityNumber) return 'its discontinuity sequence number is another'
  const facts = ({ byteRange, map, keys, gap }: ReadSegment): string =>
    JSON.stringify([
      byteRange,
      map?.uri,
      map?.byteRange,
      keys?.map(({ method, uri, keyFormat }) => [method, uri, keyFormat]) ?? [],
      gap === true,
    ])
  return facts(old) === facts(now) ? null : 'its byte range, its map, its key or its being a gap'
}

/** A media playlist of a presentation. */
export interface Member {
  /** For people: its address as the multivariant playlist has it. */
  name: string
  /** `iframes`: EXT-X-I-FRAME-STREAM-INF names it; `subtitles`: EXT-X-MEDIA of that type. */
  role: 'media' | 'iframes' | 'subtitles'
  playlist: ReadMediaPlaylist
}

/** What all media playlists of one multivariant playlist must have in common (6.2.4). */
export function checkMembers(members: readonly Member[]): Finding[] {
  const findings: Finding[] = []
  const must = (clause: string, text: string): void => void findings.push({ level: 'must', line: null, clause, text })
  const first = members.find(({ role }) => role === 'media')
  for (const { name, role, playlist } of members) {
    if (role === 'iframes' && !playlist.iframesOnly) must('4.4.6.3', `${name} must have EXT-X-I-FRAMES-ONLY.`)
    if (first === undefined || first.playlist === playlist) continue
    const model = first.playlist
    const excepted = (role === 'subtitles' || playlist.iframesOnly) && playlist.type === 'VOD'
    if (!excepted && playlist.targetDurationSeconds !== model.targetDurationSeconds) {
      must(
        '6.2.4',
        `${name} has a target duration of ${playlist.targetDurationSeconds} s, ${first.name} one of ${model.targetDurationSeconds} s.`,
      )
    }
    if (playlist.type !== model.type) must('6.2.4', `${name} and ${first.name} must have the same EXT-X-PLAYLIST-TYPE.`)
    const dated = (one: ReadMediaPlaylist): boolean => one.segments.some(({ dateTimeMs }) => dateTimeMs !== undefined)
    if (playlist.segments.length > 0 && model.segments.length > 0 && dated(playlist) !== dated(model)) {
      must('6.2.4', `EXT-X-PROGRAM-DATE-TIME must be in ${name} and in ${first.name}, or in neither.`)
    }
    if (JSON.stringify(playlist.serverControl) !== JSON.stringify(model.serverControl)) {
      must('6.2.4', `EXT-X-SERVER-CONTROL of ${name} must be that of ${first.name}.`)
    }
  }
  return findings
}
