/**
 * A slow network, made at the edge: `?rate=KBIT_PER_S` or `?trace=NAME` on anything below /v/. In development only: the
 * local stack sets NETWORK_SHAPING; anywhere else the parameters mean nothing. Around everything that answers, so that
 * caches, ranges and entity tags are what they are without it.
 */
import type { MiddlewareHandler } from 'hono'
import type { App } from '../../context.ts'
import { fixedLength } from '../answer.ts'
import { handsOn } from './hand-on.ts'
import type { Link } from './link.ts'
import { linkOf } from './links.ts'
import { paced, sleep } from './pace.ts'
import { readShape, type Shape } from './query.ts'

export const shape: MiddlewareHandler<App> = async (c, next) => {
  // Widened: its generated type is the one value that wrangler.toml has.
  const { NETWORK_SHAPING: setting }: { NETWORK_SHAPING: string } = c.env
  if (setting !== 'on') return next()
  const wanted = readShape(new URL(c.req.url).searchParams)
  const link = wanted === null ? null : linkOf(wanted.session, wanted.text, wanted.capacity, Date.now())
  if (wanted === null || link === null) return next()
  const { rttMs, state } = link.at(Date.now())
  const delayMs = wanted.rttMs ?? rttMs
  if (delayMs > 0) await sleep(delayMs)
  // What is rewritten is rewritten whole.
  if (/\.(?:m3u8|mpd)$/.test(c.req.path)) c.req.raw = withoutRange(c.req.raw)
  await next()
  const shaped = await slowed(c.res, wanted, link)
  shaped.headers.append('Server-Timing', `network;dur=${delayMs};desc="${state}"`)
  // A browser's copy would come back at the speed of its disk, under an address that nobody uses again.
  if (shaped.ok) shaped.headers.set('Cache-Control', 'no-store')
  // Hono would add the headers of what was there.
  c.res = undefined
  c.res = shaped
}

async function slowed(response: Response, { handOn }: Shape, link: Link): Promise<Response> {
  const { body, headers, status } = response
  const rewrite = status === 200 ? handsOn(headers.get('Content-Type')) : null
  if (rewrite !== null) {
    const changed = new Headers(headers)
    changed.delete('Content-Length')
    if (body === null) return new Response(null, { status, headers: changed })
    const bytes = new TextEncoder().encode(rewrite(await response.text(), handOn))
    changed.set('Content-Length', String(bytes.length))
    return new Response(fixedLength(paced(new Blob([bytes]).stream(), link), bytes.length), { status, headers: changed })
  }
  const length = Number(headers.get('Content-Length') ?? Number.NaN)
  if (body === null || !Number.isSafeInteger(length)) return new Response(body, response)
  return new Response(fixedLength(paced(body, link), length), response)
}

function withoutRange(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.delete('Range')
  headers.delete('If-Range')
  return new Request(request, { headers })
}
