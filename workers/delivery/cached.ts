/**
 * The one way out for everything public: does the video exist, is a copy here, else load it and keep a copy. A copy is
 * kept under its path alone, whole, and only ranges and conditions of *our* answer are looked at (the Cache API ignores
 * Vary and keeps no 206). What happened stands in Cache-Status (RFC 9211), X-Cache and Server-Timing.
 */
import type { Context } from 'hono'
import type { App } from '../context.ts'
import { formatHttpDate } from '../../media/http/http-date.ts'
import { HttpError } from '../errors.ts'
import { answer, fixedLength } from './answer.ts'
import { share } from './copy.ts'
import { videoExists } from './known-videos.ts'
import type { Representation } from './representation.ts'

/** Larger things are not copied: to read them for the cache would outlast the request. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024
/** Field of a kept copy that says what downstream is told; its Cache-Control says how long it is kept here. */
const DOWNSTREAM = 'X-Downstream-Cache-Control'

/** What is asked for. `path` is the canonical one, made from checked parts; null when no copy is ever kept. */
export interface Wanted {
  videoId: string
  path: string | null
}

/** Throws `video-not-found`, whatever `load` throws, and what `answer` throws. */
export async function cached(c: Context<App>, { videoId, path }: Wanted, load: () => Promise<Representation>): Promise<Response> {
  const startMs = performance.now()
  const key = path === null ? null : new URL(path, c.req.url).href
  const [exists, kept] = await Promise.all([videoExists(c.env.DB, videoId), key === null ? null : find(key)])
  if (!exists) throw new HttpError('video-not-found')
  const lookedMs = performance.now()
  const timing = [`edge;dur=${ms(lookedMs - startMs)}`]
  if (kept !== null) return tell(await answer(c.req.raw, kept), 'hit', 'HIT', timing)

  const loaded = await load()
  const keeps = key !== null && loaded.edgeSeconds > 0 && loaded.size <= MAX_KEPT_BYTES
  // Only what is asked for whole: scrubbing reads a few kilobytes of each of many segments.
  const shared = keeps && c.req.raw.method === 'GET' ? share(loaded) : null
  const response = await answer(c.req.raw, shared?.thing ?? loaded, shared?.whenSent)
  timing.push(`origin;dur=${ms(performance.now() - lookedMs)}`)
  if (!keeps) return tell(response, 'fwd=bypass', 'BYPASS', timing)
  const copy = shared?.copy() ?? null
  if (copy === null) return tell(response, 'fwd=uri-miss', 'MISS', timing)
  c.executionCtx.waitUntil(keep(key, loaded, copy))
  return tell(response, 'fwd=uri-miss; stored', 'MISS', timing)
}

/** The kept copy, or null. Ranges are cut by the cache itself, which holds the whole. */
async function find(key: string): Promise<Representation | null> {
  const copy = await caches.default.match(key)
  if (copy === undefined) return null
  const { headers, body } = copy
  const [etag, type, length] = [headers.get('ETag'), headers.get('Content-Type'), headers.get('Content-Length')]
  if (etag === null || type === null || length === null || body === null) return null
  const size = Number(length)
  const lastModified = headers.get('Last-Modified')
  return {
    type,
    size,
    etag,
    lastModifiedMs: lastModified === null ? null : Date.parse(lastModified),
    cacheControl: headers.get(DOWNSTREAM) ?? 'no-store',
    edgeSeconds: 0,
    headers: {},
    open: async (range) => {
      if (range === null) return body
      const part = await caches.default.match(new Request(key, { headers: { Range: `bytes=${range.first}-${range.last}` } }))
      // Evicted since: the whole, which is at hand, is cut instead.
      return part?.status === 206 && part.body !== null
        ? part.body
        : new Blob([(await copy.bytes()).subarray(range.first, range.last + 1)]).stream()
    },
  }
}

/** `copy`: the whole. */
async function keep(key: string, thing: Representation, copy: Promise<ReadableStream>): Promise<void> {
  const headers = new Headers({
    'Content-Type': thing.type,
    'Content-Length': String(thing.size),
    ETag: thing.etag,
    'Cache-Control': `public, max-age=${thing.edgeSeconds}`,
    [DOWNSTREAM]: thing.cacheControl,
  })
  if (thing.lastModifiedMs !== null) headers.set('Last-Modified', formatHttpDate(thing.lastModifiedMs))
  try {
    await caches.default.put(key, new Response(fixedLength(await copy, thing.size), { headers }))
  } catch (error) {
    // A copy that could not be kept costs the next reader a read of the bucket, no more.
    console.warn('cache: not kept', key, error)
  }
}

function tell(response: Response, status: string, short: string, timing: string[]): Response {
  response.headers.set('Cache-Status', `sluice-edge; ${status}`)
  response.headers.set('X-Cache', short)
  response.headers.set('Server-Timing', timing.join(', '))
  return response
}

function ms(duration: number): string {
  return duration.toFixed(1)
}
