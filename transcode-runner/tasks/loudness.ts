/** Measures the loudness of the whole sound by EBU R 128. */
import type { TaskResult, TaskSpec } from '../../protocol/tasks.ts'
import { TaskError } from '../failure.ts'
import { loudnessArgs, parseLoudness } from '../ffmpeg/audio-args.ts'
import { readProgress } from '../ffmpeg/progress.ts'
import { start } from '../ffmpeg/run.ts'
import type { TaskContext } from './context.ts'
import { checkExit, withSource } from './with-source.ts'

type Spec = Extract<TaskSpec, { kind: 'loudness' }>
type Result = Extract<TaskResult, { kind: 'loudness' }>

/** Runs the task. */
export async function measureLoudness({ facts }: Spec, context: TaskContext): Promise<Result> {
  if (facts.audio === null) return { kind: 'loudness', loudness: null }
  return withSource(context, async ({ url }) => {
    const running = start({ command: context.ffmpegPath, args: loudnessArgs(url, facts), signal: context.signal, background: true })
    readProgress(running.stdout, ({ outTimeUs, speed }) => {
      context.progress(Math.min(0.99, outTimeUs / Math.max(1, facts.durationUs)), `measuring loudness, ${speed}x`)
    })
    const exit = await running.exit
    context.signal.throwIfAborted()
    checkExit(exit, 'measuring the loudness')
    try {
      return { kind: 'loudness', loudness: parseLoudness(exit.log) }
    } catch (error) {
      throw new TaskError('work', `The loudness could not be read: ${error instanceof Error ? error.message : String(error)}`, exit.log)
    }
  })
}
