/** The SourceBuffers of a track whose segments carry picture and sound apart once they are transmuxed: used as one. */
import { intersect, type TimeRange } from '../engine/ranges.ts'
import { BufferQueue, type Part, type TrackBuffer } from '../engine/source-buffer.ts'

/** See the head of this file. */
export class PairBuffer implements TrackBuffer {
  readonly #queues = new Map<Part['kind'], BufferQueue>()

  /** A SourceBuffer for each kind that there is; none can be added later. Types as `addSourceBuffer` takes them. */
  constructor(source: MediaSource, types: ReadonlyMap<'video' | 'audio', string>) {
    for (const [kind, type] of types) this.#queues.set(kind, new BufferQueue(source.addSourceBuffer(type), type))
  }

  get ranges(): TimeRange[] {
    const [first, second] = this.#all
    return first && second ? intersect(first.ranges, second.ranges) : (first?.ranges ?? [])
  }

  get idle(): boolean {
    return this.#all.every((queue) => queue.idle)
  }

  takes(kind: Part['kind']): boolean {
    return this.#queues.has(kind)
  }

  async append(part: Part): Promise<void> {
    await this.#queues.get(part.kind)?.append(part)
  }

  async remove(startS: number, endS: number): Promise<void> {
    await Promise.all(this.#all.map((queue) => queue.remove(startS, endS)))
  }

  reopen(): void {
    this.#all[0]?.reopen()
  }

  resetParser(): void {
    for (const queue of this.#all) queue.resetParser()
  }

  get #all(): BufferQueue[] {
    return [...this.#queues.values()]
  }
}
