/** Public bytes: the source, segments and pictures. GET and HEAD (Hono answers HEAD by the GET route), from any origin. */
import { Hono } from 'hono'
import type { App } from '../context.ts'
import { HttpError } from '../errors.ts'
import { loadClip } from '../source/clip.ts'
import { checkedNumber, checkedRendition, checkedVideoId } from './addresses.ts'
import { cached } from './cached.ts'
import { loadPicture, loadThumbnails } from './pictures.ts'
import { loadInit, loadSegment } from './segments.ts'
import { loadSource } from './source.ts'

export const delivery = new Hono<App>()
  .get('/:id/source', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    return cached(c, { videoId, path: null }, () => loadSource(c.env, videoId))
  })
  .get('/:id/source.mp4', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    return cached(c, { videoId, path: null }, () => loadClip(c.env, videoId, c.req.query('start'), c.req.query('end')))
  })
  .get('/:id/poster.jpg', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    return cached(c, { videoId, path: `/v/${videoId}/poster.jpg` }, () => loadPicture(c.env, videoId, ({ posterKey }) => posterKey))
  })
  .get('/:id/thumbnails.vtt', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    return cached(c, { videoId, path: `/v/${videoId}/thumbnails.vtt` }, () => loadThumbnails(c.env, videoId))
  })
  .get('/:id/:file{sprite-.+}', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    const number = checkedNumber(c.req.param('file'), 'sprite-', '.jpg')
    const path = `/v/${videoId}/sprite-${number}.jpg`
    return cached(c, { videoId, path }, () => loadPicture(c.env, videoId, ({ spriteKeys }) => spriteKeys[number]))
  })
  .get('/:id/:rendition/init.mp4', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    const rendition = checkedRendition(c.req.param('rendition'))
    return cached(c, { videoId, path: `/v/${videoId}/${rendition}/init.mp4` }, () => loadInit(c.env, videoId, rendition))
  })
  .get('/:id/:rendition/:file{.+\\.m4s}', (c) => {
    const videoId = checkedVideoId(c.req.param('id'))
    const rendition = checkedRendition(c.req.param('rendition'))
    const number = checkedNumber(c.req.param('file'), '', '.m4s')
    const path = `/v/${videoId}/${rendition}/${number}.m4s`
    return cached(c, { videoId, path }, () => loadSegment(c.env, videoId, rendition, number))
  })
  // A page elsewhere that sends If-None-Match or several ranges asks first.
  .options('/:id/*', (c) =>
    c.body(null, 204, {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET, HEAD',
      'Access-Control-Allow-Headers': 'Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, Cache-Control',
      'Access-Control-Max-Age': '86400',
    }),
  )
  .on(['POST', 'PUT', 'PATCH', 'DELETE'], '/:id/*', () => {
    throw new HttpError('method-not-allowed', undefined, { Allow: 'GET, HEAD, OPTIONS' })
  })
