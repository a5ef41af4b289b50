/** Runs the runner's tasks on a local file: probe, loudness. The source is served to FFmpeg on the loopback address, as a runner does it. */
import path from 'node:path'
import type { Loudness, SourceFacts } from '../../protocol/plan.ts'
import { TaskError } from '../../transcode-runner/failure.ts'
import { SourceServer } from '../../transcode-runner/source-server.ts'
import type { TaskContext } from '../../transcode-runner/tasks/context.ts'
import { measureLoudness } from '../../transcode-runner/tasks/loudness.ts'
import { probe } from '../../transcode-runner/tasks/probe.ts'
import { Failure } from '../failure.ts'
import { FileStorage } from './file-storage.ts'

export interface Workbench {
  ffmpegPath: string
  ffprobePath: string
  preset: string
  signal: AbortSignal
  /** Address of the source for FFmpeg. */
  sourceUrl: string
  probe(): Promise<SourceFacts>
  loudness(facts: SourceFacts): Promise<Loudness | null>
  close(): void
}

/** Opens a file. `close` has to be called; it ends the loopback server. */
export async function openWorkbench(
  file: string,
  options: { ffmpegPath: string; preset: string; signal: AbortSignal },
): Promise<Workbench> {
  const storage = new FileStorage(file)
  const sources = await SourceServer.start(storage)
  const ffprobePath = ffprobeBeside(options.ffmpegPath)
  const context: TaskContext = {
    videoId: 'local-source',
    lease: '0000000000',
    storage,
    sources,
    ffmpegPath: options.ffmpegPath,
    ffprobePath,
    preset: options.preset,
    signal: options.signal,
    progress: () => undefined,
    publish: () => undefined,
  }
  const source = await sources.serve('source')
  return {
    ...options,
    ffprobePath,
    sourceUrl: source.url,
    probe: async () => {
      const result = await probe({ kind: 'probe', sourceName: path.basename(file) }, context).catch(asFailure)
      return result.facts
    },
    loudness: async (facts) => (await measureLoudness({ kind: 'loudness', facts }, context).catch(asFailure)).loudness,
    close: () => sources.close(),
  }
}

/** `ffprobe` from the folder of an `ffmpeg`. */
export function ffprobeBeside(ffmpegPath: string): string {
  return ffmpegPath.includes('/') ? path.join(path.dirname(ffmpegPath), 'ffprobe') : 'ffprobe'
}

function asFailure(error: unknown): never {
  if (error instanceof TaskError) throw new Failure(error.message, error.log === '' ? null : `FFmpeg said:\n${error.log}`)
  throw error
}
