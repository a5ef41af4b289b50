/** One FFmpeg process whose pipes are read by rendition sinks: the shared middle of the encoding tasks. */
import { readProgress, type FfmpegProgress } from '../ffmpeg/progress.ts'
import { start } from '../ffmpeg/run.ts'
import type { TaskContext } from './context.ts'
import type { RenditionSink } from './rendition-sink.ts'
import { checkExit } from './with-source.ts'

export interface EncodeOptions {
  context: TaskContext
  args: readonly string[]
  /** Sink `i` reads descriptor `3 + i`. */
  sinks: readonly RenditionSink[]
  /** For the error: `encoding the sound`. */
  doing: string
  onProgress: (progress: FfmpegProgress) => void
  onErrorLine?: (line: string) => void
}

/**
 * Resolves when FFmpeg has ended well and every sink has stored what it read. A sink that cannot go on (storage is gone)
 * ends FFmpeg, which would wait for its pipe for ever; when FFmpeg itself fails, that is the error, not the torn stream.
 */
export async function encode({ context, args, sinks, doing, onProgress, onErrorLine }: EncodeOptions): Promise<void> {
  const stop = new AbortController()
  const running = start({
    command: context.ffmpegPath,
    args,
    pipes: sinks.length,
    background: true,
    signal: AbortSignal.any([context.signal, stop.signal]),
    ...(onErrorLine ? { onErrorLine } : {}),
  })
  readProgress(running.stdout, onProgress)
  const failures: unknown[] = []
  const reading = sinks.map(async (sink, i) => {
    const pipe = running.pipes[i]
    try {
      if (pipe === undefined) throw new Error(`FFmpeg has no pipe ${3 + i}`)
      await sink.consume(pipe)
    } catch (error) {
      failures.push(error)
      if (pipe?.readableEnded !== true) stop.abort()
    }
  })
  const [exit] = await Promise.all([running.exit, ...reading])
  context.signal.throwIfAborted()
  if (!stop.signal.aborted) checkExit(exit, doing)
  if (failures.length > 0) throw failures[0]
}
