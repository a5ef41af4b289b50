/**
 * One request with its retries: fetch, an idle timeout per try, back-off, abort, and the measurements ABR lives on. Every
 * try is an event.
 */
import type { EncryptionKey } from '../../media/hls/model.ts'
import { type Arrival, ArrivalLog } from '../abr/arrivals.ts'
import { RecentRate } from '../abr/recent-rate.ts'
import type { Download } from '../abr/rule.ts'
import type { RetryBudget } from './config.ts'
import { describe, PlayerError } from './errors.ts'
import type { EdgeWord, EventBody, RequestKind } from './events.ts'
import { isMediaFile, MediaFileFound } from './media-file.ts'
import { retryDelayMs } from './retry.ts'

/** What lies where. */
export interface Resource {
  url: string
  byteRange?: { offset: number; length: number } | undefined
  sealed?: Sealed | undefined
}

/** How something is encrypted: `EXT-X-KEY`. */
export interface Sealed {
  /** Ways to the same key; never empty. */
  keys: readonly EncryptionKey[]
  /** Media sequence number: the initialization vector where a key names none. */
  number: number
  /** Where addresses of keys are relative to. */
  base: string
}

export interface RequestOptions {
  kind: RequestKind
  budget: RetryBudget
  signal: AbortSignal
  emit: (event: EventBody) => void
  /** Called while bytes arrive. */
  onProgress?: (progress: Pick<Download, 'bytes' | 'totalBytes' | 'ttfbMs' | 'elapsedMs' | 'recentBps'>) => void
}

export interface Answer {
  bytes: Uint8Array<ArrayBuffer>
  /** After redirects: what relative URLs in it refer to. */
  url: string
  ttfbMs: number
  /** From the first byte to the last. */
  transferMs: number
  /** When they came. */
  arrivals: Arrival[]
  cached: boolean
  edge: EdgeWord | null
}

/** The budget is spent. `status` is 0 when there was no answer; `timedOut` when there was silence. */
export class RequestError extends Error {
  readonly status: number
  readonly timedOut: boolean
  constructor(message: string, status: number, timedOut: boolean) {
    super(message)
    this.name = 'RequestError'
    this.status = status
    this.timedOut = timedOut
  }
}

/** No answer may be larger: a wrong address must not fill the memory. */
const MAX_BYTES = 512 * 1024 * 1024

/** Throws `RequestError` when the budget is spent, and the signal's reason when it is aborted. */
export async function request(resource: Resource, options: RequestOptions): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const startedMs = performance.now()
    try {
      const answer = await attemptOnce(resource, options)
      options.emit({
        type: 'request',
        kind: options.kind,
        url: answer.url,
        bytes: answer.bytes.byteLength,
        ttfbMs: Math.round(answer.ttfbMs),
        durationMs: Math.round(answer.ttfbMs + answer.transferMs),
        attempt,
        cached: answer.cached,
        ...(answer.edge && { edge: answer.edge }),
      })
      return answer
    } catch (error) {
      options.signal.throwIfAborted()
      if (error instanceof MediaFileFound) throw error
      const failure = error instanceof RequestError ? error : new RequestError(describe(error), 0, false)
      const retryInMs = retryDelayMs(options.budget, attempt, failure.status, Math.random())
      options.emit({
        type: 'request-failed',
        kind: options.kind,
        url: resource.url,
        status: failure.status,
        reason: failure.message,
        attempt,
        durationMs: Math.round(performance.now() - startedMs),
        retryInMs,
      })
      if (retryInMs === null) throw failure
      await pause(retryInMs, options.signal)
    }
  }
}

async function attemptOnce({ url, byteRange }: Resource, options: RequestOptions): Promise<Answer> {
  const silence = new AbortController()
  const idle = new RequestError(`no byte for ${options.budget.idleTimeoutMs} ms`, 0, true)
  let timer = setTimeout(() => silence.abort(idle), options.budget.idleTimeoutMs)
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(idle), options.budget.idleTimeoutMs)
  }
  const startMs = performance.now()
  try {
    const headers: Record<string, string> = byteRange
      ? { Range: `bytes=${byteRange.offset}-${byteRange.offset + byteRange.length - 1}` }
      : {}
    const response = await fetch(url, { headers, signal: AbortSignal.any([options.signal, silence.signal]) })
    const ttfbMs = performance.now() - startMs
    if (!response.ok) {
      void response.body?.cancel()
      throw new RequestError(`the server answered ${response.status}`, response.status, false)
    }
    if (options.kind === 'multivariant' && isMediaFile(response)) {
      void response.body?.cancel()
      throw new MediaFileFound(response.url)
    }
    heard()
    const length = response.headers.get('content-length')
    const totalBytes = length && !response.headers.get('content-encoding') ? Number(length) : null
    const arrivals = new ArrivalLog()
    const recent = new RecentRate()
    recent.add(ttfbMs, 0)
    let known = 0
    const body = await readAll(response, (bytes) => {
      heard()
      const elapsedMs = performance.now() - startMs
      arrivals.add(elapsedMs, bytes - known)
      known = bytes
      recent.add(elapsedMs, bytes)
      options.onProgress?.({ bytes, totalBytes, ttfbMs, elapsedMs, ...recent.figure })
    })
    const transferMs = performance.now() - startMs - ttfbMs
    // A server that does not know ranges answers 200 with everything.
    const whole = byteRange !== undefined && response.status === 200
    const bytes = whole ? body.slice(byteRange.offset, byteRange.offset + byteRange.length) : body
    const [cached, edge] = [fromCache(response.url), edgeWord(response.headers)]
    return { bytes, url: response.url || url, ttfbMs, transferMs, arrivals: arrivals.all, cached, edge }
  } catch (error) {
    throw silence.signal.aborted && !options.signal.aborted ? idle : error
  } finally {
    clearTimeout(timer)
  }
}

async function readAll(response: Response, onBytes: (soFar: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.body) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let size = 0
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > MAX_BYTES) {
      void reader.cancel()
      throw new RequestError('the answer is larger than any segment may be', 413, false)
    }
    chunks.push(value)
    onBytes(size)
  }
  const all = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.byteLength
  }
  return all
}

/** Another origin's headers can only be read where it exposes them; these are not worth more than a line each. */
function edgeWord(headers: Headers): EdgeWord | null {
  const cacheStatus = headers.get('cache-status')?.slice(0, 500)
  const serverTiming = headers.get('server-timing')?.slice(0, 500)
  if (!cacheStatus && !serverTiming) return null
  return { ...(cacheStatus && { cacheStatus }), ...(serverTiming && { serverTiming }) }
}

/** Resource Timing Level 2: a cache hit has a body and transferred nothing. Unknown (other origins) counts as network. */
function fromCache(url: string): boolean {
  const entry = performance.getEntriesByName(url, 'resource').at(-1)
  return entry instanceof PerformanceResourceTiming && entry.transferSize === 0 && entry.decodedBodySize > 0
}

/** What a track fails with. */
export function asPlayerError(error: unknown): PlayerError {
  if (error instanceof PlayerError) return error
  return new PlayerError(error instanceof RequestError ? 'segments-unreachable' : 'media-error', describe(error))
}

/** Resolves after the time; rejects with the signal's reason when it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
