/** `/v/:id/source.mp4?start=&end=`: a stretch of the uploaded file, cut at its keyframes and streamed. */
import { inlineDisposition } from '../../media/http/content-disposition.ts'
import { MediaError } from '../../media/errors.ts'
import { layOutClip } from '../../media/source-index/clip.ts'
import { sourceKey } from '../../protocol/ids.ts'
import type { Representation } from '../delivery/representation.ts'
import { HttpError } from '../errors.ts'
import { getRendition } from '../renditions/store.ts'
import { getVideo } from '../videos/store.ts'
import { loadClipTracks } from './clip-tracks.ts'
import { loadHead } from './head.ts'
import { openPieces } from './pieces.ts'

/** Its bytes are those of the source; an hour, because a video can be deleted. */
const CACHE_CONTROL = 'public, max-age=3600, no-transform'

/** `start` and `end` as they came, seconds. Throws `bad-request`, `video-not-found`, `not-found` where the source is not indexed. */
export async function loadClip(env: Env, videoId: string, start: string | undefined, end: string | undefined): Promise<Representation> {
  const video = await getVideo(env.DB, videoId)
  if (video === null) throw new HttpError('video-not-found')
  const indexed = (await getRendition(env.DB, videoId, 'source-video')) ?? (await getRendition(env.DB, videoId, 'source-audio'))
  if (indexed === null)
    throw new HttpError('not-found', `Clips cannot be cut from this file${video.sourceNote === null ? '.' : `: ${video.sourceNote}.`}`)
  const head = await loadHead(env.MEDIA, videoId)
  const from = readSeconds(start, 0)
  const to = Math.min(readSeconds(end, head.durationSeconds), head.durationSeconds)
  if (from >= to)
    throw new HttpError('bad-request', `start and end are seconds, start before end, within ${head.durationSeconds.toFixed(3)}.`)
  const tracks = await loadClipTracks(env.MEDIA, videoId, head, from, to)
  try {
    const { pieces, sizeBytes, startSeconds, endSeconds } = layOutClip(tracks, from, to)
    const name = `${video.title} ${startSeconds.toFixed(1)}-${endSeconds.toFixed(1)}.mp4`
    return {
      type: 'video/mp4',
      size: sizeBytes,
      etag: `"${videoId}-clip-${startSeconds.toFixed(6)}-${endSeconds.toFixed(6)}"`,
      lastModifiedMs: null,
      cacheControl: CACHE_CONTROL,
      edgeSeconds: 0,
      headers: { 'Content-Disposition': inlineDisposition(name, 'clip.mp4') },
      open: openPieces(env.MEDIA, sourceKey(videoId), pieces),
    }
  } catch (error) {
    if (error instanceof MediaError) throw new HttpError('bad-request', `No clip can be cut there: ${error.message}.`)
    throw error
  }
}

function readSeconds(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(text)) throw new HttpError('bad-request', 'start and end are seconds: 12 or 12.5.')
  return Number(text)
}
