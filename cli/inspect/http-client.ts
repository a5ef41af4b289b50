/** GET requests that end: with a reply of an expected status, or with a `Failure` that says what happened and what to do. */
import { Failure } from '../failure.ts'

/** Waits between attempts at what may pass: a connection that broke, a server that is busy. */
const RETRY_AFTER_MS = [200, 1000]
const BUSY = new Set([429, 502, 503, 504])

export interface HttpClient {
  /** Host and path: what may be printed. User, password and query are secrets or may hold some. */
  readonly label: string
  /** Requests sent, redirects not counted, and bytes of bodies received. */
  readonly traffic: { requests: number; bytes: number }
  /** Throws `Failure` for a status that is not among `expected`. Later requests go where the first was redirected to. */
  get(headers: Record<string, string>, expected: number[]): Promise<Reply>
  /** Ends what is still being received. */
  close(): Promise<void>
}

export interface Reply {
  readonly status: number
  header(name: string): string | null
  /** The first `length` bytes of the body; what follows is not waited for. Throws `Failure` when they do not come. */
  bytes(length: number): Promise<Uint8Array>
  /** The body as it comes. */
  chunks(): AsyncIterable<Uint8Array>
  cancel(): Promise<void>
}

export function httpClient(url: URL, timeoutMs: number): HttpClient {
  const label = `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`
  const traffic = { requests: 0, bytes: 0 }
  const open = new Set<AbortController>()
  // fetch refuses a URL with credentials in it; they are what Basic authentication (RFC 7617) is made of.
  const authorization = basic(url)
  let target = new URL(url)
  target.username = ''
  target.password = ''
  target.hash = ''

  async function send(headers: Record<string, string>): Promise<Reply> {
    const watch = watchdog(timeoutMs)
    open.add(watch.controller)
    const credentials = authorization !== null && target.origin === url.origin ? { authorization } : {}
    traffic.requests += 1
    const response = await fetch(target, {
      headers: { accept: '*/*', 'accept-encoding': 'identity', ...credentials, ...headers },
      signal: watch.controller.signal,
    }).catch((error: unknown) => {
      watch.stop()
      open.delete(watch.controller)
      throw unreachable(label, error, watch.fired(), timeoutMs)
    })
    watch.rest()
    if (response.redirected) target = new URL(response.url)
    return asReply(response, watch, { label, traffic, timeoutMs, done: () => open.delete(watch.controller) })
  }

  return {
    label,
    traffic,
    async get(headers, expected) {
      for (const waitMs of [...RETRY_AFTER_MS, null]) {
        const reply = await send(headers).catch((error: unknown) => {
          if (waitMs === null || !(error instanceof Broken)) throw error
          return null
        })
        if (reply !== null) {
          if (expected.includes(reply.status)) return reply
          await reply.cancel()
          if (waitMs === null || !BUSY.has(reply.status)) throw refused(label, reply.status)
        }
        await new Promise((resolve) => setTimeout(resolve, waitMs ?? 0))
      }
      throw new Failure(`${label} does not answer.`)
    },
    async close() {
      for (const controller of open) controller.abort()
      open.clear()
    },
  }
}

/** A connection that broke: worth another attempt. */
export class Broken extends Failure {}

interface Watchdog {
  controller: AbortController
  /** Starts the time anew: something came. */
  feed(): void
  /** Nobody waits: until it is fed, time does not count. */
  rest(): void
  stop(): void
  fired(): boolean
}

function watchdog(timeoutMs: number): Watchdog {
  const controller = new AbortController()
  let fired = false
  const bark = (): void => {
    fired = true
    controller.abort()
  }
  let timer = setTimeout(bark, timeoutMs)
  const stop = (): void => clearTimeout(timer)
  const feed = (): void => {
    stop()
    timer = setTimeout(bark, timeoutMs)
  }
  return { controller, feed, rest: stop, stop, fired: () => fired }
}

interface ReplyContext {
  label: string
  traffic: { bytes: number }
  timeoutMs: number
  done: () => void
}

function asReply(response: Response, watch: Watchdog, { label, traffic, timeoutMs, done }: ReplyContext): Reply {
  async function cancel(): Promise<void> {
    watch.stop()
    done()
    // A body that broke already rejects; there is nothing left to end then.
    await response.body?.cancel().catch(() => {})
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const reader = response.body?.getReader()
    if (reader === undefined) return
    try {
      for (;;) {
        watch.feed()
        const { done: over, value } = await reader.read().catch((error: unknown) => {
          throw unreachable(label, error, watch.fired(), timeoutMs)
        })
        watch.rest()
        if (over) return
        traffic.bytes += value.length
        yield value
      }
    } finally {
      watch.stop()
      done()
      await reader.cancel().catch(() => {})
    }
  }
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    cancel,
    chunks,
    async bytes(length) {
      const bytes = new Uint8Array(length)
      let filled = 0
      for await (const chunk of chunks()) {
        bytes.set(chunk.subarray(0, length - filled), filled)
        filled = Math.min(length, filled + chunk.length)
        if (filled === length) break
      }
      if (filled < length)
        throw new Failure(`${label} sent ${filled} of ${length} bytes and stopped.`, 'Try again; if it stays so, the server is broken.')
      return bytes
    },
  }
}

function basic({ username, password }: URL): string | null {
  if (username === '' && password === '') return null
  const text = `${decoded(username)}:${decoded(password)}`
  return `Basic ${Buffer.from(text, 'utf8').toString('base64')}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that nobody escaped.
    return text
  }
}

/** No reply, or one that broke off. */
function unreachable(label: string, error: unknown, timedOut: boolean, timeoutMs: number): Failure {
  if (timedOut) return new Failure(`${label} said nothing for ${timeoutMs / 1000} s.`, 'Try again later.')
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new Failure(`${label}: there is no such host.`, 'Check the spelling and your connection.')
  if (code === 'ECONNREFUSED') return new Failure(`${label}: nothing listens there.`, 'Check host and port.')
  if (/CERT|TLS|SSL|SELF_SIGNED/.test(code))
    return new Failure(`${label}: its certificate cannot be trusted (${code}).`, 'Check the address.')
  const why = code === '' && cause instanceof Error ? cause.message : code
  return new Broken(`${label}: the connection broke${why === '' ? '' : ` (${why})`}.`, 'Try again.')
}

function refused(label: string, status: number): Failure {
  if (status === 401 || status === 403) {
    const hint = 'Give user and password in the URL (https://USER:PASSWORD@HOST/…), or, where it is a signed URL, get a fresh one.'
    return new Failure(`${label} may not be read (${status}).`, hint)
  }
  if (status === 404 || status === 410) return new Failure(`There is nothing at ${label} (${status}).`, 'Check the address.')
  if (status >= 500 || status === 429) return new Failure(`${label}: the server failed (${status}).`, 'Try again later.')
  return new Failure(`${label} answers ${status} instead of the file.`, 'Check the address.')
}
