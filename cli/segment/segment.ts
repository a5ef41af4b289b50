/** `sluice segment DIR`: cuts the files of a ladder at the same keyframes and writes HLS playlists for them. */
import { mkdir } from 'node:fs/promises'
import { toNumber } from '../../media/ladder/fraction.ts'
import { command } from '../command.ts'
import { Failure, Usage } from '../failure.ts'
import { ffprobeBeside } from '../ladder/workbench.ts'
import { counted, interruptible } from '../terminal.ts'
import { type Cut, cutCmaf, cutTs } from './cut.ts'
import { writePlaylists } from './playlists.ts'
import { readRungs, requireAligned, type Rung } from './rungs.ts'

export const segment = command({
  name: 'segment',
  about: 'Cut a ladder into HLS segments, at the same keyframes in every rung, and write its playlists.',
  args: {
    dir: { type: 'positional', required: true, description: 'folder with video_*.mp4, as `sluice ladder` writes it' },
    'segment-duration': { type: 'string', default: '6', valueHint: 'SECONDS', description: 'length to aim at; segments end at keyframes' },
    format: { type: 'enum', options: ['ts', 'cmaf'], default: 'ts', description: 'MPEG-TS, or fragmented MP4 with the sound apart' },
    output: { type: 'string', alias: 'o', default: 'hls', valueHint: 'DIR', description: 'folder for segments and playlists' },
  },
  examples: ['sluice segment ladder/ --segment-duration 6 --output hls/', 'sluice segment ladder/ --format cmaf --output hls/ --json'],
  run: (args, json) => {
    const seconds = Number(args['segment-duration'])
    if (!(seconds >= 0.5 && seconds <= 60)) throw new Usage('--segment-duration is a number of seconds from 0.5 to 60.')
    if (args.format !== 'ts' && args.format !== 'cmaf') throw new Usage('--format is ts or cmaf.')
    const options = { seconds, format: args.format, output: args.output, json }
    return interruptible((signal) => runSegment(args.dir, { ...options, signal }))
  },
})

interface Options {
  seconds: number
  format: 'ts' | 'cmaf'
  output: string
  json: boolean
  signal: AbortSignal
}

async function runSegment(folder: string, { seconds, format, output, json, signal }: Options): Promise<number> {
  const say = (text: string): void => void (json || console.log(text))
  const ffmpegPath = process.env['FFMPEG_PATH'] || 'ffmpeg'
  const rungs = await readRungs(folder, ffprobeBeside(ffmpegPath))
  requireAligned(rungs)
  const [first] = rungs
  if (first === undefined) return 1
  const grid = segmentGrid(first, seconds, format)
  await mkdir(output, { recursive: true })

  say('Segmenting quality levels...')
  const pictures: { rung: Rung; cut: Cut }[] = []
  for (const rung of rungs) {
    const options = { file: rung.file, name: rung.name, output, ffmpegPath, signal }
    const cut =
      format === 'ts'
        ? await cutTs({ ...options, segmentSeconds: grid.seconds, hasAudio: rung.hasAudio })
        : await cutCmaf({ ...options, track: 'v', grouping: { by: 'gops', gopsPerSegment: grid.gopsPerSegment } })
    pictures.push({ rung, cut })
    say(`  ${rung.name}: ${counted(cut.segments.length, 'segment')} (${Number(grid.seconds.toFixed(3))}s each)`)
  }
  const heard = format === 'cmaf' ? rungs.find((rung) => rung.hasAudio) : undefined
  const sound =
    heard === undefined
      ? null
      : await cutCmaf({
          file: heard.file,
          name: 'audio',
          output,
          ffmpegPath,
          signal,
          track: 'a',
          grouping: { by: 'time', segmentSeconds: grid.fraction },
        })
  if (sound !== null) say(`  audio: ${counted(sound.segments.length, 'segment')}`)

  const odd = pictures.find(({ cut }) => cut.segments.length !== pictures[0]?.cut.segments.length)
  if (odd !== undefined)
    throw new Failure(
      `${odd.rung.name} came out with ${odd.cut.segments.length} segments, ${first.name} with ${pictures[0]?.cut.segments.length}.`,
    )
  await writePlaylists(output, pictures, sound)
  if (json) console.log(JSON.stringify(asJson(output, pictures, sound), null, 2))
  else listFiles(output, pictures, sound)
  return 0
}

interface Grid {
  gopsPerSegment: number
  seconds: number
  /** The same, exactly. */
  fraction: { num: number; den: number }
}

/** How many GOPs make a segment. Files with irregular GOPs are cut by time alone, which only MPEG-TS can. */
function segmentGrid({ keyframes, frameRate, frames, name }: Rung, wanted: number, format: 'ts' | 'cmaf'): Grid {
  const gopFrames = (keyframes[1] ?? frames) - (keyframes[0] ?? 0)
  const irregular = keyframes.find((frame, i) => frame !== i * gopFrames)
  if (irregular !== undefined && format === 'cmaf') {
    throw new Failure(
      `${name} has a keyframe at frame ${irregular}, out of step with the ${gopFrames} frames of its first GOP.`,
      'Use --format ts, or encode with a fixed GOP length; `sluice ladder` does.',
    )
  }
  const gopSeconds = gopFrames / toNumber(frameRate)
  const gopsPerSegment = Math.max(1, Math.round(wanted / gopSeconds))
  const seconds = irregular === undefined ? gopsPerSegment * gopSeconds : wanted
  return { gopsPerSegment, seconds, fraction: { num: gopsPerSegment * gopFrames * frameRate.den, den: frameRate.num } }
}

function listFiles(output: string, pictures: { cut: Cut }[], sound: Cut | null): void {
  console.log(`\nGenerated files:\n${output.replace(/\/$/, '')}/\n├── master.m3u8`)
  const cuts = [...pictures.map(({ cut }) => cut), ...(sound === null ? [] : [sound])]
  for (const [i, cut] of cuts.entries()) {
    const [corner, side] = i === cuts.length - 1 ? ['└──', '   '] : ['├──', '│  ']
    const init = cut.init === null ? '' : `${cut.init}, `
    const [first, last] = [cut.segments[0]?.file, cut.segments.at(-1)?.file]
    const files = first === last ? first : `${first} … ${last}`
    console.log(`${corner} ${cut.name}/\n${side} └── playlist.m3u8, ${init}${files}`)
  }
}

function asJson(output: string, pictures: { rung: Rung; cut: Cut }[], sound: Cut | null): unknown {
  const describe = ({ name, segments }: Cut): unknown => ({ name, playlist: `${name}/playlist.m3u8`, segments })
  return { output, master: 'master.m3u8', video: pictures.map(({ cut }) => describe(cut)), audio: sound === null ? null : describe(sound) }
}
