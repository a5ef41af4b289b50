/**
 * Who gets what. A runner has slots in two lanes; a task goes to a runner with a free slot that has every encoder it needs.
 *
 * Light lane: probes first (they are quick, and tell a person at once that a file is no video), then the oldest video, its
 * thumbnails, loudness, audio. Heavy lane: the earliest chunk of the oldest video, except that every fourth grant goes to
 * the video that was served longest ago: a ten-hour upload slows a one-minute one down, and does not stop it.
 */
import type { Lane, TaskKind } from '../../protocol/tasks.ts'
import type { Effect, PoolRunner, PoolState, PoolTask } from './state.ts'

/** Every so many grants the heavy lane looks at who has waited longest instead of who is oldest. */
export const FAIR_EVERY = 4

const LIGHT_ORDER: Record<TaskKind, number> = { probe: 0, thumbnails: 1, loudness: 2, 'encode-audio': 3, 'encode-chunk': 4 }

/** Gives waiting tasks to free slots until nothing fits any more. `newLease` makes a lease that was never used before. */
export function grant(state: PoolState, nowMs: number, newLease: () => string): Effect[] {
  const effects: Effect[] = []
  for (const lane of ['light', 'heavy'] as const) {
    const waiting = [...state.tasks.values()].filter((task) => task.state === 'waiting' && task.lane === lane && task.notBeforeMs <= nowMs)
    if (waiting.length === 0) continue
    const free = freeSlots(state, lane)
    const order = waiting.toSorted(byAge(state, lane))
    for (;;) {
      const pick = nextPick(state, order, free, lane)
      if (pick === null) break
      const { task, runner } = pick
      order.splice(order.indexOf(task), 1)
      free.set(runner, (free.get(runner) ?? 0) - 1)
      state.lastGrant += 1
      const lease = newLease()
      Object.assign(task, { state: 'leased', lease, runnerId: runner.runnerId, grant: state.lastGrant })
      effects.push({ type: 'save-task', id: task.id }, { type: 'lease', runnerId: runner.runnerId, lease, taskId: task.id })
    }
  }
  return effects
}

function nextPick(
  state: PoolState,
  order: PoolTask[],
  free: Map<PoolRunner, number>,
  lane: Lane,
): { task: PoolTask; runner: PoolRunner } | null {
  const fair = lane === 'heavy' && (state.lastGrant + 1) % FAIR_EVERY === 0
  for (const task of fair ? leastRecentlyServed(state, order) : order) {
    const runner = freest(free, task)
    if (runner !== null) return { task, runner }
  }
  return null
}

/** Slots not in use, of runners that are connected. A settling task needs no slot: its runner is through with it. */
function freeSlots(state: PoolState, lane: Lane): Map<PoolRunner, number> {
  const free = new Map<PoolRunner, number>()
  for (const runner of state.runners.values()) if (runner.socketId !== null) free.set(runner, runner.slots[lane])
  for (const task of state.tasks.values()) {
    if (task.state !== 'leased' || task.lane !== lane || task.runnerId === null) continue
    const runner = state.runners.get(task.runnerId)
    const slots = runner === undefined ? undefined : free.get(runner)
    if (runner !== undefined && slots !== undefined) free.set(runner, slots - 1)
  }
  return free
}

/** The able runner with most free slots; of equals the one with most cores. */
function freest(free: Map<PoolRunner, number>, task: PoolTask): PoolRunner | null {
  let best: PoolRunner | null = null
  let bestSlots = 0
  for (const [runner, slots] of free) {
    if (slots <= 0 || !task.needs.every((encoder) => runner.encoders.includes(encoder))) continue
    if (slots > bestSlots || (slots === bestSlots && best !== null && runner.cores > best.cores)) {
      best = runner
      bestSlots = slots
    }
  }
  return best
}

/** A video is as old as the first of its tasks that the pool still knows. */
function byAge(state: PoolState, lane: Lane): (a: PoolTask, b: PoolTask) => number {
  const age = perVideo(state, (task) => task.seq, Math.min)
  const rank = (task: PoolTask) => (lane === 'light' && task.kind === 'probe' ? 0 : 1)
  return (a, b) =>
    rank(a) - rank(b) ||
    (age.get(a.videoId) ?? 0) - (age.get(b.videoId) ?? 0) ||
    LIGHT_ORDER[a.kind] - LIGHT_ORDER[b.kind] ||
    a.number - b.number ||
    a.seq - b.seq
}

function leastRecentlyServed(state: PoolState, order: PoolTask[]): PoolTask[] {
  const served = perVideo(state, (task) => (task.lane === 'heavy' ? task.grant : 0), Math.max)
  return order.toSorted((a, b) => (served.get(a.videoId) ?? 0) - (served.get(b.videoId) ?? 0))
}

function perVideo(state: PoolState, read: (task: PoolTask) => number, merge: (a: number, b: number) => number): Map<string, number> {
  const found = new Map<string, number>()
  for (const task of state.tasks.values()) {
    const value = read(task)
    const known = found.get(task.videoId)
    found.set(task.videoId, known === undefined ? value : merge(known, value))
  }
  return found
}
