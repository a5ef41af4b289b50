/** `sluice ladder FILE`: a quality ladder as files, with aligned keyframes, by the code that the pipeline runs. */
import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { planLadder } from '../../media/ladder/plan.ts'
import { toNumber } from '../../media/ladder/fraction.ts'
import type { SourceFacts, VideoCodec } from '../../protocol/plan.ts'
import { command } from '../command.ts'
import { Failure, Usage } from '../failure.ts'
import { bar, bitrate, bytes, clock, counted, interruptible, table } from '../terminal.ts'
import { encodeLadder, rungFileName, type RungFile } from './encode.ts'
import { hasVmaf, measureQuality, type Quality } from './quality.ts'
import { openWorkbench, type Workbench } from './workbench.ts'

const CODECS = ['h264', 'hevc', 'vp9', 'av1']

export const ladder = command({
  name: 'ladder',
  about: 'Encode a file into a quality ladder: one MP4 a rung, never upscaled, keyframes at the same frames in all of them.',
  args: {
    file: { type: 'positional', required: true, description: 'the video to encode' },
    output: { type: 'string', alias: 'o', default: 'ladder', valueHint: 'DIR', description: 'folder for the files' },
    codecs: { type: 'string', default: 'h264', valueHint: 'LIST', description: 'h264, hevc, vp9, av1, separated by commas' },
    preset: {
      type: 'string',
      default: 'veryfast',
      valueHint: 'NAME',
      description: "x264's speed preset; slower ones make better pictures of the same size",
    },
    quality: { type: 'boolean', default: true, negativeDescription: 'do not measure SSIM and VMAF' },
  },
  examples: ['sluice ladder talk.mp4 --output ladder/', 'sluice ladder talk.mp4 --codecs h264,av1 --preset medium --json'],
  run: (args, json) =>
    interruptible((signal) =>
      runLadder(args.file, args.output, parseCodecs(args.codecs), { preset: args.preset, quality: args.quality, json, signal }),
    ),
})

function parseCodecs(list: string): VideoCodec[] {
  const names = list.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !CODECS.includes(name))
  if (wrong !== undefined) throw new Usage(`'${wrong}' is no codec of the ladder.`, `It has: ${CODECS.join(', ')}.`)
  return names as VideoCodec[]
}

interface Options {
  preset: string
  quality: boolean
  json: boolean
  signal: AbortSignal
}

async function runLadder(file: string, output: string, codecs: VideoCodec[], options: Options): Promise<number> {
  const found = await stat(file).catch(() => null)
  if (found === null || !found.isFile()) throw new Failure(`There is no file '${file}'.`, 'Check the path.')
  const say = (text: string): void => void (options.json || console.log(text))
  const bench = await openWorkbench(file, {
    ffmpegPath: process.env['FFMPEG_PATH'] || 'ffmpeg',
    preset: options.preset,
    signal: options.signal,
  })
  try {
    say(`Analyzing source: ${path.basename(file)}`)
    const facts = await bench.probe()
    if (facts.video === null) throw new Failure(`'${file}' has no picture: there is no ladder to make of it.`)
    for (const line of describe(facts)) say(`  ${line}`)
    const plan = planLadder(facts, { codecs })
    await mkdir(output, { recursive: true })

    say('\nGenerating quality ladder...')
    const labels = plan.video.map(
      (rung) => `${Math.min(rung.width, rung.height)}p @ up to ${Math.round(rung.maxBitrateBps / 1000)} kbps (${rung.codec})`,
    )
    const bars = bar(labels, options.json)
    const { files, seconds } = await encodeLadder(bench, facts, plan, output, (fraction, speed) => bars.update(fraction, `${speed}x`))
    bars.finish()

    const vmaf = options.quality && (await hasVmaf(bench.ffmpegPath))
    const qualities = options.quality ? await measureAll(bench, facts, plan, files, vmaf, say) : files.map(() => null)
    const speed = facts.durationUs / 1e6 / seconds
    if (options.json) console.log(JSON.stringify(asJson(facts, files, qualities, speed), null, 2))
    else summarize(facts, files, qualities, speed, vmaf, options.quality)
    return 0
  } finally {
    bench.close()
  }
}

async function measureAll(
  bench: Workbench,
  facts: SourceFacts,
  plan: ReturnType<typeof planLadder>,
  files: RungFile[],
  vmaf: boolean,
  say: (text: string) => void,
): Promise<(Quality | null)[]> {
  // A tone-mapped picture differs from its source on purpose; a number would only mislead.
  if (plan.toneMap !== null) return files.map(() => null)
  say('Measuring quality...')
  const qualities: Quality[] = []
  for (const { file } of files) qualities.push(await measureQuality(bench, facts, plan, file, vmaf))
  return qualities
}

function describe({ video, durationUs, bitrateBps, audio }: SourceFacts): string[] {
  if (video === null) return []
  const turned = video.rotationDeg === 0 ? '' : `, turned by ${video.rotationDeg}°`
  return [
    `Resolution: ${video.width}x${video.height}${turned}${video.interlaced ? ', interlaced' : ''}`,
    `Duration: ${clock(durationUs)}`,
    `Codec: ${video.codec}${video.profile === null ? '' : ` ${video.profile}`}, ${video.bitDepth} bit ${video.videoRange}`,
    `Frame rate: ${toNumber(video.frameRate).toFixed(3)}${video.variableFrameRate ? ' (variable, made constant)' : ''}`,
    `Bitrate: ${bitrateBps === null ? 'unknown' : bitrate(bitrateBps)}`,
    `Audio: ${audio === null ? 'none' : `${audio.codec}, ${counted(audio.channels, 'channel')}, ${audio.sampleRateHz} Hz`}`,
  ]
}

function meanBps({ sizeBytes }: RungFile, { durationUs }: SourceFacts): number {
  return (sizeBytes * 8) / (durationUs / 1e6)
}

function summarize(
  facts: SourceFacts,
  files: RungFile[],
  qualities: (Quality | null)[],
  speed: number,
  vmaf: boolean,
  measured: boolean,
): void {
  console.log('\nOutput:')
  for (const { file, sizeBytes } of files) console.log(`  ${file} (${bytes(sizeBytes)})`)
  console.log('\nBitrate ladder summary:')
  const rows = files.map((rung, i) => [
    rungFileName(rung.rung).replace(/^video_|\.mp4$/g, ''),
    bitrate(meanBps(rung, facts)),
    qualities[i]?.vmaf?.toFixed(1) ?? 'n/a',
    qualities[i]?.ssim.toFixed(4) ?? 'n/a',
    bytes(rung.sizeBytes),
    `${speed.toFixed(2)}x`,
  ])
  console.log(table(['Resolution', 'Bitrate', 'VMAF', 'SSIM', 'File size', 'Speed'], rows))
  if (measured && !vmaf) console.log('VMAF is n/a: this FFmpeg was built without libvmaf.')
  console.log('Speed is that of all rungs together, sound included: one decode feeds them all.')
}

function asJson(facts: SourceFacts, files: RungFile[], qualities: (Quality | null)[], speed: number): unknown {
  return {
    source: facts,
    speed,
    rungs: files.map((rung, i) => ({
      file: rung.file,
      id: rung.rung.id,
      width: rung.rung.width,
      height: rung.rung.height,
      bitrateBps: Math.round(meanBps(rung, facts)),
      sizeBytes: rung.sizeBytes,
      ssim: qualities[i]?.ssim ?? null,
      vmaf: qualities[i]?.vmaf ?? null,
    })),
  }
}
