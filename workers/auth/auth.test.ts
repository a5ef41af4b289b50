import { env, exports } from 'cloudflare:workers'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import type { App } from '../context.ts'
import { onError } from '../errors.ts'
import { needAdmin, needRunner, sameOrigin } from './middleware.ts'
import { bearerToken, sameSecret, sessionValue } from './token.ts'

const TOKEN = env.SLUICE_ADMIN_TOKEN
const worker = exports.default
const signIn = (token: string, headers: Record<string, string> = {}) =>
  worker.fetch('http://edge.test/api/session', { method: 'POST', body: JSON.stringify({ token }), headers })

const doors = new Hono<App>()
  .use(sameOrigin)
  .all('/admin', needAdmin, (c) => c.text('in'))
  .all('/runner', needRunner, (c) => c.text('in'))
  .onError(onError)
const knock = async (path: string, init: RequestInit = {}) => (await doors.request(`http://edge.test${path}`, init, env)).status

it('sets a cookie that opens the door, is not the token, and is gone after signing out', async () => {
  const answer = await signIn(TOKEN)
  expect(answer.status).toBe(204)
  const cookie = answer.headers.get('Set-Cookie')!
  expect(cookie).toMatch(/^sluice_session=[0-9a-f]{64}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/)
  const headers = { Cookie: cookie.split(';')[0]! }
  const session = async () => (await worker.fetch('http://edge.test/api/session', { headers })).json()
  expect(await session()).toEqual({ signedIn: true })
  expect(await knock('/admin', { headers })).toBe(200)
  expect(await knock('/runner', { headers })).toBe(401)
  const out = await worker.fetch('http://edge.test/api/session', { method: 'DELETE', headers })
  expect(out.status).toBe(204)
  expect(out.headers.get('Set-Cookie')).toMatch(/^sluice_session=; Max-Age=0/)
  expect(await (await worker.fetch('http://edge.test/api/session')).json()).toEqual({ signedIn: false })
})

it('marks the cookie Secure when the page is https', async () => {
  const answer = await worker.fetch('https://edge.test/api/session', { method: 'POST', body: JSON.stringify({ token: TOKEN }) })
  expect(answer.headers.get('Set-Cookie')).toContain('; Secure')
})

it('refuses a wrong token, no token and nonsense', async () => {
  expect((await signIn('wrong')).status).toBe(401)
  expect((await signIn('')).status).toBe(401)
  expect((await worker.fetch('http://edge.test/api/session', { method: 'POST', body: 'no' })).status).toBe(400)
  expect(await knock('/admin')).toBe(401)
  expect(await knock('/admin', { headers: { Authorization: 'Bearer wrong' } })).toBe(401)
  expect(await knock('/admin', { headers: { Authorization: `Basic ${TOKEN}` } })).toBe(401)
  expect(await knock('/admin', { headers: { Cookie: `sluice_session=${TOKEN}` } })).toBe(401)
  expect(await knock('/admin', { headers: { Authorization: `bearer ${TOKEN}` } })).toBe(200)
})

it('keeps the runners and the admin apart', async () => {
  const as = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
  expect(await knock('/runner', as(env.SLUICE_RUNNER_TOKEN))).toBe(200)
  expect(await knock('/runner', as(TOKEN))).toBe(401)
  expect(await knock('/admin', as(env.SLUICE_RUNNER_TOKEN))).toBe(401)
})

it('refuses changes from other origins, with whatever right, and lets programs pass', async () => {
  const change = (headers: Record<string, string>) =>
    knock('/admin', { method: 'POST', headers: { Authorization: `Bearer ${TOKEN}`, ...headers } })
  expect(await change({})).toBe(200)
  expect(await change({ Origin: 'http://edge.test' })).toBe(200)
  expect(await change({ Origin: 'https://edge.test' })).toBe(200)
  expect(await change({ Origin: 'http://other.test' })).toBe(403)
  expect(await change({ Origin: 'http://edge.test:8080' })).toBe(403)
  expect(await change({ Origin: 'null' })).toBe(403)
  expect(await change({ 'Sec-Fetch-Site': 'cross-site' })).toBe(403)
  expect(await change({ 'Sec-Fetch-Site': 'same-site', Origin: 'http://sub.edge.test' })).toBe(403)
  expect(await change({ 'Sec-Fetch-Site': 'same-origin', Origin: 'https://outside-name-of-a-proxy.test' })).toBe(200)
  expect(await knock('/admin', { headers: { Authorization: `Bearer ${TOKEN}`, Origin: 'http://other.test' } })).toBe(200)
  expect((await signIn(TOKEN, { Origin: 'http://other.test' })).status).toBe(403)
})

it('never takes an empty secret for one that is right', async () => {
  expect(await sameSecret('', '')).toBe(false)
  expect(await sameSecret('a', 'a')).toBe(true)
  expect(await sameSecret('', await sessionValue(''))).toBe(false)
  expect(bearerToken('Bearer ')).toBeNull()
  expect(bearerToken('Bearer a b')).toBeNull()
})
