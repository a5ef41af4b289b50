import { describe, expect, it } from 'vitest'
import { BlockSource } from './block-source.ts'
import { SourceError } from './source-error.ts'
import { urlSource } from './url-source.ts'

const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7 + (index >> 8)) & 255)

function source(cacheBytes = 16_000): { source: BlockSource; asked: string[] } {
  const asked: string[] = []
  const made = new BlockSource({
    size: bytes.length,
    blockBytes: 1000,
    cacheBytes,
    fetchRange: (offset, length) => {
      asked.push(`${offset}+${length}`)
      return Promise.resolve(bytes.slice(offset, offset + length))
    },
  })
  return { source: made, asked }
}

describe('a source in blocks', () => {
  it('gives the bytes at every place, and fewer only where the source ends', async () => {
    const { source: blocks } = source()
    for (const [offset, length] of [
      [0, 1],
      [999, 2],
      [1000, 1000],
      [1500, 4321],
      [500, 9000],
      [199_990, 100],
      [300_000, 5],
      [0, 200_000],
    ] as const) {
      expect(await blocks.read(offset, length)).toEqual(bytes.subarray(offset, offset + length))
    }
  })

  it('fetches what it has once, and a gap in one go', async () => {
    const { source: blocks, asked } = source()
    await Promise.all([blocks.read(2100, 10), blocks.read(2200, 10)])
    await blocks.read(1000, 4000)
    expect(asked).toEqual(['2000+1000', '1000+1000', '3000+2000'])
    expect(blocks.count).toEqual({ requests: 3, bytes: 4000 })
  })

  it('forgets what was not used for longest, and asks again after a failure', async () => {
    const { source: blocks, asked } = source(2000)
    for (const offset of [0, 1000, 0, 2000, 0, 1000]) await blocks.read(offset, 10)
    expect(asked).toEqual(['0+1000', '1000+1000', '2000+1000', '1000+1000'])

    let fails = true
    const shaky = new BlockSource({
      size: 10,
      blockBytes: 10,
      cacheBytes: 100,
      fetchRange: () => (fails ? Promise.reject(new SourceError('gone')) : Promise.resolve(bytes.slice(0, 10))),
    })
    await expect(shaky.read(0, 5)).rejects.toThrow('gone')
    fails = false
    expect(await shaky.read(0, 5)).toEqual(bytes.subarray(0, 5))
  })

  it('reads no more when it was closed', async () => {
    const { source: blocks } = source()
    blocks.close()
    await expect(blocks.read(0, 10)).rejects.toThrow('closed')
  })
})

interface Server {
  ranges?: boolean
  hidden?: boolean
  status?: number
  refuse?: boolean
}

function serve(server: Server): { send: (url: string, init: RequestInit) => Promise<Response>; asked: string[] } {
  const asked: string[] = []
  const send = async (_url: string, init: RequestInit): Promise<Response> => {
    const range = new Headers(init.headers).get('Range')
    asked.push(`${init.method ?? 'GET'} ${range ?? ''}`.trim())
    if (server.refuse === true) throw new TypeError('Failed to fetch')
    if (server.status !== undefined) return new Response(null, { status: server.status })
    if (init.method === 'HEAD') return new Response(null, { headers: { 'Content-Length': String(bytes.length) } })
    const found = /^bytes=(\d+)-(\d+)$/.exec(range ?? '')
    if (server.ranges === false || found === null) return new Response(bytes)
    const [start, end] = [Number(found[1]), Math.min(Number(found[2]), bytes.length - 1)]
    const headers = new Headers()
    if (server.hidden !== true) headers.set('Content-Range', `bytes ${start}-${end}/${bytes.length}`)
    return new Response(bytes.slice(start, end + 1), { status: 206, headers })
  }
  return { send, asked }
}
const open = (server: Server): Promise<BlockSource> => urlSource('https://files.test/a.mp4', () => {}, serve(server).send)

describe('a source behind a URL', () => {
  it('reads by range, and asks for the first block once', async () => {
    const { send, asked } = serve({})
    const file = await urlSource('https://files.test/a.mp4', () => {}, send)
    expect(file.size).toBe(bytes.length)
    expect(await file.read(10, 100)).toEqual(bytes.subarray(10, 110))
    expect(await file.read(199_000, 5000)).toEqual(bytes.subarray(199_000))
    expect(asked).toEqual(['GET bytes=0-65535', 'GET bytes=196608-199999'])
    expect(file.count).toEqual({ requests: 2, bytes: 65_536 + 3392 })
  })

  it('learns the size by HEAD where Content-Range is hidden from scripts', async () => {
    const file = await open({ hidden: true })
    expect(file.size).toBe(bytes.length)
    expect(await file.read(100_000, 7)).toEqual(bytes.subarray(100_000, 100_007))
  })

  it('loads a small file as a whole from a server without ranges', async () => {
    const file = await open({ ranges: false })
    expect(file.size).toBe(bytes.length)
    expect(await file.read(150_000, 50)).toEqual(bytes.subarray(150_000, 150_050))
  })

  it.each([
    [{ status: 404 }, 'There is no file at this address'],
    [{ status: 403 }, 'does not give the file out'],
    [{ status: 503 }, 'The server answered 503'],
    [{ status: 416 }, 'empty'],
    [{ refuse: true }, 'No answer from files.test'],
  ])('says in words what is wrong: %o', async (server, words) => {
    const error = await open(server).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(SourceError)
    expect(String(error)).toContain(words)
  })
})
