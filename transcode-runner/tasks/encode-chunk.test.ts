import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planLadder } from '../../media/ladder/plan.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import { encodeChunk } from './encode-chunk.ts'
import { Workbench } from './workbench.ts'

/**
 * The frame number as eight squares, black or white, in the top row: survives scaling and encoding, and can be read back
 * from any rung. 320x240, squares of 40.
 */
const NUMBERED = 'geq=lum=if(lt(Y\\,40)\\,if(mod(floor(N/pow(2\\,floor(X/40)))\\,2)\\,235\\,16)\\,mod(X+Y+N*3\\,180)+30):cb=128:cr=128'

let bench: Workbench
beforeAll(async () => void (bench = await Workbench.open()))
afterAll(() => bench.close())

/** Makes a source whose frames are numbered. */
function numbered(id: string, name: string, rate: string, seconds: number, ...args: string[]): Promise<void> {
  const picture = `color=size=320x240:rate=${rate}:duration=${seconds},${NUMBERED}`
  return bench.clip(id, name, '-f', 'lavfi', '-i', picture, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...args)
}

/** Small chunks, so that a short clip has several: GOPs of `gopFrames`, two a segment, one segment a chunk. */
function smallPlan(facts: SourceFacts, gopFrames: number): Plan {
  const plan = planLadder(facts, { codecs: ['h264'] })
  const timeline = { ...plan.timeline, gopFrames, segmentsPerChunk: 1 }
  const small = { ...(plan.video[0] ?? fail()), id: '120p-h264', width: 160, height: 120 }
  return { ...plan, timeline, chunkCount: Math.ceil(timeline.expectedFrames / (gopFrames * 2)), video: [...plan.video, small] }
}

function fail(): never {
  throw new Error('no rung')
}

/** Shown frames of a rendition: time in ticks, keyframe or not, and the number read from the picture. */
async function readFrames(rendition: string, side: number): Promise<{ pts: number; number: number }[]> {
  const file = join(bench.folder, `${rendition}-${bench.published.length}.mp4`)
  await writeFile(file, bench.assemble(rendition))
  const square = side / 6
  const filter = `crop=${square * 8}:${square}:0:0,scale=8:1:flags=area,format=gray,showinfo`
  const { stdout } = await bench.ffmpeg('-copyts', '-i', file, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1')
  const { stdout: times } = await bench.ffmpeg(
    '-copyts',
    '-i',
    file,
    '-fps_mode',
    'passthrough',
    '-f',
    'framecrc',
    '-c:v',
    'rawvideo',
    '-enc_time_base',
    '-1',
    'pipe:1',
  )
  const ticks = times
    .toString()
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => Number(line.split(',')[2]))
  return ticks.map((pts, i) => ({
    pts,
    number: [...stdout.subarray(i * 8, i * 8 + 8)].reduce((sum, luma, bit) => sum + (luma > 125 ? 1 << bit : 0), 0),
  }))
}

async function encodeAll(id: string, facts: SourceFacts, plan: Plan, order: number[]): Promise<void> {
  for (const chunk of order) {
    const spec = { kind: 'encode-chunk', facts, plan, firstChunk: chunk, lastChunk: chunk, publishFrom: 0 } as const
    await encodeChunk(spec, bench.context(id, `lease0000${chunk}`))
  }
}

describe.each([
  { name: 'constant.mp4', rate: '30', gop: 15, args: ['-g', '23', '-bf', '2'] },
  { name: 'ntsc.mkv', rate: '30000/1001', gop: 15, args: ['-g', '40', '-bf', '2'] },
  { name: 'film.mov', rate: '24000/1001', gop: 12, args: ['-g', '250', '-bf', '3'] },
  { name: 'vfr.mp4', rate: '30', gop: 15, args: ['-vf', 'select=not(eq(mod(n\\,7)\\,3))', '-fps_mode', 'vfr', '-g', '20'] },
])('$name in chunks', ({ name, rate, gop, args }) => {
  it('is the same as encoded whole, to the frame, in every rung', async () => {
    const id = `${name.split('.')[0]}aaaaaaaaaaaa`.slice(0, 12)
    await numbered(id, name, rate, 4, ...args)
    const facts = await bench.probe(id)
    expect(facts.wholeBecause).toBeNull()
    const plan = smallPlan(facts, gop)
    expect(plan.chunkCount).toBeGreaterThanOrEqual(4)
    bench.published.length = 0
    await encodeAll(id, facts, plan, [2, 0, 3, 1, ...Array.from({ length: plan.chunkCount - 4 }, (_, i) => i + 4)])
    const chunked = { top: await readFrames('240p-h264', 240), small: await readFrames('120p-h264', 120) }
    const entries = bench.published
      .filter(({ facts: { rendition } }) => rendition === '240p-h264')
      .map(({ entry }) => entry)
      .toSorted((a, b) => a.chunk - b.chunk)
    entries.forEach((entry, i) => {
      expect(entry.firstSegment).toBe(i)
      expect(entry.startTicks).toBe(i * gop * 2 * plan.timeline.frameTicks)
      expect(entry.segments[0]?.iframes.length).toBe(i < entries.length - 1 ? 2 : entry.segments[0]?.iframes.length)
    })
    bench.published.length = 0
    const whole = { ...plan, mode: 'whole' } as const
    const result = await encodeChunk(
      { kind: 'encode-chunk', facts, plan: whole, firstChunk: 0, lastChunk: null, publishFrom: 0 },
      bench.context(id, 'leasewhole'),
    )
    const frames = await readFrames('240p-h264', 240)
    expect(result).toMatchObject({ frames: frames.length, chunks: plan.chunkCount, renditions: ['240p-h264', '120p-h264'] })
    expect(chunked.top).toEqual(frames)
    expect(chunked.small).toEqual(frames)
    expect(frames.map(({ pts }) => pts)).toEqual(frames.map((_, i) => i * plan.timeline.frameTicks))
    if (facts.video?.variableFrameRate === false) expect(frames.map(({ number }) => number)).toEqual(frames.map((_, i) => i))
    expect(Math.abs(frames.length - plan.timeline.expectedFrames)).toBeLessThanOrEqual(1)
  })
})
