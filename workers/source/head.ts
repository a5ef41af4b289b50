/** The head of a source index, read from the bucket once an isolate: it never changes, and goes with its video. */
import { INDEX_VERSION, type IndexedTrack, type SourceIndex } from '../../media/source-index/model.ts'
import { sourceIndexKey } from '../../protocol/ids.ts'
import { HttpError } from '../errors.ts'

/** Heads remembered by one isolate; that of a three-hour film has some 100 kB. */
const MAX_HEADS = 32

const heads = new Map<string, SourceIndex>()

/** Throws `video-not-found`: the rendition's row said that the index is there, so the video was deleted since. */
export async function loadHead(bucket: R2Bucket, videoId: string): Promise<SourceIndex> {
  const known = heads.get(videoId)
  if (known !== undefined) return known
  const object = await bucket.get(sourceIndexKey(videoId, 'head'))
  if (object === null) throw new HttpError('video-not-found')
  const head = await object.json<SourceIndex>()
  if (head.version !== INDEX_VERSION) throw new HttpError('not-found', 'The index of this file is of another version of Sluice.')
  for (const oldest of heads.keys()) if (heads.size >= MAX_HEADS) heads.delete(oldest)
  heads.set(videoId, head)
  return head
}

/** Throws `not-found` for a rendition that the source has not. */
export function trackOf(head: SourceIndex, rendition: string): IndexedTrack {
  const track = head.tracks.find((one) => one.rendition === rendition)
  if (track === undefined) throw new HttpError('not-found')
  return track
}
