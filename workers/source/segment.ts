/**
 * A media segment of the source, made when it is asked for: the heads of its chunks from the index, the samples streamed
 * from the uploaded file. Nothing of it is in memory but a page of the index and what is on its way.
 */
import type { IndexedTrack } from '../../media/source-index/model.ts'
import { readPage } from '../../media/source-index/page.ts'
import { layOut, type Layout } from '../../media/source-index/segment.ts'
import { sourceIndexKey, sourceKey } from '../../protocol/ids.ts'
import type { Representation } from '../delivery/representation.ts'
import { HttpError } from '../errors.ts'
import { openPieces } from './pieces.ts'

/** Throws `not-found` for a number that the track has not, `video-not-found` when it was deleted meanwhile. */
export async function loadSourceSegment(
  bucket: R2Bucket,
  videoId: string,
  track: IndexedTrack,
  segment: number,
): Promise<Pick<Representation, 'size' | 'open'>> {
  const { pieces, sizeBytes } = await sourceLayout(bucket, videoId, track, segment)
  return { size: sizeBytes, open: openPieces(bucket, sourceKey(videoId), pieces) }
}

/** How a segment is put together. Throws like `loadSourceSegment`. */
export async function sourceLayout(bucket: R2Bucket, videoId: string, track: IndexedTrack, segment: number): Promise<Layout> {
  if (segment >= track.segmentTicks.length) throw new HttpError('not-found')
  const page = track.pages.findLast(({ firstSegment }) => firstSegment <= segment)
  if (page === undefined) throw new HttpError('not-found')
  const { offset, length, firstSegment } = page
  const object = await bucket.get(sourceIndexKey(videoId, 'pages'), { range: { offset, length } })
  if (object === null) throw new HttpError('video-not-found')
  const samples = (await readPage(await object.bytes()))[segment - firstSegment]
  if (samples === undefined) throw new HttpError('not-found')
  return layOut(samples, segment)
}
