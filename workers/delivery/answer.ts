/**
 * A GET or HEAD answered by the book (RFC 9110): conditions first (13.2.2), then If-Range and Range (14.2), then one range,
 * several or the whole. Content-Length is always there; bodies are streams of a length known beforehand.
 */
import { frameRanges } from '../../media/http/multipart.ts'
import { evaluate, rangeCounts } from '../../media/http/preconditions.ts'
import { chooseRanges, contentRange, rangeLength, unsatisfiedRange, type ByteRange } from '../../media/http/range.ts'
import { formatHttpDate } from '../../media/http/http-date.ts'
import { HttpError } from '../errors.ts'
import type { Representation } from './representation.ts'

/** Fields that a page on another origin may read. */
const EXPOSED = 'Accept-Ranges, Age, Cache-Status, Content-Disposition, Content-Length, Content-Range, ETag, Server-Timing, X-Cache'

/** Everything public may be read from any page, and is only ever what its Content-Type says. */
const PUBLIC = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': EXPOSED,
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Timing-Allow-Origin': '*',
  'X-Content-Type-Options': 'nosniff',
}

/** Throws `precondition-failed` (412) and `range-not-satisfiable` (416). `whenSent` is told, of the whole alone, when it was sent or nobody takes it. */
export async function answer(request: Request, thing: Representation, whenSent?: (sent: Promise<void>) => void): Promise<Response> {
  const nowMs = Date.now()
  const headers = new Headers({ ...PUBLIC, ...thing.headers, ETag: thing.etag, 'Cache-Control': thing.cacheControl })
  if (thing.lastModifiedMs !== null) headers.set('Last-Modified', formatHttpDate(thing.lastModifiedMs))
  const verdict = evaluate(request.headers, thing, nowMs)
  if (verdict === 'failed') throw new HttpError('precondition-failed')
  if (verdict === 'not-modified') return new Response(null, { status: 304, headers })

  headers.set('Accept-Ranges', 'bytes')
  headers.set('Content-Type', thing.type)
  if (request.method === 'HEAD') {
    // "A server MUST ignore a Range header field received with a request method … for which range handling is not defined": GET has it, HEAD has not.
    headers.set('Content-Length', String(thing.size))
    return new Response(null, { headers })
  }
  const field = rangeCounts(request.headers.get('If-Range'), thing, nowMs) ? request.headers.get('Range') : null
  const choice = chooseRanges(field, thing.size)
  if (choice.kind === 'unsatisfiable') {
    throw new HttpError('range-not-satisfiable', `The file has ${thing.size} bytes; the range lies behind them.`, {
      'Content-Range': unsatisfiedRange(thing.size),
      'Access-Control-Expose-Headers': EXPOSED,
    })
  }
  if (choice.kind === 'whole') return new Response(await sized(thing, null, thing.size, headers, whenSent), { headers })
  const [only, ...others] = choice.ranges
  if (only !== undefined && others.length === 0) {
    headers.set('Content-Range', contentRange(only, thing.size))
    return new Response(await sized(thing, only, rangeLength(only), headers), { status: 206, headers })
  }
  return new Response(several(thing, choice.ranges, headers), { status: 206, headers })
}

async function sized(
  thing: Representation,
  range: ByteRange | null,
  length: number,
  headers: Headers,
  whenSent?: (sent: Promise<void>) => void,
): Promise<ReadableStream> {
  headers.set('Content-Length', String(length))
  return fixedLength(await thing.open(range), length, whenSent)
}

/** The same bytes in a stream that knows its length: without, the runtime would send chunks and no Content-Length. */
export function fixedLength(bytes: ReadableStream, length: number, whenSent?: (sent: Promise<void>) => void): ReadableStream {
  const { readable, writable } = new FixedLengthStream(length)
  const sent = bytes.pipeTo(writable).catch(quiet)
  whenSent?.(sent)
  return readable
}

/** One range after the other, each opened when its turn comes. */
function several(thing: Representation, ranges: ByteRange[], headers: Headers): ReadableStream {
  const framing = frameRanges(ranges, thing.size, thing.type, crypto.randomUUID())
  headers.set('Content-Type', framing.contentType)
  headers.set('Content-Length', String(framing.length))
  const { readable, writable } = new FixedLengthStream(framing.length)
  const send = async () => {
    for (const { head, range } of framing.parts) {
      await write(writable, head)
      await (await thing.open(range)).pipeTo(writable, { preventClose: true })
    }
    await write(writable, framing.tail)
    await writable.close()
  }
  send().catch((error: unknown) => writable.abort(error).catch(quiet))
  return readable
}

async function write(writable: WritableStream, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter()
  await writer.write(bytes)
  writer.releaseLock()
}

/** The reader left (it has what it wanted), or the bucket broke off, which the reader sees as a short body. */
function quiet(): void {}
