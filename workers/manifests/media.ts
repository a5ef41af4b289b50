/** index.m3u8 and iframes.m3u8: the segments of one rendition, or its keyframes as byte ranges of them. */
import type { IframePlaylist, MediaPlaylist } from '../../media/hls/model.ts'
import type { ChunkEntry } from '../../protocol/rendition-index.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'

/** What both playlists of a rendition are made of. */
export interface RenditionView {
  rendition: Rendition
  chunks: ChunkEntry[]
  targetDurationSeconds: number
  finished: boolean
}

/**
 * EVENT for ever, also when the end is there. RFC 8216bis 6.2.1 lets a server append to a playlist and add EXT-X-ENDLIST,
 * not change a line; a player in the middle of a session would see EVENT become VOD. Nothing is lost: with
 * EXT-X-ENDLIST Safari, hls.js and FFmpeg all treat EVENT as on demand, seekable from end to end.
 */
const TYPE = 'EVENT'
/**
 * While it grows, a player would join near the end as if it were live; a video is watched from its beginning. FFmpeg heeds
 * it only with `-prefer_x_start 1`.
 */
const START = { offsetSeconds: 0 }

export function mediaPlaylist(view: RenditionView): MediaPlaylist {
  const { timescale } = view.rendition.facts
  return {
    ...head(view),
    independentSegments: true,
    segments: view.chunks.flatMap(({ segments, firstSegment }) =>
      segments.map(({ durationTicks }, place) => ({ uri: `${firstSegment + place}.m4s`, durationSeconds: durationTicks / timescale })),
    ),
  }
}

export function iframePlaylist(view: RenditionView): IframePlaylist {
  const { timescale } = view.rendition.facts
  return {
    ...head(view),
    segments: view.chunks.flatMap(({ segments, firstSegment }) =>
      segments.flatMap((segment, place) =>
        segment.iframes.map(({ offset, length, durationTicks }) => ({
          uri: `${firstSegment + place}.m4s`,
          durationSeconds: durationTicks / timescale,
          // The index counts from the start of the chunk's object, a reader from the start of the segment.
          byteRange: { offset: offset - segment.offset, length },
        })),
      ),
    ),
  }
}

function head({ targetDurationSeconds, finished }: RenditionView): Omit<MediaPlaylist, 'segments' | 'independentSegments'> {
  return { map: { uri: 'init.mp4' }, type: TYPE, start: START, targetDurationSeconds, ended: finished }
}
