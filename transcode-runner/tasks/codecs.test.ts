import { afterAll, beforeAll, expect, it } from 'vitest'
import { planLadder } from '../../media/ladder/plan.ts'
import { encodeChunk } from './encode-chunk.ts'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => void (bench = await Workbench.open()))
afterAll(() => bench.close())

it.each(['hevc', 'vp9', 'av1'] as const)('%s has keyframes on the same grid as H.264, in every chunk', async (codec) => {
  const id = `codec_${codec}aaaaaa`.slice(0, 12)
  const picture = 'testsrc2=size=320x240:rate=25:duration=3'
  await bench.clip(id, `${codec}.mp4`, '-f', 'lavfi', '-i', picture, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p')
  const facts = await bench.probe(id)
  const wished = planLadder(facts, { codecs: ['h264', codec] })
  const plan = { ...wished, timeline: { ...wished.timeline, gopFrames: 10, segmentsPerChunk: 2 }, chunkCount: 2 }
  bench.published.length = 0
  for (const chunk of [0, 1]) {
    await encodeChunk(
      { kind: 'encode-chunk', facts, plan, firstChunk: chunk, lastChunk: chunk, publishFrom: 0 },
      bench.context(id, `lease0000${chunk}`),
    )
  }
  const grid = (rendition: string): (number | number[])[][] =>
    bench.published
      .filter(({ entry }) => entry.rendition === rendition)
      .map(({ entry }) =>
        entry.segments.flatMap(({ durationTicks, iframes }) => [durationTicks, iframes.map(({ timeTicks }) => timeTicks)]),
      )
  expect(grid('240p-h264')).toHaveLength(2)
  expect(grid(`240p-${codec}`)).toEqual(grid('240p-h264'))
})
