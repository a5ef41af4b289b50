/**
 * What people upload by mistake: each gets a sentence they understand. A refused upload leaves nothing; a failed video
 * keeps its row and its source until it is deleted, and then leaves nothing.
 */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { VideoPage } from '../../protocol/videos.ts'
import { clip, testClip } from '../support/clips.ts'
import { testStack, tusMetadata, type TestStack } from '../support/stack.ts'

let stack: TestStack
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-bad-input-'))
  stack = await testStack()
})
afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function library(): Promise<string[]> {
  const page = (await (await fetch(`${stack.url}/api/videos`)).json()) as VideoPage
  return page.videos.map(({ id }) => id)
}

async function create(length: string, metadata: Record<string, string> = { filename: 'a.mp4' }): Promise<Response> {
  return stack.admin('/api/uploads', {
    method: 'POST',
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': length, 'Upload-Metadata': tusMetadata(metadata) },
  })
}

/** Uploads, waits for the failure, and answers its sentence; then deletes and looks that nothing is left. */
async function failure(file: string, metadata?: Record<string, string>): Promise<string> {
  const id = await stack.upload(file, metadata)
  const video = await stack.waitFor(id, ({ state }) => state === 'failed')
  expect(await stack.objects(id)).toContain(`videos/${id}/source`)
  const source = await fetch(`${stack.url}/v/${id}/source`)
  expect(source.status).toBe(200)
  await source.body?.cancel()
  const deleted = await stack.admin(`/api/videos/${id}`, { method: 'DELETE' })
  expect(deleted.status).toBe(204)
  expect(await stack.objects(id)).toEqual([])
  expect((await fetch(`${stack.url}/v/${id}/source`)).status).toBe(404)
  expect(await library()).not.toContain(id)
  return video.error?.message ?? ''
}

it('refuses an empty file and leaves nothing', async () => {
  const before = await library()
  const response = await create('0')
  expect(response.status).toBe(400)
  expect(await response.text()).toMatch(/empty/i)
  expect(await library()).toEqual(before)
})

it('refuses a file over the limit and leaves nothing', async () => {
  const before = await library()
  const response = await create(String(20 * 1024 ** 3 + 1))
  expect(response.status).toBe(413)
  expect(await library()).toEqual(before)
})

it('refuses an upload without a token, and from another origin', async () => {
  const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Length': '10' }
  expect((await fetch(`${stack.url}/api/uploads`, { method: 'POST', headers })).status).toBe(401)
  const elsewhere = await stack.admin('/api/uploads', { method: 'POST', headers: { ...headers, Origin: 'https://elsewhere.example' } })
  expect(elsewhere.status).toBe(403)
})

it('says that a text file is not a video', async () => {
  const file = path.join(folder, 'notes.mp4')
  await writeFile(file, 'These are notes and not a film.\n'.repeat(500))
  expect(await failure(file)).toMatch(/not a (video|film|media)/i)
})

it('says that a file of zeros is not a video', async () => {
  const file = path.join(folder, 'zeros.bin')
  await writeFile(file, new Uint8Array(1_000_000))
  expect(await failure(file)).toMatch(/not a (video|film|media)/i)
})

it('says of an MP4 whose index is cut off that it is cut off', async () => {
  const whole = await clip('mp4', [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x180:rate=25',
    '-t',
    '8',
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
  ])
  const handle = await open(whole)
  const bytes = await handle.readFile()
  await handle.close()
  const file = path.join(folder, 'cut.mp4')
  await writeFile(file, bytes.subarray(0, Math.floor(bytes.length / 2)))
  expect(await failure(file)).toMatch(/cut off|truncated|incomplete|not complete/i)
})

it('plays a video whose sound track is empty as a silent one', async () => {
  // The audio track is declared, and holds no sample.
  const file = await clip('mp4', [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-f', 'lavfi', '-i', 'aevalsrc=0:d=0.0001', '-t', '4'],
    ...['-af', 'atrim=end_sample=0', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
  ])
  const id = await stack.upload(file)
  await stack.waitFor(id, ({ state }) => state === 'ready')
  const master = await (await fetch(`${stack.url}/v/${id}/master.m3u8`)).text()
  expect(master).not.toMatch(/AUDIO=/)
})

it('takes a file name with slashes, quotes and emoji as a title and nothing else', async () => {
  const file = await testClip({ seconds: 3, size: '320x180' })
  const id = await stack.upload(file, { filename: '../../etc/📼 "my" <film>\\..\\a/b.mp4' })
  const video = await stack.waitFor(id, ({ state }) => state === 'ready')
  expect(video.title).toContain('b')
  expect(video.title).not.toMatch(/[/\\]/)
  for (const key of await stack.objects(id)) expect(key).toMatch(/^videos\/[\w-]{12}\/(source|(made|index)\/[\w./-]+)$/)
  const source = await fetch(`${stack.url}/v/${id}/source`, { method: 'HEAD' })
  expect(source.headers.get('Content-Disposition')).toMatch(/filename/)
})
