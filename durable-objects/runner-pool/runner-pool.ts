/**
 * The runner pool: one Durable Object (named `main`) that all runners dial in to. The shell over `transitions.ts` and
 * `choose.ts`: storage, sockets, alarm, RPC.
 *
 * Messages that a handler sends leave the object only when its writes are durable (output gates), so an acknowledgement can
 * be sent right after the SQL statement. Pings are answered by the runtime, which leaves the object asleep.
 */
import { DurableObject } from 'cloudflare:workers'
import * as v from 'valibot'
import type { PoolListener, PoolRpc, RunnerStatus, TaskStatus } from '../../protocol/pipeline.ts'
import { PING, PONG, RunnerMessage, type Hello, type PoolMessage } from '../../protocol/runner.ts'
import type { Task } from '../../protocol/tasks.ts'
import { grant } from './choose.ts'
import { Delivery } from './delivery.ts'
import { holderOf, type Effect, type PoolState, type PoolTask } from './state.ts'
import { PoolStore, type InboxRow } from './store.ts'
import * as transitions from './transitions.ts'

/** Longest message taken from a runner, characters. A chunk of 512 segments with 8 keyframes each has about 700,000. */
const MAX_MESSAGE = 1_000_000
/** Shortest time between two `runnerArrived` while this object stays awake: a flapping runner is one arrival. */
const ARRIVALS_EVERY_MS = 30_000

/** What a socket remembers while the object sleeps. */
interface Attachment {
  socketId: string
  runnerId: string | null
}

export class RunnerPool extends DurableObject<Env> implements PoolRpc {
  readonly #store: PoolStore
  readonly #state: PoolState
  readonly #delivery: Delivery
  /** How far leased tasks are, by lease. Lossy by contract, so it lives in memory only. */
  readonly #progress = new Map<string, { fraction: number; text: string }>()
  #alarmMs: number | null = null
  #arrivalMs = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new PoolStore(ctx.storage.sql)
    this.#state = this.#store.load()
    const listener: PoolListener = ctx.exports.PipelineHooks
    this.#delivery = new Delivery(this.#store, listener, (row, accepted) => this.#onTaken(row, accepted))
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
    const open = new Set(ctx.getWebSockets().map((socket) => attachmentOf(socket)?.socketId ?? ''))
    this.#apply(transitions.woke(this.#state, open, Date.now()))
    this.#goOn()
  }

  /** A runner dials in. Who may, the route has checked. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') return new Response('WebSocket only', { status: 426 })
    const { 0: client, 1: server } = new WebSocketPair()
    const attachment: Attachment = { socketId: crypto.randomUUID(), runnerId: null }
    this.ctx.acceptWebSocket(server, [attachment.socketId])
    server.serializeAttachment(attachment)
    return new Response(null, { status: 101, webSocket: client })
  }

  async submit(tasks: Task[]): Promise<void> {
    const fresh = tasks.filter((task) => !this.#state.tasks.has(task.id))
    this.#apply(transitions.submit(this.#state, fresh))
    for (const task of fresh) this.#store.saveSpec(task)
    this.#goOn()
  }

  async status(videoId: string, prefix = ''): Promise<TaskStatus[]> {
    const results = this.#store.results(videoId)
    return [...this.#state.tasks.values()]
      .filter((task) => task.videoId === videoId && task.id.startsWith(prefix))
      .toSorted((a, b) => a.seq - b.seq)
      .map((task) => ({ id: task.id, kind: task.kind, outcome: this.#outcome(task, results) }))
  }

  async forget(videoId: string, prefix = ''): Promise<void> {
    this.#apply(transitions.forget(this.#state, videoId, prefix))
    this.#goOn()
  }

  async runners(): Promise<RunnerStatus[]> {
    this.#refresh()
    return [...this.#state.runners.values()]
      .filter((runner) => runner.socketId !== null)
      .map(({ runnerId, name, cores, encoders, ffmpeg, lastSeenMs }) => ({
        runnerId,
        name,
        cores,
        encoders,
        ffmpeg,
        connected: true,
        lastSeenMs,
        tasks: [...this.#state.tasks.values()]
          .filter((task) => task.state === 'leased' && task.runnerId === runnerId)
          .map(({ id, kind, lease }) => ({ id, kind, fraction: this.#progress.get(lease ?? '')?.fraction ?? 0 })),
      }))
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (typeof data !== 'string' || data.length > MAX_MESSAGE) return refuse(socket, 1009, 'A message is text of at most 1 MB.')
    // A client may ping with more than the exact text that the runtime answers by itself.
    if (data === PING) return socket.send(PONG)
    const message = parse(data)
    if (typeof message === 'string') return refuse(socket, 1008, message)
    const attachment = attachmentOf(socket)
    if (attachment === null) return refuse(socket, 1008, 'This socket was not accepted here.')
    if (message.type === 'hello') {
      this.#hello(socket, attachment, message)
    } else {
      const runner = this.#state.runners.get(attachment.runnerId ?? '')
      if (runner === undefined) return refuse(socket, 1008, 'Say hello first.')
      if (runner.socketId !== attachment.socketId) return refuse(socket, 1000, 'This runner has a newer connection.')
      runner.lastSeenMs = Date.now()
      this.#report(socket, message)
    }
    this.#goOn()
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const attachment = attachmentOf(socket)
    if (attachment === null || attachment.runnerId === null) return
    this.#apply(transitions.closed(this.#state, attachment.runnerId, attachment.socketId, Date.now()))
    this.#goOn()
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.webSocketClose(socket)
  }

  override async alarm(): Promise<void> {
    this.#alarmMs = null
    this.#goOn()
  }

  #hello(socket: WebSocket, attachment: Attachment, message: Hello): void {
    const before = this.#state.runners.get(message.runnerId)?.socketId ?? null
    socket.serializeAttachment({ ...attachment, runnerId: message.runnerId } satisfies Attachment)
    const { effects, leases } = transitions.hello(this.#state, message, attachment.socketId, Date.now())
    if (before !== null && before !== attachment.socketId) this.#close(before, 1000, 'This runner has a newer connection.')
    say(socket, { type: 'welcome', leases })
    this.#apply(effects)
    if (Date.now() - this.#arrivalMs < ARRIVALS_EVERY_MS) return
    this.#arrivalMs = Date.now()
    this.#store.putArrived()
  }

  #report(socket: WebSocket, message: Exclude<RunnerMessage, Hello>): void {
    const task = holderOf(this.#state, message.lease)
    if (message.type === 'progress') {
      if (task !== null) this.#progress.set(message.lease, { fraction: message.fraction, text: message.text })
      return
    }
    if (task === null) {
      // A lease that is not current, or a message that came before: the runner need not say it again.
      say(socket, { type: 'cancel', lease: message.lease })
    } else if (message.type === 'published') {
      if (message.published.lease !== message.lease) return refuse(socket, 1008, 'The chunk names another lease than its message.')
      this.#apply(transitions.published(this.#state, message.lease).effects)
      this.#store.putPublished(task, message.lease, message.published)
    } else if (message.type === 'done' && message.result.kind === task.kind) {
      const accepted = transitions.done(this.#state, message.lease)
      this.#apply(accepted.effects)
      if (accepted.task !== null) {
        this.#store.saveResult(task.id, message.result)
        this.#store.putDone(task, message.lease)
      }
    } else if (message.type === 'failed') {
      console.warn(`pool: task ${task.id} failed (${message.failure.reason}): ${message.failure.message}`)
      this.#apply(transitions.failed(this.#state, message.lease, message.failure, Date.now()))
    } else {
      return refuse(socket, 1008, 'The result is of another kind than the task.')
    }
    say(socket, { type: 'ack', seq: message.seq })
  }

  #onTaken(row: InboxRow, accepted: boolean): void {
    if (row.kind === 'done') this.#apply(transitions.settle(this.#state, row.lease))
    if (!accepted) {
      const holder = holderOf(this.#state, row.lease)
      if (holder?.runnerId) this.#send(holder.runnerId, { type: 'cancel', lease: row.lease })
      const message =
        'A chunk was refused: its initialization segment differs from that of other chunks, as if two builds of FFmpeg worked on one video.'
      this.#apply(transitions.failed(this.#state, row.lease, { reason: 'work', message, log: '' }, Date.now()))
    }
  }

  /** Expires, grants, delivers, and sets the clock. Called after everything that may have moved the state. */
  #goOn(): void {
    const nowMs = Date.now()
    this.#refresh()
    const { effects, silentSockets } = transitions.expire(this.#state, nowMs)
    this.#apply(effects)
    for (const socketId of silentSockets) this.#close(socketId, 1001, 'Nothing was heard from this runner for too long.')
    this.#apply(grant(this.#state, nowMs, newLease))
    this.ctx.waitUntil(this.#deliver(nowMs))
    this.#setClock(nowMs)
  }

  async #deliver(nowMs: number): Promise<void> {
    if (this.#store.queues().length === 0) return
    await this.#delivery.run(nowMs)
    // What was delivered may have settled or refused tasks, and with that made room, news or a rest.
    this.#apply(grant(this.#state, Date.now(), newLease))
    this.#setClock(Date.now())
  }

  #setClock(nowMs: number): void {
    const times = [transitions.nextWakeMs(this.#state, nowMs), this.#delivery.nextWakeMs()].filter((time) => time !== null)
    if (times.length === 0) return
    const nextMs = Math.max(Math.min(...times), nowMs + 100)
    // An alarm that comes too early finds nothing to do and sets the next one: cheaper than moving it with every message.
    if (this.#alarmMs !== null && this.#alarmMs <= nextMs) return
    this.#alarmMs = nextMs
    this.ctx.waitUntil(this.ctx.storage.setAlarm(nextMs))
  }

  /** Takes over when the runtime last answered a ping for us. */
  #refresh(): void {
    for (const socket of this.ctx.getWebSockets()) {
      const attachment = attachmentOf(socket)
      const runner = this.#state.runners.get(attachment?.runnerId ?? '')
      const pingedMs = this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0
      if (runner?.socketId === attachment?.socketId && runner !== undefined) runner.lastSeenMs = Math.max(runner.lastSeenMs, pingedMs)
    }
  }

  #apply(effects: Effect[]): void {
    for (const effect of effects) this.#applyOne(effect)
  }

  #applyOne(effect: Effect): void {
    switch (effect.type) {
      case 'save-task': {
        const task = this.#state.tasks.get(effect.id)
        if (task !== undefined) this.#store.saveTask(task)
        return
      }
      case 'drop-task':
        return this.#store.dropTask(effect.id)
      case 'save-runner': {
        const runner = this.#state.runners.get(effect.runnerId)
        if (runner !== undefined) this.#store.saveRunner(runner)
        return
      }
      case 'drop-runner':
        return this.#store.dropRunner(effect.runnerId)
      case 'lease': {
        const task = this.#state.tasks.get(effect.taskId)
        const spec = this.#store.spec(effect.taskId)
        if (task === undefined || spec === null) return
        return this.#send(effect.runnerId, { type: 'lease', lease: effect.lease, task: { id: task.id, videoId: task.videoId, spec } })
      }
      case 'cancel':
        this.#progress.delete(effect.lease)
        return this.#send(effect.runnerId, { type: 'cancel', lease: effect.lease })
      case 'hint':
        return this.#store.putChanged(effect.videoId)
    }
  }

  #outcome(task: PoolTask, results: ReturnType<PoolStore['results']>): TaskStatus['outcome'] {
    const result = results.get(task.id)
    if (task.state === 'done' && result !== undefined) return { state: 'done', result }
    if (task.state === 'failed' && task.failure !== null) return { state: 'failed', failure: task.failure }
    if (task.state === 'waiting') return { state: 'waiting' }
    return { state: 'leased', ...(this.#progress.get(task.lease ?? '') ?? { fraction: 0, text: '' }) }
  }

  #send(runnerId: string, message: PoolMessage): void {
    const socketId = this.#state.runners.get(runnerId)?.socketId
    if (socketId === undefined || socketId === null) return
    for (const socket of this.ctx.getWebSockets(socketId)) say(socket, message)
  }

  #close(socketId: string, code: number, reason: string): void {
    for (const socket of this.ctx.getWebSockets(socketId)) refuse(socket, code, reason)
  }
}

function attachmentOf(socket: WebSocket): Attachment | null {
  return socket.deserializeAttachment() as Attachment | null
}

/** The message, or what is wrong with it. */
function parse(data: string): RunnerMessage | string {
  let json: unknown
  try {
    json = JSON.parse(data)
  } catch {
    return 'A message is JSON.'
  }
  const parsed = v.safeParse(RunnerMessage, json)
  if (parsed.success) return parsed.output
  const issue = parsed.issues[0]
  return `${v.getDotPath(issue) ?? 'message'}: ${issue.message}`
}

/** Sends; a socket that is closing takes nothing, and its runner hears everything again when it is back. */
function say(socket: WebSocket, message: PoolMessage): void {
  try {
    socket.send(JSON.stringify(message))
  } catch (error) {
    console.debug('pool: a message could not be sent:', error)
  }
}

/** Closes with a reason (RFC 6455 5.5.1: at most 123 bytes), which is logged too where it is the other side's fault. */
function refuse(socket: WebSocket, code: number, reason: string): void {
  if (code !== 1000) console.warn(`pool: closing a runner's socket (${code}): ${reason}`)
  try {
    socket.close(code, new TextDecoder().decode(new TextEncoder().encode(reason).slice(0, 120)).replace(/\uFFFD$/, ''))
  } catch (error) {
    console.debug('pool: a socket could not be closed:', error)
  }
}

/** Ten characters of 0-9a-z: 51 bits, unguessable and never used twice. */
function newLease(): string {
  return [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => (byte % 36).toString(36)).join('')
}
