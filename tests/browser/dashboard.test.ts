/**
 * The page /lab/player in a real Chromium: a session is played, exported, replayed in Node with the same decisions, and put
 * back in; and the dashboard over the player.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { build } from 'vite'
import { throughputRule } from '../../player/abr/throughput.ts'
import type { SluicePlayerElement } from '../../player/element/sluice-player.ts'
import { incidentsOf } from '../../player/session/causes.ts'
import { readRecording } from '../../player/session/read-recording.ts'
import { replay } from '../../player/session/replay.ts'
import { whatIf } from '../../player/session/what-if.ts'
import { launchChromium } from '../support/chromium.ts'
import { hlsFixture } from '../support/hls-fixture.ts'
import { serveFolder, type StaticServer } from '../support/static-server.ts'

let built: string
let server: StaticServer
let browser: Browser
let page: Page
const errors: string[] = []
const player = <T>(run: (element: SluicePlayerElement) => T | Promise<T>): Promise<T> =>
  page.locator('sluice-player').evaluate(run as (element: Element) => T | Promise<T>)

beforeAll(async () => {
  built = await mkdtemp(path.join(tmpdir(), 'sluice-dashboard-'))
  const configFile = path.resolve(import.meta.dirname, '../../vite.config.ts')
  await build({ configFile, logLevel: 'error', build: { outDir: built, emptyOutDir: false } })
  const files: Record<string, string> = { '/lab/player': await readFile(path.join(built, 'lab/player.html'), 'utf8') }
  for (const name of await readdir(path.join(built, 'assets'))) {
    files[`/assets/${name}`] = await readFile(path.join(built, 'assets', name), 'utf8')
  }
  files['/api/videos'] = JSON.stringify({ videos: [], nextCursor: null })
  files['/api/session'] = JSON.stringify({ signedIn: false })
  server = await serveFolder(await hlsFixture(), files)
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
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(30_000)
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(`${server.url}/lab/player?url=/master.m3u8`)
  await page.locator('sluice-player').waitFor()
})
afterEach(async () => {
  await page.close()
  if (errors.length > 0) throw new Error(`errors in the page: ${errors.join('; ')}`)
})

test('a session that was recorded is decided the same in Node, every decision; dropped back in it is drawn, and played by another rule', async () => {
  // Slow from the second segment on: the rule has something to decide, and a seek comes in between.
  server.fault = (at) => (/^\/(240|360)p\/\d+\.m4s/.test(at) ? { bytesPerSecond: 60_000 } : null)
  const exported = await player(async (element) => {
    const { video } = element
    const until = async (done: () => boolean): Promise<void> => {
      while (!done()) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await element.play()
    await until(() => video.currentTime > 2)
    video.currentTime = 14
    await until(() => video.ended)
    return JSON.stringify(element.exportSession())
  })
  await page.locator('debug-console').getByText('Fetched master.m3u8 (3 quality levels').first().waitFor()
  const recording = readRecording(exported)
  expect(recording.config.rule).toBe('throughput')
  const result = replay(recording.events, throughputRule)
  expect(result.differences).toEqual([])
  expect(result.same).toBe(result.compared)
  expect(result.compared).toBeGreaterThan(6)
  expect(recording.events.filter(({ type }) => type === 'sample').length).toBeGreaterThan(4)
  expect(incidentsOf(recording.events).every(({ sentence }) => sentence.length > 20)).toBe(true)
  expect(whatIf(recording.events, throughputRule)?.some(({ type }) => type === 'segment')).toBe(true)

  const file = path.join(built, 'session.json')
  await writeFile(file, exported)
  await page.setInputFiles('#lab-file', file)
  await page.getByText(`all ${result.compared} decisions come out the same`).waitFor()
  await page.locator('sluice-dashboard [data-chart="buffer"] canvas').waitFor()
  const buffer = page.locator('sluice-dashboard [data-chart="buffer"] output')
  expect(await buffer.innerText()).toMatch(/ s/)
  const before = await buffer.innerText()
  await page.locator('sluice-dashboard .scrub input').focus()
  await page.keyboard.press('Home')
  expect(await buffer.innerText()).not.toBe(before)
  await page.locator('.lab-controls select').selectOption('bola')
  await page.locator('.replay-table').getByText('bola, in the model').waitFor()
  expect(await page.locator('sluice-dashboard').getByText('under bola', { exact: true }).count()).toBe(2)

  await writeFile(file, exported.slice(0, 1_000))
  await page.setInputFiles('#lab-file', file)
  await page.getByRole('alert').getByText('it was cut off').waitFor()
})

test('d opens the dashboard over the player and closes it; it shows what happens, and exports', async () => {
  await player((element) => element.play())
  await page.keyboard.press('d')
  const dialog = page.locator('sluice-player dialog')
  await dialog.locator('[data-chart="buffer"] canvas').waitFor()
  await expect.poll(() => dialog.locator('[data-chart="rendition"] output').innerText()).toMatch(/\d+p/)
  await dialog.locator('.events li').first().waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Export' }).click()])
  expect(readRecording(await readFile(await download.path(), 'utf8')).events.length).toBeGreaterThan(5)
  await page.keyboard.press('d')
  await expect.poll(() => dialog.count()).toBe(0)
  await page.keyboard.press('d')
  await dialog.waitFor()
  await page.keyboard.press('d')
  await expect.poll(() => dialog.count()).toBe(0)
})

test('nothing of it is wider than a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.locator('sluice-dashboard [data-chart="buffer"] canvas').waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
})
