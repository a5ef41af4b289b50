/**
 * A URL as a `ByteSource`, by range requests (RFC 9110 clause 14). The one thing to know: requests are what cost, so a
 * small read brings a little more along, a large one exactly what is asked for, and nothing is fetched twice. The file is
 * pinned by its ETag or date: when it changes midway, that is an error and not a mixture of two files.
 */
import { Failure } from '../failure.ts'
import { Extents } from './extents.ts'
import type { OpenedSource } from './opened-source.ts'
import { Broken, type HttpClient, httpClient, type Reply } from './http-client.ts'

/** The first request, and what a read of a few bytes becomes. */
const READ_AHEAD_BYTES = 65_536
/** Of what was fetched, this much is remembered. */
const KEPT_BYTES = 128 * 1024 * 1024
/** A server without ranges sends from the start: this far it is listened to. */
export const MAX_STREAMED_BYTES = 64 * 1024 * 1024

export interface UrlOptions {
  /** How long a server may say nothing. */
  timeoutMs?: number
  /** Instead of `MAX_STREAMED_BYTES`. */
  maxStreamedBytes?: number
}

/** Throws `Failure` for whatever a server or the way to it can do wrong. */
export async function openUrl(
  url: URL,
  { timeoutMs = 20_000, maxStreamedBytes = MAX_STREAMED_BYTES }: UrlOptions = {},
): Promise<OpenedSource> {
  const client = httpClient(url, timeoutMs)
  const reply = await client.get({ range: `bytes=0-${READ_AHEAD_BYTES - 1}` }, [200, 206, 416])
  if (reply.status === 206) return rangedSource(client, reply)
  if (reply.status === 200) return streamedSource(client, reply, maxStreamedBytes)
  await reply.cancel()
  // "bytes */0": an empty file has no first byte to send.
  if (/^bytes \*\/0$/.test(reply.header('content-range') ?? '')) return rangedEmpty(client)
  throw new Failure(`${client.label} refuses to send a part of the file (416).`, 'Download it and inspect the file.')
}

interface ContentRange {
  first: number
  last: number
  /** Null for `*`. */
  size: number | null
}

function readContentRange(reply: Reply): ContentRange | null {
  const [, first, last, size] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/.exec(reply.header('content-range') ?? '') ?? []
  if (first === undefined || last === undefined || size === undefined) return null
  return { first: Number(first), last: Number(last), size: size === '*' ? null : Number(size) }
}

async function rangedSource(client: HttpClient, firstReply: Reply): Promise<OpenedSource> {
  const { label } = client
  const told = readContentRange(firstReply)
  if (told === null || told.size === null || told.first !== 0) {
    await firstReply.cancel()
    throw new Failure(`${label} answers a range request without saying how large the file is.`, 'Download it and inspect the file.')
  }
  const size = told.size
  const [etag, modified] = [firstReply.header('etag'), firstReply.header('last-modified')]
  // "A client MUST NOT generate an If-Range header field containing an entity tag that is marked as weak" (13.1.5).
  const pin = etag !== null && !etag.startsWith('W/') ? etag : modified
  const extents = new Extents(KEPT_BYTES)
  extents.add(0, await firstReply.bytes(Math.min(size, told.last + 1, READ_AHEAD_BYTES)))

  const changed = (): Failure => new Failure(`${label} changed while it was read.`, 'Try again: what was read is of the old file.')

  /** Bytes `[start, end)`; a server may answer with less than was asked for, the rest is asked for again. */
  async function fetchRange(start: number, end: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    let at = start
    let patience = 2
    while (at < end) {
      const headers = { range: `bytes=${at}-${end - 1}`, ...(pin === null ? {} : { 'if-range': pin }) }
      const reply = await client.get(headers, [200, 206, 412, 416])
      const range = readContentRange(reply)
      const other = differ(reply.header('etag'), etag) || differ(reply.header('last-modified'), modified)
      if (other || reply.status !== 206 || (range !== null && range.size !== null && range.size !== size)) {
        await reply.cancel()
        throw changed()
      }
      if (range === null || range.first !== at || range.last < at) {
        await reply.cancel()
        throw new Failure(`${label} answered with other bytes than those it was asked for.`, 'Download it and inspect the file.')
      }
      const piece = await reply.bytes(Math.min(range.last + 1, end) - at).catch((error: unknown) => {
        if (!(error instanceof Broken) || patience === 0) throw error
        patience -= 1
        return null
      })
      if (piece === null) continue
      pieces.push(piece)
      at += piece.length
    }
    return join(pieces)
  }

  async function read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, size)
    if (offset >= end) return new Uint8Array(0)
    if (end - offset > KEPT_BYTES / 2) return fetchRange(offset, end)
    const gap = extents.gap(offset, end - offset)
    if (gap !== null) {
      // To the next bytes that are there already, or a little further than was asked for.
      const ahead = Math.min(size, Math.max(gap.end, gap.start + READ_AHEAD_BYTES))
      const until = extents.gap(gap.start, ahead - gap.start)?.end ?? gap.end
      extents.add(gap.start, await fetchRange(gap.start, Math.max(until, gap.end)))
    }
    // Eviction takes the oldest, and a read is at most half of what is kept.
    return extents.get(offset, end - offset) ?? fetchRange(offset, end)
  }

  const inTurn = queue()
  return {
    label,
    size,
    traffic: client.traffic,
    read: (offset, length) => inTurn(() => read(offset, length)),
    prefetch: (offset, length) =>
      inTurn(async () => {
        const end = Math.min(offset + length, size)
        if (end - offset > KEPT_BYTES / 2) return
        const gap = extents.gap(offset, end - offset)
        if (gap !== null) extents.add(gap.start, await fetchRange(gap.start, gap.end))
      }),
    close: () => client.close(),
  }
}

/** A server that sends the whole file whatever it is asked for: read as it comes, as far as somebody wants to know. */
async function streamedSource(client: HttpClient, reply: Reply, maxBytes: number): Promise<OpenedSource> {
  const { label } = client
  const stated = reply.header('content-length')
  const chunks = reply.chunks()[Symbol.asyncIterator]()
  let have = new Uint8Array(READ_AHEAD_BYTES)
  let filled = 0
  let ended = false

  async function fill(wanted: number): Promise<void> {
    while (filled < wanted && !ended) {
      const { done, value } = await chunks.next()
      if (done === true) {
        ended = true
        return
      }
      if (filled + value.length > have.length) {
        const larger = new Uint8Array(Math.max(filled + value.length, have.length * 2))
        larger.set(have.subarray(0, filled))
        have = larger
      }
      have.set(value, filled)
      filled += value.length
    }
  }
  const tooFar = (at: number): Failure =>
    new Failure(
      `${label} is sent from its start only (the server answers no ranges), and byte ${at.toLocaleString('en')} is further in than the ${maxBytes.toLocaleString('en')} that are read this way.`,
      'Download it and inspect the file, or serve it with byte ranges.',
    )

  let size = Number(stated)
  if (stated === null || !Number.isSafeInteger(size) || reply.header('content-encoding') !== null) {
    await fill(maxBytes + 1)
    if (!ended) {
      await client.close()
      throw tooFar(maxBytes)
    }
    size = filled
  }
  const inTurn = queue()
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const end = Math.min(offset + length, size)
    if (offset >= end) return new Uint8Array(0)
    if (end > maxBytes) throw tooFar(end)
    await fill(end)
    if (filled < end) throw new Failure(`${label} ended after ${filled} of ${size} bytes.`, 'Try again.')
    return have.subarray(offset, end)
  }
  return {
    label,
    size,
    traffic: client.traffic,
    read: (offset, length) => inTurn(() => read(offset, length)),
    prefetch: () => Promise.resolve(),
    close: () => client.close(),
  }
}

/** A 206 to a request with If-Range may leave out what the first one said (RFC 9110 clause 15.3.7). */
function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b
}

function rangedEmpty(client: HttpClient): OpenedSource {
  const nothing = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(0))
  return { label: client.label, size: 0, traffic: client.traffic, read: nothing, prefetch: async () => {}, close: () => client.close() }
}

/** One after the other: the second of two equal reads finds what the first one fetched. */
function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work, work)
    last = result.catch(() => {})
    return result
  }
}

function join(pieces: Uint8Array[]): Uint8Array {
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return only
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}
