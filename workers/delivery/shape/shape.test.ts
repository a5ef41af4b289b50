/** Shaped answers as a client gets them: the same but for their pace, and not at all where it is not asked for or not allowed. */
import { createExecutionContext, env, SELF, waitOnExecutionContext } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { app } from '../../app.ts'
import { addVideo, pattern, publish as publishChunk, putSource, samplePlan } from '../sample-video.ts'

const BYTES = pattern(20_000)

async function get(path: string, init: RequestInit & { setting?: string } = {}): Promise<Response> {
  const context = createExecutionContext()
  const { setting = 'on', ...rest } = init
  const response = await app.request(`https://sluice.test${path}`, rest, { ...env, NETWORK_SHAPING: setting }, context)
  const answer = new Response(response.body === null ? null : await response.arrayBuffer(), response)
  await waitOnExecutionContext(context)
  return answer
}

async function uploaded(): Promise<string> {
  const id = await addVideo(env, { state: 'failed', name: 'clip.mp4', type: 'video/mp4' })
  await putSource(env, id, BYTES)
  return id
}

async function published(): Promise<string> {
  const id = await addVideo(env, { plan: samplePlan([360], true) })
  for (const name of ['360p-h264', 'audio-aac']) for (const chunk of [0, 1]) await publishChunk(env, id, name, chunk)
  return id
}

/** Headers that say what was sent; a shaped answer is not kept by browsers, and says what the network was. */
function fields(response: Response): Record<string, string> {
  const all = Object.fromEntries(response.headers)
  for (const name of ['server-timing', 'cache-control', 'cache-status', 'x-cache']) delete all[name]
  return all
}

describe('a deployment', () => {
  it('ignores the parameters, also those that have no sense', async () => {
    const id = await uploaded()
    const plain = await SELF.fetch(`https://sluice.test/v/${id}/source`)
    await plain.arrayBuffer()
    // A link of one bit per second would take days.
    for (const query of ['rate=1', 'trace=satellite', 'trace=nothing', 'shape=x&rate=1']) {
      const response = await SELF.fetch(`https://sluice.test/v/${id}/source?${query}`)
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(BYTES)
      expect(response.headers.get('Server-Timing')).not.toContain('network')
      expect(response.headers.get('Cache-Control')).toBe(plain.headers.get('Cache-Control'))
    }
    expect((await get(`/v/${id}/source?rate=1`, { setting: 'off' })).headers.get('Server-Timing')).not.toContain('network')
  })
})

describe('a local stack', () => {
  it('sends the same bytes and fields: whole, a range, several, HEAD, 304, 416', async () => {
    const id = await uploaded()
    const { headers } = await get(`/v/${id}/source`)
    const cases: RequestInit[] = [
      {},
      { headers: { Range: 'bytes=1000-1999' } },
      { headers: { Range: 'bytes=-5' } },
      { method: 'HEAD' },
      { headers: { 'If-None-Match': headers.get('ETag') ?? '' } },
      { headers: { Range: 'bytes=90000-' } },
    ]
    for (const init of cases) {
      const plain = await get(`/v/${id}/source`, init)
      const shaped = await get(`/v/${id}/source?rate=100000&rtt=1`, init)
      expect([shaped.status, fields(shaped)]).toEqual([plain.status, fields(plain)])
      expect(await shaped.bytes()).toEqual(await plain.bytes())
      expect(shaped.headers.get('Server-Timing')).toContain('network;dur=1;desc="100000 kbit/s"')
    }
    const several = await get(`/v/${id}/source?rate=100000&rtt=1`, { headers: { Range: 'bytes=0-9,50-59' } })
    expect(several.status).toBe(206)
    expect((await several.bytes()).length).toBe(Number(several.headers.get('Content-Length')))
  })

  it('keeps copies under the path alone', async () => {
    const id = await published()
    const path = `/v/${id}/360p-h264/0.m4s`
    expect((await get(`${path}?rate=100000&rtt=0&shape=one`)).headers.get('X-Cache')).toBe('MISS')
    expect((await get(path)).headers.get('X-Cache')).toBe('HIT')
    expect((await get(`${path}?trace=wifi&rtt=0`)).headers.get('X-Cache')).toBe('HIT')
    expect((await get(path)).headers.get('Cache-Control')).toContain('immutable')
  })

  it('playlists and MPDs hand the parameters on; a named session only its name', async () => {
    const id = await published()
    const listed = (text: string) =>
      [...text.matchAll(text.startsWith('#EXTM3U') ? /^[^#\n].*$|URI="[^"]*"/gm : /(?:media|initialization)="[^"]*"/g)].map(([found]) =>
        found.replaceAll('"', ''),
      )
    for (const file of ['master.m3u8', '360p-h264/index.m3u8', '360p-h264/iframes.m3u8', 'manifest.mpd']) {
      const plain = await get(`/v/${id}/${file}`)
      const before = listed(await plain.text())
      expect(before.length).toBeGreaterThan(0)
      for (const [query, handed] of [
        ['trace=wifi&rtt=0', 'trace=wifi&seed=1&skip=0&rtt=0'],
        ['rate=99999&rtt=0&shape=a-b', 'shape=a-b&rtt=0'],
      ]) {
        const shaped = await get(`/v/${id}/${file}?${query}`, { headers: { Range: 'bytes=0-3' } })
        const body = await shaped.text()
        expect([shaped.status, shaped.headers.get('ETag')]).toEqual([200, plain.headers.get('ETag')])
        expect(Number(shaped.headers.get('Content-Length'))).toBe(body.length)
        const added = file.endsWith('.mpd') ? (handed ?? '').replaceAll('&', '&amp;') : handed
        expect(listed(body)).toEqual(before.map((one) => `${one}?${added}`))
      }
      const head = await get(`/v/${id}/${file}?rate=99999&rtt=0`, { method: 'HEAD' })
      expect([head.status, head.headers.get('ETag')]).toEqual([200, plain.headers.get('ETag')])
    }
  })

  it.each([
    ['trace=tram', 'coffee_shop'],
    ['rate=-1', 'rate is a whole number'],
    ['rate=fast', 'rate is a whole number'],
    ['rate=10000001', '10000000'],
    ['rate=1&trace=lte', 'exclude each other'],
    ['shape=a%20b', 'letters'],
    ['trace=lte&seed=x', 'seed'],
    ['trace=lte&skip=100000', 'skip'],
    ['rate=5&rtt=60000', 'rtt'],
  ])('refuses %s', async (query, says) => {
    const response = await get(`/v/${await uploaded()}/source?${query}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'bad-request', message: expect.stringContaining(says) } })
  })

  it('a session that nobody described is not shaped', async () => {
    const response = await get(`/v/${await uploaded()}/source?shape=unknown`)
    expect(await response.bytes()).toEqual(BYTES)
    expect(response.headers.get('Server-Timing')).not.toContain('network')
  })
})
