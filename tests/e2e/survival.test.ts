/**
 * Nothing is lost when something is killed: the runner in every stage, the edge in the middle of an upload and of a
 * transcode, both at once. The video ends ready, and no reader ever saw a segment twice or missed one.
 */
import { execa } from 'execa'
import { open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StageName, Video } from '../../protocol/videos.ts'
import { testClip } from '../support/clips.ts'
import { testStack, tusMetadata, type TestStack } from '../support/stack.ts'

let stack: TestStack
let file: string

beforeAll(async () => {
  file = await testClip({ seconds: 40, size: '854x480' })
  stack = await testStack()
})
afterAll(async () => {
  await stack?.stop()
})

/** The whole of a finished video is there once: as many frames as the source has, each at its own time. */
async function expectWhole(id: string): Promise<void> {
  const master = `${stack.url}/v/${id}/master.m3u8`
  const { stdout } = await execa('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts', '-of', 'csv=p=0', master],
  ])
  const times = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => Number.parseInt(line, 10))
    .toSorted((a, b) => a - b)
  expect(times).toHaveLength(1200)
  expect(new Set(times.slice(1).map((time, n) => time - (times[n] ?? 0))).size).toBe(1)
  const objects = await stack.objects(id)
  const chunks = objects.filter((key) => key.includes('/480p-h264/') && !key.includes('init-'))
  expect(chunks).toHaveLength(5) // 40 s in chunks of 8 s: attempts that lost are gone
}

/** The stage has begun. (On a quick machine it may be over before anybody looks.) */
function begun(stage: StageName): (video: Video) => boolean {
  return (video) => video.stages.some(({ name, state }) => name === stage && state !== 'waiting')
}

/** The ladder reaches so far; the source, which plays at once, tells nothing of it. */
function encoded(seconds: number): (video: Video) => boolean {
  const enough = seconds / 40 - 0.001
  return ({ stages }) => stages.some(({ name, state, progress }) => name === 'video' && (state === 'done' || progress >= enough))
}

function killRunner(): void {
  const [runner] = stack.runners
  expect(runner?.pid).toBeTypeOf('number')
  runner?.kill('SIGKILL')
}

describe('kill -9', () => {
  it('of the runner while it probes', async () => {
    const id = await stack.upload(file)
    await stack.waitFor(id, begun('probe'))
    killRunner()
    await stack.waitFor(id, ({ state }) => state === 'ready')
    await expectWhole(id)
  })

  it('of the runner while it encodes the first chunk, and again in the middle', async () => {
    const id = await stack.upload(file)
    await stack.waitFor(id, begun('video'))
    await sleep(700)
    killRunner()
    await stack.waitFor(id, encoded(16))
    killRunner()
    await stack.waitFor(id, ({ state }) => state === 'ready')
    await expectWhole(id)
  })

  it('of the runner while it encodes audio and makes pictures', async () => {
    const id = await stack.upload(file)
    await stack.waitFor(id, (video) => begun('audio')(video) || begun('thumbnails')(video))
    killRunner()
    const video = await stack.waitFor(id, ({ state }) => state === 'ready')
    expect(video.poster).not.toBeNull()
    await expectWhole(id)
  })

  it('of the edge in the middle of a transcode', async () => {
    const id = await stack.upload(file)
    await stack.waitFor(id, encoded(8))
    await stack.killEdge()
    await stack.waitFor(id, ({ state }) => state === 'ready')
    await expectWhole(id)
  })

  it('of edge and runner together', async () => {
    const id = await stack.upload(file)
    await stack.waitFor(id, encoded(8))
    const restarted = stack.killEdge()
    killRunner()
    await restarted
    await stack.waitFor(id, ({ state }) => state === 'ready')
    await expectWhole(id)
  })

  it('of the edge in the middle of an upload', async () => {
    const { size } = await stat(file)
    const tus = { 'Tus-Resumable': '1.0.0' }
    const created = await stack.admin('/api/uploads', {
      method: 'POST',
      headers: { ...tus, 'Upload-Length': String(size), 'Upload-Metadata': tusMetadata({ filename: 'killed.mp4', filetype: 'video/mp4' }) },
    })
    const at = new URL(created.headers.get('Location') ?? '', stack.url).pathname
    const handle = await open(file)
    const patch = (offset: number, body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>): Promise<Response> =>
      stack.admin(at, {
        method: 'PATCH',
        headers: { ...tus, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
        body,
        ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
      })
    try {
      const bytes = new Uint8Array(await handle.readFile())
      // First a slice that is acknowledged, then one that is cut off by the kill.
      expect((await patch(0, bytes.slice(0, 300_001))).status).toBe(204)
      const slow = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await sleep(50)
          controller.enqueue(bytes.slice(300_001, 600_001))
        },
      })
      const cutOff = patch(300_001, slow).catch(() => null)
      await sleep(300)
      await stack.killEdge()
      await cutOff
      const head = await stack.admin(at, { method: 'HEAD', headers: tus })
      const offset = Number(head.headers.get('Upload-Offset'))
      expect(offset).toBeGreaterThanOrEqual(300_001)
      expect((await patch(offset, bytes.slice(offset))).status).toBe(204)
    } finally {
      await handle.close()
    }
    const id = at.split('/').at(-1) ?? ''
    await stack.waitFor(id, ({ state }) => state === 'ready')
    const source = await fetch(`${stack.url}/v/${id}/source`)
    expect((await source.arrayBuffer()).byteLength).toBe(size)
    await expectWhole(id)
  })
})
