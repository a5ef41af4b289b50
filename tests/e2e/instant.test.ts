/**
 * What was uploaded plays at once, as it is, before FFmpeg has seen it: these stacks have no runner. What is cut at the edge
 * shows the frames of the file at their times, in a real browser and to FFmpeg.
 */
import { execa } from 'execa'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../media/dissect/report.ts'
import { launchChromium, within } from '../support/chromium.ts'
import { clip } from '../support/clips.ts'
import { frameCodeFilter, READ_FRAME_CODE } from '../support/frame-code.ts'
import { testStack, type TestStack } from '../support/stack.ts'

const FPS = 25
const SECONDS = 12
const PICTURE = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FPS},${frameCodeFilter()}`]
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=330:sample_rate=48000']
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '50', '-pix_fmt', 'yuv420p']
const AAC = ['-c:a', 'aac', '-b:a', '96k']
const LENGTH = ['-t', String(SECONDS)]

/** Files that browsers play as they are, by what is particular about them. */
const PLAYED: [name: string, extension: string, args: string[]][] = [
  ['moov at the end', 'mp4', [...PICTURE, ...SOUND, ...LENGTH, ...H264, ...AAC]],
  [
    'moov first, odd time scale',
    'mp4',
    [...PICTURE, ...SOUND, ...LENGTH, ...H264, ...AAC, '-video_track_timescale', '12345', '-movflags', '+faststart'],
  ],
  ['fragments', 'mp4', [...PICTURE, ...SOUND, ...LENGTH, ...H264, ...AAC, '-movflags', '+frag_keyframe+delay_moov+default_base_moof']],
  ['QuickTime', 'mov', [...PICTURE, ...SOUND, ...LENGTH, ...H264, ...AAC]],
  ['Matroska with H.264', 'mkv', [...PICTURE, ...SOUND, ...LENGTH, ...H264, ...AAC]],
  [
    'WebM with VP9 and Opus',
    'webm',
    [...PICTURE, ...SOUND, ...LENGTH, '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '50', '-c:a', 'libopus'],
  ],
  [
    'AV1 and FLAC',
    'mp4',
    [...PICTURE, ...SOUND, ...LENGTH, '-c:v', 'libsvtav1', '-preset', '12', '-g', '50', '-c:a', 'flac', '-strict', '-2'],
  ],
  ['picture alone', 'mp4', [...PICTURE, ...LENGTH, ...H264]],
]

let stack: TestStack
let browser: Browser

beforeAll(async () => {
  stack = await testStack({ runners: 0 })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

/** MD5 of every decoded frame, and its time in milliseconds from the first. */
async function frames(input: string, stream: 'v' | 'a'): Promise<string[]> {
  const { stdout } = await execa('ffmpeg', [
    '-v',
    'error',
    '-i',
    input,
    '-map',
    `0:${stream}:0`,
    '-fps_mode',
    'passthrough',
    '-f',
    'framemd5',
    '-',
  ])
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => line.split(',').at(-1)?.trim() ?? '')
}

describe.each(PLAYED)('%s', (name, extension, args) => {
  let id: string
  let file: string

  it('has its playlist with the answer to the last byte', async () => {
    file = await clip(extension, args)
    id = await stack.upload(file)
    const response = await fetch(`${stack.url}/v/${id}/master.m3u8`)
    const text = await response.text()
    expect(response.status, text).toBe(200)
    expect(text).toContain('source-video/index.m3u8')
    expect(text).toContain('#EXT-X-SESSION-DATA:DATA-ID="dev.sluice.renditions",VALUE="more"')
    expect(await stack.video(id)).toMatchObject({ state: 'processing', playback: { hls: `/v/${id}/master.m3u8` } })
  })

  it('decodes to the frames of the file', async () => {
    const played = await frames(`${stack.url}/v/${id}/master.m3u8`, 'v')
    expect(played).toHaveLength(FPS * SECONDS)
    expect(played.join(' ') === (await frames(file, 'v')).join(' '), 'the same pictures').toBe(true)
    if (name === 'picture alone') return
    const [heard, original] = [await frames(`${stack.url}/v/${id}/master.m3u8`, 'a'), await frames(file, 'a')]
    // FFmpeg gives the priming of a fragmented file back, and cuts what it does not know the length of elsewhere.
    expect(heard.slice(-original.length + 4, -4).join(' ') === original.slice(4, -4).join(' '), 'the same sound').toBe(true)
  })

  it('shows the frames asked for in a browser', async () => {
    const context = await browser.newContext({ viewport: { width: 900, height: 700 } })
    const page = await context.newPage()
    try {
      await page.goto(`${stack.url}/watch/${id}`)
      await page.locator('sluice-player').waitFor({ state: 'attached' })
      for (const frame of [0, 137, 299, 51, 49]) {
        const shown = await within(
          30_000,
          `frame ${frame}`,
          page.evaluate<number | null>(`(async () => {
            const { video } = document.querySelector('sluice-player')
            while (video.readyState < 1) await new Promise((resolve) => setTimeout(resolve, 20))
            const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve))
            video.currentTime = ${(frame + 0.5) / FPS}
            await shown
            while (video.seeking) await new Promise((resolve) => setTimeout(resolve, 20))
            return (${READ_FRAME_CODE})(video)
          })()`),
        )
        expect(shown, `frame ${frame}`).toBe(frame)
      }
    } finally {
      await context.close()
    }
  })
})

describe('what browsers do not play as it is', () => {
  it.each([
    ['PCM', 'mov', [...PICTURE, ...SOUND, '-t', '2', ...H264, '-c:a', 'pcm_s16le'], /its audio is .*which browsers do not play/],
    ['MPEG-4 Part 2', 'mp4', [...PICTURE, '-t', '2', '-c:v', 'mpeg4'], /its video is .*which browsers do not play/],
    [
      'a minute without a keyframe',
      'mp4',
      [...PICTURE, '-t', '60', ...H264, '-g', '9999', '-x264-params', 'scenecut=0'],
      /no keyframe for 60 seconds/,
    ],
    ['no container that is indexed', 'ts', [...PICTURE, ...SOUND, '-t', '2', ...H264, ...AAC], /cannot be watched as it is/],
  ] satisfies [string, string, string[], RegExp][])('%s waits for the ladder, and says why', async (_name, extension, args, reason) => {
    const id = await stack.upload(await clip(extension, args))
    const response = await fetch(`${stack.url}/v/${id}/master.m3u8`)
    expect(response.status).toBe(404)
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    expect(error.code).toBe('not-playable-yet')
    expect(error.message).toMatch(reason)
    expect((await stack.video(id)).playback).toBeNull()
  })
})

it('keyframe playlists and the MPD are made from the same index', async () => {
  const id = await stack.upload(await clip('mp4', PLAYED[0]?.[2] ?? []))
  const iframes = await (await fetch(`${stack.url}/v/${id}/source-video/iframes.m3u8`)).text()
  expect(iframes.match(/#EXT-X-BYTERANGE/g)).toHaveLength(3)
  for (const at of [`/v/${id}/source-video/iframes.m3u8`, `/v/${id}/manifest.mpd`]) {
    const { stdout, stderr } = await execa('ffprobe', [
      '-v',
      'warning',
      '-select_streams',
      'v:0',
      '-show_entries',
      'packet=flags',
      '-of',
      'csv=p=0',
      stack.url + at,
    ])
    expect(stderr, at).toBe('')
    expect(stdout.trim().split('\n').length, at).toBe(at.endsWith('mpd') ? FPS * SECONDS : 3)
  }
})

it('says what is in the file', async () => {
  const id = await stack.upload(await clip('mp4', PLAYED[0]?.[2] ?? []))
  const report = (await (await fetch(`${stack.url}/api/videos/${id}/inspect`)).json()) as Report
  expect(report).toMatchObject({ format: 'mp4', headerFirst: false, unreadable: null, problems: [], durationSeconds: SECONDS })
  expect(report.tracks.map(({ codecInWords }) => codecInWords)).toEqual([expect.stringMatching(/^H\.264/), expect.stringMatching(/^AAC/)])
  expect(report.keyframes).toMatchObject({ count: 6, seconds: [0, 2, 4, 6, 8, 10] })
  const other = await stack.upload(await clip('ts', [...PICTURE, '-t', '1', ...H264]))
  expect((await fetch(`${stack.url}/api/videos/${other}/inspect`)).status).toBe(422)
})

it('a codec that this browser does not play is there for those that do; here the page waits for the ladder', async () => {
  const hevc = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', '-tag:v', 'hvc1', '-pix_fmt', 'yuv420p']
  const id = await stack.upload(await clip('mp4', [...PICTURE, ...SOUND, '-t', '2', ...hevc, ...AAC]))
  expect(await (await fetch(`${stack.url}/v/${id}/master.m3u8`)).text()).toMatch(/CODECS="hvc1\.[^"]*,mp4a\.40\.2"/)
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(`${stack.url}/watch/${id}`)
    await page.locator('sluice-player').waitFor({ state: 'attached' })
    // Longer than it takes to read the playlist again.
    const reads = await within(
      20_000,
      'two readings of the playlist',
      page.evaluate<string>(`(async () => {
        const player = document.querySelector('sluice-player')
        const read = () => (player.events?.events ?? []).filter(({ type, kind }) => type === 'request' && kind === 'multivariant').length
        while (read() < 2) await new Promise((resolve) => setTimeout(resolve, 100))
        return player.engine.state
      })()`),
    )
    expect(reads).toBe('loading')
  } finally {
    await context.close()
  }
})

describe('a clip', () => {
  let id: string
  beforeAll(async () => {
    id = await stack.upload(await clip('mp4', PLAYED[0]?.[2] ?? []))
  })

  it.each([
    ['start=2.5&end=5', 50, 100],
    ['start=4&end=6', 100, 50],
    ['start=0', 0, 300],
    ['', 0, 300],
    ['start=11', 250, 50],
  ])('?%s has whole GOPs, and their pictures', async (query, first, count) => {
    const url = `${stack.url}/v/${id}/source.mp4?${query}`
    const original = await frames(await clip('mp4', PLAYED[0]?.[2] ?? []), 'v')
    const cut = await frames(url, 'v')
    expect(cut).toHaveLength(count)
    expect(cut.join(' ') === original.slice(first, first + count).join(' '), 'the same pictures').toBe(true)
    const { stdout } = await execa('ffprobe', [
      '-v',
      'warning',
      '-show_entries',
      'stream=codec_type,start_time,duration',
      '-of',
      'json',
      url,
    ])
    const { streams } = JSON.parse(stdout) as { streams: { codec_type: string; start_time: string; duration: string }[] }
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(['video', 'audio'])
    for (const { start_time, duration } of streams) {
      expect(Math.abs(Number(start_time))).toBeLessThan(0.03)
      expect(Math.abs(Number(duration) - count / FPS)).toBeLessThan(0.05)
    }
  })

  it('plays in a browser, and is answered by ranges', async () => {
    const url = `/v/${id}/source.mp4?start=2&end=6`
    const part = await fetch(stack.url + url, { headers: { Range: 'bytes=-100' } })
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 100])
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      await page.goto(`${stack.url}/404`)
      const shown = await within(
        20_000,
        'the clip',
        page.evaluate<number | null>(`(async () => {
          const video = document.createElement('video')
          video.muted = true
          video.src = ${JSON.stringify(url)}
          await new Promise((resolve, reject) => { video.oncanplay = resolve; video.onerror = () => reject(new Error(video.error.message)) })
          const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve))
          video.currentTime = ${(75 + 0.5) / FPS}
          await shown
          return (${READ_FRAME_CODE})(video)
        })()`),
      )
      expect(shown).toBe(50 + 75)
    } finally {
      await context.close()
    }
  })

  it.each(['start=5&end=2', 'start=x', 'start=99', 'end=-1'])('?%s is refused', async (query) => {
    expect((await fetch(`${stack.url}/v/${id}/source.mp4?${query}`)).status).toBe(400)
  })
})
