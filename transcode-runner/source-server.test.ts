import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SourceServer } from './source-server.ts'
import { MemoryStorage } from './storage/memory.ts'

const SIZE = 5 * 1024 * 1024 + 7
const bytes = randomBytes(SIZE)
const storage = new MemoryStorage()
let server: SourceServer
beforeAll(async () => {
  await storage.put('source', bytes)
  server = await SourceServer.start(storage)
})
afterAll(() => server.close())

async function get(url: string, range?: string): Promise<{ status: number; body: Buffer; contentRange: string | null }> {
  const answer = await fetch(url, range === undefined ? {} : { headers: { Range: range } })
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()), contentRange: answer.headers.get('content-range') }
}

describe('the loopback source server', () => {
  it.each([
    ['bytes=0-', 0, SIZE],
    ['bytes=0-0', 0, 1],
    ['bytes=2097150-2097153', 2097150, 2097154],
    ['bytes=-7', SIZE - 7, SIZE],
    [`bytes=${SIZE - 1}-${SIZE + 100}`, SIZE - 1, SIZE],
  ])('answers %s', async (range, start, end) => {
    const source = await server.serve('source')
    const { status, body, contentRange } = await get(source.url, range)
    expect([status, contentRange]).toEqual([206, `bytes ${start}-${end - 1}/${SIZE}`])
    expect(body.equals(bytes.subarray(start, end))).toBe(true)
    source.release()
  })

  it('answers the whole without a range, 416 behind the end, and 404 when released', async () => {
    const source = await server.serve('source')
    expect((await get(source.url)).body.equals(bytes)).toBe(true)
    expect(await get(source.url, `bytes=${SIZE}-`)).toMatchObject({ status: 416, contentRange: `bytes */${SIZE}` })
    const { origin } = new URL(source.url)
    expect((await get(`${origin}/`)).status).toBe(404)
    source.release()
    expect((await get(source.url)).status).toBe(404)
  })

  it('keeps at most as many blocks as it says, and none of a source that was released', async () => {
    const source = await server.serve('source')
    let reads = 0
    const read = storage.read.bind(storage)
    storage.read = (...args) => {
      reads += 1
      return read(...args)
    }
    await get(source.url)
    await get(source.url)
    expect(reads).toBe(3)
    source.release()
    await storage.put('source', bytes.toReversed())
    const changed = await server.serve('source')
    expect((await get(changed.url, 'bytes=0-9')).body).toEqual(Buffer.from(bytes.toReversed().subarray(0, 10)))
    changed.release()
    storage.read = read
    await storage.put('source', bytes)
  })

  it('breaks the answer off and says why when storage fails, or has less than it said', async () => {
    const source = await server.serve('source')
    await storage.put('source', bytes.subarray(0, 3 * 1024 * 1024))
    await expect(get(source.url)).rejects.toThrow(/terminated|other side closed/)
    expect(source.failure()?.message).toMatch(/storage/)
    source.release()
    await storage.put('source', bytes)
  })
})
