/**
 * The runner's end of the conversation in protocol/runner.ts: one WebSocket, opened again with growing pauses whenever it
 * is lost. Results wait in the outbox until they are acknowledged, so the edge may be away for as long as it likes.
 */
import * as v from 'valibot'
import { PING, PING_EVERY_MS, PONG, PoolMessage, type Hello, type RunnerMessage } from '../protocol/runner.ts'
import type { Published } from '../protocol/rendition-index.ts'
import type { Task, TaskFailure, TaskResult } from '../protocol/tasks.ts'
import { log } from './log.ts'
import { Outbox } from './outbox.ts'

export interface PoolClientOptions {
  url: string
  token: string
  /** What the runner can do; leases are filled in by the client. */
  hello: Omit<Hello, 'type' | 'leases'>
  /** Leases being worked on now. */
  working: () => Iterable<string>
  onLease: (lease: string, task: Task) => void
  /** The lease is lost: stop, and report nothing. */
  onCancel: (lease: string) => void
  /** Shortens the pauses in tests. */
  firstPauseMs?: number
}

const LONGEST_PAUSE_MS = 10_000
/** Nothing heard for this long: the connection is dead though nobody said so. */
const DEAD_AFTER_MS = 3 * PING_EVERY_MS
const MOST_LEASES = 64

export class PoolClient {
  readonly #options: PoolClientOptions
  readonly #outbox = new Outbox()
  #socket: WebSocket | null = null
  /** True from `welcome` on: before it nothing but `hello` is sent. */
  #welcomed = false
  #heardMs = 0
  #attempt = 0
  #closed = false
  #pinging: NodeJS.Timeout | null = null
  #reconnecting: NodeJS.Timeout | null = null

  constructor(options: PoolClientOptions) {
    this.#options = options
    this.#connect()
  }

  /** Lossy: dropped while there is no connection. */
  progress(lease: string, fraction: number, text: string): void {
    this.#send({ type: 'progress', lease, fraction, text: text.slice(0, 200) })
  }

  published(lease: string, published: Published): void {
    this.#send(this.#outbox.add({ type: 'published', lease, published }))
  }

  done(lease: string, result: TaskResult): void {
    this.#send(this.#outbox.add({ type: 'done', lease, result }))
  }

  failed(lease: string, failure: TaskFailure): void {
    this.#send(this.#outbox.add({ type: 'failed', lease, failure }))
  }

  /** True when the pool has acknowledged everything. */
  get idle(): boolean {
    return this.#outbox.messages().length === 0
  }

  /** Says goodbye for good. */
  close(): void {
    this.#closed = true
    if (this.#reconnecting !== null) clearTimeout(this.#reconnecting)
    this.#lose(this.#socket)
  }

  #connect(): void {
    // Node's WebSocket (undici) takes headers, which a browser's does not.
    const init = { headers: { Authorization: `Bearer ${this.#options.token}` } }
    const socket = new WebSocket(this.#options.url, init)
    this.#socket = socket
    this.#heardMs = Date.now()
    this.#pinging = setInterval(() => this.#ping(socket), PING_EVERY_MS)
    socket.addEventListener('open', () => {
      const leases = new Set([...this.#options.working(), ...this.#outbox.leases()])
      socket.send(JSON.stringify({ type: 'hello', ...this.#options.hello, leases: [...leases].slice(0, MOST_LEASES) } satisfies Hello))
    })
    socket.addEventListener('message', ({ data }) => {
      this.#heardMs = Date.now()
      if (socket === this.#socket && typeof data === 'string' && data !== PONG) this.#take(data)
    })
    socket.addEventListener('close', ({ code, reason }) => this.#lose(socket, `${code} ${reason}`.trim()))
    socket.addEventListener('error', () => this.#lose(socket, 'no connection'))
  }

  #ping(socket: WebSocket): void {
    if (Date.now() - this.#heardMs > DEAD_AFTER_MS) this.#lose(socket, 'silence')
    else if (socket.readyState === WebSocket.OPEN) socket.send(PING)
  }

  #lose(socket: WebSocket | null, why = ''): void {
    if (socket === null || socket !== this.#socket) return
    this.#socket = null
    if (this.#pinging !== null) clearInterval(this.#pinging)
    if (this.#welcomed || this.#attempt === 0) if (!this.#closed) log('pool lost', { why })
    this.#welcomed = false
    socket.close()
    if (this.#closed) return
    const pauseMs = Math.min(LONGEST_PAUSE_MS, (this.#options.firstPauseMs ?? 250) * 2 ** this.#attempt++)
    this.#reconnecting = setTimeout(() => this.#connect(), pauseMs * (0.5 + Math.random() * 0.5))
  }

  #take(text: string): void {
    const parsed = v.safeParse(PoolMessage, parseJson(text))
    if (!parsed.success) {
      log('message ignored', { issue: v.summarize(parsed.issues) })
      return
    }
    const message = parsed.output
    if (message.type === 'welcome') this.#welcome(new Set(message.leases))
    else if (message.type === 'lease') this.#options.onLease(message.lease, message.task)
    else if (message.type === 'cancel') this.#options.onCancel(message.lease)
    else this.#outbox.acknowledge(message.seq)
  }

  #welcome(current: ReadonlySet<string>): void {
    this.#welcomed = true
    this.#attempt = 0
    log('pool joined')
    for (const lease of this.#options.working()) if (!current.has(lease)) this.#options.onCancel(lease)
    this.#outbox.keepOnly(current)
    for (const message of this.#outbox.messages()) this.#send(message)
  }

  #send(message: RunnerMessage): void {
    if (this.#welcomed && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
