/** Against the S3 endpoint that the local runtime gives a bucket: the one the local stack uses. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { S3Storage } from './s3.ts'

const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret-of-the-bucket' }
let folder: string
let port: number
let edge: ChildProcess
let storage: S3Storage

async function startEdge(): Promise<void> {
  const wrangler = join(createRequire(import.meta.url).resolve('wrangler/package.json'), '../bin/wrangler.js')
  const args = [
    wrangler,
    'dev',
    '--config',
    join(folder, 'wrangler.json'),
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--inspector-port',
    '0',
  ]
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_LOG: 'warn' }
  edge = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore', detached: true, env })
  for (let ready = false; !ready;) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    ready = await fetch(`http://127.0.0.1:${port}/`).then(
      (answer) => answer.ok,
      () => false,
    )
  }
}

async function stopEdge(): Promise<void> {
  const ended = once(edge, 'exit')
  if (edge.pid !== undefined) process.kill(-edge.pid, 'SIGKILL')
  await ended
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-s3-'))
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  port = (probe.address() as AddressInfo).port
  probe.close()
  await writeFile(join(folder, 'worker.js'), "export default { fetch: () => new Response('up') }")
  const bucket = { binding: 'MEDIA', bucket_name: 'media', local_dev: { experimental_s3_credentials: credentials } }
  const config = { name: 's3-test', main: 'worker.js', compatibility_date: '2026-10-01', r2_buckets: [bucket] }
  await writeFile(join(folder, 'wrangler.json'), JSON.stringify(config))
  await startEdge()
  storage = new S3Storage({ endpoint: `http://127.0.0.1:${port}/cdn-cgi/local/r2/s3`, bucket: 'media', region: 'auto', ...credentials })
}, 120_000)
afterAll(async () => {
  storage.close()
  await stopEdge()
  await rm(folder, { recursive: true, force: true })
}, 30_000)

async function upload(key: string, bytes: Uint8Array): Promise<void> {
  const writer = storage.open(key, 'video/mp4', new AbortController().signal)
  for (let at = 0; at < bytes.length; at += 100_000) await writer.write(bytes.subarray(at, at + 100_000))
  await writer.close()
}

describe('S3 storage', () => {
  it('puts, measures, reads by range and deletes', async () => {
    const bytes = randomBytes(1000)
    await storage.put('videos/a/one', bytes, 'video/mp4')
    expect(await storage.size('videos/a/one')).toBe(1000)
    expect(Buffer.from(await storage.read('videos/a/one', 10, 20))).toEqual(bytes.subarray(10, 20))
    await storage.delete('videos/a/one')
    await expect(storage.size('videos/a/one')).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } })
  })

  it.each([10, 8 * 1024 * 1024, 19 * 1024 * 1024])('stores %i bytes whose number was not known', async (length) => {
    const bytes = randomBytes(length)
    await upload('videos/a/stream', bytes)
    expect(await storage.size('videos/a/stream')).toBe(length)
    expect(Buffer.from(await storage.read('videos/a/stream', 0, length)).equals(bytes)).toBe(true)
  })

  it('leaves nothing of an upload that was given up', async () => {
    const aborted = new AbortController()
    const writer = storage.open('videos/a/aborted', 'video/mp4', aborted.signal)
    await writer.write(randomBytes(9 * 1024 * 1024))
    aborted.abort()
    await writer.abort()
    await expect(storage.size('videos/a/aborted')).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } })
  })

  it('outlives a restart of the edge in the middle of an upload', async () => {
    const bytes = randomBytes(12 * 1024 * 1024)
    await storage.put('videos/a/before', bytes, 'video/mp4')
    await stopEdge()
    const uploading = upload('videos/a/through', bytes)
    const reading = storage.read('videos/a/before', 5, 105)
    await startEdge()
    await uploading
    expect(Buffer.from(await reading)).toEqual(bytes.subarray(5, 105))
    expect(Buffer.from(await storage.read('videos/a/through', 0, bytes.length)).equals(bytes)).toBe(true)
  })

  it('does not try a wrong key for two minutes', async () => {
    const endpoint = `http://127.0.0.1:${port}/cdn-cgi/local/r2/s3`
    const wrong = new S3Storage({ endpoint, bucket: 'media', region: 'auto', accessKeyId: 'test-key', secretAccessKey: 'wrong' })
    await expect(wrong.size('videos/a/before')).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
    wrong.close()
  })
})
