/** Pages: files that Vite built, with the headers that keep them to themselves. What no route above took arrives here. */
import { Hono } from 'hono'
import * as v from 'valibot'
import { VideoId } from '../../protocol/ids.ts'
import type { App } from '../context.ts'
import { HttpError } from '../errors.ts'
import { getVideo } from '../videos/store.ts'
import { withPageHeaders } from './headers.ts'

/** Everything that is not an API or a video's files. */
export const pages = new Hono<App>()
  .get('/api/health', (c) => c.json({ ok: true }, 200, { 'Cache-Control': 'no-store' }))
  .get('/watch/:id', async (c) => {
    const id = c.req.param('id')
    // The page comes in any case and says itself what is wrong; the status is for everybody who is not a person.
    const status = v.is(VideoId, id) && (await getVideo(c.env.DB, id)) !== null ? 200 : 404
    const page = await c.env.ASSETS.fetch(new Request(new URL('/watch', c.req.url), { method: c.req.raw.method }))
    if (!page.ok) throw new HttpError('not-found')
    return withPageHeaders(page, status)
  })
  .get('*', async (c) => {
    // An address below these that no route knows is never a page.
    if (/^\/(?:api|v)(?:\/|$)/.test(c.req.path)) throw new HttpError('not-found')
    const page = await c.env.ASSETS.fetch(c.req.raw)
    if (page.status !== 404) return withPageHeaders(page, page.status)
    const missing = await c.env.ASSETS.fetch(new Request(new URL('/404', c.req.url)))
    if (!missing.ok) throw new HttpError('not-found')
    return withPageHeaders(missing, 404)
  })
