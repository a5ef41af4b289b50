/**
 * Tells the listener what the inbox holds: in order within a video, videos side by side. A row leaves the inbox when the
 * listener took it; an exception keeps it, and the queue rests for a while.
 */
import type { PoolListener } from '../../protocol/pipeline.ts'
import type { InboxRow, PoolStore } from './store.ts'

const FIRST_REST_MS = 1_000
const LONGEST_REST_MS = 30_000

/** Queues and their rests. Rests are kept in memory: after a restart everything is tried at once. */
export class Delivery {
  readonly #store: PoolStore
  readonly #listener: PoolListener
  readonly #onTaken: (row: InboxRow, accepted: boolean) => void
  readonly #running = new Set<string>()
  readonly #resting = new Map<string, { untilMs: number; restMs: number }>()

  /** `onTaken` is called after a row left the inbox; `accepted` is false for a chunk that was refused for good. */
  constructor(store: PoolStore, listener: PoolListener, onTaken: (row: InboxRow, accepted: boolean) => void) {
    this.#store = store
    this.#listener = listener
    this.#onTaken = onTaken
  }

  /** Works on every queue that is neither running nor resting, until they are empty or rest. */
  async run(nowMs: number): Promise<void> {
    const ready = this.#store.queues().filter((queue) => (this.#resting.get(queue)?.untilMs ?? 0) <= nowMs)
    await Promise.all(ready.map((queue) => this.#drain(queue)))
  }

  /** When a resting queue wants to be run again, Unix milliseconds; null when none rests. */
  nextWakeMs(): number | null {
    const queues = new Set(this.#store.queues())
    // A queue that was emptied by forgetting its video rests for nothing; one that runs sets the clock when it is through.
    for (const queue of this.#resting.keys()) if (!queues.has(queue)) this.#resting.delete(queue)
    const times = [...this.#resting].flatMap(([queue, { untilMs }]) => (this.#running.has(queue) ? [] : [untilMs]))
    return times.length === 0 ? null : Math.min(...times)
  }

  async #drain(queue: string): Promise<void> {
    if (this.#running.has(queue)) return
    this.#running.add(queue)
    try {
      for (let row = this.#store.firstOf(queue); row !== null; row = this.#store.firstOf(queue)) {
        const accepted = await this.#tell(row)
        this.#store.taken(row.n)
        this.#resting.delete(queue)
        this.#onTaken(row, accepted)
      }
      this.#resting.delete(queue)
    } catch (error) {
      const restMs = Math.min((this.#resting.get(queue)?.restMs ?? FIRST_REST_MS / 2) * 2, LONGEST_REST_MS)
      this.#resting.set(queue, { untilMs: Date.now() + restMs, restMs })
      console.warn(`pool: the listener did not take a message${queue === '' ? '' : ` of video ${queue}`}; again in ${restMs} ms:`, error)
    } finally {
      this.#running.delete(queue)
    }
  }

  async #tell(row: InboxRow): Promise<boolean> {
    if (row.kind === 'published' && row.published !== null) return await this.#listener.published(row.videoId, row.published)
    if (row.kind === 'changed') await this.#listener.changed(row.videoId)
    if (row.kind === 'arrived') await this.#listener.runnerArrived()
    return true
  }
}
