/** Playlists and MPDs as things to send: printed from the index when they are asked for, kept for a minute once they are final. */
import { printMpd } from '../../media/dash/print-mpd.ts'
import { printIframes } from '../../media/hls/print-iframes.ts'
import { printMedia } from '../../media/hls/print-media.ts'
import { printMultivariant } from '../../media/hls/print-multivariant.ts'
import { textRepresentation, type Representation } from '../delivery/representation.ts'
import { HttpError } from '../errors.ts'
import { listChunks, type Rendition } from '../renditions/store.ts'
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

export async function loadMultivariant(db: D1Database, videoId: string): Promise<Representation> {
  const playable = await describe(db, videoId)
  return send(printMultivariant(multivariant(playable)), HLS, playable.finished)
}

/** Throws `not-found` for a rendition that the plan does not have. */
export async function loadMedia(db: D1Database, videoId: string, name: string): Promise<Representation> {
  const view = await viewOf(db, videoId, name)
  return send(printMedia(mediaPlaylist(view)), HLS, view.finished)
}

/** Throws `not-found` for a rendition without keyframes to list: sound. */
export async function loadIframes(db: D1Database, videoId: string, name: string): Promise<Representation> {
  const view = await viewOf(db, videoId, name)
  if (view.rendition.facts.kind !== 'video') throw new HttpError('not-found')
  return send(printIframes(iframePlaylist(view)), HLS, view.finished)
}

export async function loadMpd(db: D1Database, videoId: string): Promise<Representation> {
  const { pictures, sound, finished } = await describe(db, videoId)
  const listed = async (rendition: Rendition) => ({ rendition, chunks: await listChunks(db, videoId, rendition.facts.rendition) })
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

async function viewOf(db: D1Database, videoId: string, name: string): Promise<RenditionView> {
  const playable = await describe(db, videoId)
  const rendition = renditionOf(playable, name)
  // After the state, never beside it: a list read before the last chunk and a state read after it would make an end that is none.
  const chunks = await listChunks(db, videoId, name)
  return { rendition, chunks, targetDurationSeconds: targetDuration(playable.plan), finished: playable.finished }
}

function renditionOf({ pictures, sound }: Playable, name: string): Rendition {
  const found = (sound === null ? pictures : [...pictures, sound]).find(({ facts }) => facts.rendition === name)
  if (found === undefined) throw new HttpError('not-found')
  return found
}

function send(text: string, type: string, finished: boolean): Promise<Representation> {
  return textRepresentation(text, { type, ...(finished ? FINAL : GROWING) })
}
