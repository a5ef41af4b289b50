/**
 * What other people's programs read: ffprobe and hls.js take every playlist without a warning, all rungs have their
 * keyframes at the same microsecond, and two runners give the frames that one gives.
 */
import { execa } from 'execa'
import * as HLS from 'hls-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testClip } from '../support/clips.ts'
import { testStack, type TestStack } from '../support/stack.ts'

interface Packet {
  pts_time: string
  flags: string
  dts_time: string
}

let stack: TestStack
let id: string

beforeAll(async () => {
  HLS.setOptions({ strictMode: true })
  stack = await testStack()
  id = await stack.upload(await testClip({ seconds: 20, size: '1280x720', rate: '30000/1001' }))
  await stack.waitFor(id, ({ state }) => state === 'ready')
})
afterAll(async () => {
  await stack?.stop()
})

async function text(at: string): Promise<string> {
  const response = await fetch(stack.url + at)
  expect(response.status, at).toBe(200)
  return response.text()
}

/** All playlists that the multivariant playlist names, as paths. */
async function playlists(video: string): Promise<{ media: string[]; iframes: string[]; video: string[] }> {
  const master = HLS.parse(await text(`/v/${video}/master.m3u8`)) as HLS.types.MasterPlaylist
  const at = (uri: string): string => new URL(uri, `http://x/v/${video}/master.m3u8`).pathname
  const variants = master.variants.filter((variant) => !variant.isIFrameOnly)
  const audio = variants.flatMap((variant) => variant.audio.map((rendition) => at(rendition.uri ?? '')))
  const ofVideo = variants.map((variant) => at(variant.uri))
  return {
    media: [...new Set([...ofVideo, ...audio])],
    iframes: master.variants
      .filter((variant) => variant.isIFrameOnly)
      .map((variant) => at(variant.uri))
      .filter(made),
    video: ofVideo.filter(made),
  }
}

/** The source itself is cut at its own keyframes. */
function made(uri: string): boolean {
  return !uri.includes('/source-')
}

async function packets(at: string, stream: 'v' | 'a' = 'v'): Promise<Packet[]> {
  const { stdout, stderr } = await execa('ffprobe', [
    ...[
      '-v',
      'warning',
      '-select_streams',
      `${stream}:0`,
      '-show_entries',
      'packet=pts_time,dts_time,flags',
      '-of',
      'json',
      stack.url + at,
    ],
  ])
  expect(stderr).toBe('')
  return (JSON.parse(stdout) as { packets: Packet[] }).packets
}

it('a strict reader takes every playlist', async () => {
  const found = await playlists(id)
  expect(found.video.length).toBeGreaterThanOrEqual(4)
  expect(found.iframes).toHaveLength(found.video.length)
  for (const at of [...found.media, ...found.iframes]) {
    const playlist = HLS.parse(await text(at)) as HLS.types.MediaPlaylist
    expect(playlist.endlist, at).toBe(true)
    expect(playlist.segments.length, at).toBeGreaterThan(0)
  }
})

it('keyframes of all rungs are at the same microsecond, two seconds apart', async () => {
  const { video } = await playlists(id)
  const times = await Promise.all(
    video.map(async (at) => (await packets(at)).filter(({ flags }) => flags.startsWith('K')).map((p) => p.pts_time)),
  )
  const [first = []] = times
  for (const rung of times) expect(rung).toEqual(first)
  // 20 s at 29.97 with a keyframe every 60 frames.
  expect(first).toHaveLength(10)
  first.forEach((time, n) => expect(Number(time) - Number(first[0])).toBeCloseTo((n * 60 * 1001) / 30_000, 5))
})

it('every I-frame of an I-frame playlist decodes by itself', async () => {
  const { iframes } = await playlists(id)
  const at = iframes[0] ?? ''
  const playlist = HLS.parse(await text(at)) as HLS.types.MediaPlaylist
  expect(playlist.segments).toHaveLength(10)
  const base = `${stack.url}${at}`
  const init = new Uint8Array(await (await fetch(new URL(playlist.segments[0]?.map?.uri ?? '', base))).arrayBuffer())
  for (const segment of playlist.segments) {
    const { offset, length } = segment.byterange
    const part = await fetch(new URL(segment.uri, base), { headers: { Range: `bytes=${offset}-${offset + length - 1}` } })
    expect(part.status).toBe(206)
    const input = Buffer.concat([init, new Uint8Array(await part.arrayBuffer())])
    const { stdout } = await execa('ffmpeg', ['-v', 'quiet', '-i', 'pipe:0', '-frames:v', '1', '-f', 'framecrc', '-'], { input })
    expect(stdout.split('\n').filter((line) => line.startsWith('0,'))).toHaveLength(1)
  }
})

it('ffprobe reads the MPD, the multivariant playlist and every I-frame playlist without a warning', async () => {
  const { iframes } = await playlists(id)
  for (const at of iframes) expect((await packets(at)).map(({ flags }) => flags[0])).toEqual(Array<string>(10).fill('K'))
  for (const at of [`/v/${id}/manifest.mpd`, `/v/${id}/master.m3u8`]) {
    const { stdout, stderr } = await execa('ffprobe', [
      '-v',
      'warning',
      '-show_entries',
      'stream=codec_name',
      '-of',
      'csv=p=0',
      stack.url + at,
    ])
    expect(stderr, at).toBe('')
    expect(stdout, at).toMatch(/h264/)
    expect(stdout, at).toMatch(/aac/)
  }
})

it('sound starts with the picture and is as long', async () => {
  const found = await playlists(id)
  const audio = await packets(found.media.find((at) => at.includes('audio')) ?? '', 'a')
  const pictures = await packets(found.video[0] ?? '')
  const first = Math.min(...pictures.map((p) => Number(p.pts_time)))
  const lastPicture = Math.max(...pictures.map((p) => Number(p.pts_time)))
  const lastSound = Math.max(...audio.map((p) => Number(p.pts_time)))
  expect(Math.abs(Number(audio[0]?.pts_time) - first)).toBeLessThan(0.03)
  expect(Math.abs(lastSound - lastPicture)).toBeLessThan(0.06)
})

describe('two runners share one video', () => {
  it('and the frames, their times and the keyframes are those of one runner', async () => {
    stack.addRunner()
    await stack.waitForRunners(2)
    const second = await stack.upload(await testClip({ seconds: 20, size: '1280x720', rate: '30000/1001' }))
    const workers = new Set<string>()
    await stack.waitFor(second, ({ state }) => {
      void stack.admin('/api/runners').then(async (response) => {
        const { runners } = (await response.json()) as { runners: { runnerId: string; tasks: { kind: string }[] }[] }
        for (const runner of runners) if (runner.tasks.some(({ kind }) => kind === 'encode-chunk')) workers.add(runner.runnerId)
      })
      return state === 'ready'
    })
    expect(workers.size).toBe(2)
    const one = await playlists(id)
    const two = await playlists(second)
    expect(two.video).toHaveLength(one.video.length)
    for (const [n, at] of one.video.entries()) {
      expect(await packets(two.video[n] ?? '')).toEqual(await packets(at))
    }
    const audio = (found: { media: string[] }): string => found.media.find((at) => at.includes('audio')) ?? ''
    expect(await packets(audio(two), 'a')).toEqual(await packets(audio(one), 'a'))
  })
})
