/** Runs FFmpeg over the source of a task's video, and tells its failures from those of storage. */
import { sourceKey } from '../../protocol/ids.ts'
import { TaskError } from '../failure.ts'
import type { Exit } from '../ffmpeg/run.ts'
import type { ServedSource } from '../source-server.ts'
import type { TaskContext } from './context.ts'

/** Serves the source while `work` runs; a failure of storage in between counts as such, whatever FFmpeg made of it. */
export async function withSource<T>(context: TaskContext, work: (source: ServedSource) => Promise<T>): Promise<T> {
  const source = await context.sources.serve(sourceKey(context.videoId))
  try {
    const result = await work(source)
    throwIfUnread(source)
    return result
  } catch (error) {
    context.signal.throwIfAborted()
    throwIfUnread(source)
    throw error
  } finally {
    source.release()
  }
}

/** Throws when FFmpeg ended badly, with the last lines it wrote. */
export function checkExit(exit: Exit, doing: string): void {
  if (exit.code === 0) return
  throw new TaskError('work', `FFmpeg failed while ${doing} (${exit.code === null ? 'killed' : `exit code ${exit.code}`}).`, exit.log)
}

function throwIfUnread(source: ServedSource): void {
  const failure = source.failure()
  if (failure !== null) throw new TaskError('work', `The source could not be read from storage: ${failure.message}`)
}
