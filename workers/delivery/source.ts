/** The uploaded file, as it is: any range of it, in any size, straight from the bucket. */
import { inlineDisposition } from '../../media/http/content-disposition.ts'
import { sourceKey } from '../../protocol/ids.ts'
import { HttpError } from '../errors.ts'
import { getVideo } from '../videos/store.ts'
import { openObject, type Representation } from './representation.ts'
import { sourceType } from './source-type.ts'

/**
 * `no-transform`: a proxy that compresses would break every byte range. An hour, because a source never changes but can be
 * deleted.
 */
const CACHE_CONTROL = 'public, max-age=3600, no-transform'

/** Throws `video-not-found`, or `not-playable-yet` while the upload is not complete. */
export async function loadSource(env: Env, videoId: string): Promise<Representation> {
  const key = sourceKey(videoId)
  const [video, object] = await Promise.all([getVideo(env.DB, videoId), env.MEDIA.head(key)])
  if (video === null) throw new HttpError('video-not-found')
  if (object === null) throw new HttpError('not-playable-yet', 'The file is not uploaded completely yet.')
  return {
    type: sourceType(video.source.type, video.source.name),
    size: object.size,
    etag: object.httpEtag,
    lastModifiedMs: object.uploaded.getTime(),
    cacheControl: CACHE_CONTROL,
    edgeSeconds: 0,
    headers: { 'Content-Disposition': inlineDisposition(video.source.name, 'video') },
    open: openObject(env.MEDIA, key, 0, object.size),
  }
}
