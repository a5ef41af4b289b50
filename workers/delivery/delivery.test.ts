/** The source, segments and pictures as a client gets them. */
import { env, SELF } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { deleteVideoRow, savePictures, saveFacts } from '../videos/store.ts'
import { forgetVideo } from './known-videos.ts'
import { addVideo, pattern, publish, putSource, samplePlan, setState } from './sample-video.ts'

const HOST = 'https://sluice.test'
const BYTES = pattern(100_000)

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await SELF.fetch(HOST + path, { headers, method })
  return {
    status: response.status,
    field: (name: string) => response.headers.get(name),
    bytes: new Uint8Array(await response.arrayBuffer()),
  }
}

async function code(path: string, headers: Record<string, string> = {}): Promise<string> {
  const { status, bytes, field } = await get(path, headers)
  expect([path, field('Cache-Control')]).toEqual([path, 'no-store'])
  return `${status} ${(JSON.parse(new TextDecoder().decode(bytes)) as { error: { code: string } }).error.code}`
}

async function uploaded(name = 'clip.mp4', type = 'video/mp4'): Promise<string> {
  const id = await addVideo(env, { state: 'failed', name, type })
  await putSource(env, id, BYTES)
  return id
}

describe('/v/:id/source', () => {
  it('is the file, with all that a player wants to know', async () => {
    const id = await uploaded('été.mp4')
    const { status, bytes, field } = await get(`/v/${id}/source`)
    expect(status).toBe(200)
    expect(bytes).toEqual(BYTES)
    expect(field('Content-Length')).toBe('100000')
    expect(field('Content-Type')).toBe('video/mp4')
    expect(field('Accept-Ranges')).toBe('bytes')
    expect(field('Cache-Control')).toContain('no-transform')
    expect(field('Content-Encoding')).toBeNull()
    expect(field('Content-Disposition')).toBe(`inline; filename="_t_.mp4"; filename*=UTF-8''%C3%A9t%C3%A9.mp4`)
    expect(field('X-Content-Type-Options')).toBe('nosniff')
    expect(field('Access-Control-Allow-Origin')).toBe('*')
    expect(field('ETag')).toMatch(/^"[^"]+"$/)
    expect(Date.parse(field('Last-Modified') ?? '')).toBeGreaterThan(0)
    expect(field('Cache-Status')).toBe('sluice-edge; fwd=bypass')
  })

  it.each([
    ['bytes=0-1', 0, 1],
    ['bytes=99990-', 99_990, 99_999],
    ['bytes=-10', 99_990, 99_999],
    ['bytes=0-', 0, 99_999],
    ['Bytes=5-1000000', 5, 99_999],
    ['bytes=10-19,20-29', 10, 29],
  ])('%s', async (range, first, last) => {
    const { status, bytes, field } = await get(`/v/${await uploaded()}/source`, { Range: range, 'Accept-Encoding': 'gzip' })
    expect(status).toBe(206)
    expect(bytes).toEqual(BYTES.subarray(first, last + 1))
    expect(field('Content-Range')).toBe(`bytes ${first}-${last}/100000`)
    expect(field('Content-Length')).toBe(String(last - first + 1))
    expect(field('Content-Encoding')).toBeNull()
  })

  it('sends several ranges as multipart/byteranges, in the order asked', async () => {
    const { status, bytes, field } = await get(`/v/${await uploaded()}/source`, { Range: 'bytes=70000-70009, 0-4, -3' })
    expect(status).toBe(206)
    expect(field('Content-Range')).toBeNull()
    expect(field('Content-Length')).toBe(String(bytes.length))
    const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(field('Content-Type') ?? '')?.[1] ?? 'none'
    const latin1 = (from: Uint8Array) => Array.from(from, (byte) => String.fromCharCode(byte)).join('')
    const part = (first: number, last: number) =>
      `--${boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes ${first}-${last}/100000\r\n\r\n${latin1(BYTES.subarray(first, last + 1))}\r\n`
    expect(latin1(bytes)).toBe(`${part(70_000, 70_009)}${part(0, 4)}${part(99_997, 99_999)}--${boundary}--\r\n`)
  })

  it.each(['bytes=5-4', 'bytes=x', 'lines=0-1', `bytes=${Array.from({ length: 17 }, (_, n) => `${n * 2}-${n * 2}`).join()}`])(
    'answers %s by the whole',
    async (range) => {
      const { status, bytes } = await get(`/v/${await uploaded()}/source`, { Range: range })
      expect([status, bytes.length]).toEqual([200, 100_000])
    },
  )

  it('refuses bytes behind the end, and says how many there are', async () => {
    const id = await uploaded()
    expect(await code(`/v/${id}/source`, { Range: 'bytes=100000-' })).toBe('416 range-not-satisfiable')
    expect((await get(`/v/${id}/source`, { Range: 'bytes=-0' })).field('Content-Range')).toBe('bytes */100000')
  })

  it('answers HEAD like GET without the body, whatever the range', async () => {
    const { status, bytes, field } = await get(`/v/${await uploaded()}/source`, { Range: 'bytes=0-1' }, 'HEAD')
    expect([status, bytes.length, field('Content-Length'), field('Accept-Ranges')]).toEqual([200, 0, '100000', 'bytes'])
  })

  it('heeds If-Range, If-None-Match, If-Match and dates', async () => {
    const path = `/v/${await uploaded()}/source`
    const { field } = await get(path)
    const [etag, date] = [field('ETag') ?? '', field('Last-Modified') ?? '']
    const status = async (headers: Record<string, string>) => (await get(path, headers)).status
    const Range = 'bytes=0-1'
    expect(await status({ Range, 'If-Range': etag })).toBe(206)
    expect(await status({ Range, 'If-Range': date })).toBe(206)
    expect(await status({ Range, 'If-Range': `W/${etag}` })).toBe(200)
    expect(await status({ Range, 'If-Range': '"other"' })).toBe(200)
    expect(await status({ Range, 'If-Range': 'Sun, 06 Nov 1994 08:49:37 GMT' })).toBe(200)
    expect(await status({ 'If-None-Match': etag })).toBe(304)
    expect(await status({ Range, 'If-None-Match': etag })).toBe(304)
    expect(await status({ 'If-Modified-Since': date })).toBe(304)
    expect(await status({ Range, 'If-Match': etag })).toBe(206)
    expect(await code(path, { 'If-Match': '"other"' })).toBe('412 precondition-failed')
    expect(await status({ 'If-Unmodified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' })).toBe(412)
  })

  it.each([
    ['page.html', 'text/html', 'application/octet-stream'],
    ['page.mp4', 'text/html', 'video/mp4'],
    ['page.svg', 'image/svg+xml', 'application/octet-stream'],
    ['CLIP.MOV', '', 'video/quicktime'],
    ['x', 'Video/WebM; codecs="vp9"', 'video/webm'],
    ['constructor', '', 'application/octet-stream'],
    ['a.toString', 'x', 'application/octet-stream'],
  ])('%s declared as %s is %s', async (name, declared, type) => {
    expect((await get(`/v/${await uploaded(name, declared)}/source`, {}, 'HEAD')).field('Content-Type')).toBe(type)
  })

  it('serves an empty file, and none that is not there yet', async () => {
    const id = await addVideo(env, { state: 'uploading' })
    expect(await code(`/v/${id}/source`)).toBe('404 not-playable-yet')
    await putSource(env, id, new Uint8Array())
    expect(await get(`/v/${id}/source`)).toMatchObject({ status: 200, bytes: new Uint8Array() })
    expect((await get(`/v/${id}/source`, { Range: 'bytes=0-0' })).field('Content-Range')).toBe('bytes */0')
    expect((await get(`/v/${id}/source`, { Range: 'bytes=-1' })).status).toBe(200)
  })
})

describe('segments', () => {
  it('are pieces of the chunk, immutable, from the cache the second time', async () => {
    const id = await addVideo(env, { state: 'ready', plan: samplePlan([360], false) })
    await publish(env, id, '360p-h264', 0)
    const { entry } = await publish(env, id, '360p-h264', 1)
    const chunk = pattern(entry.sizeBytes, 1)
    const first = await get(`/v/${id}/360p-h264/7.m4s?token=1`)
    expect(first.status).toBe(200)
    expect(first.bytes).toEqual(chunk.subarray(7_200, 10_800))
    expect(first.field('Cache-Control')).toBe('public, max-age=31536000, immutable')
    expect(first.field('ETag')).toBe(`"${entry.segments[2]?.sha256}"`)
    expect(first.field('Content-Type')).toBe('video/mp4')
    expect(first.field('Access-Control-Expose-Headers')).toContain('Content-Range')
    expect([first.field('X-Cache'), first.field('Cache-Status')]).toEqual(['MISS', 'sluice-edge; fwd=uri-miss; stored'])

    const second = await get(`/v/${id}/360p-h264/7.m4s?token=2`)
    expect(second.bytes).toEqual(first.bytes)
    expect([second.field('X-Cache'), second.field('Cache-Status')]).toEqual(['HIT', 'sluice-edge; hit'])
    for (const name of ['Cache-Control', 'ETag', 'Content-Type', 'Content-Length', 'Accept-Ranges', 'Access-Control-Allow-Origin'])
      expect([name, second.field(name)]).toEqual([name, first.field(name)])
    expect(second.field('X-Downstream-Cache-Control')).toBeNull()
    expect(second.field('Server-Timing')).toMatch(/^edge;dur=[\d.]+$/)
  })

  it('answer ranges, HEAD and 304 alike from the bucket and from the cache', async () => {
    const id = await addVideo(env, { state: 'ready', plan: samplePlan([360], false) })
    const { entry } = await publish(env, id, '360p-h264', 0)
    const segment = pattern(entry.sizeBytes, 0).subarray(3_600, 7_200)
    const path = `/v/${id}/360p-h264/1.m4s`
    const look = async (expected: string) => {
      const one = await get(path, { Range: 'bytes=100-199' })
      expect([one.status, one.field('X-Cache'), one.field('Content-Range')]).toEqual([206, expected, 'bytes 100-199/3600'])
      expect(one.bytes).toEqual(segment.subarray(100, 200))
      const two = await get(path, { Range: 'bytes=0-9,3590-' })
      expect([two.status, two.field('Content-Length')]).toEqual([206, String(two.bytes.length)])
      const head = await get(path, {}, 'HEAD')
      expect([head.status, head.field('Content-Length'), head.field('X-Cache')]).toEqual([200, '3600', expected])
      const same = await get(path, { 'If-None-Match': head.field('ETag') ?? '' })
      expect([same.status, same.field('ETag'), same.field('X-Cache')]).toEqual([304, head.field('ETag'), expected])
      expect((await get(path, { Range: 'bytes=9000-' })).field('Content-Range')).toBe('bytes */3600')
    }
    await look('MISS')
    await get(path)
    await look('HIT')
  })

  it('include the initialization segment', async () => {
    const id = await addVideo(env, { state: 'ready', plan: samplePlan([], true) })
    expect(await code(`/v/${id}/audio-aac/init.mp4`)).toBe('404 not-found')
    const { facts } = await publish(env, id, 'audio-aac', 0)
    const init = await get(`/v/${id}/audio-aac/init.mp4`)
    expect(init.bytes).toEqual(pattern(600, 200))
    expect([init.field('Content-Type'), init.field('ETag')]).toEqual(['audio/mp4', `"${facts.initSha256}"`])
  })

  it('that are not made yet, or lie behind a gap, are 404 and not kept', async () => {
    const id = await addVideo(env, { plan: samplePlan([360], false) })
    expect(await code(`/v/${id}/360p-h264/init.mp4`)).toBe('404 not-playable-yet')
    await publish(env, id, '360p-h264', 0)
    expect(await code(`/v/${id}/360p-h264/5.m4s`)).toBe('404 not-playable-yet')
    await publish(env, id, '360p-h264', 2)
    expect(await code(`/v/${id}/360p-h264/10.m4s`)).toBe('404 not-playable-yet')
    expect(await code(`/v/${id}/720p-h264/0.m4s`)).toBe('404 not-found')
    await publish(env, id, '360p-h264', 1)
    expect((await get(`/v/${id}/360p-h264/10.m4s`)).status).toBe(200)
    await setState(env, id, 'ready')
    expect(await code(`/v/${id}/360p-h264/15.m4s`)).toBe('404 not-found')
  })

  it('of a deleted video are not served from the cache', async () => {
    const id = await addVideo(env, { state: 'ready', plan: samplePlan([360], false) })
    await publish(env, id, '360p-h264', 0)
    const path = `/v/${id}/360p-h264/0.m4s`
    await get(path)
    expect((await get(path)).field('X-Cache')).toBe('HIT')
    await deleteVideoRow(env.DB, id, 1)
    forgetVideo(id)
    expect(await code(path)).toBe('404 video-not-found')
  })

  it('whose object is gone are an error, never an empty body', async () => {
    const id = await addVideo(env, { state: 'ready', plan: samplePlan([360], false) })
    const { entry } = await publish(env, id, '360p-h264', 0)
    await env.MEDIA.delete(entry.objectKey)
    expect(await code(`/v/${id}/360p-h264/0.m4s`)).toBe('404 video-not-found')
  })
})

describe('odd addresses', () => {
  it.each([
    ['007.m4s', '404 not-found'],
    ['1e3.m4s', '404 not-found'],
    ['-1.m4s', '404 not-found'],
    ['+1.m4s', '404 not-found'],
    ['%30.m4s', '200'],
    ['0.m4s%00', '404 not-found'],
    ['.m4s', '404 not-found'],
    ['99999999999999999999.m4s', '404 not-found'],
    ['999999999.m4s', '404 not-found'],
    ['0.M4S', '404 not-found'],
    ['0.m4s/', '404 not-found'],
    ['..%2f0.m4s', '404 not-found'],
  ])('%s: %s', async (file, expected) => {
    const id = await addVideo(env, { state: 'ready', plan: samplePlan([360], false) })
    await publish(env, id, '360p-h264', 0)
    const path = `/v/${id}/360p-h264/${file}`
    if (expected === '200') expect((await get(path)).status).toBe(200)
    else expect(await code(path)).toBe(expected)
  })

  it.each([
    '/v/short/source',
    '/v/-bcdefghijkl/source',
    '/v/abcdefghijkl%0a/source',
    '/v/%2e%2e%2f%2e%2e%2fx/source',
    '/v/000000000000/source',
  ])('%s names no video', async (path) => {
    expect(await code(path)).toBe('404 video-not-found')
  })

  it('knows methods', async () => {
    const id = await uploaded()
    const put = await get(`/v/${id}/source`, {}, 'PUT')
    expect([put.status, put.field('Allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    const options = await get(`/v/${id}/source`, {}, 'OPTIONS')
    expect([options.status, options.field('Access-Control-Allow-Headers')]).toEqual([204, expect.stringContaining('If-Range')])
  })
})

describe('pictures', () => {
  async function withPictures(): Promise<string> {
    const id = await addVideo(env, { state: 'ready' })
    const spriteKeys = [`videos/${id}/made/pictures/sprite-0-l.jpg`, `videos/${id}/made/pictures/sprite-1-l.jpg`]
    const posterKey = `videos/${id}/made/pictures/poster-l.jpg`
    await savePictures(env.DB, id, {
      posterKey,
      spriteKeys,
      tileWidth: 160,
      tileHeight: 90,
      columns: 2,
      rows: 2,
      count: 6,
      intervalMs: 2_000,
    })
    await saveFacts(env.DB, id, {
      container: 'mov',
      sizeBytes: 1,
      bitrateBps: null,
      originUs: 0,
      durationUs: 9_500_000,
      video: null,
      audio: null,
      wholeBecause: null,
    })
    await env.MEDIA.put(posterKey, pattern(50, 1))
    for (const [at, key] of spriteKeys.entries()) await env.MEDIA.put(key, pattern(60, at))
    return id
  }

  it('are JPEGs', async () => {
    const id = await withPictures()
    const poster = await get(`/v/${id}/poster.jpg`)
    expect([poster.status, poster.field('Content-Type')]).toEqual([200, 'image/jpeg'])
    expect(poster.bytes).toEqual(pattern(50, 1))
    expect((await get(`/v/${id}/sprite-1.jpg`)).bytes).toEqual(pattern(60, 1))
    const kept = await get(`/v/${id}/poster.jpg`, { 'If-Modified-Since': poster.field('Last-Modified') ?? '' })
    expect([kept.status, kept.field('X-Cache')]).toEqual([304, 'HIT'])
    for (const odd of ['sprite-2.jpg', 'sprite-01.jpg', 'sprite-.jpg', 'sprite-0.png'])
      expect(await code(`/v/${id}/${odd}`)).toBe('404 not-found')
  })

  it('have a WebVTT track from start to end', async () => {
    const track = await get(`/v/${await withPictures()}/thumbnails.vtt`)
    expect(track.field('Content-Type')).toBe('text/vtt; charset=utf-8')
    expect(new TextDecoder().decode(track.bytes)).toBe(
      [
        'WEBVTT\n',
        '00:00:00.000 --> 00:00:02.000\nsprite-0.jpg#xywh=0,0,160,90\n',
        '00:00:02.000 --> 00:00:04.000\nsprite-0.jpg#xywh=160,0,160,90\n',
        '00:00:04.000 --> 00:00:06.000\nsprite-0.jpg#xywh=0,90,160,90\n',
        '00:00:06.000 --> 00:00:08.000\nsprite-0.jpg#xywh=160,90,160,90\n',
        '00:00:08.000 --> 00:00:09.500\nsprite-1.jpg#xywh=0,0,160,90\n',
      ].join('\n'),
    )
  })

  it('are not there yet, or never', async () => {
    expect(await code(`/v/${await addVideo(env, {})}/poster.jpg`)).toBe('404 not-playable-yet')
    expect(await code(`/v/${await addVideo(env, { state: 'ready' })}/thumbnails.vtt`)).toBe('404 not-found')
  })
})
