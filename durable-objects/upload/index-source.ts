/**
 * Makes the file that has just arrived playable as it is: its index into the bucket, and what the edge has to know of it.
 * Never fails an upload: a file that nobody can read this way is encoded like any other.
 */
import type { ByteSource } from '../../media/bytes/source.ts'
import type { MediaFile } from '../../media/container/model.ts'
import { MediaError } from '../../media/errors.ts'
import { fromBase64 } from '../../media/source-index/base64.ts'
import { buildIndex } from '../../media/source-index/build.ts'
import type { IndexedTrack } from '../../media/source-index/model.ts'
import { sourceIndexKey, sourceInitKey, sourceKey } from '../../protocol/ids.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'
import type { SourcePlay } from '../../protocol/uploads.ts'

/** The uploaded object, read by range. */
export function bucketSource(bucket: R2Bucket, videoId: string, size: number): ByteSource {
  return {
    size,
    async read(offset, length) {
      const wanted = Math.min(length, size - offset)
      if (wanted <= 0) return new Uint8Array()
      const object = await bucket.get(sourceKey(videoId), { range: { offset, length: wanted } })
      if (object === null) throw new Error(`the source of ${videoId} is gone`)
      return object.bytes()
    },
  }
}

/** `open` reads tracks and samples, from what was seen passing or from the bucket. */
export async function indexSource(
  bucket: R2Bucket,
  videoId: string,
  sizeBytes: number,
  open: () => Promise<MediaFile>,
): Promise<SourcePlay> {
  try {
    const { head, pages } = await buildIndex(await open(), sizeBytes)
    const inits = head.tracks.map((track) => ({ track, bytes: fromBase64(track.init) }))
    const put = (key: string, bytes: Uint8Array | string) => bucket.put(key, bytes)
    await Promise.all([
      put(sourceIndexKey(videoId, 'pages'), pages),
      ...inits.map(({ track, bytes }) => put(sourceInitKey(videoId, track.rendition), bytes)),
    ])
    // Last: whoever finds the head finds the rest.
    await put(sourceIndexKey(videoId, 'head'), JSON.stringify(head))
    return { renditions: await Promise.all(inits.map(({ track, bytes }) => renditionOf(videoId, track, bytes))), note: null }
  } catch (error) {
    if (error instanceof MediaError)
      return { renditions: [], note: error.code === 'unsupported' ? error.message : `it is damaged (${error.message})` }
    console.error(`index: ${videoId}:`, error)
    return { renditions: [], note: 'it could not be read back' }
  }
}

function shown({ width, height, averageFps, videoRange }: NonNullable<IndexedTrack['video']>): Rendition['facts']['video'] {
  return { width, height, frameRate: { num: Math.max(1, Math.round(averageFps * 1000)), den: 1000 }, videoRange }
}

async function renditionOf(videoId: string, track: IndexedTrack, init: Uint8Array): Promise<Rendition> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', init))
  const { rendition, kind, codecs, timescale, video, audio, segmentTicks, segmentBytes, keyframeBytes } = track
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
  const rates = keyframeBytes.map((bytes, index) => (bytes * 8 * timescale) / (segmentTicks[index] ?? 1))
  return {
    facts: {
      rendition,
      kind,
      codecs,
      timescale,
      initKey: sourceInitKey(videoId, rendition),
      initSha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''),
      initBytes: init.length,
      video: video === null ? null : shown(video),
      audio: audio === null ? null : { channels: audio.channels, sampleRateHz: audio.sampleRateHz },
      longestSegmentTicks: Math.max(...segmentTicks),
    },
    prefixChunks: 1,
    prefixTicks: sum(segmentTicks),
    prefixBytes: sum(segmentBytes),
    peakBps: track.peakBps,
    iframeBytes: sum(keyframeBytes),
    iframePeakBps: Math.ceil(Math.max(0, ...rates)),
  }
}
