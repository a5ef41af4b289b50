/** The runner: takes leases from the pool, works on them, reports. Everything with a lifetime is started and ended here. */
import { randomBytes } from 'node:crypto'
import { laneOf, type Task } from '../protocol/tasks.ts'
import type { RunnerConfig } from './config.ts'
import { toTaskFailure } from './failure.ts'
import { readCapabilities } from './ffmpeg/capabilities.ts'
import { log } from './log.ts'
import { PoolClient } from './pool-client.ts'
import { SourceServer } from './source-server.ts'
import { S3Storage } from './storage/s3.ts'
import { runTask } from './tasks/run-task.ts'

/** Encoding takes all cores, so there is one at a time; the other tasks run beside it. */
const SLOTS = { heavy: 1, light: 2 }
const PROGRESS_EVERY_MS = 1_000
/** How long the last results may take to be acknowledged when the runner is asked to stop. */
const FAREWELL_MS = 3_000

interface Work {
  controller: AbortController
  ended: Promise<void>
}

export class Runner {
  readonly #config: RunnerConfig
  readonly #storage: S3Storage
  readonly #sources: SourceServer
  readonly #pool: PoolClient
  readonly #working = new Map<string, Work>()
  #stopping = false

  private constructor(
    config: RunnerConfig,
    storage: S3Storage,
    sources: SourceServer,
    capabilities: { version: string; encoders: string[] },
  ) {
    this.#config = config
    this.#storage = storage
    this.#sources = sources
    this.#pool = new PoolClient({
      url: config.poolUrl,
      token: config.runnerToken,
      hello: {
        runnerId: randomId(12),
        name: config.name,
        cores: config.cores,
        encoders: capabilities.encoders,
        ffmpeg: capabilities.version,
        slots: SLOTS,
      },
      working: () => this.#working.keys(),
      onLease: (lease, task) => this.#begin(lease, task),
      onCancel: (lease) => this.#working.get(lease)?.controller.abort(),
    })
  }

  /** Looks at FFmpeg, opens the source server and dials the pool. Rejects when FFmpeg cannot be started. */
  static async start(config: RunnerConfig): Promise<Runner> {
    const capabilities = await readCapabilities(config.ffmpegPath)
    log('runner started', {
      name: config.name,
      cores: config.cores,
      ffmpeg: capabilities.version,
      encoders: capabilities.encoders.join(','),
    })
    const storage = new S3Storage(config.s3)
    return new Runner(config, storage, await SourceServer.start(storage), capabilities)
  }

  /** Gives up what is running, waits for it to be cleaned up, and says goodbye. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const { controller } of this.#working.values()) controller.abort()
    await Promise.allSettled([...this.#working.values()].map(({ ended }) => ended))
    const deadline = Date.now() + FAREWELL_MS
    while (!this.#pool.idle && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
    this.#pool.close()
    this.#sources.close()
    this.#storage.close()
  }

  #begin(lease: string, task: Task): void {
    // A lease that is offered again (the pool restarted) is already being worked on.
    if (this.#stopping || this.#working.has(lease)) return
    const controller = new AbortController()
    const ended = this.#work(lease, task, controller.signal).finally(() => this.#working.delete(lease))
    this.#working.set(lease, { controller, ended })
  }

  async #work(lease: string, task: Task, signal: AbortSignal): Promise<void> {
    const startedMs = Date.now()
    const seconds = (): string => ((Date.now() - startedMs) / 1000).toFixed(1)
    log('task started', { task: task.id, lease, lane: laneOf(task.spec.kind) })
    let reportedMs = 0
    try {
      const result = await runTask(task.spec, {
        videoId: task.videoId,
        lease,
        storage: this.#storage,
        sources: this.#sources,
        ffmpegPath: this.#config.ffmpegPath,
        ffprobePath: this.#config.ffprobePath,
        preset: this.#config.preset,
        signal,
        progress: (fraction, text) => {
          if (Date.now() - reportedMs < PROGRESS_EVERY_MS) return
          reportedMs = Date.now()
          this.#pool.progress(lease, Math.min(1, Math.max(0, fraction)), text)
        },
        publish: (published) => this.#pool.published(lease, published),
      })
      if (signal.aborted) throw signal.reason
      this.#pool.done(lease, result)
      log('task done', { task: task.id, lease, seconds: seconds() })
    } catch (error) {
      if (signal.aborted) {
        log('task cancelled', { task: task.id, lease, seconds: seconds() })
        return
      }
      const failure = toTaskFailure(error)
      this.#pool.failed(lease, failure)
      log('task failed', { task: task.id, lease, seconds: seconds(), reason: failure.reason, message: failure.message, log: failure.log })
    }
  }
}

function randomId(length: number): string {
  return [...randomBytes(length)].map((byte) => (byte % 36).toString(36)).join('')
}
