/** Makes the poster and the scrubbing sprites. */
import { pictureKey } from '../../protocol/ids.ts'
import type { SourceFacts, VideoFacts } from '../../protocol/plan.ts'
import type { TaskResult, TaskSpec } from '../../protocol/tasks.ts'
import { TaskError } from '../failure.ts'
import { CANDIDATE_SIDE, candidateArgs, posterArgs, spriteArgs, tilingFor } from '../ffmpeg/picture-args.ts'
import { run } from '../ffmpeg/run.ts'
import { splitJpegs } from '../ffmpeg/split-jpegs.ts'
import type { TaskContext } from './context.ts'
import { checkExit, withSource } from './with-source.ts'

type Spec = Extract<TaskSpec, { kind: 'thumbnails' }>
type Result = Extract<TaskResult, { kind: 'thumbnails' }>

/** Where posters are looked for, as shares of the duration. */
const CANDIDATES = [0.1, 0.25, 0.5, 0] as const
/** A picture whose brightness varies by this much (standard deviation of 0 to 255) has something in it. */
const LIVELY = 24

/** Runs the task; the answer is null for a source without picture. */
export async function makeThumbnails({ facts }: Spec, context: TaskContext): Promise<Result> {
  const { video } = facts
  if (video === null) return { kind: 'thumbnails', pictures: null }
  const stored: string[] = []
  const store = async (name: string, picture: Uint8Array): Promise<string> => {
    const key = pictureKey(context.videoId, name, context.lease)
    stored.push(key)
    await context.storage.put(key, picture, 'image/jpeg', context.signal)
    return key
  }
  try {
    return await withSource(context, async ({ url }) => {
      context.progress(0, 'choosing a poster')
      const posterKey = await store('poster', await makePoster(url, facts, video, context))
      context.progress(0.3, 'making scrubbing pictures')
      const tiling = tilingFor(video, facts.durationUs)
      const exit = await run({
        command: context.ffmpegPath,
        args: spriteArgs(url, facts, video, tiling),
        signal: context.signal,
        background: true,
      })
      checkExit(exit, 'making scrubbing pictures')
      const sprites = splitJpegs(exit.stdout)
      if (sprites.length === 0) throw new TaskError('work', 'FFmpeg made no scrubbing pictures.', exit.log)
      const spriteKeys: string[] = []
      for (const [i, sprite] of sprites.entries()) spriteKeys.push(await store(`sprite-${i}`, sprite))
      return { kind: 'thumbnails', pictures: { posterKey, spriteKeys, ...tiling } }
    })
  } catch (error) {
    await Promise.allSettled(stored.map((key) => context.storage.delete(key)))
    throw error
  }
}

/** The first candidate that is not a plain surface, else the liveliest. */
async function makePoster(url: string, facts: SourceFacts, video: VideoFacts, context: TaskContext): Promise<Buffer> {
  let best = { atUs: video.startUs, liveliness: -1 }
  for (const share of CANDIDATES) {
    const atUs = Math.round(facts.originUs + facts.durationUs * share)
    const { stdout } = await run({
      command: context.ffmpegPath,
      args: candidateArgs(url, video, atUs),
      signal: context.signal,
      background: true,
    })
    context.signal.throwIfAborted()
    if (stdout.length < CANDIDATE_SIDE ** 2) continue
    const liveliness = deviation(stdout)
    if (liveliness > best.liveliness) best = { atUs, liveliness }
    if (liveliness >= LIVELY) break
  }
  const exit = await run({
    command: context.ffmpegPath,
    args: posterArgs(url, video, best.atUs, video.interlaced),
    signal: context.signal,
    background: true,
  })
  context.signal.throwIfAborted()
  checkExit(exit, 'making the poster')
  if (exit.stdout.length === 0) throw new TaskError('work', 'FFmpeg made no poster.', exit.log)
  return exit.stdout
}

/** Standard deviation of gray values. */
export function deviation(gray: Uint8Array): number {
  const mean = gray.reduce((sum, value) => sum + value, 0) / gray.length
  return Math.sqrt(gray.reduce((sum, value) => sum + (value - mean) ** 2, 0) / gray.length)
}
