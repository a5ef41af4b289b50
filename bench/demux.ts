/**
 * Analysis of a transport stream, MB/s of input: `sluice demux` as a process and its analyser alone, against ffprobe.
 *
 *   node bench/demux.ts [--seconds 60] [--rounds 5]
 *
 * The workload: 1080p30 H.264 with B-frames at 5 Mb/s and stereo AAC, made by FFmpeg, one file on disk (in the page cache).
 * `analyser` is TsAnalyzer in this process, fed 1 MiB slices, first pass (cold) and the median of the later ones; `sluice
 * demux --json` and `ffprobe -show_packets` are whole processes, started for each round in turn. ffprobe lists packets;
 * sluice checks continuity, clocks and tables and looks into every access unit, which ffprobe does not.
 */
import { execa } from 'execa'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { TsAnalyzer } from '../media/mpegts/analyze/analyzer.ts'
import { ElementaryWriter } from '../media/mpegts/elementary/elementary-writer.ts'
import { clip } from '../tests/support/clips.ts'
import { median } from './median.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, rounds: { type: 'string', default: '5' } } })
const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const SLICE_BYTES = 1024 * 1024

const file = await clip('ts', [
  ...[
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=1920x1080:rate=30',
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440:sample_rate=48000',
    '-t',
    values.seconds,
  ],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-g', '60', '-bf', '2', '-pix_fmt', 'yuv420p', '-vf', 'noise=alls=12:allf=t'],
  ...['-b:v', '5M', '-minrate', '5M', '-maxrate', '5M', '-bufsize', '5M', '-c:a', 'aac', '-ac', '2', '-b:a', '128k'],
])
const bytes = new Uint8Array(await readFile(file))
console.log(`workload: ${values.seconds} s of 1080p30 H.264 and AAC, ${(bytes.length / 1e6).toFixed(1)} MB`)

/** Seconds of one pass over all bytes. */
function pass(listener?: ElementaryWriter): number {
  const start = performance.now()
  const analyzer = new TsAnalyzer(listener)
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) analyzer.push(bytes.subarray(at, at + SLICE_BYTES))
  analyzer.end()
  return (performance.now() - start) / 1000
}

async function run(program: string, args: string[]): Promise<number> {
  const start = performance.now()
  await execa(program, args, { stdout: 'ignore' })
  return (performance.now() - start) / 1000
}

const rate = (seconds: number): string => `${(bytes.length / 1e6 / seconds).toFixed(0)} MB/s`
const cold = pass()
const rounds = Array.from({ length: Number(values.rounds) }, (_, index) => index)
const warm = rounds.map(() => pass())
const writing = rounds.map(() => pass(new ElementaryWriter(() => undefined)))
console.log(`analyser: cold ${rate(cold)}, warm ${rate(median(warm))}, with elementary streams ${rate(median(writing))}`)

const ours: number[] = []
const theirs: number[] = []
for (const round of rounds) {
  ours.push(await run(process.execPath, [MAIN, 'demux', file, '--json']))
  theirs.push(await run('ffprobe', ['-v', 'error', '-show_packets', '-of', 'json', file]))
  console.log(`round ${round + 1}: sluice demux ${ours.at(-1)?.toFixed(2)} s, ffprobe -show_packets ${theirs.at(-1)?.toFixed(2)} s`)
}
console.log(`sluice demux ${rate(median(ours))}, ffprobe ${rate(median(theirs))}`)
console.log(
  `ffprobe/sluice, median of ${rounds.length}: ${median(rounds.map((round) => (theirs[round] ?? 0) / (ours[round] ?? 1))).toFixed(2)}`,
)
