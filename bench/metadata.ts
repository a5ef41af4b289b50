/**
 * Metadata of a 100 MB MP4 (duration, tracks, codec strings, sizes): ours, mediabunny, mp4box.js, and ffprobe.
 *
 *   node bench/metadata.ts [--megabytes 100] [--rounds 15] [--warm 200]
 *
 * The workload: H.264 with B-frames, 1280x720, 30 frames per second, about 5 Mb/s, and AAC, made by FFmpeg, `moov` first and
 * `moov` last. Cold: a Node process for each reading (ffprobe: a process), from its start to its end; "reading" is what of it
 * is loading the library and reading the file. Warm: readings one after another in one process, library by library. All
 * three are bundled and minified alike, and read the file by Node's positioned reads. Rounds alternate; medians.
 */
import { execa } from 'execa'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'vite'
import { clip } from '../tests/support/clips.ts'
import { median } from './median.ts'
import type { Metadata } from './metadata/model.ts'

const PEERS = ['ours', 'mediabunny', 'mp4box'] as const

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '15' },
    warm: { type: 'string', default: '200' },
  },
})
const rounds = Number(values.rounds)

/** Twenty seconds are encoded, and repeated until the size is there. */
async function makeFile(...flags: string[]): Promise<string> {
  const piece = await clip('mp4', [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t', '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '20'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '60', '-b:v', '5M', '-maxrate', '5M', '-bufsize', '5M'],
    ...['-c:a', 'aac', '-b:a', '128k', '-ar', '48000'],
  ])
  const times = Math.ceil((Number(values.megabytes) * 1e6) / (await stat(piece)).size)
  return clip('mp4', ['-stream_loop', String(times - 1), '-i', piece, '-c', 'copy', ...flags])
}

/** What runs in each process: argv is the library's bundle, the file, and how often. Prints JSON. */
const RUNNER = `
const [, , bundle, file, times] = process.argv
const start = performance.now()
const { read } = await import(bundle)
const first = await read(file)
const readingMs = performance.now() - start
const warmMs = []
for (let index = 1; index < Number(times); index += 1) {
  const before = performance.now()
  await read(file)
  warmMs.push(performance.now() - before)
}
process.stdout.write(JSON.stringify({ first, readingMs, warmMs }))
`

interface Run {
  first: Metadata
  readingMs: number
  warmMs: number[]
}

async function bundle(folder: string, peer: string): Promise<string> {
  const entry = path.join(import.meta.dirname, 'metadata', `${peer}.ts`)
  const output = { entryFileNames: `${peer}.mjs`, codeSplitting: false }
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: { ssr: entry, outDir: folder, emptyOutDir: false, minify: true, target: 'node24', rolldownOptions: { output } },
  })
  return path.join(folder, `${peer}.mjs`)
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now()
  const result = await work()
  return { ms: performance.now() - start, result }
}

async function run(runner: string, library: string, file: string, times: number): Promise<Run> {
  const { stdout } = await execa('node', [runner, library, file, String(times)])
  return JSON.parse(stdout) as Run
}

async function measure(name: string, file: string, runner: string, libraries: Map<string, string>): Promise<void> {
  console.log(`\n${name}: ${((await stat(file)).size / 1e6).toFixed(1)} MB`)
  const cold = new Map<string, number[]>([...PEERS, 'ffprobe'].map((peer) => [peer, []]))
  const reading = new Map<string, number[]>(PEERS.map((peer) => [peer, []]))
  const warm = new Map<string, number[]>(PEERS.map((peer) => [peer, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of PEERS) {
      const { ms, result } = await timed(() => run(runner, libraries.get(peer) ?? '', file, 1))
      cold.get(peer)?.push(ms)
      reading.get(peer)?.push(result.readingMs)
      if (round === 0) console.log(`  ${peer.padEnd(10)} ${JSON.stringify(result.first)}`)
    }
    const { ms } = await timed(() => execa('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file]))
    cold.get('ffprobe')?.push(ms)
  }
  for (let round = 0; round < 3; round += 1) {
    for (const peer of PEERS)
      warm.get(peer)?.push(...(await run(runner, libraries.get(peer) ?? '', file, Number(values.warm))).warmMs.slice(20))
  }
  print('cold, whole process', cold)
  print('cold, reading', reading)
  print('warm, reading', warm)
}

function print(what: string, times: Map<string, number[]>): void {
  const ours = median(times.get('ours') ?? [])
  const columns = [...times].map(([peer, ms]) => {
    const ratio = peer === 'ours' ? '' : ` (${(median(ms) / ours).toFixed(2)}x ours)`
    return `${peer} ${median(ms).toFixed(2)} ms${ratio}`
  })
  console.log(`  ${what.padEnd(20)} ${columns.join('   ')}`)
}

const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-metadata-'))
try {
  const runner = path.join(folder, 'run.mjs')
  await writeFile(runner, RUNNER)
  const libraries = new Map<string, string>()
  for (const peer of PEERS) libraries.set(peer, await bundle(folder, peer))
  await measure('moov first', await makeFile('-movflags', '+faststart'), runner, libraries)
  await measure('moov last', await makeFile(), runner, libraries)
} finally {
  await rm(folder, { recursive: true })
}
