/**
 * TS to fMP4, MB/s of input: ours, mux.js and hls.js's own transmuxer.
 *
 *   node bench/transmux.ts [--seconds 60] [--rounds 5] [--warm 8]
 *
 * The workload: 1080p30 H.264 with B-frames (about 5 Mb/s, a GOP of 2 s) and stereo AAC, made by FFmpeg, cut into segments
 * of 6 s. Each segment is pushed whole and flushed, as a player does that has it. The peers run as they are on npm; hls.js
 * is bundled from its sources because it does not export its transmuxer. Every run is a thread of its own, so that the first
 * pass over all segments is cold (nothing compiled); then passes until warm, of which the median counts. Rounds alternate.
 * Rates are by the clock, and by the thread's own CPU time, which other work on the machine disturbs less.
 */
import { execa } from 'execa'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { build } from 'vite'
import { TsTransmuxer } from '../media/mpegts/transmux/transmuxer.ts'
import { clip } from '../tests/support/clips.ts'
import { median } from './median.ts'

/** Transmuxes all segments; answers the bytes of fMP4. */
type Pass = (segments: Uint8Array<ArrayBuffer>[]) => number | Promise<number>

const PEERS = ['ours', 'mux.js', 'hls.js'] as const
type Peer = (typeof PEERS)[number]

interface Task {
  peer: Peer
  segments: string[]
  hlsBundle: string
  warmPasses: number
}

/** MB/s. */
interface Result {
  cold: number
  warm: number
  /** By CPU time. */
  warmCpu: number
  outputBytes: number
}

function ours(segments: Uint8Array[]): number {
  const transmuxer = new TsTransmuxer()
  let total = 0
  for (const segment of segments) {
    for (const outputs of [transmuxer.push(segment), transmuxer.flush()]) {
      for (const output of outputs) if (output.type === 'fragment') total += output.bytes.length
    }
  }
  return total
}

interface MuxTransmuxer {
  on(event: 'data', listener: (segment: { data: Uint8Array }) => void): void
  push(bytes: Uint8Array): void
  flush(): void
}

function muxJs(): Pass {
  const { mp4 } = createRequire(import.meta.url)('mux.js') as { mp4: { Transmuxer: new (options: object) => MuxTransmuxer } }
  return (segments) => {
    const transmuxer = new mp4.Transmuxer({ remux: false, keepOriginalTimestamps: true })
    let total = 0
    transmuxer.on('data', ({ data }) => (total += data.length))
    for (const segment of segments) {
      transmuxer.push(segment)
      transmuxer.flush()
    }
    return total
  }
}

/** What the bundle below exports. */
interface HlsBundle {
  pass: (segments: Uint8Array[]) => number
}

/** The same calls that hls.js's `transmuxer-interface.ts` makes for a segment that was loaded whole. */
const HLS_ENTRY = `
import Transmuxer, { TransmuxConfig, TransmuxState } from 'hls.js/src/demux/transmuxer.ts'
import { ChunkMetadata } from 'hls.js/src/types/transmuxer.ts'
const quiet = { log() {}, warn() {}, error() {}, info() {}, debug() {}, trace() {} }
const config = { progressive: false, maxAudioFramesDrift: 1, maxBufferHole: 0.1, stretchShortVideoTrack: false,
  forceKeyFrameOnDiscontinuity: true, enableEmsgKLVMetadata: false, handleMpegTsVideoIntegrityErrors: 'process' }
const size = (track) => track ? (track.data1?.byteLength ?? 0) + (track.data2?.byteLength ?? 0) : 0
export function pass(segments) {
  const transmuxer = new Transmuxer({ emit() {}, listenerCount: () => 0 }, { mpeg: true, mp3: true, ac3: false }, config, '', 'main', quiet)
  transmuxer.configure(new TransmuxConfig('mp4a.40.2', 'avc1.640028', undefined, 60, undefined))
  let total = 0
  let time = 0
  segments.forEach((segment, sn) => {
    const meta = new ChunkMetadata(0, sn, sn, segment.length)
    const first = sn === 0
    const done = [transmuxer.push(segment.buffer, null, meta, new TransmuxState(first, !first, true, first, time, first)), ...transmuxer.flush(meta)]
    for (const { remuxResult } of done) total += size(remuxResult.video) + size(remuxResult.audio)
    time += 6
  })
  return total
}`

/** hls.js's transmuxer as one module; its switches as in its full build. Of its dependencies only ID3 and URLs are touched, and not here. */
async function bundleHls(folder: string): Promise<string> {
  const entry = path.join(folder, 'entry.js')
  await writeFile(entry, HLS_ENTRY)
  const switches = [
    ...['ALT_AUDIO', 'CMCD', 'CONTENT_STEERING', 'EME_DRM', 'IFRAMES', 'INTERSTITIALS'],
    ...['M2TS_ADVANCED_CODECS', 'MEDIA_CAPABILITIES', 'SUBTITLES', 'VARIABLE_SUBSTITUTION'],
  ]
  const stub = path.join(folder, 'stub.js')
  await writeFile(
    stub,
    ['EventEmitter', 'canParseId3', 'getId3Data', 'getId3Timestamp', 'utf8ArrayToStr', 'buildAbsoluteURL']
      .map((name) => `export const ${name} = () => undefined`)
      .join('\n') + '\nexport default {}',
  )
  const result = await build({
    ...{ configFile: false, logLevel: 'error', root: folder },
    define: {
      ...Object.fromEntries(switches.map((name) => [`__USE_${name}__`, 'true'])),
      ...{ __VERSION__: '""', __IN_WORKER__: 'false', __HLS_WORKER_BUNDLE__: 'undefined', self: 'globalThis' },
    },
    resolve: {
      alias: [
        { find: /^(eventemitter3|url-toolkit|@svta\/.*)$/, replacement: stub },
        { find: /^hls\.js\/src/, replacement: path.resolve(import.meta.dirname, '../node_modules/hls.js/src') },
      ],
    },
    build: { write: false, minify: false, target: 'esnext', lib: { entry, formats: ['es'] } },
  })
  const chunk = [result]
    .flat()
    .flatMap((output) => ('output' in output ? output.output : []))
    .find((item) => item.type === 'chunk')
  if (chunk === undefined) throw new Error('vite made no bundle of hls.js')
  const file = path.join(folder, 'hls.mjs')
  await writeFile(file, chunk.code)
  return file
}

async function passOf(peer: Peer, hlsBundle: string): Promise<Pass> {
  if (peer === 'ours') return ours
  if (peer === 'mux.js') return muxJs()
  const { pass } = (await import(pathToFileURL(hlsBundle).href)) as HlsBundle
  return pass
}

async function measure({ peer, segments, hlsBundle, warmPasses }: Task): Promise<Result> {
  const pass = await passOf(peer, hlsBundle)
  const files = await Promise.all(segments.map((file) => readFile(file)))
  const inputBytes = files.reduce((sum, { length }) => sum + length, 0)
  let outputBytes = 0
  const rates: number[] = []
  const cpuRates: number[] = []
  for (let round = 0; round <= warmPasses; round += 1) {
    // Copies of their own, as a download is: peers may change what they are given
    const copies = files.map((file) => new Uint8Array(file))
    const cpu = process.threadCpuUsage()
    const start = performance.now()
    outputBytes = await pass(copies)
    rates.push(inputBytes / 1000 / (performance.now() - start))
    const { user, system } = process.threadCpuUsage(cpu)
    cpuRates.push(inputBytes / (user + system))
  }
  const [cold = 0, ...warm] = rates
  return { cold, warm: median(warm), warmCpu: median(cpuRates.slice(1)), outputBytes }
}

function inThread(task: Task): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      rounds: { type: 'string', default: '5' },
      warm: { type: 'string', default: '8' },
    },
  })
  const source = await clip('ts', [
    ...[
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=1920x1080:rate=30,noise=alls=6:allf=t',
      '-f',
      'lavfi',
      '-i',
      'sine=frequency=440:sample_rate=48000',
    ],
    ...['-t', values.seconds, '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '60', '-pix_fmt', 'yuv420p'],
    ...['-b:v', '5M', '-maxrate', '5M', '-bufsize', '5M', '-c:a', 'aac', '-b:a', '128k', '-ac', '2'],
  ])
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-transmux-'))
  try {
    const cut = ['-c', 'copy', '-f', 'hls', '-hls_time', '6', '-hls_list_size', '0', '-hls_segment_filename', path.join(folder, '%03d.ts')]
    await execa('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-i', source, ...cut, path.join(folder, 'index.m3u8')])
    const segments = (await readdir(folder))
      .filter((name) => name.endsWith('.ts'))
      .toSorted()
      .map((name) => path.join(folder, name))
    const hlsBundle = await bundleHls(folder)
    const sizes = await Promise.all(segments.map(async (file) => (await readFile(file)).length))
    console.log(
      `${(sizes.reduce((sum, size) => sum + size, 0) / 1e6).toFixed(1)} MB, ${values.seconds} s of 1080p30 in ${segments.length} segments; Node ${process.version}`,
    )
    const results = new Map<Peer, Result[]>(PEERS.map((peer) => [peer, []]))
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      const line: string[] = []
      for (const peer of PEERS) {
        const result = await inThread({ peer, segments, hlsBundle, warmPasses: Number(values.warm) })
        results.get(peer)?.push(result)
        line.push(`${peer} ${result.cold.toFixed(0)} cold, ${result.warm.toFixed(0)} warm (${result.warmCpu.toFixed(0)} by CPU)`)
      }
      console.log(`round ${round}: ${line.join('; ')} MB/s`)
    }
    const of = (peer: Peer, key: keyof Result): number => median((results.get(peer) ?? []).map((result) => result[key]))
    for (const peer of PEERS)
      console.log(
        `${peer}: ${of(peer, 'cold').toFixed(0)} MB/s cold, ${of(peer, 'warm').toFixed(0)} MB/s warm (${of(peer, 'warmCpu').toFixed(0)} by CPU time), ${(of(peer, 'outputBytes') / 1e6).toFixed(1)} MB out`,
      )
    for (const peer of PEERS.slice(1)) {
      const ratio = (key: 'cold' | 'warm' | 'warmCpu'): string =>
        median((results.get('ours') ?? []).map((result, round) => result[key] / (results.get(peer)?.[round]?.[key] ?? Number.NaN))).toFixed(
          2,
        )
      console.log(
        `ours / ${peer}, median of the rounds: ${ratio('cold')} cold, ${ratio('warm')} warm, ${ratio('warmCpu')} warm by CPU time`,
      )
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (isMainThread) await main()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
else parentPort?.postMessage(await measure(workerData as Task))
