/**
 * A file behind an address, read as a browser reads one that it plays: by range requests (RFC 9110, section 14), one at a
 * time. Each request and its answer is an entry of the log, and grows while bytes come.
 */
import type { ByteSource } from '../../../media/bytes/source.ts'
import { BLOCK_BYTES, ByteStore } from './byte-store.ts'

/** One range request. */
export interface RangeEntry {
  /** What it was for, in words. */
  why: string
  /** The Range field. */
  range: string
  /** `performance.now()` when it was sent. */
  startMs: number
  /** Null: no answer yet, or none came. */
  status: number | null
  contentRange: string | null
  cacheStatus: string | null
  serverTiming: string | null
  /** From the request to the head of the answer, milliseconds. */
  ttfbMs: number | null
  /** Bytes asked for, and those that arrived so far. */
  wantedBytes: number
  bytes: number
  /** From the request to the last byte so far, milliseconds. */
  durationMs: number
  state: 'running' | 'done' | 'cancelled' | 'failed'
  /** Why it failed. */
  error: string | null
}

/** What is kept of the file in memory. */
const KEPT_BYTES = 192 * 1024 * 1024
/** Entries of the log that are kept. */
const MAX_ENTRIES = 500
const TRIES = 4
const PAUSE_MS = 800

/** A server that does not do what this page is about; said to the reader. */
export class NoRanges extends Error {}

export class RangeFile implements ByteSource {
  readonly log: RangeEntry[] = []
  /** Requests in all. */
  requests = 0
  /** Bytes that arrived in all, the same ones twice included. */
  received = 0
  /** What reads of `read` are for. */
  why = 'beginning of the file'
  readonly #url: string
  readonly #changed: () => void
  readonly #closed = new AbortController()
  #store: ByteStore | null = null
  #etag: string | null = null

  constructor(url: string, changed: () => void) {
    this.#url = url
    this.#changed = changed
  }

  /** Asks for the first block, and learns the size from the answer's Content-Range. */
  async open(): Promise<void> {
    await this.#patiently(0, BLOCK_BYTES, this.why, this.#closed.signal)
  }

  get store(): ByteStore {
    if (this.#store === null) throw new Error('the file is not open')
    return this.#store
  }

  get size(): number {
    return this.store.size
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, offset + length)
    for (;;) {
      const from = this.store.missing(offset, end - offset)
      if (from === null) return this.store.read(offset, end - offset)
      await this.fetch(from, this.store.gapEnd(from, end), this.why, this.#closed.signal)
      this.store.trim(offset)
    }
  }

  /** Fetches `[start, end)`. Resolves early when the signal is aborted; rejects when the server does not answer. */
  async fetch(start: number, end: number, why: string, signal: AbortSignal): Promise<void> {
    await this.#patiently(start, end, why, AbortSignal.any([signal, this.#closed.signal]))
  }

  /** Ends what is under way; later reads reject. */
  close(): void {
    this.#closed.abort(new DOMException('The file was closed.', 'AbortError'))
  }

  /** A server that is away for a moment is asked again, from where the last try got to. */
  async #patiently(start: number, end: number, why: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#closed.signal.throwIfAborted()
      const from = this.#store === null ? start : (this.#store.missing(start, end - start) ?? end)
      if (from >= end) return
      try {
        return await this.#once(from, end, attempt === 1 ? why : `${why}, again`, signal)
      } catch (error) {
        if (signal.aborted) return
        if (attempt === TRIES || error instanceof NoRanges) throw error
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt))
      }
    }
  }

  async #once(start: number, end: number, why: string, signal: AbortSignal): Promise<void> {
    const range = `bytes=${start}-${end - 1}`
    const entry: RangeEntry = {
      ...{ why, range, startMs: performance.now(), status: null, contentRange: null, cacheStatus: null, serverTiming: null },
      ...{ ttfbMs: null, wantedBytes: end - start, bytes: 0, durationMs: 0, state: 'running', error: null },
    }
    this.log.push(entry)
    this.requests += 1
    if (this.log.length > MAX_ENTRIES) this.log.shift()
    this.#changed()
    try {
      // The browser's own cache would answer a second look at the speed of the disk.
      const response = await fetch(this.#url, { headers: { Range: range }, cache: 'no-store', signal })
      this.#note(entry, response)
      const store = this.#accept(entry, response)
      const reader = response.body?.getReader()
      for (;;) {
        const piece = await reader?.read()
        if (piece === undefined || piece.done) break
        store.write(start + entry.bytes, piece.value)
        entry.bytes += piece.value.length
        this.received += piece.value.length
        entry.durationMs = performance.now() - entry.startMs
        this.#changed()
      }
      if (entry.bytes < entry.wantedBytes) throw new Error(`the answer ended after ${entry.bytes} of ${entry.wantedBytes} bytes`)
      entry.state = 'done'
    } catch (error) {
      entry.state = signal.aborted ? 'cancelled' : 'failed'
      entry.error = signal.aborted ? null : error instanceof Error ? error.message : String(error)
      throw error
    } finally {
      this.#changed()
    }
  }

  #note(entry: RangeEntry, { status, headers }: Response): void {
    entry.ttfbMs = performance.now() - entry.startMs
    entry.durationMs = entry.ttfbMs
    entry.status = status
    entry.contentRange = headers.get('Content-Range')
    entry.cacheStatus = headers.get('Cache-Status')
    entry.serverTiming = headers.get('Server-Timing')
    this.#changed()
  }

  #accept(entry: RangeEntry, response: Response): ByteStore {
    const { status, headers } = response
    if (status === 404) throw new NoRanges('There is no file at this address (404).')
    if (status !== 200 && status !== 206) throw new Error(`the server answered ${status}`)
    const total = Number(/^bytes \d+-\d+\/(\d+)$/.exec(entry.contentRange ?? '')?.[1] ?? Number.NaN)
    if (status !== 206 || !Number.isSafeInteger(total)) {
      throw new NoRanges('The server answered the whole file instead of a range: no player could seek in it.')
    }
    const etag = headers.get('ETag')
    if (this.#store !== null && etag !== this.#etag) throw new NoRanges('The file changed on the server. Start again.')
    this.#etag = etag
    this.#store ??= new ByteStore(total, KEPT_BYTES)
    entry.wantedBytes = Math.min(entry.wantedBytes, total)
    return this.#store
  }
}
