/** /lab/progressive on the real stack in a real Chromium: ranges and answers in the log, ticks as ffprobe has them, a slider that throttles. */
import { execa } from 'execa'
import { stat } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { clip } from '../support/clips.ts'
import { testStack, type TestStack } from '../support/stack.ts'

/** What the test reads of the page's elements. */
interface FileBar extends HTMLElement {
  opened: { keyframes: { seconds: number; offset: number }[]; durationS: number } | null
}

let stack: TestStack
let browser: Browser
let page: Page
const errors: string[] = []
const files = { mp4: '', webm: '' }
const ids = { mp4: '', webm: '' }

beforeAll(async () => {
  const noise = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25,noise=alls=40:allf=t', '-f', 'lavfi', '-i', 'sine=frequency=330']
  // Without faststart: moov lies at the end.
  files.mp4 = await clip('mp4', [
    ...noise,
    '-t',
    '30',
    ...'-c:v libx264 -preset ultrafast -b:v 3M -g 50 -bf 2 -pix_fmt yuv420p -c:a aac'.split(' '),
  ])
  files.webm = await clip('webm', [
    ...noise,
    '-t',
    '6',
    ...'-c:v libvpx -b:v 1M -g 30 -deadline realtime -cpu-used 8 -c:a libopus'.split(' '),
  ])
  // No runner: the adaptive player gets the file cut at its own keyframes, and nothing is encoded beside the test.
  stack = await testStack({ runners: 0 })
  ids.mp4 = await stack.upload(files.mp4)
  ids.webm = await stack.upload(files.webm, { filetype: 'video/webm' })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})
beforeEach(async () => {
  errors.length = 0
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(30_000)
  page.on('pageerror', (error) => errors.push(error.message))
})
afterEach(async () => {
  await page.close()
  if (errors.length > 0) throw new Error(`errors in the page: ${errors.join('; ')}`)
})

async function start(file: keyof typeof ids, query: string): Promise<void> {
  await page.goto(`${stack.url}/lab/progressive?video=${ids[file]}&${query}`)
  await page.getByRole('button', { name: 'Start both' }).click()
}
const currentTime = (): Promise<number> => page.locator('.range-video').evaluate((video) => (video as HTMLVideoElement).currentTime)
/** Cells of the log of range requests, oldest first. */
async function rangeLog(): Promise<string[][]> {
  const rows = await page
    .locator('.request-log[aria-label="Range requests"] tbody tr')
    .evaluateAll((all) => all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent.trim())))
  return rows.toReversed()
}
/** Bytes that the page says it downloaded. */
async function downloaded(): Promise<number> {
  const text = await page.locator('.side').first().locator('.side-facts').innerText()
  const [, amount = '', unit = ''] = /([\d.]+) (k?M?B) in/.exec(text) ?? []
  return Number(amount) * ({ B: 1, kB: 1e3, MB: 1e6 }[unit] ?? Number.NaN)
}
async function bytesWithin(ms: number): Promise<number> {
  const before = await downloaded()
  await page.waitForTimeout(ms)
  return (await downloaded()) - before
}
const slide = (stop: number): Promise<void> => page.getByLabel('Bandwidth').fill(String(stop))
const ticks = (): Promise<{ seconds: number; offset: number }[]> =>
  page.locator('file-bar').evaluate((bar) => (bar as FileBar).opened?.keyframes ?? [])
async function probed(file: string): Promise<{ seconds: number; offset: number }[]> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time,pos,flags', '-of', 'json', file]
  const { packets } = JSON.parse((await execa('ffprobe', args)).stdout) as { packets: { pts_time: string; pos: string; flags: string }[] }
  return packets
    .filter(({ flags }) => flags.startsWith('K'))
    .map(({ pts_time, pos }) => ({ seconds: Number(pts_time), offset: Number(pos) }))
}

test('an MP4 with its index at the end: plays, shows each range and answer, seeks to a keyframe, and slows down with the slider', async () => {
  const { size } = await stat(files.mp4)
  await start('mp4', 'rate=6000')
  await expect.poll(currentTime, { timeout: 60_000 }).toBeGreaterThan(0.5)

  const [first = [], second = [], third = []] = await rangeLog()
  expect(first.slice(1, 3)).toEqual(['bytes=0-65535', `206 bytes 0-65535/${size}`])
  expect(first[6]).toMatch(/fwd=bypass.*network 40 ms \(6000 kbit\/s\)/)
  expect(second[1]).toMatch(new RegExp(`^bytes=\\d+-${size - 1}$`))
  expect(second[2]).toContain(`/${size}`)
  expect(third[1]).toBe('bytes=65536-1114111')

  const wanted = await probed(files.mp4)
  const found = await ticks()
  expect(found.map(({ offset }) => offset)).toEqual(wanted.map(({ offset }) => offset))
  for (const [index, { seconds }] of found.entries()) expect(seconds).toBeCloseTo(wanted[index]?.seconds ?? Number.NaN, 2)
  for (const name of ['bar-here', 'bar-played', 'bar-keys']) await page.locator(`file-bar .${name}`).first().waitFor({ state: 'attached' })
  await page.getByText('The index (moov) lies at the end').waitFor()

  // A quarter of what the file needs: it cannot be ahead enough to pause.
  await slide(4)
  await page.waitForTimeout(500)
  const slow = await bytesWithin(4_000)
  expect(slow * 2).toBeLessThan(800_000 * 1.6)
  await slide(16)
  const fast = await bytesWithin(4_000)
  expect(fast).toBeGreaterThan(slow * 2)

  const box = await page.locator('.file-bar').boundingBox()
  await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) * 0.8, (box?.y ?? 0) + 20)
  await expect.poll(currentTime, { timeout: 60_000 }).toBeGreaterThan(22)
  const at = await currentTime()
  await expect.poll(currentTime, { timeout: 60_000 }).toBeGreaterThan(at + 0.5)

  // The other player: playlists and segments, over a link of its own.
  const adaptive = page.locator('.request-log[aria-label="Requests of the adaptive player"]')
  await adaptive.getByText('master.m3u8').first().waitFor()
  await adaptive
    .getByText(/network 40 ms/)
    .first()
    .waitFor()
  await page.locator('quality-bar .bar-here').first().waitFor({ state: 'attached' })
})

test('a seek cancels what is under way, and asks from the keyframe on; back again costs no byte that is here', async () => {
  await start('mp4', 'rate=1500')
  await expect.poll(async () => (await rangeLog()).length, { timeout: 60_000 }).toBeGreaterThan(2)
  await expect.poll(ticks).not.toHaveLength(0)
  await page.locator('.range-video').evaluate((video) => ((video as HTMLVideoElement).currentTime = 21))
  await page.getByText('seek to 0:21').waitFor()
  const log = await rangeLog()
  expect(log.find(([, , , arrived]) => arrived?.includes('cancelled'))).toBeDefined()
  const asked = Number(/bytes=(\d+)-/.exec(log.find(([why]) => why === 'seek to 0:21')?.[1] ?? '')?.[1])
  const keyframe = (await ticks()).findLast(({ seconds }) => seconds <= 21)
  // The block that the keyframe lies in.
  expect(asked).toBe(Math.floor((keyframe?.offset ?? 0) / 65_536) * 65_536)
  await expect.poll(currentTime, { timeout: 60_000 }).toBeGreaterThan(21.2)
  await page.locator('.range-video').evaluate((video) => ((video as HTMLVideoElement).currentTime = 0.1))
  await expect.poll(currentTime, { timeout: 60_000 }).toBeGreaterThan(0.4)
  expect(await currentTime()).toBeLessThan(20)
  const ranges = (await rangeLog()).map(([, range]) => range)
  expect(new Set(ranges).size).toBe(ranges.length)
})

test('a WebM: keyframes from its Cues, without reading it; a trace in the address is the network', async () => {
  await start('webm', 'trace=wifi&seed=2')
  await expect.poll(currentTime, { timeout: 60_000 }).toBeGreaterThan(0.5)
  expect((await ticks()).map(({ seconds }) => seconds)).toEqual((await probed(files.webm)).map(({ seconds }) => seconds))
  await page.getByText('A home network near its access point').waitFor()
  expect((await rangeLog())[0]?.[6]).toContain('(clear)')
  await page.locator('.range-video').evaluate((video) => ((video as HTMLVideoElement).currentTime = 4))
  await expect.poll(currentTime, { timeout: 60_000 }).toBeGreaterThan(4.2)
})

test('the lab lists it', async () => {
  await page.goto(`${stack.url}/lab`)
  await page.getByRole('link', { name: 'One file, by ranges' }).click()
  await page.getByRole('heading', { level: 1, name: 'One file, by ranges' }).waitFor()
  expect(await page.locator('nav a[aria-current]').innerText()).toBe('Lab')
})
