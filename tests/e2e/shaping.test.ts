/** A slow network from the real local stack: what arrives over some seconds is what was asked for, within a wide margin. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { networkTrace } from '../../protocol/network-profiles.ts'
import { testStack, type TestStack } from '../support/stack.ts'

const BYTES = randomBytes(3_000_000)
let stack: TestStack
let folder: string
let source: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-shaping-'))
  const file = path.join(folder, 'noise.mp4')
  await writeFile(file, BYTES)
  // Nothing is encoded: the file is no video, and is delivered all the same.
  stack = await testStack({ runners: 0 })
  source = `${stack.url}/v/${await stack.upload(file)}/source`
})
afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Arrival {
  kbps: number
  bytes: Buffer
  response: Response
}

async function download(query: string, headers: Record<string, string> = {}): Promise<Arrival> {
  const startMs = performance.now()
  const response = await fetch(`${source}?${query}`, { headers })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { kbps: (bytes.length * 8) / (performance.now() - startMs), bytes, response }
}

it('sends at the rate that is asked for, every byte right', async () => {
  for (const rate of [800, 6_000]) {
    // Three seconds of it.
    const last = rate * 375 - 1
    const { kbps, bytes, response } = await download(`rate=${rate}&rtt=0&shape=r${rate}`, { Range: `bytes=0-${last}` })
    expect([response.status, response.headers.get('Content-Range')]).toEqual([206, `bytes 0-${last}/${BYTES.length}`])
    expect(bytes.equals(BYTES.subarray(0, last + 1))).toBe(true)
    expect(kbps).toBeLessThan(rate * 1.2)
    expect(kbps).toBeGreaterThan(rate * 0.5)
  }
})

it('requests of one session share the link; those of two do not', async () => {
  const part = { Range: 'bytes=0-299999' }
  const kbps = async (...sessions: string[]) => {
    const startMs = performance.now()
    const all = await Promise.all(sessions.map((session) => download(`rate=2400&rtt=0&shape=${session}`, part)))
    for (const { bytes } of all) expect(bytes.equals(BYTES.subarray(0, 300_000))).toBe(true)
    return (all.length * 300_000 * 8) / (performance.now() - startMs)
  }
  expect(await kbps('one', 'one', 'one')).toBeLessThan(2_400 * 1.2)
  expect(await kbps('a', 'b', 'c')).toBeGreaterThan(2_400 * 1.5)
})

it('a link changes under a request that is on its way', async () => {
  const startMs = performance.now()
  // A minute at this rate.
  const slow = download('rate=160&rtt=0&shape=slider', { Range: 'bytes=0-1199999' })
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect((await fetch(`${source}?rate=50000&rtt=0&shape=slider`, { method: 'HEAD' })).status).toBe(200)
  expect((await slow).bytes.equals(BYTES.subarray(0, 1_200_000))).toBe(true)
  expect(performance.now() - startMs).toBeLessThan(30_000)
})

it('follows a trace', async () => {
  const steps = networkTrace('3g', 3, 60)
  const can = steps.slice(0, 20).reduce((sum, { bps }) => sum + bps / 16, 0) / 1.5
  const { kbps, response } = await download('trace=3g&seed=3&shape=t', { Range: `bytes=0-${Math.round(can / 2)}` })
  expect(response.headers.get('Server-Timing')).toContain('network;dur=130;desc="usual"')
  const most = Math.max(...steps.slice(0, 20).map(({ bps }) => bps)) / 1000
  expect(kbps).toBeLessThan(most * 1.2)
})

it('who leaves early frees the link', async () => {
  const stop = new AbortController()
  const leaving = await fetch(`${source}?rate=2000&rtt=0&shape=left`, { signal: stop.signal })
  await leaving.body?.getReader().read()
  stop.abort()
  const { kbps } = await download('rate=2000&rtt=0&shape=left', { Range: 'bytes=0-499999' })
  expect(kbps).toBeGreaterThan(1_000)
})
