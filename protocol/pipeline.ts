/**
 * What the runner pool and the rest of the edge say to each other inside the Worker, by RPC. The pool knows tasks, not
 * videos: whoever submits work implements `PoolListener`; the pool keeps a message until the listener took it.
 */
import type { Published } from './rendition-index.ts'
import type { Task, TaskFailure, TaskKind, TaskResult } from './tasks.ts'

export type TaskOutcome =
  | { state: 'waiting' }
  | { state: 'leased'; fraction: number; text: string }
  | { state: 'done'; result: TaskResult }
  | { state: 'failed'; failure: TaskFailure }

/** One task as the pool sees it. */
export interface TaskStatus {
  id: string
  kind: TaskKind
  outcome: TaskOutcome
}

/** Calls on the `RunnerPool` Durable Object (one instance, named `main`). */
export interface PoolRpc {
  /** Idempotent by task id: a task that is known keeps its state. */
  submit(tasks: Task[]): Promise<void>
  /** State of all tasks of a video whose id starts with `prefix`, in order of submission. */
  status(videoId: string, prefix?: string): Promise<TaskStatus[]>
  /** Drop all tasks of a video, or those whose id starts with `prefix`; running ones are cancelled. */
  forget(videoId: string, prefix?: string): Promise<void>
  /** Runners that are connected now. */
  runners(): Promise<RunnerStatus[]>
}

export interface RunnerStatus {
  runnerId: string
  name: string
  cores: number
  encoders: string[]
  ffmpeg: string
  connected: boolean
  /** Unix milliseconds. */
  lastSeenMs: number
  tasks: { id: string; kind: TaskKind; fraction: number }[]
}

/**
 * The Worker entrypoint `PipelineHooks` (workers/pipeline), called by the pool through `ctx.exports`. Every call may come
 * more than once; an exception means "not taken", and the pool will call again.
 */
export interface PoolListener {
  /** A chunk lies in the bucket. Answers false when it is refused for good (wrong init segment, video deleted). */
  published(videoId: string, published: Published): Promise<boolean>
  /** Tasks of this video changed state (done or failed). A hint: the listener reads `status` for the truth. */
  changed(videoId: string): Promise<void>
  /** A runner arrived: a good moment to wake what sleeps (local Workflows do not resume by themselves after a restart). */
  runnerArrived(): Promise<void>
}
