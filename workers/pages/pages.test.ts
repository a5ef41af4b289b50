import { env } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { app } from '../app.ts'
import { createVideo } from '../videos/store.ts'

/** Assets stand-in: what `[assets]` does with the built site, which a test of the Worker must not depend on. */
const ASSETS = {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/watch' || pathname === '/404') {
      return new Response(`<title>${pathname}</title>`, { headers: { 'Content-Type': 'text/html', ETag: '"a"' } })
    }
    return new Response(null, { status: 404 })
  },
}
const get = (path: string, init: RequestInit = {}) => app.request(`http://edge.test${path}`, init, { ...env, ASSETS })

it('says that it is there', async () => {
  expect(await (await get('/api/health')).json()).toEqual({ ok: true })
})

it('serves the watch page for every id, with the status that is true', async () => {
  const source = { name: 'a', type: 'b', sizeBytes: 3 }
  await createVideo(env.DB, { id: 'abcdefghijkl', title: 't', createdMs: 1, source, codecs: ['h264'] })
  const there = await get('/watch/abcdefghijkl')
  expect([there.status, await there.text()]).toEqual([200, '<title>/watch</title>'])
  for (const path of ['/watch/abcdefghijkm', '/watch/x']) {
    const missing = await get(path, { headers: { 'If-None-Match': '"a"' } })
    expect([missing.status, await missing.text()]).toEqual([404, '<title>/watch</title>'])
    expect(missing.headers.get('ETag')).toBeNull()
  }
})

it('keeps pages to themselves', async () => {
  const { headers } = await get('/watch/abcdefghijkl')
  const policy = headers.get('Content-Security-Policy')!
  for (const rule of [`script-src 'self';`, `media-src 'self' blob:;`, `frame-ancestors 'self'`]) expect(policy).toContain(rule)
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
})

it('answers what is nowhere: a page for people, JSON for programs', async () => {
  const page = await get('/nowhere')
  expect([page.status, await page.text()]).toEqual([404, '<title>/404</title>'])
  for (const path of ['/api/nowhere', '/v/x', '/api']) {
    const answer = await get(path)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ error: { code: 'not-found' } })
  }
})
