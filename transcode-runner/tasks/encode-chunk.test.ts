import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import { encodeChunk } from './encode-chunk.ts'
import { numbered, readFrames, smallPlan } from './numbered-frames.ts'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => void (bench = await Workbench.open()))
afterAll(() => bench.close())

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
    await numbered(bench, id, name, rate, 4, ...args)
    const facts = await bench.probe(id)
    expect(facts.wholeBecause).toBeNull()
    const plan = smallPlan(facts, gop)
    expect(plan.chunkCount).toBeGreaterThanOrEqual(4)
    bench.published.length = 0
    await encodeAll(id, facts, plan, [2, 0, 3, 1, ...Array.from({ length: plan.chunkCount - 4 }, (_, i) => i + 4)])
    const chunked = { top: await readFrames(bench, '240p-h264', 240), small: await readFrames(bench, '120p-h264', 120) }
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
    const frames = await readFrames(bench, '240p-h264', 240)
    expect(result).toMatchObject({ frames: frames.length, chunks: plan.chunkCount, renditions: ['240p-h264', '120p-h264'] })
    expect(chunked.top).toEqual(frames)
    expect(chunked.small).toEqual(frames)
    expect(frames.map(({ pts }) => pts)).toEqual(frames.map((_, i) => i * plan.timeline.frameTicks))
    if (facts.video?.variableFrameRate === false) expect(frames.map(({ number }) => number)).toEqual(frames.map((_, i) => i))
    expect(Math.abs(frames.length - plan.timeline.expectedFrames)).toBeLessThanOrEqual(1)
  })
})
