/**
 * The conversation between a runner and the runner pool: JSON text messages on one WebSocket that the runner opens at
 * `/api/runners` with `Authorization: Bearer <SLUICE_RUNNER_TOKEN>`.
 *
 * Delivery is at least once in both directions. The runner keeps every `published`, `done` and `failed` message until the
 * pool acknowledges its `seq`, and sends it again after a reconnect; the pool keeps every lease in SQLite and ignores what
 * names a lease that is no longer current. Liveness is the text `ping`, answered with `pong` without waking the object.
 */
import * as v from 'valibot'
import { LeaseId } from './ids.ts'
import { Published } from './rendition-index.ts'
import { Task, TaskFailure, TaskResult } from './tasks.ts'

export const PING = 'ping'
export const PONG = 'pong'
/** How often a runner pings, milliseconds. */
export const PING_EVERY_MS = 5_000
/** A runner not heard from for this long has lost its leases. Longer than an edge restart, shorter than patience. */
export const LEASE_TTL_MS = 20_000

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** First message of a runner on every connection. */
export const Hello = v.object({
  type: v.literal('hello'),
  /** Chosen by the runner at start, kept through reconnects; a restarted process is a new runner. */
  runnerId: v.pipe(v.string(), v.regex(/^[0-9a-z]{12}$/)),
  name: v.pipe(v.string(), v.maxLength(64)),
  cores: v.pipe(Count, v.minValue(1)),
  /** Encoders that work: `libx264`, `libx265`, `libvpx-vp9`, `libsvtav1`, `aac`. */
  encoders: v.pipe(v.array(v.pipe(v.string(), v.maxLength(32))), v.maxLength(64)),
  ffmpeg: v.pipe(v.string(), v.maxLength(128)),
  slots: v.object({ heavy: Count, light: Count }),
  /** Leases it is still working on or has unacknowledged results for. */
  leases: v.pipe(v.array(LeaseId), v.maxLength(64)),
})
export type Hello = v.InferOutput<typeof Hello>

export const RunnerMessage = v.variant('type', [
  Hello,
  /** How far a task is, 0 to 1, with what it is doing in words. Lossy: not acknowledged. */
  v.object({
    type: v.literal('progress'),
    lease: LeaseId,
    fraction: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    text: v.pipe(v.string(), v.maxLength(200)),
  }),
  v.object({ type: v.literal('published'), seq: Count, lease: LeaseId, published: Published }),
  v.object({ type: v.literal('done'), seq: Count, lease: LeaseId, result: TaskResult }),
  v.object({ type: v.literal('failed'), seq: Count, lease: LeaseId, failure: TaskFailure }),
])
export type RunnerMessage = v.InferOutput<typeof RunnerMessage>

export const PoolMessage = v.variant('type', [
  /** Answer to `hello`: the leases that are still current; the runner stops work on all others. */
  v.object({ type: v.literal('welcome'), leases: v.array(LeaseId) }),
  v.object({ type: v.literal('lease'), lease: LeaseId, task: Task }),
  /** Stop: the video was deleted, or the lease went to another runner. */
  v.object({ type: v.literal('cancel'), lease: LeaseId }),
  v.object({ type: v.literal('ack'), seq: Count }),
])
export type PoolMessage = v.InferOutput<typeof PoolMessage>
