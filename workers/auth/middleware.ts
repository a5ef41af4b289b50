/** Who may do what. Reading is public; everything else passes one of these. */
import { getCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import type { App } from '../context.ts'
import { HttpError } from '../errors.ts'
import { bearerToken, sameSecret, sessionValue } from './token.ts'

/** Name of the cookie that `POST /api/session` sets. */
export const SESSION_COOKIE = 'sluice_session'

/** The admin token as Bearer, or the session cookie; 401 `sign-in-needed` without either, 401 `wrong-token` for a wrong one. */
export const needAdmin = createMiddleware<App>(async (c, next) => {
  const bearer = bearerToken(c.req.header('Authorization'))
  if (bearer !== null) {
    if (!(await sameSecret(bearer, c.env.SLUICE_ADMIN_TOKEN))) throw unauthorized('wrong-token')
  } else if (!(await hasSession(c.env, getCookie(c, SESSION_COOKIE)))) throw unauthorized('sign-in-needed')
  await next()
})

/** The runners' own token as Bearer; the admin token does not open this door, nor theirs the other. */
export const needRunner = createMiddleware<App>(async (c, next) => {
  const bearer = bearerToken(c.req.header('Authorization'))
  if (bearer === null || !(await sameSecret(bearer, c.env.SLUICE_RUNNER_TOKEN))) {
    throw unauthorized('wrong-token', 'Runners sign in with SLUICE_RUNNER_TOKEN, as Authorization: Bearer.')
  }
  await next()
})

/**
 * Refuses state-changing requests that a page of another origin sends, whatever they carry: a cookie can be sent without
 * the user's will, and a Bearer token in a foreign page is one in the wrong hands. Programs send neither header and pass.
 */
export const sameOrigin = createMiddleware<App>(async (c, next) => {
  const safe = c.req.method === 'GET' || c.req.method === 'HEAD' || c.req.method === 'OPTIONS'
  if (!safe && isForeign(c.req.raw)) throw new HttpError('other-origin')
  await next()
})

/** Does the cookie belong to the admin token of today? */
export async function hasSession(env: Env, cookie: string | undefined): Promise<boolean> {
  return cookie !== undefined && sameSecret(cookie, await sessionValue(env.SLUICE_ADMIN_TOKEN))
}

/**
 * `Sec-Fetch-Site` (W3C Fetch Metadata) is the browser's own word and right behind any proxy, so it decides where it is
 * sent; otherwise the host of `Origin` has to be ours. Hosts and not schemes are compared: behind a proxy that ends TLS the
 * page is https and the request is http.
 */
function isForeign(request: Request): boolean {
  const site = request.headers.get('Sec-Fetch-Site')
  if (site !== null) return site !== 'same-origin' && site !== 'none'
  const origin = request.headers.get('Origin')
  if (origin === null) return false
  return !URL.canParse(origin) || new URL(origin).host !== new URL(request.url).host
}

function unauthorized(code: 'sign-in-needed' | 'wrong-token', message?: string): HttpError {
  return new HttpError(code, message, { 'WWW-Authenticate': 'Bearer realm="sluice"' })
}
