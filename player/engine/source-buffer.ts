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

/** Bytes on their way into a SourceBuffer. */
export interface Part {
  /** What is in it; `whole` is all that the segment has. */
  kind: 'video' | 'audio' | 'whole'
  /** MIME type with codecs; null: as what came before. */
  type: string | null
  bytes: Uint8Array<ArrayBuffer>
  /** Added to its time stamps, seconds; null leaves what was set. */
  offsetS: number | null
}

/** What a track appends to: one SourceBuffer, or one for picture and one for sound. */
export interface TrackBuffer {
  /** What is buffered, of everything. */
  readonly ranges: TimeRange[]
  /** Nothing runs and nothing waits. */
  readonly idle: boolean
  /** Whether there is a SourceBuffer for such parts. */
  takes(kind: Part['kind']): boolean
  /** Throws `BufferFullError` when the browser has no room. */
  append(part: Part): Promise<void>
  /** Removes `[startS, endS)`; frames that depend on removed ones go too. */
  remove(startS: number, endS: number): Promise<void>
  /** Opens a MediaSource that was ended, without changing anything. */
  reopen(): void
  /** Forgets a segment that was appended in part; what is buffered stays. */
  resetParser(): void
}

/** See the head of this file. */
export class BufferQueue implements TrackBuffer {
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

  get idle(): boolean {
    return this.#pending === 0 && !this.#buffer.updating
  }

  takes(kind: Part['kind']): boolean {
    return kind === 'whole'
  }

  append({ type, bytes, offsetS }: Part): Promise<void> {
    return this.#run(() => {
      if (type !== null && type !== this.#type) {
        this.#buffer.changeType(type)
        this.#type = type
      }
      // In mode 'sequence' (MP3) the offset is where the next frames go, and moves with each append (MSE, 3.5.8).
      if (offsetS !== null && (offsetS !== this.#buffer.timestampOffset || this.#buffer.mode === 'sequence')) this.#setOffset(offsetS)
      try {
        this.#buffer.appendBuffer(bytes)
      } catch (error) {
        if (error instanceof DOMException && error.name === 'QuotaExceededError') throw new BufferFullError()
        throw error
      }
    })
  }

  remove(startS: number, endS: number): Promise<void> {
    return this.#run(() => {
      if (endS > startS) this.#buffer.remove(startS, endS)
    })
  }

  /** What setting `timestampOffset` does to an ended source (MSE 3.1). */
  reopen(): void {
    const offsetS = this.#buffer.timestampOffset
    this.#buffer.timestampOffset = offsetS
  }

  /** MSE 3.2, `abort()`. */
  resetParser(): void {
    if (!this.#buffer.updating) this.#buffer.abort()
  }

  #setOffset(offsetS: number): void {
    try {
      this.#buffer.timestampOffset = offsetS
    } catch {
      // InvalidStateError: the parser waits for the rest of a segment that was cut off.
      this.#buffer.abort()
      this.#buffer.timestampOffset = offsetS
    }
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
