/**
 * What people really upload, through the whole stack: containers without an index, phones held upright, fields, changing frame
 * rates, odd sizes, other codecs, sound and picture that do not begin or end together. What comes out is measured with
 * FFmpeg from what a viewer is served.
 */
import { execa } from 'execa'
import * as HLS from 'hls-parser'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Video } from '../../protocol/videos.ts'
import { clip } from '../support/clips.ts'
import { testStack, type TestStack } from '../support/stack.ts'

let stack: TestStack
let folder: string

beforeAll(async () => {
  HLS.setOptions({ strictMode: true })
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-sources-'))
  stack = await testStack()
})
afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50']
const picture = (seconds: number, rate = '25', size = '320x180'): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`],
]
const sound = (seconds: number): string[] => ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`]

/** Uploads, and waits until the video is ready. */
async function ready(file: string, metadata: Record<string, string> = {}): Promise<Video> {
  return stack.waitFor(await stack.upload(file, metadata), ({ state }) => state === 'ready')
}

async function get(at: string): Promise<Response> {
  const response = await fetch(stack.url + at)
  expect(response.status, at).toBe(200)
  return response
}

async function master(id: string): Promise<HLS.types.Variant[]> {
  const parsed = HLS.parse(await (await get(`/v/${id}/master.m3u8`)).text()) as HLS.types.MasterPlaylist
  // What was made of the source; the source itself is in instant.test.ts.
  return parsed.variants.filter((variant) => !variant.isIFrameOnly && !variant.uri.startsWith('source-'))
}

/** A rendition as one file, put together from its playlist as a player does. */
async function download(id: string, rendition: string): Promise<string> {
  const at = `/v/${id}/${rendition}/index.m3u8`
  const { segments, endlist } = HLS.parse(await (await get(at)).text()) as HLS.types.MediaPlaylist
  expect(endlist).toBe(true)
  const base = new URL(at, stack.url)
  const uris = [segments[0]?.map?.uri ?? '', ...segments.map(({ uri }) => uri)]
  const parts = await Promise.all(uris.map(async (uri) => (await get(new URL(uri, base).pathname)).arrayBuffer()))
  const file = path.join(folder, `${id}-${rendition}.mp4`)
  await writeFile(file, Buffer.concat(parts.map((part) => Buffer.from(part))))
  return file
}

interface Shown {
  timeS: number
  keyframe: boolean
  /** Mean luma, 0 to 255, of the whole picture. */
  luma: number
}

/** Decodes all frames of the best rendition; nothing may be warned about. */
async function frames(id: string, rendition: string, crop = 'null'): Promise<Shown[]> {
  const file = await download(id, rendition)
  const quiet = await execa('ffmpeg', ['-v', 'warning', '-i', file, '-f', 'null', '-'])
  expect(quiet.stderr).toBe('')
  const filter = `${crop},format=gray,showinfo`
  const args = ['-hide_banner', '-copyts', '-i', file, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'null', '-']
  const { stderr } = await execa('ffmpeg', args)
  return [...stderr.matchAll(/ pts_time:(-?[\d.]+) .* iskey:(\d) .* mean:\[(\d+)\]/g)].map(([, time, key, mean]) => ({
    timeS: Number(time),
    keyframe: key === '1',
    luma: Number(mean),
  }))
}

/** The sound of a video on its timeline, mono at 48 kHz. */
async function samples(id: string): Promise<Int16Array> {
  const file = await download(id, 'audio-aac')
  const filter = 'aresample=48000:async=1:first_pts=0'
  const args = ['-v', 'error', '-copyts', '-i', file, '-af', filter, '-ac', '1', '-f', 's16le', 'pipe:1']
  const { stdout } = await execa('ffmpeg', args, { encoding: 'buffer' })
  return new Int16Array(stdout.buffer, stdout.byteOffset, stdout.byteLength >> 1)
}

/** Names of the picture renditions that were made of a video, best first. */
async function rungs(id: string): Promise<string[]> {
  const found = (await master(id)).map(({ uri }) => uri.split('/')[0] ?? '')
  return [...new Set(found)]
}

function expectConstantRate(shown: Shown[], fps: number): void {
  shown.forEach(({ timeS }, n) => expect(timeS).toBeCloseTo(n / fps, 3))
}

it('a broadcast recording (MPEG-TS) can be watched while it is being encoded in one go', async () => {
  const file = await clip('ts', [...picture(32, '25', '640x360'), ...sound(32), ...X264, '-bf', '2', '-c:a', 'aac', '-shortest'])
  const id = await stack.upload(file, { filetype: 'video/mp2t' })
  const early = await stack.waitFor(id, ({ playableMs }) => playableMs >= 8_000)
  expect(early.state).toBe('processing')
  const [best = ''] = await rungs(id)
  const playlist = await (await get(`/v/${id}/${best}/index.m3u8`)).text()
  expect(playlist).not.toContain('ENDLIST')
  expect((await get(`/v/${id}/${best}/0.m4s`)).headers.get('Content-Type')).toBe('video/mp4')
  await stack.waitFor(id, ({ state }) => state === 'ready')
  expect((await (await get(`/v/${id}/${best}/index.m3u8`)).text()).startsWith(playlist.trimEnd().split('\n').slice(0, -1).join('\n'))).toBe(
    true,
  )
  const shown = await frames(id, best)
  expect(Math.abs(shown.length - 800)).toBeLessThanOrEqual(2)
  expectConstantRate(shown, 25)
})

it('a phone video that says it is to be turned is upright', async () => {
  // The left half is white as stored; turned a quarter clockwise that is the upper half.
  const lying = await clip('mp4', [
    '-f',
    'lavfi',
    '-i',
    'color=black:size=320x180:rate=25:duration=3,drawbox=w=160:h=180:color=white:t=fill',
    ...X264,
  ])
  const file = await clip('mp4', ['-i', lying, '-c', 'copy', '-metadata:s:v', 'rotate=270'])
  const video = await ready(file)
  expect([video.width, video.height]).toEqual([180, 320])
  const [variant] = await master(video.id)
  expect(variant?.resolution).toEqual({ width: 180, height: 320 })
  const [best = ''] = await rungs(video.id)
  const upper = await frames(video.id, best, 'crop=iw:ih/2:0:0')
  const lower = await frames(video.id, best, 'crop=iw:ih/2:0:ih/2')
  expect(upper).toHaveLength(75)
  for (const { luma } of upper) expect(luma).toBeGreaterThan(200)
  for (const { luma } of lower) expect(luma).toBeLessThan(40)
})

it('fields at 29.97 become whole pictures at 29.97', async () => {
  const weave = ['-vf', 'tinterlace=interleave_top', '-flags', '+ilme+ildct']
  const video = await ready(await clip('mp4', [...picture(4, '60000/1001'), ...sound(4), ...weave, ...X264, '-c:a', 'aac']))
  const [variant] = await master(video.id)
  expect(variant?.frameRate).toBeCloseTo(29.97, 3)
  const [best = ''] = await rungs(video.id)
  const shown = await frames(video.id, best)
  expect(Math.abs(shown.length - 120)).toBeLessThanOrEqual(1)
  expectConstantRate(shown, 30_000 / 1001)
  expect(shown.filter(({ keyframe }) => keyframe).map(({ timeS }) => timeS)).toEqual([0, expect.closeTo(2.002, 5)])
})

it('a rate that changes in the middle becomes one rate, at the same speed', async () => {
  const flash = "drawbox=color=white:t=fill:enable='between(t,1,1.5)'"
  const half = (rate: number): string => `color=black:size=320x180:rate=${rate}:duration=2,${flash}`
  const graph = `${half(30)}[a];${half(15)}[b];[a][b]concat=n=2`
  const file = await clip('mp4', ['-filter_complex', graph, '-fps_mode', 'vfr', ...X264])
  const video = await ready(file)
  const [best = ''] = await rungs(video.id)
  const shown = await frames(video.id, best)
  expect(Math.abs(shown.length - 120)).toBeLessThanOrEqual(2)
  expectConstantRate(shown, 30)
  const bright = shown.filter(({ luma }) => luma > 128).map(({ timeS }) => timeS)
  for (const [at, time] of [
    [0, 1],
    [bright.length - 1, 3.5],
  ] as const) {
    expect(Math.abs((bright[at] ?? 0) - time)).toBeLessThan(1 / 15 + 0.001)
  }
  expect(bright.every((time) => (time > 0.9 && time < 1.6) || (time > 2.9 && time < 3.6))).toBe(true)
})

it('a song is a video of sound alone', async () => {
  const video = await ready(await clip('mp3', [...sound(10), '-c:a', 'libmp3lame']), { filetype: 'audio/mpeg' })
  expect(video.poster).toBeNull()
  const variants = await master(video.id)
  expect(variants.map(({ codecs, resolution }) => [codecs, resolution])).toEqual([['mp4a.40.2', undefined]])
  expect(Math.abs((await samples(video.id)).length / 48_000 - 10)).toBeLessThan(0.06)
})

it('a silent film has no sound', async () => {
  const video = await ready(await clip('mp4', [...picture(3), ...X264]))
  const variants = await master(video.id)
  expect(variants.every(({ codecs, audio }) => !codecs?.includes('mp4a') && audio.length === 0)).toBe(true)
  expect(await frames(video.id, (await rungs(video.id))[0] ?? '')).toHaveLength(75)
})

it.each([
  ['an odd size', 'mp4', 'video/mp4', ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p', '-c:a', 'aac'], '427x241'],
  [
    'HEVC of 10 bits',
    'mp4',
    'video/mp4',
    [
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=none',
      '-pix_fmt',
      'yuv420p10le',
      '-tag:v',
      'hvc1',
      '-c:a',
      'aac',
    ],
    '320x180',
  ],
  [
    'WebM with VP9 and Opus',
    'webm',
    'video/webm',
    ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-pix_fmt', 'yuv420p', '-c:a', 'libopus'],
    '320x180',
  ],
] as const)('%s becomes what everybody plays', async (_name, extension, filetype, args, size) => {
  const video = await ready(await clip(extension, [...picture(4, '25', size), ...sound(4), ...args]), { filetype })
  const [variant] = await master(video.id)
  expect(variant?.codecs).toMatch(/^avc1\.64[0-9A-Fa-f]{4},mp4a\.40\.2$/)
  const { width = 1, height = 1 } = variant?.resolution ?? {}
  const [w = 1, h = 1] = size.split('x').map(Number)
  expect([width % 2, height % 2]).toEqual([0, 0])
  expect(width <= w && height <= h).toBe(true)
  expect(Math.abs(width / height / (w / h) - 1)).toBeLessThan(0.01)
  const [best = ''] = await rungs(video.id)
  const shown = await frames(video.id, best)
  expect(shown).toHaveLength(100)
  expectConstantRate(shown, 25)
  const { stdout } = await execa('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=pix_fmt,width,height', '-of', 'csv=p=0'],
    path.join(folder, `${video.id}-${best}.mp4`),
  ])
  expect(stdout.trim()).toBe(`${width},${height},yuv420p`)
  expect(Math.abs((await samples(video.id)).length / 48_000 - 4)).toBeLessThan(0.06)
})

it('is made in every codec that was asked for, cut at the same places', async () => {
  const file = await clip('mp4', [...picture(5), ...sound(5), ...X264, '-c:a', 'aac'])
  const video = await ready(file, { codecs: 'h264,hevc,vp9,av1' })
  const variants = await master(video.id)
  const codecs = variants.map((variant) => variant.codecs?.split(',') ?? [])
  expect(codecs.map(([first = '']) => first.split('.')[0]).toSorted()).toEqual(['av01', 'avc1', 'hvc1', 'vp09'])
  const shapes = [/^av01\.0\.\d\d[MH]\.08/, /^avc1\.64[0-9A-Fa-f]{4}$/, /^hvc1\.1\.[0-9A-F]+\.L\d+/, /^vp09\.00\.\d\d\.08/]
  for (const [coded = '', sounding] of codecs) {
    expect(
      shapes.some((shape) => shape.test(coded)),
      coded,
    ).toBe(true)
    expect(sounding).toBe('mp4a.40.2')
  }
  const all = await rungs(video.id)
  expect(all).toHaveLength(4)
  const shown = await Promise.all(all.map((rung) => frames(video.id, rung)))
  const grid = (list: Shown[]): number[] => list.filter(({ keyframe }) => keyframe).map(({ timeS }) => timeS)
  for (const list of shown) {
    expect(list).toHaveLength(125)
    expect(list.map(({ timeS }) => timeS)).toEqual(shown[0]?.map(({ timeS }) => timeS))
    expect(grid(list)).toEqual([0, 2, 4])
  }
  const lists = await Promise.all(all.map(async (rung) => (await get(`/v/${video.id}/${rung}/index.m3u8`)).text()))
  for (const list of lists) expect(list.match(/#EXTINF:[\d.]+/g)).toEqual(lists[0]?.match(/#EXTINF:[\d.]+/g))
})

it('a recording joined from pieces, whose clock jumps back, is played to its end with its sound in place', async () => {
  const piece = async (flashAt: number): Promise<Buffer> => {
    const inputs = ['-f', 'lavfi', '-i', FLASH(flashAt, 4), '-f', 'lavfi', '-i', BEEP(flashAt, 4)]
    return readFile(await clip('ts', [...inputs, ...X264, '-c:a', 'aac']))
  }
  const file = path.join(folder, 'joined.ts')
  await writeFile(file, Buffer.concat([await piece(1), await piece(2), await piece(3)]))
  const { id, durationMs } = await ready(file, { filetype: 'video/mp2t' })
  // The container promises the length of one piece.
  expect(Math.abs((durationMs ?? 0) - 12_000)).toBeLessThan(200)
  const shown = await frames(id, (await rungs(id))[0] ?? '')
  expectConstantRate(shown, 25)
  expect(Math.abs(shown.length - 300)).toBeLessThanOrEqual(4)
  const onsets = (times: number[]): number[] => times.filter((time, n) => time - (times[n - 1] ?? -1) > 0.5)
  const flashes = onsets(shown.filter(({ luma }) => luma > 128).map(({ timeS }) => timeS))
  const heard = await samples(id)
  const loudest = heard.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const beeps = onsets([...heard].flatMap((sample, n) => (Math.abs(sample) > loudest / 4 ? [n / 48_000] : [])))
  expect(flashes).toHaveLength(3)
  expect(beeps).toHaveLength(3)
  flashes.forEach((flashS, n) => {
    expect(Math.abs(flashS - (1 + 5 * n))).toBeLessThan(0.2)
    expect(Math.abs((beeps[n] ?? Number.NaN) - flashS)).toBeLessThanOrEqual(0.08)
  })
})

/** A white flash and a beep that begin at the same second of their streams, two tenths long. */
const FLASH = (at: number, seconds: number): string =>
  `color=black:size=320x180:rate=25:duration=${seconds},drawbox=color=white:t=fill:enable='between(t,${at},${at + 0.2})'`
const BEEP = (at: number, seconds: number): string =>
  `aevalsrc='if(between(t,${at},${at + 0.2}),0.5*sin(2*PI*1000*t),0)':s=48000:d=${seconds}`

/** When a viewer sees the flash and hears the beep, seconds. */
async function measure(id: string): Promise<{ flashS: number; beepS: number; pictureS: number; soundS: number }> {
  const [best = ''] = await rungs(id)
  const shown = await frames(id, best)
  const heard = await samples(id)
  const loudest = heard.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  expect(loudest).toBeGreaterThan(1000)
  return {
    flashS: shown.find(({ luma }) => luma > 128)?.timeS ?? Number.NaN,
    beepS: heard.findIndex((sample) => Math.abs(sample) > loudest / 4) / 48_000,
    pictureS: shown.length / 25,
    soundS: heard.length / 48_000,
  }
}

describe('sound and picture stay together', () => {
  const FRAME_S = 1 / 25
  const AAC_FRAME_S = 1024 / 48_000

  it.each([
    ['mp4', 'sound', 0.5],
    ['mp4', 'picture', 0.5],
    ['mov', 'sound', 0.73],
    ['mkv', 'picture', 0.5],
    ['ts', 'sound', 0.5],
    ['ts', 'picture', 0.5],
  ] as const)('in %s, when the %s begins %d s after the other', async (extension, late, offsetS) => {
    const lag = (stream: string): string[] => (late === stream ? ['-itsoffset', String(offsetS)] : [])
    const inputs = [...lag('picture'), '-f', 'lavfi', '-i', FLASH(1, 3), ...lag('sound'), '-f', 'lavfi', '-i', BEEP(1, 3)]
    // Sound that is not compressed begins on its sample; TS has none of that.
    const coder = extension === 'ts' || extension === 'mp4' ? ['-c:a', 'aac'] : ['-c:a', 'pcm_s16le']
    const { id } = await ready(await clip(extension, [...inputs, ...X264, ...coder]))
    const { flashS, beepS } = await measure(id)
    const lagS = late === 'sound' ? offsetS : -offsetS
    expect(Math.abs(beepS - flashS - lagS)).toBeLessThanOrEqual(FRAME_S + AAC_FRAME_S / 2)
    // Nothing is cut off at the start, and nothing is put before it.
    expect(Math.abs(Math.min(flashS, beepS) - 1)).toBeLessThanOrEqual(FRAME_S + AAC_FRAME_S)
  })

  it.each([
    ['sound', 3, 7],
    ['picture', 7, 3],
  ] as const)('and play to the end when the %s is longer', async (_longer, pictureS, soundS) => {
    const inputs = ['-f', 'lavfi', '-i', FLASH(2, pictureS), '-f', 'lavfi', '-i', BEEP(2, soundS)]
    const video = await ready(await clip('mp4', [...inputs, ...X264, '-c:a', 'aac']))
    const measured = await measure(video.id)
    expect(Math.abs(measured.beepS - measured.flashS)).toBeLessThanOrEqual(FRAME_S + AAC_FRAME_S / 2)
    expect(Math.abs(measured.pictureS - pictureS)).toBeLessThanOrEqual(FRAME_S)
    // Sound is never shorter than the picture: what is missing is silence.
    expect(Math.abs(measured.soundS - 7)).toBeLessThan(0.06)
    expect(Math.abs((video.durationMs ?? 0) - 7000)).toBeLessThan(60)
  })
})
