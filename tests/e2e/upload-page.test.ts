/**
 * The upload page as a person uses it, in a real browser against the whole stack: reloaded in the middle, cut off from the
 * network, the server killed, cancelled now and cancelled by a later visit. The network is slowed down by the browser, so
 * that there is a middle; how much has arrived is read off the page.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, BrowserContext, CDPSession, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { VideoPage } from '../../protocol/videos.ts'
import { launchChromium } from '../support/chromium.ts'
import { testClip } from '../support/clips.ts'
import { paddedClip, type PaddedClip } from '../support/padded-clip.ts'
import { testStack, type TestStack } from '../support/stack.ts'

const MB = 1_000_000

let stack: TestStack
let browser: Browser
let folder: string
let big: PaddedClip
let context: BrowserContext
let page: Page
let cdp: CDPSession
/** What the page asked of `/api/uploads`: `POST`, `HEAD`, `PATCH 8388608`, `DELETE`. */
let asked: string[]
let errors: string[]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-upload-page-'))
  big = await paddedClip(folder, await testClip({ seconds: 4, size: '320x180' }), 120 * MB)
  stack = await testStack()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  context = await browser.newContext()
  page = await context.newPage()
  cdp = await context.newCDPSession(page)
  await cdp.send('Network.enable')
  asked = []
  errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  // Leaving in the middle is asked about; here it is always meant.
  page.on('dialog', (dialog) => void dialog.accept())
  page.on('request', (request) => {
    if (!new URL(request.url()).pathname.startsWith('/api/uploads')) return
    asked.push([request.method(), request.headers()['upload-offset']].filter(Boolean).join(' '))
  })
})
afterEach(async () => {
  await context.close()
  if (errors.length > 0) throw new Error(`The page threw:\n${errors.join('\n')}`)
})

async function signIn(): Promise<void> {
  await page.goto(`${stack.url}/sign-in#token=${stack.adminToken}`)
  await page.waitForURL((url) => url.pathname === '/')
}

async function openUploadPage(): Promise<void> {
  await signIn()
  await page.goto(`${stack.url}/upload`)
}

/** Limits what goes up; null: as fast as it can. */
async function throttle(bytesPerSecond: number | null, offline = false): Promise<void> {
  const uploadThroughput = bytesPerSecond ?? -1
  await cdp.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput })
}

async function choose(file: string): Promise<void> {
  await page.locator('input[type=file]').setInputFiles(file)
}

function item(phase: string): Locator {
  return page.locator(`.item[data-phase="${phase}"]`)
}

/** Resolves when the upload's bar stands at `percent` or above. */
async function sent(percent: number): Promise<void> {
  await page.waitForFunction(
    (least) => Number(document.querySelector('.item[data-phase="uploading"] [role=progressbar]')?.getAttribute('aria-valuenow')) >= least,
    percent,
  )
}

async function library(): Promise<string[]> {
  const listed = (await (await fetch(`${stack.url}/api/videos`)).json()) as VideoPage
  return listed.videos.map(({ id }) => id)
}

/** The id of the video that came up since `before` was listed. */
async function newVideo(before: string[]): Promise<string> {
  const [id, ...more] = (await library()).filter((known) => !before.includes(known))
  expect(id).toBeDefined()
  expect(more).toEqual([])
  return id ?? ''
}

async function sourceSha256(id: string): Promise<string> {
  const response = await fetch(`${stack.url}/v/${id}/source`)
  const hash = createHash('sha256')
  for await (const bytes of response.body ?? []) hash.update(bytes)
  return hash.digest('hex')
}

function creations(): number {
  return asked.filter((request) => request === 'POST').length
}

/** Nothing of an upload is left: no row, no object, no upload, no address kept by the browser. */
async function expectNothingLeft(id: string): Promise<void> {
  expect((await fetch(`${stack.url}/api/videos/${id}`)).status).toBe(404)
  expect(await stack.objects(id)).toEqual([])
  const head = await stack.admin(`/api/uploads/${id}`, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } })
  expect(head.status).toBe(404)
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('tus::')))).toEqual([])
}

describe('an upload that is interrupted', () => {
  it('goes on after a reload when the same file is chosen again, and the source is the file', async () => {
    const before = await library()
    await openUploadPage()
    await throttle(15 * MB)
    await choose(big.file)
    await sent(30)
    await page.reload()
    await item('interrupted').waitFor()
    await expect.poll(() => item('interrupted').locator('.item-line').textContent()).toContain('Choose the same file again to go on.')
    await throttle(null)
    const beforeReload = asked.length
    await choose(big.file)
    await item('ready').waitFor({ timeout: 120_000 })
    expect(creations()).toBe(1)
    const [head, first] = asked.slice(beforeReload)
    expect(head).toBe('HEAD')
    expect(Number(first?.split(' ')[1])).toBeGreaterThan(0.2 * big.sizeBytes)
    const id = await newVideo(before)
    expect(await stack.video(id)).toMatchObject({ state: 'ready', source: { name: path.basename(big.file), sizeBytes: big.sizeBytes } })
    expect(await sourceSha256(id)).toBe(big.sha256)
  })

  it('goes on by itself after the network was gone and after the server was killed', async () => {
    const before = await library()
    await openUploadPage()
    await throttle(25 * MB)
    await choose(big.file)
    await sent(15)
    await throttle(null, true)
    await item('reconnecting').waitFor()
    expect(await item('reconnecting').locator('.item-line').textContent()).toContain('goes on by itself')
    await throttle(25 * MB)
    await sent(45)
    stack.edge.kill('SIGKILL')
    await item('reconnecting').waitFor()
    await throttle(null)
    await item('ready').waitFor({ timeout: 120_000 })
    expect(creations()).toBe(1)
    expect(asked.filter((request) => request === 'HEAD').length).toBeGreaterThanOrEqual(2)
    expect(await sourceSha256(await newVideo(before))).toBe(big.sha256)
  })
})

describe('an upload that is cancelled', () => {
  it('leaves nothing', async () => {
    const before = await library()
    await openUploadPage()
    await throttle(15 * MB)
    await choose(big.file)
    await sent(20)
    const id = await newVideo(before)
    await page.getByRole('button', { name: /^Cancel/ }).click()
    await expect.poll(() => page.locator('.item').count()).toBe(0)
    await expectNothingLeft(id)
  })

  it('by a later visit leaves nothing, and the same file then begins anew', async () => {
    const before = await library()
    await openUploadPage()
    await throttle(15 * MB)
    await choose(big.file)
    await sent(20)
    const id = await newVideo(before)
    await page.goto(`${stack.url}/`)
    await page.goto(`${stack.url}/upload`)
    await item('interrupted')
      .getByRole('button', { name: /^Cancel/ })
      .click()
    await expect.poll(() => page.locator('.item').count()).toBe(0)
    await expectNothingLeft(id)
    await choose(big.file)
    await sent(5)
    expect(await newVideo(before)).not.toBe(id)
    expect(asked.slice(asked.lastIndexOf('POST'))).toEqual(['POST', 'PATCH 0'])
    await page.getByRole('button', { name: /^Cancel/ }).click()
    await expect.poll(() => page.locator('.item').count()).toBe(0)
  })

  it('while it is being created leaves nothing', async () => {
    const before = await library()
    await openUploadPage()
    const created = Promise.withResolvers<void>()
    await page.route('**/api/uploads', async (route) => {
      const response = await route.fetch()
      created.resolve()
      // The server has made the upload, and the page does not know its address yet.
      await expect.poll(() => page.getByRole('button', { name: /^Cancel/ }).count()).toBe(1)
      await page.getByRole('button', { name: /^Cancel/ }).click()
      await route.fulfill({ response })
    })
    await choose(big.file)
    await created.promise
    await expect.poll(() => page.locator('.item').count()).toBe(0)
    expect(await library()).toEqual(before)
  })

  it('while it waits for its turn with what an earlier visit sent leaves nothing', async () => {
    const before = await library()
    await openUploadPage()
    await throttle(15 * MB)
    await choose(big.file)
    await sent(10)
    const id = await newVideo(before)
    await page.goto(`${stack.url}/`)
    await page.goto(`${stack.url}/upload`)
    await item('interrupted').waitFor()
    const other = await paddedClip(folder, await testClip({ seconds: 4, size: '320x180' }), 40 * MB)
    await throttle(2 * MB)
    await choose(other.file)
    await sent(1)
    await choose(big.file)
    await item('waiting')
      .getByRole('button', { name: /^Cancel/ })
      .click()
    await expect.poll(() => page.locator('.item').count()).toBe(1)
    expect((await fetch(`${stack.url}/api/videos/${id}`)).status).toBe(404)
    await page.getByRole('button', { name: /^Cancel/ }).click()
    await expect.poll(() => page.locator('.item').count()).toBe(0)
    await expectNothingLeft(id)
    expect(await library()).toEqual(before)
  })
})

describe('what comes after the last byte', () => {
  it('is told stage by stage, and the video can be watched before it is ready', async () => {
    await openUploadPage()
    // Every state that the page shows, in order.
    await page.evaluate(() => {
      const shown = new Set<string>()
      Object.assign(window, { shown })
      new MutationObserver(() => {
        for (const line of document.querySelectorAll('.stages li')) shown.add((line.textContent ?? '').replaceAll(/\s+/g, ' ').trim())
        const state = document.querySelector<HTMLElement>('.item')?.dataset['phase']
        if (document.querySelector('.item a[href^="/watch/"]')) shown.add(`Watch while ${state}`)
      }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
    })
    await choose(await testClip({ seconds: 36, size: '640x360' }))
    await item('ready').waitFor({ timeout: 120_000 })
    const shown = await page.evaluate(() => [...(window as unknown as { shown: Set<string> }).shown])
    expect(shown).toContainEqual(expect.stringMatching(/^probe · /))
    expect(shown).toContainEqual(expect.stringMatching(/^video · chunk \d of 5/))
    expect(shown).toContain('Watch while processing')
    expect(shown.indexOf('Watch while processing')).toBeLessThan(shown.indexOf('Watch while ready'))
    await page.locator('.item a[href^="/watch/"]').click()
    await page.waitForURL(/\/watch\/[\w-]{12}$/)
  })

  it('is a sentence when the file is no video', async () => {
    const file = path.join(folder, 'notes.txt')
    await writeFile(file, 'These are notes and not a film.\n'.repeat(500))
    await openUploadPage()
    await choose(file)
    await item('failed').waitFor({ timeout: 60_000 })
    expect(await item('failed').locator('.item-line').textContent()).toMatch(/not a (video|film|media)/i)
  })

  it('is not begun with an empty file', async () => {
    const file = path.join(folder, 'empty.mp4')
    await writeFile(file, '')
    await openUploadPage()
    await choose(file)
    await item('failed').waitFor()
    expect(await item('failed').locator('.item-line').textContent()).toBe('The file is empty: there is nothing to upload.')
    expect(asked).toEqual([])
  })
})

describe('somebody who is not signed in', () => {
  it('is asked for the token, is told when it is wrong, and goes on in the same place when it is right', async () => {
    await page.goto(`${stack.url}/upload`)
    await page.getByLabel('Admin token').waitFor()
    expect(await page.locator('input[type=file]').count()).toBe(0)
    await page.getByLabel('Admin token').fill('this-is-not-the-token')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect.poll(() => page.getByRole('alert').allTextContents()).toContainEqual(expect.stringMatching(/not valid/))
    await page.getByLabel('Admin token').fill(stack.adminToken)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('input[type=file]').waitFor({ state: 'attached' })
    expect(new URL(page.url()).pathname).toBe('/upload')
    await choose(await testClip({ seconds: 4, size: '320x180' }))
    await item('ready').waitFor({ timeout: 60_000 })
  })

  it('may choose a file before the page knows, and it goes up once it does', async () => {
    await signIn()
    const chosen = Promise.withResolvers<void>()
    await page.route('**/api/session', async (route) => {
      await chosen.promise
      await route.continue()
    })
    // An empty library tells the page nothing that could start the upload by the way.
    await page.route('**/api/videos', (route) => route.fulfill({ json: { videos: [], nextCursor: null } }))
    await page.goto(`${stack.url}/upload`)
    await choose(await testClip({ seconds: 4, size: '320x180' }))
    await item('waiting').waitFor()
    chosen.resolve()
    await item('ready').waitFor({ timeout: 60_000 })
  })
})
