/** How near a rung is to its source: SSIM, and VMAF where FFmpeg has libvmaf. Measured at the source's size, frame by frame. */
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import { run } from '../../transcode-runner/ffmpeg/run.ts'
import { Failure } from '../failure.ts'
import type { Workbench } from './workbench.ts'

export interface Quality {
  /** 0 to 1, all planes. */
  ssim: number
  /** 0 to 100; null where FFmpeg has no libvmaf. */
  vmaf: number | null
}

export async function hasVmaf(ffmpegPath: string): Promise<boolean> {
  const { stdout } = await run({ command: ffmpegPath, args: ['-hide_banner', '-filters'] })
  return / libvmaf /.test(stdout.toString())
}

/** Measures one file. The source is brought onto the ladder's frames first, as the encode did. */
export async function measureQuality(bench: Workbench, facts: SourceFacts, plan: Plan, file: string, vmaf: boolean): Promise<Quality> {
  const { video } = facts
  if (video === null) throw new Failure('There is no picture to measure.')
  const size = `${Math.floor(video.width / 2) * 2}:${Math.floor(video.height / 2) * 2}`
  const { num, den } = plan.timeline.frameRate
  const onGrid = `fps=fps=${num}/${den}:round=near:start_time=0,settb=${den}/${num},setpts=N`
  const fit = `scale=${size}:flags=bicubic,format=yuv420p`
  const graph = [
    `[0:v:0]settb=${den}/${num},setpts=N,${fit}${vmaf ? ',split[a][c]' : '[a]'}`,
    `[1:${video.streamIndex}]setpts=PTS-${facts.originUs / 1e6}/TB,${plan.deinterlace ? 'bwdif=mode=send_frame,' : ''}${onGrid},${fit}${vmaf ? ',split[b][d]' : '[b]'}`,
    `[a][b]ssim=shortest=1,nullsink`,
    ...(vmaf ? ['[c][d]libvmaf=shortest=1,nullsink'] : []),
  ]
  // Each metric's own output is thrown away; one of them has to be mapped for FFmpeg to run.
  const filter = graph.join(';').replace(',nullsink', '[out]')
  const args = [
    '-nostdin',
    '-hide_banner',
    '-nostats',
    '-i',
    file,
    '-copyts',
    '-i',
    bench.sourceUrl,
    '-filter_complex',
    filter,
    '-map',
    '[out]',
    '-f',
    'null',
    '-',
  ]
  const exit = await run({ command: bench.ffmpegPath, args, signal: bench.signal })
  bench.signal.throwIfAborted()
  const ssim = /SSIM .*All:([\d.]+)/.exec(exit.log)?.[1]
  if (exit.code !== 0 || ssim === undefined) throw new Failure(`The quality of ${file} could not be measured.`, `FFmpeg said:\n${exit.log}`)
  const score = /VMAF score: ([\d.]+)/.exec(exit.log)?.[1]
  return { ssim: Number(ssim), vmaf: score === undefined ? null : Number(score) }
}
