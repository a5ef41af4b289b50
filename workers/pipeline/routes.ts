/** `GET /api/runners`: runners dial in here by WebSocket with their token; a person with the admin token sees who is there. */
import { Hono } from 'hono'
import type { App } from '../context.ts'
import { needAdmin, needRunner } from '../auth/middleware.ts'
import { runnerPool } from './pool.ts'

const isUpgrade = (request: Request) => request.headers.get('Upgrade')?.toLowerCase() === 'websocket'

export const runners = new Hono<App>()
  .use('/', (c, next) => (isUpgrade(c.req.raw) ? needRunner(c, next) : needAdmin(c, next)))
  .get('/', async (c) => {
    const pool = runnerPool(c.env)
    if (isUpgrade(c.req.raw)) return await pool.fetch(c.req.raw)
    c.header('Cache-Control', 'no-store')
    return c.json({ runners: await pool.runners() })
  })
