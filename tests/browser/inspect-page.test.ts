/** The page /lab/inspect in a real Chromium: files that FFmpeg made, a damaged one, one of 20 GB, and addresses. */
import { execa } from 'execa'
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { build } from 'vite'
import { launchChromium } from '../support/chromium.ts'
import { clip } from '../support/clips.ts'
import { serveFolder, type StaticServer } from '../support/static-server.ts'

let folder: string
let server: StaticServer
let browser: Browser
let page: Page
let mp4: string
let webm: string
let assets: string[]
const errors: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-inspect-'))
  const built = path.join(folder, 'site')
  const configFile = path.resolve(import.meta.dirname, '../../vite.config.ts')
  await build({ configFile, logLevel: 'error', build: { outDir: built, emptyOutDir: false } })
  const files: Record<string, string> = {}
  assets = await readdir(path.join(built, 'assets'))
  for (const name of assets) files[`/assets/${name}`] = await readFile(path.join(built, 'assets', name), 'utf8')
  const input = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x180:rate=25',
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440:sample_rate=48000',
    '-t',
    '6',
  ]
  mp4 = await clip('mp4', [...input, ...'-c:v libx264 -g 40 -bf 2 -preset fast -pix_fmt yuv420p -c:a aac -movflags +faststart'.split(' ')])
  webm = await clip('webm', [...input, ...'-c:v libvpx -g 30 -deadline realtime -cpu-used 8 -c:a libopus'.split(' ')])
  server = await serveFolder(path.dirname(mp4), { ...files, '/lab/inspect': await readFile(path.join(built, 'lab/inspect.html'), 'utf8') })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  server.reset()
  errors.length = 0
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => errors.push(error.message))
})
afterEach(async () => {
  await page.close()
  if (errors.length > 0) throw new Error(`errors in the page: ${errors.join('; ')}`)
})

const node = (type: string): Locator => page.locator('.file-tree .tree-row', { has: page.locator(`.node-type:text-is("${type}")`) }).first()
const field = (name: string): Locator =>
  page.locator('.field-tree .tree-row', { has: page.locator(`.field-name:text-is("${name}")`) }).first()
/** Offsets of the bytes that are lit. */
const litBytes = (): Promise<number[]> =>
  page.locator('.hex-bytes b[data-lit]').evaluateAll((bytes) => bytes.map((byte) => Number(byte.getAttribute('data-at'))))
/** What the page says it read, bytes. */
async function readSoFar(): Promise<number> {
  const [, amount = '', unit = ''] = /read ([\d.]+) (\w+) in/.exec(await page.locator('.file-reads').innerText()) ?? []
  return Number(amount) * ({ B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[unit] ?? Number.NaN)
}
async function choose(file: string): Promise<void> {
  await page.goto(`${server.url}/lab/inspect`)
  await page.setInputFiles('#inspect-file', file)
}
/** Goes down by the keyboard: selects, opens, and on to the next. */
async function openDown(...types: string[]): Promise<void> {
  for (const type of types) {
    await node(type).click()
    await page.keyboard.press('ArrowRight')
  }
}
async function probedKeyframes(file: string): Promise<number> {
  const { stdout } = await execa('ffprobe', [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-show_entries',
    'packet=flags',
    '-of',
    'csv=p=0',
    file,
  ])
  return stdout.split('\n').filter((flags) => flags.startsWith('K')).length
}

test('an MP4: its tree opens down to stsd by the keyboard; a field lights its bytes, and a byte its field', async () => {
  await choose(mp4)
  await openDown('trak', 'mdia', 'minf', 'stbl')
  await node('stsd').click()
  await page.getByRole('heading', { name: 'stsd Sample Description Box' }).waitFor()

  const bytes = await readFile(mp4)
  const body = bytes.indexOf('stsd') + 4
  await field('entry_count').hover()
  // Version and flags come first, then 32 bits of count.
  await expect.poll(litBytes).toEqual([body + 4, body + 5, body + 6, body + 7])
  expect(await page.locator(`.hex-bytes b[data-at="${body + 7}"]`).innerText()).toBe('01')

  await page.locator(`.hex-bytes b[data-at="${body}"]`).hover()
  await expect.poll(() => page.locator('.field-tree .tree-row[data-lit] .field-name').innerText()).toBe('version')
  await expect.poll(litBytes).toEqual([body])
  await page.locator('.hex-line').getByText('version').waitFor()
})

test('keyframes on the timeline are those that ffprobe counts, and a sample lies where the page says', async () => {
  await choose(mp4)
  const facts = page.locator('.lane-facts[data-track="1"]')
  await facts.waitFor()
  const count = await probedKeyframes(mp4)
  expect(await facts.innerText()).toContain(`150 samples · ${count} keyframes`)
  expect(await page.locator('.lane').first().locator('.bars[data-type="key"]').getAttribute('data-count')).toBe(String(count))
  await page.locator('.map-legend').getByText(`${count} keyframes`).waitFor()

  await page.locator('.lane svg').first().focus()
  for (let step = 0; step < 2; step++) await page.keyboard.press('PageDown')
  const { stdout } = await execa('ffprobe', [
    ...[
      '-v',
      'error',
      '-ignore_editlist',
      '1',
      '-select_streams',
      'v:0',
      '-show_entries',
      'packet=pts,dts,size,pos,flags',
      '-of',
      'json',
      mp4,
    ],
  ])
  const { packets } = JSON.parse(stdout) as { packets: { pts: number; size: string; pos: string; flags: string }[] }
  const second = packets.filter(({ flags }) => flags.startsWith('K'))[2]
  if (second === undefined) throw new Error('no third keyframe')
  const line = await page.locator('.timeline-line').innerText()
  expect(line).toContain(`(${second.pts})`)
  expect(line).toContain(`size ${Number(second.size).toLocaleString('en')}`)
  expect(line).toContain(`at ${Number(second.pos).toLocaleString('en')}`)

  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Sample 80' }).waitFor()
  const first = page.locator('.hex-bytes b').first()
  await expect.poll(() => first.getAttribute('data-at')).toBe(second.pos)
})

test('a WebM: clusters, tracks in words, keyframes as ffprobe counts them; it takes the place of the MP4', async () => {
  await choose(mp4)
  await node('moov').waitFor()
  await page.setInputFiles('#inspect-file', webm)
  await node('Cluster').waitFor()
  expect(await node('moov').count()).toBe(0)
  await expect.poll(() => page.locator('.file-facts').innerText()).toContain('WebM')
  await page.locator('.tracks').getByText('VP8').waitFor()
  await page.locator('.tracks').getByText('Opus').first().waitFor()
  await expect.poll(() => page.locator('.lane-facts').first().innerText()).toContain(`${await probedKeyframes(webm)} keyframes`)
  await openDown('Tracks')
  await node('TrackEntry').waitFor()
})

test.each(['front', 'end'])('a file of 20 GB with moov at the %s opens, and little of it is read', async (place) => {
  const bytes = await readFile(mp4)
  const [moovAt, mdatAt] = [bytes.indexOf('moov') - 4, bytes.indexOf('mdat') - 4]
  const file = path.join(folder, `large-${place}.mp4`)
  const size = 20e9
  const header = Buffer.alloc(16)
  header.writeUInt32BE(1, 0)
  header.write('mdat', 4, 'latin1')
  const moov = bytes.subarray(moovAt, mdatAt)
  const before = place === 'front' ? bytes.subarray(0, mdatAt) : bytes.subarray(0, moovAt)
  const behind = place === 'front' ? Buffer.alloc(0) : moov
  header.writeBigUInt64BE(BigInt(size - before.length - behind.length), 8)
  const handle = await open(file, 'w')
  await handle.write(before, 0, before.length, 0)
  await handle.write(header, 0, header.length, before.length)
  await handle.truncate(size)
  if (behind.length > 0) await handle.write(behind, 0, behind.length, size - behind.length)
  await handle.close()

  await choose(file)
  await page.locator('.lane-facts[data-track="1"]').waitFor()
  await page.getByText('20.0 GB').waitFor()
  await node('mdat').click()
  // The end of 20 GB is as near as its start.
  await page.locator('.hex-scroll').focus()
  await page.keyboard.press('End')
  await page.keyboard.press('End')
  const last = size - behind.length - 1
  await page.locator(`.hex-bytes b[data-at="${last}"][data-cursor]`).getByText('00').waitFor()
  expect(await readSoFar()).toBeLessThan(2e6)
  await rm(file)
})

test('a damaged file says what is wrong, and shows where', async () => {
  const bytes = await readFile(mp4)
  bytes.writeUInt32BE(0x7fffff, bytes.indexOf('mdia') - 4)
  const file = path.join(folder, 'mdia-too-large.mp4')
  await writeFile(file, bytes)
  await choose(file)
  await page.getByRole('heading', { name: 'The file is damaged' }).waitFor()
  await page.locator('.problems').getByRole('button', { name: 'Show it' }).first().click()
  await expect.poll(() => page.locator('.file-tree .tree-row[aria-selected="true"] .node-type').innerText()).toBe('mdia')
  await node('mdia').getByText('damaged').waitFor()
  await page.locator('.node-problem').getByText("'mdia'").waitFor()
})

test('what is no media file is refused in words; the file that is open stays', async () => {
  await choose(mp4)
  await node('moov').waitFor()
  const text = path.join(folder, 'page.html')
  await writeFile(text, '<!doctype html><p>no video</p>')
  await page.setInputFiles('#inspect-file', text)
  await page.getByRole('alert').getByText('HTML or XML').waitFor()
  await node('moov').waitFor()
  await page.locator('.lane-facts').first().waitFor()
})

test('an address in the link is opened at once, by ranges; a wrong one is told and can be corrected', async () => {
  await page.goto(`${server.url}/lab/inspect?url=/nothing.mp4`)
  await page.getByRole('alert').getByText('There is no file at this address (404)').waitFor()
  await page.locator('#inspect-url').fill(`/${path.basename(mp4)}`)
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await node('moov').waitFor()
  await page.locator('.lane-facts[data-track="1"]').waitFor()
  expect(new URL(page.url()).searchParams.get('url')).toBe(`/${path.basename(mp4)}`)
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await readSoFar()).toBeLessThanOrEqual(65_600)

  await page.locator('#inspect-url').fill('javascript:alert(1)')
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await page.getByText('This is no http or https address.').waitFor()
  await node('moov').waitFor()
})

test('nothing of it is wider than a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await choose(mp4)
  await page.locator('.lane-facts').first().waitFor()
  await page.locator('.hex-bytes b').first().waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  expect(await page.locator('.hex-rows').getAttribute('data-columns')).toBe('8')
})

test('the worker has the name that its content security policy is given to', () => {
  // `site/public/_headers`: /assets/inspect-worker-*
  expect(assets.filter((name) => name.startsWith('inspect-worker-'))).toHaveLength(1)
})
