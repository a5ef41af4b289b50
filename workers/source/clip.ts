/** `/v/:id/source.mp4?start=&end=`: a stretch of the uploaded file, cut at its keyframes and streamed. */
import { inlineDisposition } from '../../media/http/content-disposition.ts'
import { MediaError } from '../../media/errors.ts'
import { type ClipTrack, layOutClip } from '../../media/source-index/clip.ts'
import type { IndexedTrack } from '../../media/source-index/model.ts'
import { readPage } from '../../media/source-index/page.ts'
import { sourceIndexKey, sourceKey } from '../../protocol/ids.ts'
import type { Representation } from '../delivery/representation.ts'
import { HttpError } from '../errors.ts'
import { getRendition } from '../renditions/store.ts'
import { getVideo } from '../videos/store.ts'
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
  const tracks = await Promise.all(head.tracks.map((track) => loadTrack(env.MEDIA, videoId, track, from, to)))
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

/** The segments around the stretch, one more on either side, in one read: the pages of a track lie one behind the other. */
async function loadTrack(bucket: R2Bucket, videoId: string, track: IndexedTrack, from: number, to: number): Promise<ClipTrack> {
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
  const read = await Promise.all(
    pages.map(({ offset, length }) => readPage(bytes.subarray(offset - begin.offset, offset - begin.offset + length))),
  )
  const segments = read.flat()
  return { track, segments: segments.slice(wanted.from - begin.firstSegment, wanted.to - begin.firstSegment) }
}
