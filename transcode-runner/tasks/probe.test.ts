import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TaskError } from '../failure.ts'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => void (bench = await Workbench.open()))
afterAll(() => bench.close())

const ID = 'probe_aaaaaa'
const picture = (rate = '30', size = '192x108', seconds = 5): string[] => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`,
]
const sound = (seconds = 5): string[] => ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`]
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '30']

async function failure(): Promise<TaskError> {
  const error = await bench.probe(ID).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof TaskError) return error
  throw new Error(`probing ended with ${String(error)}`)
}

describe('probing what is fine', () => {
  it('reads an MP4', async () => {
    await bench.clip(ID, 'plain.mp4', ...picture(), ...sound(), ...X264, '-bf', '2', '-c:a', 'aac')
    expect(await bench.probe(ID)).toMatchObject({
      container: 'mov,mp4,m4a,3gp,3g2,mj2',
      originUs: 0,
      video: {
        codec: 'h264',
        width: 192,
        height: 108,
        frameRate: { num: 30, den: 1 },
        variableFrameRate: false,
        interlaced: false,
        rotationDeg: 0,
        videoRange: 'SDR',
        bitDepth: 8,
        startUs: 0,
        durationUs: 5_000_000,
      },
      audio: { codec: 'aac', channels: 1, sampleRateHz: 48000 },
      wholeBecause: null,
    })
  })

  it('knows 29.97 in Matroska, whose times are whole milliseconds', async () => {
    await bench.clip(ID, 'ntsc.mkv', ...picture('30000/1001'), ...X264)
    const facts = await bench.probe(ID)
    expect(facts).toMatchObject({
      video: { frameRate: { num: 30000, den: 1001 }, variableFrameRate: false, startUs: 0 },
      audio: null,
      wholeBecause: null,
    })
    expect(Math.abs(facts.durationUs - 5_005_000)).toBeLessThan(40_000)
  })

  it('reads WebM with Opus, whose sound leads by its priming', async () => {
    await bench.clip(
      ID,
      'plain.webm',
      ...picture('25'),
      ...sound(),
      '-c:v',
      'libvpx',
      '-deadline',
      'realtime',
      '-cpu-used',
      '8',
      '-c:a',
      'libopus',
    )
    const facts = await bench.probe(ID)
    expect(facts).toMatchObject({ container: 'matroska,webm', video: { codec: 'vp8', frameRate: { num: 25, den: 1 } }, wholeBecause: null })
    expect(facts.originUs).toBe(facts.video?.startUs)
  })

  it.each([
    [90, 'transpose=clock'],
    [180, 'hflip,vflip'],
    [270, 'transpose=cclock'],
  ] as const)('reads a turn of %i degrees as FFmpeg applies it', async (rotationDeg, filter) => {
    await bench.ffmpeg(...picture('30', '192x108', 1), ...X264, 'upright.mp4')
    // This metadata counts counter-clockwise.
    await bench.clip(ID, 'turned.mp4', '-i', 'upright.mp4', '-c', 'copy', '-metadata:s:v', `rotate=${360 - rotationDeg}`)
    const shown = await bench.ffmpeg('-i', 'turned.mp4', '-f', 'md5', 'pipe:1')
    expect(shown.stdout).toEqual((await bench.ffmpeg('-i', 'upright.mp4', '-vf', filter, '-f', 'md5', 'pipe:1')).stdout)
    const turned = rotationDeg === 180 ? { width: 192, height: 108 } : { width: 108, height: 192 }
    expect((await bench.probe(ID)).video).toMatchObject({ rotationDeg, codedWidth: 192, codedHeight: 108, ...turned })
  })

  it('normalises a variable frame rate', async () => {
    await bench.clip(ID, 'vfr.mp4', ...picture(), '-vf', 'select=not(eq(mod(n\\,7)\\,3))', '-fps_mode', 'vfr', ...X264)
    expect((await bench.probe(ID)).video).toMatchObject({ variableFrameRate: true, frameRate: { num: 30, den: 1 } })
  })

  it('sees interlacing where the stream says so, and finds it where nothing does', async () => {
    const weave = ['-vf', 'tinterlace=interleave_top']
    await bench.clip(ID, 'interlaced.mp4', ...picture('50', '192x144', 4), ...weave, ...X264, '-flags', '+ilme+ildct')
    expect((await bench.probe(ID)).video).toMatchObject({ interlaced: true, frameRate: { num: 25, den: 1 } })
    await bench.clip(ID, 'unsaid.mkv', ...picture('50', '192x144', 4), ...weave, '-c:v', 'ffv1')
    expect((await bench.probe(ID)).video).toMatchObject({ interlaced: true })
    await bench.clip(ID, 'progressive.mkv', ...picture('25', '192x144', 4), '-c:v', 'ffv1')
    expect((await bench.probe(ID)).video).toMatchObject({ interlaced: false })
  })

  it('reads HDR and wide pixels', async () => {
    const hdr = ['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc']
    await bench.clip(
      ID,
      'hdr.mp4',
      ...picture('25', '192x108', 1),
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=none',
      '-pix_fmt',
      'yuv420p10le',
      ...hdr,
    )
    expect((await bench.probe(ID)).video).toMatchObject({ videoRange: 'PQ', bitDepth: 10, colorMatrix: 'bt2020nc' })
    await bench.clip(ID, 'wide.mp4', ...picture('25', '180x144', 1), '-vf', 'setsar=64/45', ...X264)
    expect((await bench.probe(ID)).video).toMatchObject({ codedWidth: 180, width: 256, height: 144 })
  })

  it('takes sound with cover art for sound', async () => {
    await bench.ffmpeg(...picture('1', '64x64', 1), '-frames:v', '1', 'cover.jpg')
    const map = ['-map', '0', '-map', '1', '-disposition:v', 'attached_pic']
    await bench.clip(ID, 'cover.m4a', ...sound(2), '-i', 'cover.jpg', ...map, '-c:v', 'mjpeg', '-c:a', 'aac')
    expect(await bench.probe(ID)).toMatchObject({ video: null, audio: { codec: 'aac' }, wholeBecause: null })
  })

  it('takes a sound track without samples for none', async () => {
    await bench.clip(
      ID,
      'mute.mp4',
      ...picture('30', '192x108', 1),
      '-f',
      'lavfi',
      '-i',
      'anullsrc=sample_rate=48000:duration=0.00001',
      '-map',
      '0',
      '-map',
      '1',
      ...X264,
      '-c:a',
      'aac',
      '-af',
      'atrim=end_sample=0',
    )
    expect(await bench.probe(ID)).toMatchObject({ audio: null, video: { codec: 'h264' } })
  })
})

describe('probing what cannot be cut', () => {
  it('encodes MPEG-TS whole, on a timeline where no frame is doubled', async () => {
    await bench.clip(ID, 'broadcast.ts', ...picture(), ...sound(), ...X264, '-bf', '2', '-c:a', 'aac')
    const facts = await bench.probe(ID)
    expect(facts.wholeBecause).toMatch(/mpegts/)
    const frames = ((facts.video?.startUs ?? 0) - facts.originUs) / (1e6 / 30)
    expect(Math.abs(frames - Math.round(frames))).toBeLessThan(0.001)
  })

  it('encodes Matroska without an index whole', async () => {
    await bench.ffmpeg(...picture(), ...X264, 'indexed.mkv')
    const { stdout } = await bench.ffmpeg('-i', 'indexed.mkv', '-c', 'copy', '-f', 'matroska', 'pipe:1')
    await bench.source(ID, stdout)
    const facts = await bench.probe(ID)
    expect(facts.wholeBecause).toMatch(/how long|Cues/)
    expect(facts.durationUs).toBeGreaterThan(2e6)
    expect(facts.durationUs).toBeLessThan(10e6)
  })
})

describe('probing what is no video', () => {
  it.each([
    ['an empty file', Buffer.alloc(0), /empty/],
    ['a text file', Buffer.from('Dear diary,\ntoday nothing moved.\n'.repeat(200)), /not a video/],
    [
      'a playlist that points elsewhere',
      Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1/secret.ts\n#EXT-X-ENDLIST\n'),
      /not a video/,
    ],
    ['a concat script', Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n"), /not a video/],
  ] as const)('says of %s what is wrong', async (_name, bytes, sentence) => {
    await bench.source(ID, bytes)
    const { reason, message } = await failure()
    expect(reason).toBe('source')
    expect(message).toMatch(sentence)
  })

  it('says of a cut-off MP4 that its index is missing', async () => {
    await bench.ffmpeg(...picture(), ...X264, 'full.mp4')
    await bench.source(ID, (await readFile(join(bench.folder, 'full.mp4'))).subarray(0, 20_000))
    const { reason, message, log } = await failure()
    expect([reason, message]).toEqual(['source', expect.stringMatching(/cut off.*moov/)])
    expect(log).not.toMatch(/127\.0\.0\.1:/)
  })

  it('says of a picture in an unknown codec that it cannot be read', async () => {
    await bench.ffmpeg(...picture('25', '64x64', 1), ...X264, 'known.mp4')
    const bytes = await readFile(join(bench.folder, 'known.mp4'))
    for (let at = bytes.indexOf('avc1'); at !== -1; at = bytes.indexOf('avc1')) bytes.write('zzzz', at)
    await bench.source(ID, bytes)
    expect((await failure()).reason).toBe('source')
  })

  it('fails as work, not as a bad file, when storage is the problem', async () => {
    await bench.source(ID, Buffer.alloc(100_000, 1))
    const read = bench.storage.read.bind(bench.storage)
    bench.storage.read = () => Promise.reject(new Error('storage is gone'))
    const { reason, message } = await failure().finally(() => (bench.storage.read = read))
    expect([reason, message]).toEqual(['work', expect.stringMatching(/storage is gone/)])
  })
})
