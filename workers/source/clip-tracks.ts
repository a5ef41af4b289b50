/** What a clip is cut from: the samples around a stretch, from the pages of the index that have them. */
import type { SampleTable } from '../../media/container/model.ts'
import { type ClipTrack, MAX_CLIP_SAMPLES } from '../../media/source-index/clip.ts'
import type { IndexedTrack, SourceIndex } from '../../media/source-index/model.ts'
import { readPage } from '../../media/source-index/page.ts'
import { sourceIndexKey } from '../../protocol/ids.ts'
import { HttpError } from '../errors.ts'

/** `from` and `to` in seconds. Throws `video-not-found`, and `bad-request` for a stretch that is too long for the memory of a Worker. */
export async function loadClipTracks(bucket: R2Bucket, videoId: string, head: SourceIndex, from: number, to: number): Promise<ClipTrack[]> {
  const tracks: ClipTrack[] = []
  let samples = 0
  // One after the other: what is inflated at a time is one page.
  for (const track of head.tracks) {
    const loaded = await loadTrack(bucket, videoId, track, from, to, MAX_CLIP_SAMPLES - samples)
    samples += loaded.segments.reduce((sum, { count }) => sum + count, 0)
    tracks.push(loaded)
  }
  return tracks
}

/**
 * The segments around the stretch, one more on either side, in one read: the pages of a track lie one behind the other.
 * Throws `bad-request` when they have more than `maxSamples`.
 */
async function loadTrack(
  bucket: R2Bucket,
  videoId: string,
  track: IndexedTrack,
  from: number,
  to: number,
  maxSamples: number,
): Promise<ClipTrack> {
  let first = 0
  let last = 0
  let ticks = track.startTicks
  for (const [index, duration] of track.segmentTicks.entries()) {
    if (ticks <= from * track.timescale) first = index
    if (ticks < to * track.timescale) last = index
    ticks += duration
  }
  const wanted = { from: Math.max(0, first - 1), to: Math.min(track.segmentTicks.length, last + 2) }
  const pages = track.pages.filter(({ firstSegment }, index) => {
    const next = track.pages[index + 1]?.firstSegment ?? track.segmentTicks.length
    return next > wanted.from && firstSegment < wanted.to
  })
  const [begin, end] = [pages[0], pages.at(-1)]
  if (begin === undefined || end === undefined) return { track, segments: [] }
  const range = { offset: begin.offset, length: end.offset + end.length - begin.offset }
  const object = await bucket.get(sourceIndexKey(videoId, 'pages'), { range })
  if (object === null) throw new HttpError('video-not-found')
  const bytes = await object.bytes()
  const segments: SampleTable[] = []
  let samples = 0
  for (const { firstSegment, offset, length } of pages) {
    const page = await readPage(bytes.subarray(offset - begin.offset, offset - begin.offset + length))
    for (const [index, segment] of page.entries()) {
      if (firstSegment + index < wanted.from || firstSegment + index >= wanted.to) continue
      segments.push(segment)
      samples += segment.count
    }
    if (samples > maxSamples)
      throw new HttpError('bad-request', `A clip has ${MAX_CLIP_SAMPLES} frames of picture and sound at most: ask for a shorter stretch.`)
  }
  return { track, segments }
}
