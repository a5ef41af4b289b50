/** The watch page in a real Chromium, opened before there is anything to play: it follows along, and plays when there is. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { build } from 'vite'
import type { SluicePlayerElement } from '../../player/element/sluice-player.ts'
import type { Video } from '../../protocol/videos.ts'
import { launchChromium } from '../support/chromium.ts'
import { eventPlaylist, hlsFixture } from '../support/hls-fixture.ts'
import { serveFolder, type StaticServer } from '../support/static-server.ts'

const ID = 'abcdefghijkl'
const UPLOADED: Video = {
  id: ID,
  title: 'A day at the lock',
  state: 'processing',
  progress: 0.1,
  error: null,
  createdAt: '2026-11-22T12:00:00Z',
  durationMs: null,
  playableMs: 0,
  width: null,
  height: null,
  source: { name: 'lock.mp4', type: 'video/mp4', sizeBytes: 1_000_000 },
  stages: [
    { name: 'upload', state: 'done', progress: 1, text: '1.0 MB' },
    { name: 'probe', state: 'running', progress: 0, text: '' },
  ],
  playback: null,
  poster: null,
  thumbnails: null,
}

let folder: string
let server: StaticServer
let browser: Browser
let page: Page
let built: string
const errors: string[] = []

const tell = (changes: Partial<Video>): void => void server.texts.set(`/api/videos/${ID}`, JSON.stringify({ ...UPLOADED, ...changes }))
const show = async (count: number, ended: boolean): Promise<void> => {
  for (const id of ['144p', '240p', '360p', 'audio']) {
    server.texts.set(`/${id}/index.m3u8`, await eventPlaylist(folder, id, count, ended))
  }
}
const player = <T>(run: (element: SluicePlayerElement) => T | Promise<T>): Promise<T> =>
  page.locator('sluice-player').evaluate(run as (element: Element) => T | Promise<T>)

beforeAll(async () => {
  built = await mkdtemp(path.join(tmpdir(), 'sluice-site-'))
  const configFile = path.resolve(import.meta.dirname, '../../vite.config.ts')
  await build({ configFile, logLevel: 'error', build: { outDir: built, emptyOutDir: false } })
  const files: Record<string, string> = {}
  for (const name of await readdir(path.join(built, 'assets'))) {
    files[`/assets/${name}`] = await readFile(path.join(built, 'assets', name), 'utf8')
  }
  folder = await hlsFixture()
  server = await serveFolder(folder, { ...files, [`/watch/${ID}`]: await readFile(path.join(built, 'watch.html'), 'utf8') })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await rm(built, { recursive: true, force: true })
})
beforeEach(async () => {
  server.reset()
  errors.length = 0
  page = await browser.newPage()
  page.on('pageerror', (error) => errors.push(error.message))
})
afterEach(async () => {
  await page.close()
  if (errors.length > 0) throw new Error(`errors in the page: ${errors.join('; ')}`)
})

test('opened before anything can be watched, it starts to show the player by itself and plays to the end as the video grows', async () => {
  tell({})
  await page.goto(`${server.url}/watch/${ID}`)
  await page.getByText('It plays here as soon as its beginning is ready.').waitFor()
  expect(await page.locator('sluice-player').count()).toBe(0)

  await show(2, false)
  const playback = { hls: '/master.m3u8', dash: '/manifest.mpd' }
  tell({ progress: 0.4, durationMs: 10_000, playableMs: 4_000, playback })
  await page.locator('sluice-player').waitFor()
  await page.getByText('0:04 can be watched already').waitFor()
  await player(async ({ video }) => {
    video.muted = true
    await video.play()
    while (video.currentTime < 3) await new Promise((resolve) => setTimeout(resolve, 50))
  })

  await show(5, true)
  tell({ state: 'ready', progress: 1, durationMs: 10_000, playableMs: 10_000, playback })
  await page.getByText('Ready').waitFor()
  const end = await player(async ({ video }) => {
    while (!video.ended) await new Promise((resolve) => setTimeout(resolve, 50))
    return video.currentTime
  })
  expect(end).toBeCloseTo(10, 0)
})

test('a video that fails while it is watched says why, and what is there plays on', async () => {
  await show(3, false)
  const playback = { hls: '/master.m3u8', dash: '/manifest.mpd' }
  tell({ playableMs: 6_000, playback })
  await page.goto(`${server.url}/watch/${ID}`)
  await player(async ({ video }) => {
    video.muted = true
    await video.play()
    while (video.currentTime < 1) await new Promise((resolve) => setTimeout(resolve, 50))
  })
  await show(3, true)
  tell({ state: 'failed', playableMs: 6_000, playback, error: { code: 'transcode', message: 'A chunk could not be encoded.' } })
  await page.getByText('A chunk could not be encoded.').waitFor()
  const end = await player(async ({ video }) => {
    while (!video.ended) await new Promise((resolve) => setTimeout(resolve, 50))
    return video.currentTime
  })
  expect(end).toBeCloseTo(6, 0)
})
