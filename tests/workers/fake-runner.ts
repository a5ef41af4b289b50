/** For tests inside workerd: a runner without FFmpeg that speaks the real protocol over a real WebSocket. */
import { SELF } from 'cloudflare:test'
import * as v from 'valibot'
import { PoolMessage, type Hello, type RunnerMessage } from '../../protocol/runner.ts'
import type { Task } from '../../protocol/tasks.ts'

export type Leased = Extract<PoolMessage, { type: 'lease' }>

export const ENCODERS = ['libx264', 'libx265', 'libvpx-vp9', 'aac']

const connected = new Set<FakeRunner>()

/** After each test, also a failed one: a runner left behind would take the next one's tasks. */
export function dropAllRunners(): void {
  for (const runner of connected) runner.drop()
}

export class FakeRunner {
  readonly #hello: Hello
  #socket: WebSocket | null = null
  #seq = 0
  #waiting: (() => void)[] = []
  /** Everything the pool said on all connections, in order. */
  readonly heard: PoolMessage[] = []
  /** Code and reason of the last close by the pool. */
  closedWith: { code: number; reason: string } | null = null
  #onLease: ((leased: Leased) => Promise<void> | void) | null = null

  constructor(runnerId: string, overrides: Partial<Hello> = {}) {
    const slots = { heavy: 1, light: 2 }
    this.#hello = { type: 'hello', runnerId, name: runnerId, cores: 2, encoders: ENCODERS, ffmpeg: 'fake', slots, leases: [], ...overrides }
  }

  /** Called for every lease; without it leases only pile up in `heard`. */
  onLease(work: (leased: Leased) => Promise<void> | void): this {
    this.#onLease = work
    return this
  }

  async connect(leases: string[] = []): Promise<this> {
    const response = await SELF.fetch('http://sluice.test/api/runners', {
      headers: { Upgrade: 'websocket', Authorization: 'Bearer runner-token-of-the-tests' },
    })
    const socket = response.webSocket
    if (socket === null) throw new Error(`no socket: ${response.status}`)
    socket.accept()
    this.#socket = socket
    this.closedWith = null
    connected.add(this)
    socket.addEventListener('message', ({ data }) => {
      if (this.#socket !== socket || data === 'pong') return
      this.#hear(v.parse(PoolMessage, JSON.parse(String(data))))
    })
    socket.addEventListener('close', ({ code, reason }) => {
      if (this.#socket === socket) this.closedWith = { code, reason }
      this.#notify()
    })
    this.sendRaw(JSON.stringify({ ...this.#hello, leases }))
    return this
  }

  /** As the kernel does for a process killed with -9: no word, the socket just ends. */
  drop(): void {
    const socket = this.#socket
    this.#socket = null
    connected.delete(this)
    socket?.close(1011, 'killed')
  }

  sendRaw(text: string): void {
    this.#socket?.send(text)
  }

  send(message: DistributiveOmit<Exclude<RunnerMessage, Hello>, 'seq'>, seq = (this.#seq += 1)): number {
    this.sendRaw(JSON.stringify({ ...message, seq }))
    return seq
  }

  /** Resolves with the first thing heard, now or later, for which `test` answers something. */
  async hears<T>(test: (message: PoolMessage) => T | null | undefined | false): Promise<T> {
    for (;;) {
      for (const message of this.heard) {
        const found = test(message)
        if (found !== null && found !== undefined && found !== false) return found
      }
      if (this.closedWith !== null) throw new Error(`closed: ${this.closedWith.code} ${this.closedWith.reason}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** The pool closes the socket. */
  async isClosed(): Promise<{ code: number; reason: string }> {
    while (this.closedWith === null) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.closedWith
  }

  /** The lease of a task. */
  async lease(taskId: string, not: string[] = []): Promise<string> {
    return await this.hears((said) => said.type === 'lease' && said.task.id === taskId && !not.includes(said.lease) && said.lease)
  }

  async acked(seq: number): Promise<void> {
    await this.hears((said) => said.type === 'ack' && said.seq === seq)
  }

  /** Tasks leased so far. */
  tasks(): Task[] {
    return this.heard.flatMap((said) => (said.type === 'lease' ? [said.task] : []))
  }

  #hear(message: PoolMessage): void {
    this.heard.push(message)
    if (message.type === 'lease') void this.#onLease?.(message)
    this.#notify()
  }

  #notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
