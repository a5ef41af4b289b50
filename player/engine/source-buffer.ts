/**
 * A SourceBuffer with a queue: one operation at a time, each a promise, because the buffer refuses everything while it
 * updates (Media Source Extensions, 3.4 and 3.5).
 */
import { toRanges, type TimeRange } from './ranges.ts'

/** The buffer is full and has to be emptied somewhere before the append is tried again. */
export class BufferFullError extends Error {
  constructor() {
    super('the browser holds no more media')
    this.name = 'BufferFullError'
  }
}

/** See the head of this file. */
export class BufferQueue {
  readonly #buffer: SourceBuffer
  #tail: Promise<unknown> = Promise.resolve()
  #pending = 0
  #type: string

  constructor(buffer: SourceBuffer, type: string) {
    this.#buffer = buffer
    this.#type = type
  }

  /** What is buffered; nothing when the buffer was taken from its MediaSource. */
  get ranges(): TimeRange[] {
    try {
      return toRanges(this.#buffer.buffered)
    } catch {
      // InvalidStateError: the MediaSource was closed or the buffer removed, so there is nothing.
      return []
    }
  }

  /** Nothing runs and nothing waits. */
  get idle(): boolean {
    return this.#pending === 0 && !this.#buffer.updating
  }

  /** MIME type with codecs, as last set. */
  get type(): string {
    return this.#type
  }

  /** Throws `BufferFullError` when the browser has no room. */
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#run(() => {
      try {
        this.#buffer.appendBuffer(bytes)
      } catch (error) {
        if (error instanceof DOMException && error.name === 'QuotaExceededError') throw new BufferFullError()
        throw error
      }
    })
  }

  /** Removes `[startS, endS)`; frames that depend on removed ones go too. */
  remove(startS: number, endS: number): Promise<void> {
    return this.#run(() => {
      if (endS > startS) this.#buffer.remove(startS, endS)
    })
  }

  /** Opens a MediaSource that was ended, without changing anything: what setting `timestampOffset` does there (MSE 3.1). */
  reopen(): void {
    const offsetS = this.#buffer.timestampOffset
    this.#buffer.timestampOffset = offsetS
  }

  /** Forgets a segment that was appended in part (MSE 3.2, `abort()`); what is buffered stays. */
  resetParser(): void {
    if (!this.#buffer.updating) this.#buffer.abort()
  }

  /** Takes other codecs from now on. */
  changeType(type: string): Promise<void> {
    if (type === this.#type) return Promise.resolve()
    this.#type = type
    return this.#run(() => this.#buffer.changeType(type))
  }

  #run(start: () => void): Promise<void> {
    this.#pending += 1
    const result = this.#tail.then(() => this.#perform(start))
    this.#tail = result.then(
      () => (this.#pending -= 1),
      () => (this.#pending -= 1),
    )
    return result
  }

  #perform(start: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = new AbortController()
      const { signal } = end
      this.#buffer.addEventListener('updateend', () => (end.abort(), resolve()), { signal })
      // `error` comes before `updateend`; the media element then fails as well and says why.
      this.#buffer.addEventListener('error', () => (end.abort(), reject(new Error('the browser refused the segment'))), { signal })
      try {
        start()
        if (!this.#buffer.updating) {
          end.abort()
          resolve()
        }
      } catch (error) {
        end.abort()
        reject(error)
      }
    })
  }
}
