/** `sluice ladder` and `sluice segment` as a person runs them, on a real clip. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as HLS from 'hls-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
HLS.setOptions({ strictMode: true })

let folder = ''
const at = (...names: string[]): string => path.join(folder, ...names)

interface Ran {
  code: number
  stdout: string
  stderr: string
}
async function sluice(...args: string[]): Promise<Ran> {
  return run(process.execPath, [MAIN, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ran,
  )
}
async function ffmpeg(...args: string[]): Promise<void> {
  await run('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', ...args])
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-segment-'))
  const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=30000/1001:d=7', '-f', 'lavfi', '-i', 'sine=440:d=7']
  await ffmpeg(...sources, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', at('in.mp4'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('sluice ladder', () => {
  it('makes rungs with keyframes at the same times, never larger than the source, and measures them', async () => {
    const { code, stdout } = await sluice('ladder', at('in.mp4'), '--output', at('ladder'), '--preset', 'ultrafast', '--json')
    expect(code).toBe(0)
    const { rungs } = JSON.parse(stdout) as { rungs: { file: string; height: number; ssim: number }[] }
    expect(rungs.map(({ height }) => height)).toEqual([360, 240])
    for (const { ssim } of rungs) expect(ssim).toBeGreaterThan(0.85)
    const times = await Promise.all(rungs.map(({ file }) => keyframeTimes(file)))
    // 30000/1001 frames a second: a GOP is 60 frames, 2.002 s.
    expect(times[0]).toEqual(['0.000000', '2.002000', '4.004000', '6.006000'])
    expect(times[1]).toEqual(times[0])
  })

  it('says what is wrong: no such file (1), no such codec (2), not a video (1)', async () => {
    const missing = await sluice('ladder', at('nothing.mp4'))
    expect([missing.code, missing.stdout]).toEqual([1, ''])
    expect(missing.stderr).toContain('nothing.mp4')
    expect((await sluice('ladder', at('in.mp4'), '--codecs', 'h263')).code).toBe(2)
    const text = await sluice('ladder', MAIN, '--json')
    expect([text.code, JSON.parse(text.stderr)]).toMatchObject([
      1,
      { error: { message: 'This file is not a video or a sound file that FFmpeg can read.' } },
    ])
  })
})

describe('sluice segment', () => {
  for (const format of ['ts', 'cmaf']) {
    it(`cuts ${format} that a strict reader accepts, with as many segments in every rung`, async () => {
      const ran = await sluice('segment', at('ladder'), '--segment-duration', '4', '--format', format, '--output', at(format))
      expect(ran.stderr).toBe('')
      expect(ran.stdout).toContain('360p: 2 segments (4.004s each)')
      const master = HLS.parse(await readFile(at(format, 'master.m3u8'), 'utf8')) as HLS.types.MasterPlaylist
      expect(master.variants.map(({ uri }) => uri)).toEqual(['360p/playlist.m3u8', '240p/playlist.m3u8'])
      const durations: number[][] = []
      for (const { uri, codecs, bandwidth, averageBandwidth } of master.variants) {
        expect(codecs).toMatch(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/)
        expect(bandwidth).toBeGreaterThanOrEqual(averageBandwidth ?? Infinity)
        const media = HLS.parse(await readFile(at(format, uri), 'utf8')) as HLS.types.MediaPlaylist
        expect(media.endlist).toBe(true)
        durations.push(media.segments.map(({ duration }) => duration))
      }
      expect(durations[0]?.[0]).toBeCloseTo(4.004, 5)
      expect(durations[1]).toEqual(durations[0])
      // FFmpeg, reading it as a player would, finds every frame once.
      const frames = await run('ffprobe', [
        ...['-v', 'warning', '-count_packets', '-select_streams', 'v', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0'],
        at(format, '360p/playlist.m3u8'),
      ])
      expect(Number.parseInt(frames.stdout, 10)).toBe(await countFrames(at('ladder/video_360p.mp4')))
      expect(frames.stderr).toBe('')
    })
  }

  it('refuses rungs whose keyframes differ, and names the frame', async () => {
    const odd = ['-vf', 'scale=320:180', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-c:a', 'copy']
    await ffmpeg('-i', at('ladder/video_360p.mp4'), '-c', 'copy', at('video_360p.mp4'))
    await ffmpeg('-i', at('ladder/video_360p.mp4'), ...odd, at('video_180p.mp4'))
    const { code, stderr } = await sluice('segment', folder, '--output', at('never'))
    expect(code).toBe(1)
    expect(stderr).toContain('keyframe 2 is frame 60 (2.002 s) in 360p and frame 50 (1.668 s) in 180p')
  })
})

async function keyframeTimes(file: string): Promise<string[]> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', file]
  const { stdout } = await run('ffprobe', args)
  return stdout.split('\n').flatMap((line) => (line.includes(',K') ? [line.split(',')[0] ?? ''] : []))
}

async function countFrames(file: string): Promise<number> {
  const args = [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-count_packets',
    '-show_entries',
    'stream=nb_read_packets',
    '-of',
    'csv=p=0',
    file,
  ]
  return Number.parseInt((await run('ffprobe', args)).stdout, 10)
}
