/** Poster, sprites of scrubbing thumbnails, and the WebVTT track that says which tile shows which time. */
import type { Pictures } from '../../protocol/tasks.ts'
import { HttpError } from '../errors.ts'
import { getVideo } from '../videos/store.ts'
import { openObject, textRepresentation, type Representation } from './representation.ts'
import { printThumbnails } from './thumbnails-vtt.ts'

/** Made once; but a video that is made anew may get another poster under the same address. */
const CACHE = { cacheControl: 'public, max-age=3600', edgeSeconds: 3600 }

/** `pick` names the object among the pictures. Throws `not-playable-yet` or `not-found`. */
export async function loadPicture(env: Env, videoId: string, pick: (pictures: Pictures) => string | undefined): Promise<Representation> {
  const { pictures } = await picturesOf(env, videoId)
  const key = pick(pictures)
  const object = key === undefined ? null : await env.MEDIA.head(key)
  if (key === undefined || object === null) throw new HttpError('not-found')
  return {
    ...CACHE,
    type: 'image/jpeg',
    size: object.size,
    etag: object.httpEtag,
    lastModifiedMs: object.uploaded.getTime(),
    headers: {},
    open: openObject(env.MEDIA, key, 0, object.size),
  }
}

/** Throws `not-playable-yet` or `not-found`. */
export async function loadThumbnails(env: Env, videoId: string): Promise<Representation> {
  const { pictures, durationMs } = await picturesOf(env, videoId)
  return textRepresentation(printThumbnails(pictures, durationMs), { ...CACHE, type: 'text/vtt; charset=utf-8' })
}

async function picturesOf(env: Env, videoId: string): Promise<{ pictures: Pictures; durationMs: number }> {
  const video = await getVideo(env.DB, videoId)
  if (video === null) throw new HttpError('video-not-found')
  if (video.pictures !== null) return { pictures: video.pictures, durationMs: Math.round((video.facts?.durationUs ?? 0) / 1000) }
  const pending = video.state === 'uploading' || video.state === 'processing'
  throw new HttpError(pending ? 'not-playable-yet' : 'not-found', pending ? 'The pictures of this video are not made yet.' : undefined)
}
