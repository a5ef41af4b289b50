/**
 * What to do next about a video that is being encoded: a pure function of the plan and of what the pool says. It decides
 * the same whoever asks and however often, so a lost hint costs time and nothing else.
 */
import type { TaskStatus } from '../../protocol/pipeline.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import type { Task, TaskFailure, TaskKind, TaskResult } from '../../protocol/tasks.ts'
import { audioTask, chunkTask, chunkTaskPrefix, loudnessTask, thumbnailsTask } from './tasks.ts'

/** Chunk tasks submitted at a time: few enough for one RPC (each carries the plan), enough that steps stay few. */
export const BATCH = 64
/** Open chunk tasks at which the next batch is submitted, so that no runner idles between two. The pool hints at this number too. */
export const REFILL_AT = 32

export type Moves =
  | { move: 'submit'; tasks: Task[] }
  /** A chunk did not come out on its frame grid: from now on the picture is one task. */
  | { move: 'switch-to-whole' }
  /** Mode `whole`, and its task is not there yet. */
  | { move: 'start-whole'; tasks: Task[] }
  | { move: 'fail'; kind: TaskKind; failure: TaskFailure }
  /** Everything was encoded; previews may have failed. */
  | { move: 'finish' }

/** Decides. `submit` with no tasks means: wait. */
export function nextMoves(videoId: string, facts: SourceFacts, plan: Plan, statuses: TaskStatus[]): Moves {
  const known = new Map(statuses.map((status) => [status.id, status]))
  const chunks = statuses.filter(({ id }) => id.startsWith(chunkTaskPrefix(videoId)))
  for (const { kind, outcome } of statuses) {
    if (outcome.state !== 'failed') continue
    if (kind === 'encode-chunk' && outcome.failure.reason === 'uncuttable' && plan.mode === 'chunks') return { move: 'switch-to-whole' }
    // A video without previews is a video: the stage says that they failed, and the rest goes on.
    if (kind === 'thumbnails') continue
    // A chunk task that failed and is of no interest any more: the whole task replaces it.
    if (plan.mode === 'whole' && chunks.some((chunk) => chunk.outcome === outcome)) continue
    return { move: 'fail', kind, failure: outcome.failure }
  }
  const tasks = [...soundTasks(videoId, facts, plan, known)]
  if (plan.video.length > 0) tasks.push(thumbnailsTask(videoId, facts))
  if (plan.video.length > 0 && plan.mode === 'whole' && !known.has(`${videoId}:whole:0`)) return { move: 'start-whole', tasks }
  if (plan.mode === 'chunks') tasks.push(...nextBatch(videoId, facts, plan, chunks))
  const fresh = tasks.filter(({ id }) => !known.has(id))
  const through = fresh.length === 0 && statuses.every(({ outcome }) => outcome.state === 'done' || outcome.state === 'failed')
  return through ? { move: 'finish' } : { move: 'submit', tasks: fresh }
}

function soundTasks(videoId: string, facts: SourceFacts, plan: Plan, known: Map<string, TaskStatus>): Task[] {
  if (plan.audio === null) return []
  const measured = resultOf(known.get(`${videoId}:loudness:0`))
  if (measured?.kind !== 'loudness') return [loudnessTask(videoId, facts)]
  return [audioTask(videoId, facts, plan, measured.loudness)]
}

function nextBatch(videoId: string, facts: SourceFacts, plan: Plan, chunks: TaskStatus[]): Task[] {
  const open = chunks.filter(({ outcome }) => outcome.state === 'waiting' || outcome.state === 'leased').length
  if (open > REFILL_AT) return []
  // Chunks are submitted in order and stay known until the video is through, so their number is the next one's.
  const count = Math.min(BATCH, plan.chunkCount - chunks.length)
  return Array.from({ length: Math.max(0, count) }, (_, index) => chunkTask(videoId, facts, plan, chunks.length + index))
}

function resultOf(status: TaskStatus | undefined): TaskResult | null {
  return status?.outcome.state === 'done' ? status.outcome.result : null
}
