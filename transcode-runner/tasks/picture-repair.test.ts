import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { planLadder } from '../../media/ladder/plan.ts'
import { encodeChunk } from './encode-chunk.ts'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => void (bench = await Workbench.open()))
afterAll(() => bench.close())

const HDR = ['-color_primaries', 'bt2020', '-colorspace', 'bt2020nc', '-pix_fmt', 'yuv420p10le']
const X265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none']
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast']

it.each([
  ['pq', 'PQ', false, [...X265, ...HDR, '-color_trc', 'smpte2084']],
  ['hlg', 'HLG', false, [...X265, ...HDR, '-color_trc', 'arib-std-b67']],
  ['fields', null, true, ['-vf', 'tinterlace=interleave_top', ...X264, '-pix_fmt', 'yuv420p', '-flags', '+ilme+ildct']],
  ['full', null, false, [...X264, '-pix_fmt', 'yuvj420p']],
] as const)('%s comes out as progressive BT.709 in video range', async (name, toneMap, deinterlace, args) => {
  const id = `${name}_aaaaaaaaaaaa`.slice(0, 12)
  await bench.clip(id, `${name}.mp4`, '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=1', ...args)
  const facts = await bench.probe(id)
  const plan = planLadder(facts, { codecs: [] })
  expect(plan).toMatchObject({ toneMap, deinterlace })
  bench.published.length = 0
  const { frames } = await encodeChunk(
    { kind: 'encode-chunk', facts, plan, firstChunk: 0, lastChunk: 0, publishFrom: 0 },
    bench.context(id),
  )
  expect(frames).toBe(plan.timeline.expectedFrames)
  const file = join(bench.folder, 'out.mp4')
  await writeFile(file, bench.assemble('240p-h264'))
  const { stderr } = await bench.ffmpeg('-v', 'info', '-i', file, '-f', 'null', '-')
  expect(stderr).toMatch(/yuv420p\(tv, bt709.*progressive/)
})
