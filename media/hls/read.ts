/**
 * Reads HLS playlists (RFC 8216bis) as a player has to: what can be understood is, the rest is a warning. "Clients MUST
 * ignore any unrecognized tags." Only what is no playlist at all, or larger than any real one, is an error.
 */
import { MediaError } from '../errors.ts'
import type { Line, ReadMedia, ReadMultivariant } from './read-model.ts'
import { readMedia } from './read-media.ts'
import { readMultivariant } from './read-multivariant.ts'

/** A ten-hour video of 4 s segments has 9,000 and is under 1 MiB. */
const MAX_CHARACTERS = 16 * 1024 * 1024

/** Either kind of playlist. Throws `MediaError` when the text does not start with `#EXTM3U` or is too large. */
export function readPlaylist(text: string): ReadMultivariant | ReadMedia {
  if (text.length > MAX_CHARACTERS) throw new MediaError('too-large', `a playlist of ${text.length} characters`)
  const lines = toLines(text)
  if (lines[0]?.text !== '#EXTM3U') throw new MediaError('malformed', 'not a playlist: it does not start with #EXTM3U')
  const multivariant = lines.some((line) => /^#EXT-X-(STREAM-INF|I-FRAME-STREAM-INF|MEDIA):/.test(line.text))
  return multivariant ? readMultivariant(lines) : readMedia(lines)
}

/** Lines end with LF or CRLF, the last perhaps with neither; "MUST NOT contain a BOM", but files do. */
function toLines(text: string): Line[] {
  const lines: Line[] = []
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.trim()
    if (line !== '') lines.push({ number: index + 1, text: line })
  }
  return lines
}
