/**
 * What the runner pool knows: tasks, who holds them, and the runners. Plain data; `transitions.ts` moves it, `choose.ts`
 * reads it, `store.ts` keeps it. A task's spec and result stay in the store: deciding needs neither.
 */
import { LEASE_TTL_MS } from '../../protocol/runner.ts'
import { encodersOf, laneOf, type Lane, type Task, type TaskFailure, type TaskKind } from '../../protocol/tasks.ts'

/** After a socket closed under our eyes: a living runner redials at once, a killed one never does. Milliseconds. */
export const CLOSED_GRACE_MS = 3_000
/**
 * After we woke and a runner's socket is gone without our having seen it close: the edge was restarted, and everybody has
 * to dial in again. The same patience as for a silent runner. Milliseconds.
 */
export const RESTART_GRACE_MS = LEASE_TTL_MS
/** Failures reported by runners (`work`) that a task survives, less one. */
export const MAX_FAILURES = 3
/** Waits after the first and the second failure, milliseconds. */
export const BACKOFF_MS = [1_000, 4_000] as const
/** Runners lost in a row while holding a task and before it published anything: then the task is taken to be the killer. */
export const MAX_LOSSES = 10
/** Open tasks of a kind at which the listener is told, so that it can submit the next batch before runners fall idle. */
export const HINT_AT_OPEN = 32

/**
 * `waiting` for a runner; `leased`; `settling`: the runner reported it done, and what it published before is still on its
 * way to the listener; `done`; `failed` for good.
 */
export type TaskState = 'waiting' | 'leased' | 'settling' | 'done' | 'failed'

export interface PoolTask {
  id: string
  videoId: string
  kind: TaskKind
  lane: Lane
  /** Encoders a runner must have. */
  needs: string[]
  /** First chunk of an encode, else 0: the order within a kind. */
  number: number
  /** Order of submission over all tasks. */
  seq: number
  state: TaskState
  /** Unix milliseconds; not given out earlier. */
  notBeforeMs: number
  failures: number
  losses: number
  /** The current lease while `leased` or `settling`; while `waiting` the one that was lost, which its runner may take up again. */
  lease: string | null
  runnerId: string | null
  /** Number of the pool's grant that gave it out last; 0 for never. Who was served when, for fairness. */
  grant: number
  failure: TaskFailure | null
}

export interface PoolRunner {
  runnerId: string
  name: string
  cores: number
  encoders: string[]
  ffmpeg: string
  slots: Record<Lane, number>
  /** Names the one connection that counts; an older one of the same runner is ignored. Null while it is away. */
  socketId: string | null
  /** Unix milliseconds. */
  lastSeenMs: number
  /** Unix milliseconds at which a runner that is away loses its leases; null while it is connected. */
  graceUntilMs: number | null
}

export interface PoolState {
  tasks: Map<string, PoolTask>
  runners: Map<string, PoolRunner>
  lastSeq: number
  lastGrant: number
}

/** What the shell has to do after a transition, in this order. */
export type Effect =
  | { type: 'save-task'; id: string }
  | { type: 'drop-task'; id: string }
  | { type: 'save-runner'; runnerId: string }
  | { type: 'drop-runner'; runnerId: string }
  | { type: 'lease'; runnerId: string; lease: string; taskId: string }
  | { type: 'cancel'; runnerId: string; lease: string }
  /** Tell the listener that tasks of this video changed. */
  | { type: 'hint'; videoId: string }

/** A pool that knows nothing yet. */
export function emptyPool(): PoolState {
  return { tasks: new Map(), runners: new Map(), lastSeq: 0, lastGrant: 0 }
}

/** A task as it is when it was just submitted. */
export function newTask({ id, videoId, spec }: Task, seq: number): PoolTask {
  return {
    id,
    videoId,
    kind: spec.kind,
    lane: laneOf(spec.kind),
    needs: encodersOf(spec),
    number: spec.kind === 'encode-chunk' ? spec.firstChunk : 0,
    seq,
    state: 'waiting',
    notBeforeMs: 0,
    failures: 0,
    losses: 0,
    lease: null,
    runnerId: null,
    grant: 0,
    failure: null,
  }
}

/** Not settled yet. */
export function isOpen(task: PoolTask): boolean {
  return task.state !== 'done' && task.state !== 'failed'
}

/** The task whose current lease this is: the only one that may report anything. */
export function holderOf(state: PoolState, lease: string): PoolTask | null {
  for (const task of state.tasks.values()) {
    if (task.lease === lease && (task.state === 'leased' || task.state === 'settling')) return task
  }
  return null
}
