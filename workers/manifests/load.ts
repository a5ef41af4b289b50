/** Playlists and MPDs as things to send: printed from the index when they are asked for, kept for a minute once they are final. */
import { printMpd } from '../../media/dash/print-mpd.ts'
import { printIframes } from '../../media/hls/print-iframes.ts'
import { printMedia } from '../../media/hls/print-media.ts'
import { printMultivariant } from '../../media/hls/print-multivariant.ts'
import { textRepresentation, type Representation } from '../delivery/representation.ts'
import { HttpError } from '../errors.ts'
import { type ChunkEntry, isSource, type Rendition } from '../../protocol/rendition-index.ts'
import { sourceChunk } from '../source/chunks.ts'
import { loadHead, trackOf } from '../source/head.ts'
import { listChunks } from '../renditions/store.ts'
import { describe, targetDuration, type Playable } from './describe.ts'
import { iframePlaylist, mediaPlaylist, type RenditionView } from './media.ts'
import { mpd } from './mpd.ts'
import { multivariant } from './multivariant.ts'

const HLS = 'application/vnd.apple.mpegurl'
const DASH = 'application/dash+xml'
/** A final manifest never changes, but its video can be deleted. */
const FINAL = { cacheControl: 'public, max-age=60', edgeSeconds: 60 }
/** A growing one is asked for again every few seconds, and must be new then. */
const GROWING = { cacheControl: 'public, max-age=1', edgeSeconds: 0 }

export async function loadMultivariant({ DB }: Env, videoId: string): Promise<Representation> {
  const playable = await describe(DB, videoId)
  return send(printMultivariant(multivariant(playable)), HLS, playable.finished)
}

/** Throws `not-found` for a rendition that the plan does not have. */
export async function loadMedia(env: Env, videoId: string, name: string): Promise<Representation> {
  const view = await viewOf(env, videoId, name)
  return send(printMedia(mediaPlaylist(view)), HLS, view.finished)
}

/** Throws `not-found` for a rendition without keyframes to list: sound. */
export async function loadIframes(env: Env, videoId: string, name: string): Promise<Representation> {
  const view = await viewOf(env, videoId, name)
  if (view.rendition.facts.kind !== 'video') throw new HttpError('not-found')
  return send(printIframes(iframePlaylist(view)), HLS, view.finished)
}

/**
 * The ladder; the source while there is no ladder. Its segments end where its own keyframes are, and players of DASH switch
 * inside an adaptation set only where segments end together.
 */
export async function loadMpd(env: Env, videoId: string): Promise<Representation> {
  const playable = await describe(env.DB, videoId)
  const { sound, finished } = playable
  const made = playable.pictures.filter((one) => !isSource(one))
  const pictures = made.length > 0 ? made : playable.pictures
  const listed = async (rendition: Rendition) => ({ rendition, chunks: await chunksOf(env, videoId, rendition) })
  const [heard, ...seen] = await Promise.all([sound === null ? null : listed(sound), ...pictures.map(listed)])
  return send(
    printMpd(
      mpd(
        seen.filter((one) => one !== null),
        heard,
      ),
    ),
    DASH,
    finished,
  )
}

async function viewOf(env: Env, videoId: string, name: string): Promise<RenditionView> {
  const playable = await describe(env.DB, videoId)
  const rendition = renditionOf(playable, name)
  // After the state, never beside it: a list read before the last chunk and a state read after it would make an end that is none.
  const chunks = await chunksOf(env, videoId, rendition)
  const finished = playable.finished || isSource(rendition)
  return { rendition, chunks, targetDurationSeconds: targetDuration(playable), finished }
}

async function chunksOf({ DB, MEDIA }: Env, videoId: string, rendition: Rendition): Promise<ChunkEntry[]> {
  const { rendition: name } = rendition.facts
  return isSource(rendition) ? [sourceChunk(trackOf(await loadHead(MEDIA, videoId), name))] : listChunks(DB, videoId, name)
}

function renditionOf({ all }: Playable, name: string): Rendition {
  const found = all.find(({ facts }) => facts.rendition === name)
  if (found === undefined) throw new HttpError('not-found')
  return found
}

function send(text: string, type: string, finished: boolean): Promise<Representation> {
  return textRepresentation(text, { type, ...(finished ? FINAL : GROWING) })
}
