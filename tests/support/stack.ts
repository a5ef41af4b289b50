/** The stack of `sluice dev` in a folder and on a port of its own, for tests that use it as a person would. */
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { startStack, type Stack } from '../../cli/dev/stack.ts'
import { Video, type Video as VideoJson } from '../../protocol/videos.ts'

export interface TestStack extends Stack {
  /** What the parts reported, for a failing test's message. */
  lines: string[]
  /** A request with the admin token. */
  admin(path: string, init?: RequestInit): Promise<Response>
  /** Uploads a file in one PATCH; answers the video's id. */
  upload(file: string, metadata?: Record<string, string>): Promise<string>
  video(id: string): Promise<VideoJson>
  /** Resolves when `until` holds; rejects when the video fails (unless that is waited for) or the time is over. */
  waitFor(id: string, until: (video: VideoJson) => boolean, withinMs?: number): Promise<VideoJson>
  /** `kill -9` of the edge; resolves when another one has taken its place and answers. */
  killEdge(): Promise<void>
  /** Keys of all objects of a video in the bucket. */
  objects(id: string): Promise<string[]>
}

/** Starts a stack with an empty library; `stop` also removes its folder. */
export async function testStack(options: { runners?: number; dataDir?: string; ffmpegPath?: string } = {}): Promise<TestStack> {
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'sluice-e2e-')))
  const lines: string[] = []
  const stack = await startStack({
    port: await freePort(),
    dataDir,
    runners: options.runners ?? 1,
    ...(options.ffmpegPath === undefined ? {} : { ffmpegPath: options.ffmpegPath }),
    report: (part, text) => lines.push(`${part}: ${text}`),
  })
  await stack.waitForRunners()
  const admin: TestStack['admin'] = (at, init = {}) =>
    fetch(stack.url + at, { ...init, headers: { ...headersOf(init), Authorization: `Bearer ${stack.adminToken}` } })
  const video: TestStack['video'] = async (id) => {
    const response = await fetch(`${stack.url}/api/videos/${id}`)
    if (!response.ok) throw new Error(`GET /api/videos/${id}: ${response.status} ${await response.text()}`)
    return v.parse(Video, await response.json())
  }
  return {
    ...stack,
    lines,
    admin,
    video,
    async stop() {
      await stack.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
    async upload(file, metadata = {}) {
      const { size } = await stat(file)
      const names = { filename: path.basename(file), filetype: 'video/mp4', ...metadata }
      const created = await admin('/api/uploads', {
        method: 'POST',
        headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(size), 'Upload-Metadata': tusMetadata(names) },
      })
      if (created.status !== 201) throw new Error(`creation: ${created.status} ${await created.text()}`)
      const at = new URL(created.headers.get('Location') ?? '', `${stack.url}/api/uploads`).pathname
      const handle = await open(file)
      try {
        const body = await handle.readFile()
        const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' }
        const sent = await admin(at, { method: 'PATCH', headers, body })
        if (sent.status !== 204) throw new Error(`upload: ${sent.status} ${await sent.text()}`)
      } finally {
        await handle.close()
      }
      return at.split('/').at(-1) ?? ''
    },
    async waitFor(id, until, withinMs = 120_000) {
      const end = Date.now() + withinMs
      let last: VideoJson | null = null
      while (Date.now() < end) {
        last = await video(id).catch(() => last) // the edge may be between two lives
        if (last !== null && until(last)) return last
        if (last?.state === 'failed') break
        await sleep(200)
      }
      throw new Error(`video ${id} did not get there: ${JSON.stringify(last, null, 1)}\n${lines.slice(-30).join('\n')}`)
    },
    async killEdge() {
      const { pid } = stack.edge
      stack.edge.kill('SIGKILL')
      // A killed process answers for a moment still: what answers has to be the next one.
      while (stack.edge.pid === null || stack.edge.pid === pid) await sleep(20)
      const deadlineMs = Date.now() + 60_000
      while (!(await answers(`${stack.url}/api/health`))) {
        if (Date.now() > deadlineMs) throw new Error(`the edge did not come back:\n${lines.slice(-20).join('\n')}`)
        await sleep(100)
      }
    },
    async objects(id) {
      const { S3Client, ListObjectsV2Command } = await import('@aws-sdk/client-s3')
      const s3 = new S3Client({
        endpoint: `${stack.url}/cdn-cgi/local/r2/s3`,
        region: 'auto',
        forcePathStyle: true,
        credentials: stack.s3,
      })
      const listed = await s3.send(new ListObjectsV2Command({ Bucket: 'sluice-media', Prefix: `videos/${id}/` }))
      return (listed.Contents ?? []).map((object) => object.Key ?? '').toSorted()
    },
  }
}

/** `Upload-Metadata` of tus 1.0.0: keys and base64 values. */
export function tusMetadata(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')
}

/** A TCP port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
}

function headersOf(init: RequestInit): Record<string, string> {
  return Object.fromEntries(new Headers(init.headers).entries())
}
