/** The source's segments as the rendition index has those of the ladder, so that playlists and MPDs are views of one shape. */
import type { IndexedTrack } from '../../media/source-index/model.ts'
import type { ChunkEntry } from '../../protocol/rendition-index.ts'

/** All segments as one chunk, which is never read as an object: delivery makes each segment when it is asked for. */
export function sourceChunk(track: IndexedTrack): ChunkEntry {
  let offset = 0
  return {
    rendition: track.rendition,
    chunk: 0,
    objectKey: '',
    sizeBytes: track.segmentBytes.reduce((sum, bytes) => sum + bytes, 0),
    firstSegment: 0,
    startTicks: track.startTicks,
    segments: track.segmentTicks.map((durationTicks, index) => {
      const [length = 0, keyframe = 0] = [track.segmentBytes[index], track.keyframeBytes[index]]
      const iframes = keyframe === 0 ? [] : [{ offset, length: keyframe, timeTicks: 0, durationTicks }]
      const segment = { offset, length, durationTicks, sha256: '', independent: true, iframes }
      offset += length
      return segment
    }),
  }
}
