/** Playlists and MPDs as a client gets them, read by hls-parser in strict mode. */
import { env, SELF } from 'cloudflare:test'
import * as HLS from 'hls-parser'
import { beforeAll, describe, expect, it } from 'vitest'
import { addVideo, publish, samplePlan, setState } from '../delivery/sample-video.ts'

const HOST = 'https://sluice.test'

beforeAll(() => HLS.setOptions({ strictMode: true }))

async function text(path: string): Promise<string> {
  const response = await SELF.fetch(HOST + path)
  expect([response.status, path]).toEqual([200, path])
  return new TextDecoder().decode(await response.arrayBuffer())
}

async function code(path: string): Promise<string> {
  const response = await SELF.fetch(HOST + path)
  expect(response.headers.get('Cache-Control')).toBe('no-store')
  return `${response.status} ${(await response.json<{ error: { code: string } }>()).error.code}`
}

function master(playlist: string): HLS.types.MasterPlaylist {
  const parsed = HLS.parse(playlist)
  if (!parsed.isMasterPlaylist) throw new Error('not a multivariant playlist')
  return parsed
}

function media(playlist: string): HLS.types.MediaPlaylist {
  const parsed = HLS.parse(playlist)
  if (parsed.isMasterPlaylist) throw new Error('not a media playlist')
  return parsed
}

async function ladder(state: 'processing' | 'ready', heights = [1080, 720, 360], withSound = true): Promise<string> {
  const id = await addVideo(env, { state, plan: samplePlan(heights, withSound) })
  for (const height of heights) await publish(env, id, `${height}p-h264`, 0)
  if (withSound) await publish(env, id, 'audio-aac', 0)
  return id
}

describe('master.m3u8', () => {
  it('says what was measured, picture and sound together', async () => {
    const id = await ladder('ready')
    const { variants } = master(await text(`/v/${id}/master.m3u8`))
    const playing = variants.filter(({ isIFrameOnly }) => !isIFrameOnly)
    expect(playing.map(({ uri }) => uri)).toEqual(['1080p-h264/index.m3u8', '720p-h264/index.m3u8', '360p-h264/index.m3u8'])
    // 10,800 bytes in 4 s are 21,600 b/s, and 1,000 bytes of sound 2,000 b/s more.
    const [best] = playing
    expect(best).toMatchObject({
      uri: '1080p-h264/index.m3u8',
      bandwidth: 23_600,
      averageBandwidth: 23_600,
      codecs: 'avc1.64001f,mp4a.40.2',
      resolution: { width: 1920, height: 1080 },
      frameRate: 29.97,
    })
    expect(best?.audio[0]).toMatchObject({ uri: 'audio-aac/index.m3u8', isDefault: true, autoselect: true, channels: '2' })
    const scrubbing = variants.filter(({ isIFrameOnly }) => isIFrameOnly)
    expect(scrubbing.map(({ uri }) => uri)).toEqual(['1080p-h264/iframes.m3u8', '720p-h264/iframes.m3u8', '360p-h264/iframes.m3u8'])
    expect(scrubbing[0]).toMatchObject({ bandwidth: 400, codecs: 'avc1.64001f' })
  })

  it('has no audio group for a silent video', async () => {
    const playlist = await text(`/v/${await ladder('ready', [360], false)}/master.m3u8`)
    expect(playlist).not.toContain('AUDIO')
    expect(master(playlist).variants[0]).toMatchObject({ codecs: 'avc1.64001f', bandwidth: 7_200 })
  })

  it('has one variant that is the sound when there is no picture', async () => {
    const playlist = await text(`/v/${await ladder('ready', [])}/master.m3u8`)
    expect(playlist).not.toContain('EXT-X-MEDIA:')
    expect(master(playlist).variants).toMatchObject([{ uri: 'audio-aac/index.m3u8', codecs: 'mp4a.40.2', bandwidth: 2_000 }])
  })

  it('waits until every rendition of the plan has begun, for nothing may appear later', async () => {
    const id = await addVideo(env, { plan: samplePlan([720, 360], true) })
    expect(await code(`/v/${id}/master.m3u8`)).toBe('404 not-playable-yet')
    await publish(env, id, '720p-h264', 0)
    await publish(env, id, '360p-h264', 0)
    expect(await code(`/v/${id}/master.m3u8`)).toBe('404 not-playable-yet')
    expect(await code(`/v/${id}/720p-h264/index.m3u8`)).toBe('404 not-playable-yet')
    expect(await code(`/v/${id}/manifest.mpd`)).toBe('404 not-playable-yet')
    await publish(env, id, 'audio-aac', 0)
    expect(master(await text(`/v/${id}/master.m3u8`)).variants).toHaveLength(4)
  })

  it('plays what a failed video has, and says so when that is nothing', async () => {
    const id = await addVideo(env, { plan: samplePlan([360], true) })
    await publish(env, id, '360p-h264', 0)
    const bare = await addVideo(env, { plan: samplePlan([360], true) })
    for (const one of [id, bare]) await setState(env, one, 'failed')
    expect(await code(`/v/${bare}/master.m3u8`)).toBe('404 not-playable-yet')
    expect(await text(`/v/${id}/master.m3u8`)).not.toContain('AUDIO')
    expect(media(await text(`/v/${id}/360p-h264/index.m3u8`)).endlist).toBe(true)
  })
})

describe('index.m3u8', () => {
  it('grows by appending only, keeps its target duration, starts at 0, and ends', async () => {
    const id = await ladder('processing')
    const path = `/v/${id}/720p-h264/index.m3u8`
    const first = await text(path)
    expect(media(first)).toMatchObject({ playlistType: 'EVENT', targetDuration: 4, endlist: false, start: { offset: 0 }, version: 6 })
    expect(media(first).segments).toMatchObject(Array.from({ length: 5 }, (_, n) => ({ uri: `${n}.m4s`, duration: 4 })))
    expect(media(first).segments[0]?.map?.uri).toBe('init.mp4')

    await publish(env, id, '720p-h264', 2)
    expect(await text(path)).toBe(first)
    await publish(env, id, '720p-h264', 1)
    const second = await text(path)
    expect(second.startsWith(first)).toBe(true)
    expect(media(second).segments).toHaveLength(15)

    await setState(env, id, 'ready')
    const last = await text(path)
    expect(last).toBe(`${second}#EXT-X-ENDLIST\n`)
    expect(media(last)).toMatchObject({ endlist: true, targetDuration: 4 })
  })

  it('is not there for renditions that the video has not', async () => {
    const id = await ladder('ready')
    expect(await code(`/v/${id}/240p-h264/index.m3u8`)).toBe('404 not-found')
    expect(await code(`/v/${id}/NOT_ONE/index.m3u8`)).toBe('404 not-found')
    expect(await code(`/v/${id}/audio-aac/iframes.m3u8`)).toBe('404 not-found')
    expect(await code('/v/000000000000/720p-h264/index.m3u8')).toBe('404 video-not-found')
    expect(await code('/v/not-an-id/master.m3u8')).toBe('404 video-not-found')
  })
})

it('iframes.m3u8 names keyframes by their place in the segment, not in the chunk', async () => {
  const id = await ladder('ready', [360], false)
  const playlist = media(await text(`/v/${id}/360p-h264/iframes.m3u8`))
  expect(playlist.isIFrame).toBe(true)
  expect(playlist.segments).toHaveLength(10)
  expect(playlist.segments[3]).toMatchObject({ uri: '1.m4s', duration: 2, byterange: { offset: 1_800, length: 100 } })
  const picked = await SELF.fetch(`${HOST}/v/${id}/360p-h264/1.m4s`, { headers: { Range: 'bytes=1800-1899' } })
  expect(picked.status).toBe(206)
  expect(await picked.bytes()).toHaveLength(100)
})

it('manifest.mpd lists the same segments', async () => {
  const id = await ladder('ready')
  const xml = await text(`/v/${id}/manifest.mpd`)
  expect(xml).toContain('mediaPresentationDuration="PT20S"')
  expect(xml.match(/<AdaptationSet/g)).toHaveLength(2)
  expect(xml.match(/<Representation /g)).toHaveLength(4)
  expect(xml).toContain('initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s" startNumber="0"')
  expect(xml).toContain('<S t="0" d="100000" r="4"/>')
  expect(xml).toContain('<S t="0" d="192000" r="4"/>')
})

describe('headers', () => {
  it('of a growing playlist: new every second, never kept', async () => {
    const id = await ladder('processing')
    const response = await SELF.fetch(`${HOST}/v/${id}/master.m3u8`)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/vnd.apple.mpegurl',
      'cache-control': 'public, max-age=1',
      'access-control-allow-origin': '*',
      'x-cache': 'BYPASS',
    })
    await response.body?.cancel()
  })

  it('of a final one: a minute, from the cache the second time, 304, HEAD', async () => {
    const id = await ladder('ready')
    const url = `${HOST}/v/${id}/manifest.mpd`
    const first = await SELF.fetch(url)
    const body = await first.text()
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'content-type': 'application/dash+xml',
      'cache-control': 'public, max-age=60',
      'x-cache': 'MISS',
    })
    const etag = first.headers.get('ETag') ?? ''
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/)
    const second = await SELF.fetch(`${url}?nothing=counts`)
    expect(await second.text()).toBe(body)
    expect(Object.fromEntries(second.headers)).toMatchObject({ 'x-cache': 'HIT', 'cache-control': 'public, max-age=60', etag })
    const third = await SELF.fetch(url, { headers: { 'If-None-Match': `W/${etag}` } })
    expect([third.status, await third.text()]).toEqual([304, ''])
    const head = await SELF.fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('Content-Length'), await head.text()]).toEqual([200, String(body.length), ''])
  })
})
