/**
 * Streams made of pieces: bytes of our own, and ranges of one object in the bucket. Ranges that lie close to each other are
 * read in one go, because each read is an operation that is paid for and waited for; what lies between is thrown away.
 */
import type { ByteRange } from '../../media/http/range.ts'
import type { Piece } from '../../media/source-index/segment.ts'
import type { Representation } from '../delivery/representation.ts'
import { HttpError } from '../errors.ts'

/** Reads of one segment at most, about: the gaps that cost least are read over until this few are left. */
const MAX_READS = 8
/** A gap below this is always read over: less than what a read costs. */
const SMALL_GAP = 64 * 1024

/** One read of the object, and the pieces that are cut from it. */
interface Read {
  offset: number
  end: number
}

/** `open` of a representation whose bytes are `pieces`, `sizeBytes` in all. */
export function openPieces(bucket: R2Bucket, objectKey: string, pieces: Piece[], sizeBytes: number): Representation['open'] {
  return async (range) => {
    const wanted = range === null ? pieces : within(pieces, range)
    const length = range === null ? sizeBytes : range.last - range.first + 1
    const reads = planReads(wanted)
    // The first read is made before the answer begins, so that a deleted video is a 404 and not a short body.
    const first = reads[0] === undefined ? null : await open(bucket, objectKey, reads[0])
    const { readable, writable } = new FixedLengthStream(length)
    send(bucket, objectKey, wanted, reads, first, writable).catch((error: unknown) => writable.abort(error).catch(() => {}))
    return readable
  }
}

async function send(
  bucket: R2Bucket,
  objectKey: string,
  pieces: Piece[],
  reads: Read[],
  first: ReadableStream | null,
  writable: WritableStream,
): Promise<void> {
  const writer = writable.getWriter()
  let stream = first === null ? null : new Puller(first)
  let at = 0
  let position = reads[0]?.offset ?? 0
  for (const piece of pieces) {
    if ('bytes' in piece) {
      await writer.write(piece.bytes)
      continue
    }
    while (piece.offset >= (reads[at]?.end ?? Infinity)) {
      await stream?.cancel()
      at += 1
      const next = reads[at]
      if (next === undefined) throw new Error('a piece lies in no read')
      stream = new Puller(await open(bucket, objectKey, next))
      position = next.offset
    }
    if (stream === null) throw new Error('a piece lies in no read')
    await stream.skip(piece.offset - position)
    await stream.copy(piece.length, writer)
    position = piece.offset + piece.length
  }
  await stream?.cancel()
  await writer.close()
}

/** The pieces of a byte range of the whole. */
function within(pieces: Piece[], { first, last }: ByteRange): Piece[] {
  const cut: Piece[] = []
  let start = 0
  for (const piece of pieces) {
    const length = 'bytes' in piece ? piece.bytes.length : piece.length
    const from = Math.max(0, first - start)
    const to = Math.min(length, last + 1 - start)
    if (from < to) {
      cut.push('bytes' in piece ? { bytes: piece.bytes.subarray(from, to) } : { offset: piece.offset + from, length: to - from })
    }
    start += length
  }
  return cut
}

/** In the order of the pieces, which must be that of the object for two of them to share a read. */
function planReads(pieces: Piece[]): Read[] {
  const reads = pieces.flatMap((piece) => ('bytes' in piece ? [] : [{ offset: piece.offset, end: piece.offset + piece.length }]))
  const gaps = reads.slice(1).map(({ offset }, index) => offset - (reads[index]?.end ?? 0))
  const affordable = gaps.filter((gap) => gap >= 0).toSorted((a, b) => b - a)[MAX_READS - 2] ?? 0
  const limit = Math.max(SMALL_GAP, reads.length > MAX_READS ? affordable : 0)
  const joined: Read[] = []
  for (const read of reads) {
    const last = joined.at(-1)
    const gap = last === undefined ? Infinity : read.offset - last.end
    if (last !== undefined && gap >= 0 && gap <= limit) last.end = read.end
    else joined.push({ ...read })
  }
  return joined
}

async function open(bucket: R2Bucket, objectKey: string, { offset, end }: Read): Promise<ReadableStream> {
  const object = await bucket.get(objectKey, { range: { offset, length: end - offset } })
  if (object === null) throw new HttpError('video-not-found')
  return object.body
}

/** Takes counted bytes from a stream. */
class Puller {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #rest = new Uint8Array()

  constructor(stream: ReadableStream) {
    this.#reader = (stream as ReadableStream<Uint8Array>).getReader()
  }

  async skip(length: number): Promise<void> {
    for await (const _ of this.#take(length)) void _
  }

  async copy(length: number, writer: WritableStreamDefaultWriter): Promise<void> {
    for await (const bytes of this.#take(length)) await writer.write(bytes)
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {}) // Read to its end, or broken: either way it is over.
  }

  async *#take(length: number): AsyncGenerator<Uint8Array> {
    let missing = length
    while (missing > 0) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#reader.read()
        if (done) throw new Error(`the object ended ${missing} bytes early`)
        this.#rest = value as Uint8Array<ArrayBuffer>
      }
      const bytes = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(bytes.length)
      missing -= bytes.length
      yield bytes
    }
  }
}
