/** Cuts one file of a ladder into segments, in MPEG-TS by FFmpeg or in CMAF by the packager of the pipeline. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CmafSplitter } from '../../media/packaging/cmaf-splitter.ts'
import type { Grouping, TrackFacts } from '../../media/packaging/model.ts'
import { SegmentCutter } from '../../media/packaging/segment-cutter.ts'
import { type Exit, run, start } from '../../transcode-runner/ffmpeg/run.ts'
import { Failure } from '../failure.ts'

/** A rendition in its folder. */
export interface Cut {
  /** Folder below the output: `720p`, `audio`. */
  name: string
  segments: { file: string; durationSeconds: number; sizeBytes: number }[]
  /** `init.mp4` of CMAF. */
  init: string | null
  facts: TrackFacts[]
}

interface CutOptions {
  file: string
  name: string
  output: string
  ffmpegPath: string
  signal: AbortSignal
}

const QUIET = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y']

/** MPEG-TS, picture and sound together. A segment ends at the first keyframe at or after each multiple of `segmentSeconds`. */
export async function cutTs(options: CutOptions & { segmentSeconds: number; hasAudio: boolean }): Promise<Cut> {
  const { file, name, ffmpegPath, signal } = options
  const folder = await emptyFolder(options)
  const list = path.join(folder, '.ffmpeg.m3u8')
  const time = (Math.floor(options.segmentSeconds * 1e6) / 1e6).toFixed(6)
  const args = [
    ...[...QUIET, '-i', file, '-map', '0:v:0', '-map', '0:a:0?', '-c', 'copy', '-f', 'hls', '-hls_time', time],
    ...['-hls_playlist_type', 'vod', '-hls_list_size', '0', '-hls_segment_type', 'mpegts'],
    ...['-hls_segment_filename', path.join(folder, 'segment_%03d.ts'), list],
  ]
  check(await run({ command: ffmpegPath, args, signal }), file, signal)
  const entries = [...(await readFile(list, 'utf8')).matchAll(/^#EXTINF:([\d.]+),.*\n(.+)$/gm)]
  await rm(list)
  const segments: Cut['segments'] = []
  for (const [, duration, segment = ''] of entries) {
    const { size } = await stat(path.join(folder, segment))
    segments.push({ file: segment, durationSeconds: Number(duration), sizeBytes: size })
  }
  const facts = [await trackFacts(options, 'v')]
  if (options.hasAudio) facts.push(await trackFacts(options, 'a'))
  return { name, segments, init: null, facts }
}

/** CMAF, one track. */
export async function cutCmaf(options: CutOptions & { track: 'v' | 'a'; grouping: Grouping }): Promise<Cut> {
  const { file, name, track, grouping, ffmpegPath, signal } = options
  const folder = await emptyFolder(options)
  const cutter = new SegmentCutter({ baseDecodeTicks: 0, firstSegment: 0, segmentsPerChunk: 1, grouping, createHash: sha256 })
  const cut: Cut = { name, segments: [], init: 'init.mp4', facts: [] }
  let timescale = 1
  let open: { file: string; stream: WriteStream } | null = null
  const take = async (outputs: ReturnType<SegmentCutter['push']>): Promise<void> => {
    for (const output of outputs) {
      if (output.type === 'init') {
        cut.facts.push(output.init.facts)
        timescale = output.init.facts.timescale
        await writeFile(path.join(folder, 'init.mp4'), output.init.bytes)
      } else if (output.type === 'data') {
        if (open === null) {
          const segment = `segment_${String(cut.segments.length).padStart(3, '0')}.m4s`
          open = { file: segment, stream: createWriteStream(path.join(folder, segment)) }
        }
        if (!open.stream.write(output.bytes)) await once(open.stream, 'drain')
      } else if (output.type === 'chunk' && open !== null) {
        open.stream.end()
        await once(open.stream, 'close')
        const durationTicks = output.chunk.segments.reduce((sum, segment) => sum + segment.durationTicks, 0)
        cut.segments.push({ file: open.file, durationSeconds: durationTicks / timescale, sizeBytes: output.chunk.sizeBytes })
        open = null
      }
    }
  }
  const running = start({ command: ffmpegPath, args: fragmentArgs(file, track), pipes: 1, signal })
  running.stdout.resume()
  for await (const part of running.pipes[0] ?? []) await take(cutter.push(part as Uint8Array))
  check(await running.exit, file, signal)
  await take(cutter.end())
  return cut
}

/** What a track is, read from what FFmpeg makes of its first half second. */
async function trackFacts({ file, ffmpegPath, signal }: CutOptions, track: 'v' | 'a'): Promise<TrackFacts> {
  const running = start({ command: ffmpegPath, args: fragmentArgs(file, track, '0.5'), pipes: 1, signal })
  running.stdout.resume()
  const splitter = new CmafSplitter({ baseDecodeTicks: 0, grouping: { by: 'gops', gopsPerSegment: 1 } })
  let facts: TrackFacts | null = null
  for await (const part of running.pipes[0] ?? []) {
    for (const output of splitter.push(part as Uint8Array)) if (output.type === 'init') facts = output.init.facts
  }
  check(await running.exit, file, signal)
  if (facts === null) throw new Failure(`'${file}' has no ${track === 'v' ? 'picture' : 'sound'}.`)
  return facts
}

function fragmentArgs(file: string, track: 'v' | 'a', seconds?: string): string[] {
  const movflags = '+delay_moov+default_base_moof+frag_keyframe'
  return [
    ...[...QUIET, '-i', file, '-map', `0:${track}:0`, '-c', 'copy', ...(seconds === undefined ? [] : ['-t', seconds])],
    ...['-movflags', movflags, ...(track === 'a' ? ['-frag_duration', '500000'] : []), '-f', 'mp4', 'pipe:3'],
  ]
}

async function emptyFolder({ output, name }: CutOptions): Promise<string> {
  const folder = path.join(output, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  return folder
}

function check(exit: Exit, file: string, signal: AbortSignal): void {
  signal.throwIfAborted()
  if (exit.code !== 0) throw new Failure(`FFmpeg could not cut '${file}'.`, `It said:\n${exit.log}`)
}

function sha256(): { update(bytes: Uint8Array): void; hex(): string } {
  const hash = createHash('sha256')
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') }
}
