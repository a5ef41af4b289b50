/** Initialization segments and media segments: pieces of objects in the bucket that never change under their address. */
import { HttpError } from '../errors.ts'
import { findSegment, getRendition } from '../renditions/store.ts'
import { loadHead, trackOf } from '../source/head.ts'
import { loadSourceSegment } from '../source/segment.ts'
import { getVideo } from '../videos/store.ts'
import { openObject, type Representation } from './representation.ts'

/** "The immutable extension … indicates that the origin server will not update the representation" (RFC 8246). */
const IMMUTABLE = 'public, max-age=31536000, immutable'
/** A copy in a cache costs a little and is fetched again from the bucket; a day keeps what is watched. */
const EDGE_SECONDS = 86_400

/** Throws `not-playable-yet` or `not-found`. */
export async function loadInit(env: Env, videoId: string, rendition: string): Promise<Representation> {
  const found = await getRendition(env.DB, videoId, rendition)
  if (found === null || found.prefixChunks === 0) throw await missing(env, videoId, rendition)
  const { initKey, initBytes, initSha256, kind } = found.facts
  return immutable(env, initKey, 0, initBytes, initSha256, kind)
}

/** Throws `not-playable-yet` or `not-found`. Two rows read, however long the video is; one for the source, and a page of its index. */
export async function loadSegment(env: Env, videoId: string, rendition: string, segment: number): Promise<Representation> {
  if (isSourceName(rendition)) return loadCut(env, videoId, rendition, segment)
  const [place, found] = await Promise.all([findSegment(env.DB, videoId, rendition, segment), getRendition(env.DB, videoId, rendition)])
  if (place === null || found === null) throw await missing(env, videoId, rendition)
  return immutable(env, place.objectKey, place.entry.offset, place.entry.length, place.entry.sha256, found.facts.kind)
}

/** A segment of the source. Its ETag is its address: an upload never changes, and the index is made from it once. */
async function loadCut(env: Env, videoId: string, rendition: string, segment: number): Promise<Representation> {
  const found = await getRendition(env.DB, videoId, rendition)
  if (found === null) throw await missing(env, videoId, rendition)
  const track = trackOf(await loadHead(env.MEDIA, videoId), rendition)
  return {
    type: `${track.kind}/mp4`,
    etag: `"${videoId}-${rendition}-${segment}"`,
    lastModifiedMs: null,
    cacheControl: IMMUTABLE,
    edgeSeconds: EDGE_SECONDS,
    headers: {},
    ...(await loadSourceSegment(env.MEDIA, videoId, track, segment)),
  }
}

function isSourceName(rendition: string): boolean {
  return rendition === 'source-video' || rendition === 'source-audio'
}

function immutable(env: Env, key: string, offset: number, size: number, sha256: string, kind: 'video' | 'audio'): Representation {
  return {
    type: `${kind}/mp4`,
    size,
    etag: `"${sha256}"`,
    lastModifiedMs: null,
    cacheControl: IMMUTABLE,
    edgeSeconds: EDGE_SECONDS,
    headers: {},
    open: openObject(env.MEDIA, key, offset, size),
  }
}

/** Why there is nothing: it may still come, or it never will. */
async function missing(env: Env, videoId: string, rendition: string): Promise<HttpError> {
  const video = await getVideo(env.DB, videoId)
  if (video === null) return new HttpError('video-not-found')
  if (video.state !== 'uploading' && video.state !== 'processing') return new HttpError('not-found')
  const planned = video.plan === null || [...video.plan.video, video.plan.audio].some((rung) => rung?.id === rendition)
  return new HttpError(planned ? 'not-playable-yet' : 'not-found')
}
