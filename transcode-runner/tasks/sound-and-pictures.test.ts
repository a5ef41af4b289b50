import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planLadder, segmentFrames } from '../../media/ladder/plan.ts'
import { TARGET_LUFS } from '../ffmpeg/audio-args.ts'
import { encodeAudio } from './encode-audio.ts'
import { measureLoudness } from './loudness.ts'
import { makeThumbnails } from './thumbnails.ts'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => void (bench = await Workbench.open()))
afterAll(() => bench.close())

const ID = 'sound_aaaaaa'
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '30']

async function encodeSound(): Promise<{ samples: number; file: string; count: number }> {
  const facts = await bench.probe(ID)
  const plan = planLadder(facts, { codecs: [] })
  const { loudness } = await measureLoudness({ kind: 'loudness', facts }, bench.context(ID))
  bench.published.length = 0
  const result = await encodeAudio({ kind: 'encode-audio', facts, plan, loudness, publishFrom: 0 }, bench.context(ID))
  const file = join(bench.folder, 'sound.mp4')
  await writeFile(file, bench.assemble('audio-aac'))
  return { samples: result.samples, file, count: result.chunks }
}

describe('sound', () => {
  it('comes out at the target loudness, on the timeline, in segments as long as the picture has', async () => {
    const beep = 'sine=frequency=997:sample_rate=44100:duration=10,volume=0.5,aformat=channel_layouts=5.1'
    await bench.clip(
      ID,
      'av.mp4',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=64x36:rate=30:duration=10',
      '-f',
      'lavfi',
      '-i',
      beep,
      ...X264,
      '-c:a',
      'aac',
    )
    const { samples, file, count } = await encodeSound()
    expect(samples / 48_000).toBeGreaterThan(9.98)
    expect(samples / 48_000).toBeLessThan(10.05)
    expect(count).toBe(2)
    const segments = bench.published.flatMap(({ entry }) => entry.segments)
    const plan = planLadder(await bench.probe(ID), { codecs: [] })
    const segmentS = segmentFrames(plan.timeline) / 30
    expect(segments.map(({ durationTicks }) => Math.round(durationTicks / 480) / 100)).toEqual([
      expect.closeTo(segmentS, 1),
      expect.closeTo(segmentS, 1),
      expect.closeTo(2, 1),
    ])
    const { stderr } = await bench.ffmpeg('-v', 'info', '-i', file, '-af', 'ebur128=framelog=verbose', '-f', 'null', '-')
    expect(Number(/I:\s+(-[\d.]+) LUFS/.exec(stderr)?.[1])).toBeCloseTo(TARGET_LUFS, 0)
  })

  it('keeps a sound where it is in time when the picture begins before it', async () => {
    const late = ['-itsoffset', '1', '-f', 'lavfi', '-i', 'sine=frequency=997:sample_rate=48000:duration=3']
    await bench.clip(ID, 'late.mp4', '-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=30:duration=5', ...late, ...X264, '-c:a', 'aac')
    const { file, samples } = await encodeSound()
    // Silence before and after: as long as the picture.
    expect(samples / 48_000).toBeGreaterThan(4.98)
    const { stdout } = await bench.ffmpeg('-i', file, '-ac', '1', '-f', 's16le', 'pipe:1')
    const loud = [...new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1)].findIndex((sample) => Math.abs(sample) > 200)
    expect(Math.abs(loud / 48_000 - 1)).toBeLessThan(0.03)
  })

  it('is measured as null when it is silence, and encoded all the same', async () => {
    await bench.clip(ID, 'silence.wav', '-f', 'lavfi', '-i', 'anullsrc=sample_rate=8000:channel_layout=mono', '-t', '2')
    const facts = await bench.probe(ID)
    expect((await measureLoudness({ kind: 'loudness', facts }, bench.context(ID))).loudness).toBeNull()
    const { samples } = await encodeSound()
    expect(Math.abs(samples / 48_000 - 2)).toBeLessThan(0.05)
  })
})

describe('pictures', () => {
  it('are a tile a second and a poster that is not black', async () => {
    const fade = 'testsrc2=size=320x180:rate=10:duration=12,fade=t=in:st=2:d=1'
    await bench.clip(ID, 'fade.mp4', '-f', 'lavfi', '-i', fade, ...X264, '-g', '100')
    const { pictures } = await makeThumbnails({ kind: 'thumbnails', facts: await bench.probe(ID) }, bench.context(ID))
    expect(pictures).toMatchObject({ tileWidth: 160, tileHeight: 90, columns: 10, rows: 2, count: 12, intervalMs: 1000 })
    expect(pictures?.spriteKeys.length).toBe(1)
    const sizeOf = async (key: string | undefined): Promise<string> => {
      await writeFile(join(bench.folder, 'picture.jpg'), bench.storage.objects.get(key ?? '') ?? '')
      const { stdout } = await bench.ffmpeg('-i', 'picture.jpg', '-vf', 'scale=1:1:flags=area,format=gray', '-f', 'rawvideo', 'pipe:1')
      const { stderr } = await bench.ffmpeg('-v', 'info', '-i', 'picture.jpg', '-f', 'null', '-')
      return `${/, (\d+x\d+)/.exec(stderr)?.[1]} ${(stdout[0] ?? 0) > 40 ? 'bright' : 'dark'}`
    }
    expect(await sizeOf(pictures?.posterKey)).toBe('320x180 bright')
    expect(await sizeOf(pictures?.spriteKeys[0])).toBe('1600x180 bright')
  })

  it('are none for sound alone', async () => {
    await bench.clip(ID, 'alone.wav', '-f', 'lavfi', '-i', 'sine=duration=1')
    const facts = await bench.probe(ID)
    expect((await makeThumbnails({ kind: 'thumbnails', facts }, bench.context(ID))).pictures).toBeNull()
  })
})
