/** Prints an I-frame playlist (RFC 8216bis 4.4.3.6): each entry is one keyframe, a byte range of a segment. */
import type { IframePlaylist } from './model.ts'
import { printSegments } from './print-media.ts'

/**
 * The playlist as text. Version 5: "EXT-X-MAP in a Media Playlist that contains EXT-X-I-FRAMES-ONLY" (RFC 8216bis 8); 4
 * without a map.
 */
export function printIframes(playlist: IframePlaylist): string {
  return printSegments(playlist, ['#EXT-X-I-FRAMES-ONLY'], playlist.map === undefined ? 4 : 5)
}
