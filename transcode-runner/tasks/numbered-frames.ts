/** For tests: sources whose frames carry their number in the picture, and how to read it back from any rendition. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { planLadder } from '../../media/ladder/plan.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import type { Workbench } from './workbench.ts'

/**
 * The frame number as eight squares, black or white, in the top row: survives scaling and encoding, and can be read back
 * from any rung. 320x240, squares of 40; counts to 255.
 */
const NUMBERED = 'geq=lum=if(lt(Y\\,40)\\,if(mod(floor(N/pow(2\\,floor(X/40)))\\,2)\\,235\\,16)\\,mod(X+Y+N*3\\,180)+30):cb=128:cr=128'

/** Makes a source whose frames are numbered. `args`: how it is encoded, after the defaults (x264, ultrafast). */
export function numbered(bench: Workbench, id: string, name: string, rate: string, seconds: number, ...args: string[]): Promise<void> {
  const picture = `color=size=320x240:rate=${rate}:duration=${seconds},${NUMBERED}`
  return bench.clip(id, name, '-f', 'lavfi', '-i', picture, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...args)
}

/** Small chunks, so that a short clip has several: GOPs of `gopFrames`, two a segment, one segment a chunk; rungs 240p and 120p. */
export function smallPlan(facts: SourceFacts, gopFrames: number): Plan {
  const plan = planLadder(facts, { codecs: ['h264'] })
  const timeline = { ...plan.timeline, gopFrames, segmentsPerChunk: 1 }
  const [top] = plan.video
  if (top === undefined) throw new Error('no rung')
  const small = { ...top, id: '120p-h264', width: 160, height: 120 }
  return { ...plan, timeline, chunkCount: Math.ceil(timeline.expectedFrames / (gopFrames * 2)), video: [...plan.video, small] }
}

/** Shown frames of what was published of a rendition: time in ticks, and the number read from the picture. */
export async function readFrames(bench: Workbench, rendition: string, height: number): Promise<{ pts: number; number: number }[]> {
  const file = join(bench.folder, `${rendition}-${bench.published.length}.mp4`)
  await writeFile(file, bench.assemble(rendition))
  const square = height / 6
  const filter = `crop=${square * 8}:${square}:0:0,scale=8:1:flags=area,format=gray,showinfo`
  const { stdout } = await bench.ffmpeg('-copyts', '-i', file, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1')
  const framecrc = ['-fps_mode', 'passthrough', '-f', 'framecrc', '-c:v', 'rawvideo', '-enc_time_base', '-1', 'pipe:1']
  const { stdout: times } = await bench.ffmpeg('-copyts', '-i', file, ...framecrc)
  const lines = times.toString().split('\n')
  const ticks = lines.filter((line) => /^\d/.test(line)).map((line) => Number(line.split(',')[2]))
  return ticks.map((pts, i) => ({
    pts,
    number: [...stdout.subarray(i * 8, i * 8 + 8)].reduce((sum, luma, bit) => sum + (luma > 125 ? 1 << bit : 0), 0),
  }))
}
