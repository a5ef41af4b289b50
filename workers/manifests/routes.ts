/** Playlists and MPDs: views of the rendition index. GET and HEAD, from any origin. */
import { Hono } from 'hono'
import type { App } from '../context.ts'
import { checkedRendition, checkedVideoId } from '../delivery/addresses.ts'
import { cached } from '../delivery/cached.ts'
import { loadIframes, loadMedia, loadMpd, loadMultivariant } from './load.ts'

export const manifests = new Hono<App>()
  .get('/:id/master.m3u8', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    return cached(c, { videoId, path: `/v/${videoId}/master.m3u8` }, () => loadMultivariant(c.env, videoId))
  })
  .get('/:id/manifest.mpd', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    return cached(c, { videoId, path: `/v/${videoId}/manifest.mpd` }, () => loadMpd(c.env, videoId))
  })
  .get('/:id/:rendition/index.m3u8', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    const rendition = checkedRendition(c.req.param('rendition'))
    return cached(c, { videoId, path: `/v/${videoId}/${rendition}/index.m3u8` }, () => loadMedia(c.env, videoId, rendition))
  })
  .get('/:id/:rendition/iframes.m3u8', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    const rendition = checkedRendition(c.req.param('rendition'))
    return cached(c, { videoId, path: `/v/${videoId}/${rendition}/iframes.m3u8` }, () => loadIframes(c.env, videoId, rendition))
  })
