/**
 * A file behind a URL, read by byte ranges (RFC 9110, section 14). The first request asks for the first block and learns the
 * size from its `Content-Range`. Another origin has to allow it by CORS; `Content-Range` is hidden from scripts there unless
 * it is exposed, so the size is asked for by HEAD then: `Content-Length` is always readable.
 */
import { BlockSource, type ReadCount } from './block-source.ts'
import { SourceError } from './source-error.ts'

const BLOCK_BYTES = 64 * 1024
const CACHE_BYTES = 32 * 1024 * 1024
/** What is loaded as a whole from a server that answers no ranges. */
const WHOLE_BYTES = 64 * 1024 * 1024

type Send = (url: string, init: RequestInit) => Promise<Response>

/** Opens a URL. Rejects with a `SourceError` in words: no such file, not allowed, no ranges. */
export async function urlSource(url: string, counted: (reads: ReadCount) => void, send: Send = fetchIt): Promise<BlockSource> {
  const stop = new AbortController()
  const first = await ask(send, url, { headers: { Range: `bytes=0-${BLOCK_BYTES - 1}` }, signal: stop.signal })
  if (first.status === 416) throw new SourceError('The file is empty.')
  if (!first.ok) throw new SourceError(refusal(first.status))
  if (first.status !== 206) return wholeSource(first, stop, counted)
  const head = await bodyOf(first)
  const size = totalOf(first) ?? (head.length < BLOCK_BYTES ? head.length : await sizeByHead(send, url))
  const tag = first.headers.get('ETag')
  const source = new BlockSource({
    size,
    blockBytes: BLOCK_BYTES,
    cacheBytes: CACHE_BYTES,
    head,
    counted,
    async fetchRange(offset, length, signal) {
      const response = await ask(send, url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` }, signal })
      if (response.status !== 206)
        throw new SourceError(response.ok ? 'The server stopped answering byte ranges.' : refusal(response.status))
      const total = totalOf(response)
      if ((total !== null && total !== size) || response.headers.get('ETag') !== tag) {
        throw new SourceError('The file changed on the server while it was read. Open it again.')
      }
      const bytes = await bodyOf(response)
      if (bytes.length !== length) throw new SourceError(`The server sent ${bytes.length} bytes where ${length} were asked for.`)
      return bytes
    },
  })
  source.count.requests = 1
  source.count.bytes = head.length
  counted(source.count)
  return source
}

/** A server without ranges: what is small is loaded, what is large cannot be looked into. */
async function wholeSource(response: Response, stop: AbortController, counted: (reads: ReadCount) => void): Promise<BlockSource> {
  const tooLarge = new SourceError(
    'The server does not answer byte ranges, and the file is too large to load as a whole. Download it and open the file.',
  )
  const told = Number(response.headers.get('Content-Length') ?? 0)
  const pieces: Uint8Array[] = []
  let length = 0
  const reader = told > WHOLE_BYTES ? null : response.body?.getReader()
  for (;;) {
    const piece = await reader?.read()
    if (piece === undefined || piece.done) break
    length += piece.value.length
    if (length > WHOLE_BYTES) break
    pieces.push(piece.value)
  }
  if (told > WHOLE_BYTES || length > WHOLE_BYTES) {
    stop.abort()
    throw tooLarge
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  const source = new BlockSource({
    size: length,
    blockBytes: BLOCK_BYTES,
    cacheBytes: WHOLE_BYTES,
    fetchRange: (offset, count) => Promise.resolve(bytes.subarray(offset, offset + count)),
  })
  source.count.requests = 1
  source.count.bytes = length
  counted(source.count)
  return source
}

const fetchIt: Send = (url, init) => fetch(url, init)

async function ask(send: Send, url: string, init: RequestInit): Promise<Response> {
  try {
    // A cached answer is as good: a range of a file is the same until its entity tag changes.
    return await send(url, init)
  } catch (cause) {
    init.signal?.throwIfAborted()
    // `fetch` tells scripts no more than this, so that they cannot probe other people's networks.
    throw new SourceError(
      `No answer from ${new URL(url).host}: it cannot be reached, or it does not allow other sites to read it (CORS). Download the file and open it here.`,
      { cause },
    )
  }
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw new SourceError('The connection broke while the file was read. Try again.', { cause })
  }
}

async function sizeByHead(send: Send, url: string): Promise<number> {
  const response = await ask(send, url, { method: 'HEAD' })
  const length = Number(response.headers.get('Content-Length') ?? Number.NaN)
  if (!response.ok || !Number.isSafeInteger(length)) throw new SourceError('The server does not say how large the file is.')
  return length
}

/** The `complete-length` of `Content-Range: bytes 0-99/1234`; null where it is hidden or unknown (`*`). */
function totalOf(response: Response): number | null {
  const found = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')
  const total = Number(found?.[1] ?? Number.NaN)
  return Number.isSafeInteger(total) ? total : null
}

function refusal(status: number): string {
  if (status === 401 || status === 403)
    return `The server does not give the file out (${status}). Sign in there, or download it and open the file.`
  if (status === 404 || status === 410) return `There is no file at this address (${status}).`
  return `The server answered ${status}. Try again, or download the file and open it here.`
}
