/**
 * Streams made of pieces: bytes of our own, and ranges of one object in the bucket. Ranges that lie close to each other are
 * read in one go, because each read is an operation that is paid for and waited for; what lies between is thrown away.
 */
import { concat } from '../../media/bytes/write-bytes.ts'
import type { ByteRange } from '../../media/http/range.ts'
import type { Piece } from '../../media/source-index/segment.ts'
import type { Representation } from '../delivery/representation.ts'
import { HttpError } from '../errors.ts'

/** Reads of one segment at most, about: the gaps that cost least are read over until this few are left. */
const MAX_READS = 8
/** A gap below this is always read over: less than what a read costs. */
const SMALL_GAP = 64 * 1024

/** One read of the object, and the pieces that are cut from it, in order. */
interface Read {
  offset: number
  end: number
}

/** A piece with the number of the read it is cut from; bytes of our own have none. */
type Planned = { bytes: Uint8Array } | { offset: number; length: number; read: number }

/** `open` of a representation whose bytes are `pieces`. */
export function openPieces(bucket: R2Bucket, objectKey: string, pieces: Piece[]): Representation['open'] {
  return async (range) => {
    const { planned, reads } = plan(range === null ? pieces : within(pieces, range))
    // The first read is made before the answer begins, so that a deleted video is a 404 and not a short body.
    const first = reads[0] === undefined ? null : await openRead(bucket, objectKey, reads[0])
    const bytes = gathered(send(bucket, objectKey, planned, reads, first))
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await bytes.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await bytes.return(undefined)
      },
    })
  }
}

async function* send(
  bucket: R2Bucket,
  objectKey: string,
  pieces: Planned[],
  reads: Read[],
  first: ReadableStream | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  let stream = first === null ? null : new Puller(first, reads[0]?.offset ?? 0)
  let at = 0
  try {
    for (const piece of pieces) {
      if ('bytes' in piece) {
        yield piece.bytes
        continue
      }
      const read = reads[piece.read]
      if (piece.read !== at && read !== undefined) {
        await stream?.cancel()
        stream = new Puller(await openRead(bucket, objectKey, read), read.offset)
        at = piece.read
      }
      if (stream !== null) yield* stream.take(piece.offset, piece.length)
    }
  } finally {
    await stream?.cancel()
  }
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

/** Ranges that follow each other in the object share a read where the gap is small, or one of the smallest of too many. */
function plan(pieces: Piece[]): { planned: Planned[]; reads: Read[] } {
  const ranges = pieces.flatMap((piece) => ('bytes' in piece ? [] : [piece]))
  const gaps = ranges.slice(1).map(({ offset }, index) => offset - ((ranges[index]?.offset ?? 0) + (ranges[index]?.length ?? 0)))
  const affordable = gaps.filter((gap) => gap >= 0).toSorted((a, b) => b - a)[MAX_READS - 2] ?? 0
  const limit = Math.max(SMALL_GAP, ranges.length > MAX_READS ? affordable : 0)
  const reads: Read[] = []
  const planned = pieces.map((piece): Planned => {
    if ('bytes' in piece) return piece
    const { offset, length } = piece
    const last = reads.at(-1)
    const gap = last === undefined ? -1 : offset - last.end
    if (last !== undefined && gap >= 0 && gap <= limit) last.end = offset + length
    else reads.push({ offset, end: offset + length })
    return { offset, length, read: reads.length - 1 }
  })
  return { planned, reads }
}

async function openRead(bucket: R2Bucket, objectKey: string, { offset, end }: Read): Promise<ReadableStream> {
  const object = await bucket.get(objectKey, { range: { offset, length: end - offset } })
  if (object === null) throw new HttpError('video-not-found')
  return object.body
}

/** Read at once: what one turn of JavaScript costs is then paid a hundred times for a segment and not ten thousand times. */
const CHUNK_BYTES = 256 * 1024

/** Takes bytes by place from a stream that goes forward. */
class Puller {
  readonly #reader: ReadableStreamBYOBReader
  #rest = new Uint8Array()
  /** Of the next byte, in the object. */
  #position: number

  constructor(stream: ReadableStream, position: number) {
    this.#reader = stream.getReader({ mode: 'byob' })
    this.#position = position
  }

  async *take(offset: number, length: number): AsyncGenerator<Uint8Array> {
    for (const end = offset + length; this.#position < end;) {
      if (this.#rest.length === 0) {
        const { value } = await this.#reader.readAtLeast(CHUNK_BYTES, new Uint8Array(CHUNK_BYTES))
        if (value === undefined || value.length === 0) {
          throw new Error(`the object ended at ${this.#position}, before ${end}`)
        }
        this.#rest = value
      }
      const skipped = Math.max(0, Math.min(this.#rest.length, offset - this.#position))
      const wanted = this.#rest.subarray(skipped, skipped + end - this.#position - skipped)
      this.#rest = this.#rest.subarray(skipped + wanted.length)
      this.#position += skipped + wanted.length
      if (wanted.length > 0) yield wanted
    }
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {}) // Read to its end, or broken: either way it is over.
  }
}

/** The same bytes in pieces of a size that is worth sending: a segment of sound is hundreds of frames of some hundred bytes. */
async function* gathered(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let small: Uint8Array[] = []
  let size = 0
  for await (const piece of bytes) {
    small.push(piece)
    size += piece.length
    if (size < SMALL_GAP) continue
    yield concat(small)
    small = []
    size = 0
  }
  if (size > 0) yield concat(small)
}
