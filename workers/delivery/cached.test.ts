/** How often a thing is read that is sent and kept, and what becomes of the copy when the viewer is slow or leaves. */
import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import type { App } from '../context.ts'
import { cached } from './cached.ts'
import { SHARED_BYTES } from './copy.ts'
import { addVideo, pattern } from './sample-video.ts'

const PIECE = 64 * 1024

/** An address with `size` bytes behind it that are made when they are asked for. */
async function address(size: number) {
  const videoId = await addVideo(env, { state: 'ready' })
  const bytes = pattern(size)
  const opened: { sent: number }[] = []
  const open = async (range: { first: number; last: number } | null): Promise<ReadableStream> => {
    const read = { sent: 0 }
    opened.push(read)
    const [from, to] = range === null ? [0, size] : [range.first, range.last + 1]
    return new ReadableStream({
      pull(controller) {
        const piece = bytes.slice(from + read.sent, Math.min(to, from + read.sent + PIECE))
        if (piece.length === 0) return controller.close()
        read.sent += piece.length
        controller.enqueue(piece)
      },
    })
  }
  const about = {
    type: 'video/mp4',
    size,
    etag: `"${videoId}"`,
    lastModifiedMs: null,
    cacheControl: 'public',
    edgeSeconds: 60,
    headers: {},
  }
  const app = new Hono<App>().get('/:path', (c) => cached(c, { videoId, path: `/${videoId}` }, async () => ({ ...about, open })))
  const ask = async (headers: Record<string, string> = {}) => {
    const context = createExecutionContext()
    const response = await app.fetch(new Request(`https://sluice.test/${videoId}`, { headers }), env, context)
    return { response, kept: () => waitOnExecutionContext(context) }
  }
  return { bytes, opened, ask }
}

it('a miss is read once, for the viewer and for the cache', async () => {
  const { bytes, opened, ask } = await address(1_000_000)
  const { response, kept } = await ask()
  expect(response.headers.get('X-Cache')).toBe('MISS')
  expect(await response.bytes()).toEqual(bytes)
  await kept()
  expect(opened).toHaveLength(1)
  const again = await ask()
  expect(again.response.headers.get('X-Cache')).toBe('HIT')
  expect(await again.response.bytes()).toEqual(bytes)
  expect(opened).toHaveLength(1)
})

it.each([
  ['at once', 0],
  ['in the middle', 3],
])('a viewer who leaves %s leaves a whole copy', async (_when, pieces) => {
  const { bytes, opened, ask } = await address(1_000_000)
  const { response, kept } = await ask()
  const reader = response.body?.getReader()
  for (let piece = 0; piece < pieces; piece += 1) await reader?.read()
  await reader?.cancel()
  await kept()
  expect(opened).toHaveLength(1)
  const again = await ask()
  expect(again.response.headers.get('X-Cache')).toBe('HIT')
  expect(await again.response.bytes()).toEqual(bytes)
})

it('the copy does not wait for a viewer who is slow', async () => {
  const { bytes, ask } = await address(1_000_000)
  const { response, kept } = await ask()
  await kept()
  const again = await ask()
  expect(again.response.headers.get('X-Cache')).toBe('HIT')
  expect(await again.response.bytes()).toEqual(bytes)
  expect(await response.bytes()).toEqual(bytes)
})

it('what is large is not held for a slow viewer: it is read again when they have it', async () => {
  const { bytes, opened, ask } = await address(SHARED_BYTES + PIECE)
  const { response, kept } = await ask()
  const reader = response.body?.getReader()
  const first = await reader?.read()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(opened).toHaveLength(1)
  // A few pieces are on their way.
  expect(opened[0]?.sent).toBeLessThan(first?.value.length + 16 * PIECE)
  for (let read = first; read?.done === false; read = await reader?.read());
  await kept()
  expect(opened).toHaveLength(2)
  const again = await ask()
  expect(again.response.headers.get('X-Cache')).toBe('HIT')
  expect(await again.response.bytes()).toEqual(bytes)
})

it('a range is read alone and not kept', async () => {
  const { bytes, opened, ask } = await address(1_000_000)
  const { response, kept } = await ask({ Range: 'bytes=10-19' })
  expect(await response.bytes()).toEqual(bytes.subarray(10, 20))
  await kept()
  expect(opened).toEqual([{ sent: 10 }])
  expect((await ask()).response.headers.get('X-Cache')).toBe('MISS')
})
