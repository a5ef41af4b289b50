/**
 * The clients that people have: tus-js-client in Node and Uppy in a browser, unchanged, with the settings that are easy to
 * get wrong on a server. What they send is random, so that nothing but the upload is tested.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { Upload, type UploadOptions } from 'tus-js-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from 'vite'
import type { VideoPage } from '../../protocol/videos.ts'
import { launchChromium, within } from '../support/chromium.ts'
import type * as parts from '../support/uppy-parts.ts'
import { testStack, type TestStack } from '../support/stack.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await testStack()
})
afterAll(() => stack?.stop())

/** Uploads and answers the video's id; rejects with what the client says. */
async function send(bytes: Buffer, options: UploadOptions): Promise<string> {
  const sent = new Promise<string>((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: `${stack.url}/api/uploads`,
      headers: { Authorization: `Bearer ${stack.adminToken}` },
      retryDelays: [200, 1000],
      onError: reject,
      onSuccess: () => resolve(idOf(upload.url ?? '')),
      ...options,
    })
    upload.start()
  })
  return within(60_000, 'the upload', sent)
}

function idOf(url: string): string {
  return url.split('/').at(-1) ?? ''
}

async function sourceOf(id: string): Promise<string> {
  return sha256(Buffer.from(await (await fetch(`${stack.url}/v/${id}/source`)).arrayBuffer()))
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function library(): Promise<string[]> {
  return ((await (await fetch(`${stack.url}/api/videos`)).json()) as VideoPage).videos.map(({ id }) => id)
}

describe('tus-js-client', () => {
  it('sends several files side by side in small odd chunks, the first with the creation', async () => {
    const files = [9_000_001, 5_242_880, 1].map((size) => randomBytes(size))
    const options = { chunkSize: 700_001, uploadDataDuringCreation: true }
    const ids = await Promise.all(files.map((bytes, n) => send(bytes, { ...options, metadata: { filename: `${n}.bin` } })))
    expect(await Promise.all(ids.map(sourceOf))).toEqual(files.map(sha256))
  })

  it('sends all in one creation, without metadata', async () => {
    const bytes = randomBytes(300_000)
    expect(await sourceOf(await send(bytes, { uploadDataDuringCreation: true }))).toBe(sha256(bytes))
  })

  it('sends by POST where a network takes no PATCH', async () => {
    const bytes = randomBytes(300_000)
    expect(await sourceOf(await send(bytes, { overridePatchMethod: true, chunkSize: 100_000 }))).toBe(sha256(bytes))
  })

  it('is told, and leaves nothing, when it asks for what is not offered', async () => {
    const before = await library()
    await expect(send(randomBytes(300_000), { parallelUploads: 2 })).rejects.toThrow(/concatenation/)
    await expect(send(randomBytes(300_000), { uploadLengthDeferred: true, chunkSize: 100_000 })).rejects.toThrow(/Upload-Length/)
    expect(await library()).toEqual(before)
  })

  it('ends an upload with nothing left', async () => {
    const before = await library()
    const begun = Promise.withResolvers<void>()
    const upload = new Upload(randomBytes(8_000_000), {
      endpoint: `${stack.url}/api/uploads`,
      headers: { Authorization: `Bearer ${stack.adminToken}` },
      chunkSize: 1_000_000,
      onError: begun.reject,
      onChunkComplete: () => begun.resolve(),
    })
    upload.start()
    await begun.promise
    const id = idOf(upload.url ?? '')
    expect(await library()).toContain(id)
    await upload.abort(true)
    expect(await library()).toEqual(before)
    expect(await stack.objects(id)).toEqual([])
  })
})

describe('Uppy', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  it('uploads from a page of the site as it comes', async () => {
    const page = await browser.newPage()
    await page.goto(`${stack.url}/sign-in#token=${stack.adminToken}`)
    await page.waitForURL((url) => url.pathname === '/')
    await page.evaluate(await uppyScript())
    const sent = await within(
      60_000,
      'Uppy',
      page.evaluate(async () => {
        const { Uppy, Tus } = (window as unknown as { uppyParts: typeof parts }).uppyParts
        const bytes = new Uint8Array(12_000_001)
        for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
        const uppy = new Uppy().use(Tus, { endpoint: '/api/uploads', chunkSize: 5_000_000, limit: 2 })
        for (const name of ['a.mp4', 'b.mp4']) uppy.addFile({ name, type: 'video/mp4', data: new Blob([bytes]) })
        const result = await uppy.upload()
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
        return {
          failed: result?.failed?.map(({ error }) => error),
          urls: result?.successful?.map(({ uploadURL }) => uploadURL ?? ''),
          sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
        }
      }),
    )
    expect(sent.failed).toEqual([])
    const ids = (sent.urls ?? []).map(idOf)
    expect(await Promise.all(ids.map(sourceOf))).toEqual([sent.sha256, sent.sha256])
    expect((await stack.video(ids[0] ?? '')).source).toMatchObject({ type: 'video/mp4', sizeBytes: 12_000_001 })
  })
})

/** Uppy's parts as one script that sets `uppyParts`. */
async function uppyScript(): Promise<string> {
  const entry = new URL('../support/uppy-parts.ts', import.meta.url).pathname
  const result = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, lib: { entry, formats: ['iife'], name: 'uppyParts' } },
  })
  const chunk = (Array.isArray(result) ? result : [result])
    .flatMap((output) => ('output' in output ? output.output : []))
    .find((item) => item.type === 'chunk')
  if (chunk === undefined) throw new Error('vite made no script')
  return `${chunk.code}\nwindow.uppyParts = uppyParts`
}
