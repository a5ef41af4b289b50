/**
 * How the pool's state moves. Each function changes the state and says what the shell has to do about it. What they keep
 * true, whatever comes in whatever order: a task has at most one current lease; it is never lost, only settled or
 * forgotten; and only its current lease can say anything about it.
 */
import { LEASE_TTL_MS, type Hello } from '../../protocol/runner.ts'
import type { Task, TaskFailure } from '../../protocol/tasks.ts'
import {
  BACKOFF_MS,
  CLOSED_GRACE_MS,
  HINT_AT_OPEN,
  MAX_FAILURES,
  MAX_LOSSES,
  RESTART_GRACE_MS,
  holderOf,
  isOpen,
  newTask,
  type Effect,
  type PoolState,
  type PoolTask,
} from './state.ts'

/** New tasks wait; known ones keep their state. */
export function submit(state: PoolState, tasks: Task[]): Effect[] {
  const effects: Effect[] = []
  for (const task of tasks) {
    if (state.tasks.has(task.id)) continue
    state.lastSeq += 1
    state.tasks.set(task.id, newTask(task, state.lastSeq))
    effects.push({ type: 'save-task', id: task.id })
  }
  return effects
}

/** Drops the tasks of a video whose id starts with `prefix`; whoever works on them is told to stop. */
export function forget(state: PoolState, videoId: string, prefix: string): Effect[] {
  const effects: Effect[] = []
  for (const task of state.tasks.values()) {
    if (task.videoId !== videoId || !task.id.startsWith(prefix)) continue
    if (task.state === 'leased' && task.lease !== null && task.runnerId !== null) {
      effects.push({ type: 'cancel', runnerId: task.runnerId, lease: task.lease })
    }
    state.tasks.delete(task.id)
    effects.push({ type: 'drop-task', id: task.id })
  }
  return effects
}

/**
 * A runner says hello, new or again. Its leases are the ones it names that are current, or that were lost and not yet
 * given to anybody else: those it takes up again, and the loss is struck. What we thought it had and it does not name
 * never reached it, and waits again.
 */
export function hello(state: PoolState, said: Hello, socketId: string, nowMs: number): { effects: Effect[]; leases: string[] } {
  const effects: Effect[] = []
  const leases: string[] = []
  const { runnerId, name, cores, encoders, ffmpeg, slots } = said
  state.runners.set(runnerId, { runnerId, name, cores, encoders, ffmpeg, slots, socketId, lastSeenMs: nowMs, graceUntilMs: null })
  effects.push({ type: 'save-runner', runnerId })
  for (const task of state.tasks.values()) {
    if (task.runnerId !== runnerId || task.lease === null) continue
    const named = said.leases.includes(task.lease)
    if (task.state === 'settling') {
      if (named) leases.push(task.lease)
      continue
    }
    if (named) leases.push(task.lease)
    if (task.state === 'waiting' && named) {
      task.state = 'leased'
      task.losses = Math.max(0, task.losses - 1)
    } else if (task.state === 'leased' && !named) {
      release(task, 0)
    } else {
      continue
    }
    effects.push({ type: 'save-task', id: task.id })
  }
  return { effects, leases }
}

/** A socket closed: if it is the runner's current one, its leases live on for a short grace. */
export function closed(state: PoolState, runnerId: string, socketId: string, nowMs: number): Effect[] {
  const runner = state.runners.get(runnerId)
  if (runner === undefined || runner.socketId !== socketId) return []
  runner.socketId = null
  runner.graceUntilMs = nowMs + CLOSED_GRACE_MS
  return [{ type: 'save-runner', runnerId }]
}

/** The pool woke up. Runners it took for connected and that have no socket any more get time to dial in again. */
export function woke(state: PoolState, openSockets: ReadonlySet<string>, nowMs: number): Effect[] {
  const effects: Effect[] = []
  for (const runner of state.runners.values()) {
    if (runner.socketId === null || openSockets.has(runner.socketId)) continue
    runner.socketId = null
    runner.graceUntilMs = nowMs + RESTART_GRACE_MS
    effects.push({ type: 'save-runner', runnerId: runner.runnerId })
  }
  return effects
}

/** Time passed: runners that are silent or away for too long lose their leases. Names the sockets of the silent ones. */
export function expire(state: PoolState, nowMs: number): { effects: Effect[]; silentSockets: string[] } {
  const effects: Effect[] = []
  const silentSockets: string[] = []
  for (const runner of state.runners.values()) {
    const deadlineMs = runner.graceUntilMs ?? runner.lastSeenMs + LEASE_TTL_MS
    if (deadlineMs > nowMs) continue
    if (runner.socketId !== null) silentSockets.push(runner.socketId)
    state.runners.delete(runner.runnerId)
    effects.push({ type: 'drop-runner', runnerId: runner.runnerId })
    for (const task of state.tasks.values()) {
      if (task.state === 'leased' && task.runnerId === runner.runnerId) effects.push(...lose(task))
    }
  }
  return { effects, silentSockets }
}

/** A chunk was published: true when the lease is current. Progress, so the losses so far were not the task's fault. */
export function published(state: PoolState, lease: string): { task: PoolTask | null; effects: Effect[] } {
  const task = holderOf(state, lease)
  if (task === null || task.losses === 0) return { task, effects: [] }
  task.losses = 0
  return { task, effects: [{ type: 'save-task', id: task.id }] }
}

/** The runner is through with a task; it settles once everything it published before was taken. */
export function done(state: PoolState, lease: string): { task: PoolTask | null; effects: Effect[] } {
  const task = holderOf(state, lease)
  if (task === null || task.state === 'settling') return { task: null, effects: [] }
  task.state = 'settling'
  return { task, effects: [{ type: 'save-task', id: task.id }] }
}

/** Everything the lease published was taken: the task is done. */
export function settle(state: PoolState, lease: string): Effect[] {
  const task = holderOf(state, lease)
  if (task === null || task.state !== 'settling') return []
  task.state = 'done'
  return [{ type: 'save-task', id: task.id }, ...hintFor(state, task)]
}

/** The current lease failed, or what it published was refused: again after a while, or for good. */
export function failed(state: PoolState, lease: string, failure: TaskFailure, nowMs: number): Effect[] {
  const task = holderOf(state, lease)
  if (task === null) return []
  task.failures += 1
  if (failure.reason !== 'work' || task.failures >= MAX_FAILURES) return fail(task, failure)
  release(task, nowMs + (BACKOFF_MS[task.failures - 1] ?? 0))
  return [{ type: 'save-task', id: task.id }]
}

/**
 * When something happens by itself next, Unix milliseconds, after `nowMs`; null for never. A task that may be given out
 * already waits for a runner, not for the clock.
 */
export function nextWakeMs(state: PoolState, nowMs: number): number | null {
  const times: number[] = []
  const busy = new Set<string>()
  for (const task of state.tasks.values()) {
    if (task.state === 'leased' && task.runnerId !== null) busy.add(task.runnerId)
    if (task.state === 'waiting' && task.notBeforeMs > nowMs) times.push(task.notBeforeMs)
  }
  for (const runner of state.runners.values()) {
    if (runner.graceUntilMs !== null) times.push(runner.graceUntilMs)
    // A connected runner that holds nothing can lose nothing: the pool may sleep beside it.
    else if (busy.has(runner.runnerId)) times.push(runner.lastSeenMs + LEASE_TTL_MS)
  }
  return times.length === 0 ? null : Math.min(...times)
}

/** Back to waiting, and the lease can never come back. */
function release(task: PoolTask, notBeforeMs: number): void {
  Object.assign(task, { state: 'waiting', lease: null, runnerId: null, notBeforeMs })
}

/** Back to waiting; the lease is remembered, for the case that its runner returns before anybody else took the task. */
function lose(task: PoolTask): Effect[] {
  task.losses += 1
  if (task.losses >= MAX_LOSSES) {
    const message = `${MAX_LOSSES} runners in a row were lost while they worked on this (${task.kind}): it may need more memory than they have.`
    return fail(task, { reason: 'work', message, log: '' })
  }
  Object.assign(task, { state: 'waiting', notBeforeMs: 0 })
  return [{ type: 'save-task', id: task.id }]
}

function fail(task: PoolTask, failure: TaskFailure): Effect[] {
  Object.assign(task, { state: 'failed', lease: null, runnerId: null, failure })
  return [
    { type: 'save-task', id: task.id },
    { type: 'hint', videoId: task.videoId },
  ]
}

/** Not every task is news: a batch that runs low is, and one that is through. */
function hintFor(state: PoolState, task: PoolTask): Effect[] {
  let open = 0
  for (const other of state.tasks.values()) {
    if (other.videoId === task.videoId && other.kind === task.kind && isOpen(other)) open += 1
  }
  return open === 0 || open === HINT_AT_OPEN ? [{ type: 'hint', videoId: task.videoId }] : []
}
