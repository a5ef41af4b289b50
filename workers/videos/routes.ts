/** `/api/videos`: the library. Reading is public, from pages of any origin; changing needs the admin. */
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import * as v from 'valibot'
import { VideoId } from '../../protocol/ids.ts'
import { type Video, type VideoPage, VideoPatch } from '../../protocol/videos.ts'
import type { App } from '../context.ts'
import { needAdmin } from '../auth/middleware.ts'
import { HttpError } from '../errors.ts'
import { listRenditionsOf } from '../renditions/store.ts'
import { inspectSource } from '../source/inspect.ts'
import { deleteVideo } from './delete.ts'
import { presentVideo } from './present.ts'
import { printCursor, readPageQuery } from './schema.ts'
import { getVideo, listStages, listVideos, setTitle, type VideoRecord } from './store.ts'

/** The routes below `/api/videos`. */
export const videos = new Hono<App>()
  .use(cors({ origin: '*', allowMethods: ['GET', 'HEAD'] }))
  .use(async (c, next) => {
    await next()
    c.header('Cache-Control', 'no-store')
  })
  .get('/', async (c) => {
    const { limit, before } = readPageQuery(c.req.query())
    // One more than asked for: is there a next page?
    const found = await listVideos(c.env.DB, limit + 1, before)
    const shown = found.slice(0, limit)
    const last = shown.at(-1)
    const nextCursor = found.length > limit && last !== undefined ? printCursor(last) : null
    return c.json({ videos: await present(c.env.DB, shown), nextCursor } satisfies VideoPage)
  })
  .get('/:id', async (c) => c.json(await presentOne(c.env.DB, await needVideo(c.env.DB, c.req.param('id')))))
  .get('/:id/inspect', async (c) => c.json(await inspectSource(c.env.MEDIA, (await needVideo(c.env.DB, c.req.param('id'))).id)))
  .patch('/:id', needAdmin, async (c) => {
    const video = await needVideo(c.env.DB, c.req.param('id'))
    const patch = v.safeParse(VideoPatch, await c.req.json().catch(() => null))
    if (!patch.success) throw new HttpError('bad-request', 'Send {"title": "…"} as JSON, 1 to 200 characters.')
    await setTitle(c.env.DB, video.id, patch.output.title)
    return c.json(await presentOne(c.env.DB, { ...video, title: patch.output.title }))
  })
  .delete('/:id', needAdmin, async (c) => {
    const video = await needVideo(c.env.DB, c.req.param('id'))
    await deleteVideo(c.env, video, Date.now())
    return c.body(null, 204)
  })

async function needVideo(db: D1Database, id: string): Promise<VideoRecord> {
  const video = v.is(VideoId, id) ? await getVideo(db, id) : null
  if (video === null) throw new HttpError('video-not-found')
  return video
}

async function presentOne(db: D1Database, video: VideoRecord): Promise<Video> {
  const [shown] = await present(db, [video])
  if (shown === undefined) throw new HttpError('video-not-found')
  return shown
}

async function present(db: D1Database, records: VideoRecord[]): Promise<Video[]> {
  const ids = records.map(({ id }) => id)
  const [stages, renditions] = await Promise.all([listStages(db, ids), listRenditionsOf(db, ids)])
  return records.map((video) => presentVideo(video, stages.get(video.id) ?? [], renditions.get(video.id) ?? []))
}
