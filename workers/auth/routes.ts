/** `/api/session`: signing in and out of the pages. Programs use the token itself, as Bearer, and need none of this. */
import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as v from 'valibot'
import type { App } from '../context.ts'
import { HttpError } from '../errors.ts'
import { hasSession, SESSION_COOKIE } from './middleware.ts'
import { sameSecret, sessionValue } from './token.ts'

const SignIn = v.object({ token: v.pipe(v.string(), v.maxLength(512)) })
const THIRTY_DAYS_S = 30 * 24 * 60 * 60

/** The routes below `/api/session`. */
export const auth = new Hono<App>()
  .get('/', async (c) => {
    c.header('Cache-Control', 'no-store')
    return c.json({ signedIn: await hasSession(c.env, getCookie(c, SESSION_COOKIE)) })
  })
  .post('/', async (c) => {
    const body = v.safeParse(SignIn, await c.req.json().catch(() => null))
    if (!body.success) throw new HttpError('bad-request', 'Send {"token": "…"} as JSON.')
    if (!(await sameSecret(body.output.token, c.env.SLUICE_ADMIN_TOKEN))) throw new HttpError('wrong-token')
    setCookie(c, SESSION_COOKIE, await sessionValue(c.env.SLUICE_ADMIN_TOKEN), { ...cookieOptions(c), maxAge: THIRTY_DAYS_S })
    return c.body(null, 204, { 'Cache-Control': 'no-store' })
  })
  .delete('/', (c) => {
    deleteCookie(c, SESSION_COOKIE, cookieOptions(c))
    return c.body(null, 204, { 'Cache-Control': 'no-store' })
  })

function cookieOptions(c: Context<App>) {
  const secure = new URL(c.req.url).protocol === 'https:' || c.req.header('X-Forwarded-Proto') === 'https'
  return { path: '/', httpOnly: true, sameSite: 'Strict', secure } as const
}
