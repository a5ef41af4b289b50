/**
 * Reads HLS playlists (RFC 8216bis) as a player has to: what can be understood is, the rest is a warning. "Clients MUST
 * ignore any unrecognized tags." Only what is no playlist at all, or larger than any real one, is an error.
 * What a playlist must not do is `checkPlaylist`'s to say (check.ts).
 */
import { MediaError } from '../errors.ts'
import { Lines, toLines } from './read-lines.ts'
import { readMedia } from './read-media.ts'
import type { ReadMedia, ReadMultivariant, ReadOptions } from './read-model.ts'
import { readMultivariant } from './read-multivariant.ts'

/** Either kind of playlist. Throws `MediaError` when the text is no playlist, or too large. */
export function readPlaylist(text: string, options: ReadOptions = {}): ReadMultivariant | ReadMedia {
  const lines = toLines(text)
  const first = lines[0]?.text ?? ''
  const has = (tags: RegExp): boolean => lines.some((line) => tags.test(line.text))
  // What follows the name is not in the RFC; lists of television channels write attributes there.
  const headed = /^#EXTM3U(\s|$)/.test(first)
  if (!headed && /^<(!doctype|html|\?xml|head|body)/i.test(first)) {
    throw new MediaError(
      'malformed',
      'not a playlist but a page of HTML or XML: the address is wrong, or a server answers with an error page',
    )
  }
  if (!headed && !has(/^#EXT(INF:|-X-)/)) throw new MediaError('malformed', 'not a playlist: it does not start with #EXTM3U')
  const input = new Lines(lines, options)
  if (!headed) input.warn('the first line is not #EXTM3U')
  const multivariant =
    has(/^#EXT-X-STREAM-INF:/) ||
    (has(/^#EXT-X-(I-FRAME-STREAM-INF|MEDIA|CONTENT-STEERING|SESSION-DATA|SESSION-KEY):/) && !has(/^#EXTINF:/))
  return multivariant ? readMultivariant(input) : readMedia(input)
}
