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

/**
 * `open` of a representation whose bytes are `pieces`: gone through several times for each that is opened, because a long clip
 * has more of them than should be in memory.
 */
export function openPieces(bucket: R2Bucket, objectKey: string, pieces: Iterable<Piece>): Representation['open'] {
  return async (range) => {
    const wanted = range === null ? pieces : { [Symbol.iterator]: () => within(pieces, range) }
    const reads = plan(wanted)
    // The first read is made before the answer begins, so that a deleted video is a 404 and not a short body.
    const first = reads[0] === undefined ? null : await openRead(bucket, objectKey, reads[0])
    const bytes = gathered(send(bucket, objectKey, wanted, reads, first))
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
  pieces: Iterable<Piece>,
  reads: Read[],
  first: ReadableStream | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  let stream = first === null ? null : new Puller(first, reads[0]?.offset ?? 0)
  let at = 0
  let position = 0
  try {
    for (const piece of pieces) {
      if ('bytes' in piece) {
        yield piece.bytes
        continue
      }
      const end = piece.offset + piece.length
      const next = reads[at + 1]
      if (next !== undefined && (piece.offset < position || end > (reads[at]?.end ?? 0))) {
        await stream?.cancel()
        stream = new Puller(await openRead(bucket, objectKey, next), next.offset)
        at += 1
      }
      position = end
      if (stream !== null) yield* stream.take(piece.offset, piece.length)
    }
  } finally {
    await stream?.cancel()
  }
}

/** The pieces of a byte range of the whole. */
function* within(pieces: Iterable<Piece>, { first, last }: ByteRange): Generator<Piece, void, undefined> {
  let start = 0
  for (const piece of pieces) {
    const length = 'bytes' in piece ? piece.bytes.length : piece.length
    const from = Math.max(0, first - start)
    const to = Math.min(length, last + 1 - start)
    if (from < to) yield 'bytes' in piece ? { bytes: piece.bytes.subarray(from, to) } : { offset: piece.offset + from, length: to - from }
    start += length
    if (start > last) return
  }
}

/** Ranges that follow each other in the object share a read where the gap is small, or one of the smallest of too many. */
function plan(pieces: Iterable<Piece>): Read[] {
  const limit = Math.max(SMALL_GAP, affordableGap(pieces))
  const reads: Read[] = []
  for (const piece of pieces) {
    if ('bytes' in piece) continue
    const { offset, length } = piece
    const last = reads.at(-1)
    const gap = last === undefined ? -1 : offset - last.end
    if (last !== undefined && gap >= 0 && gap <= limit) last.end = offset + length
    else reads.push({ offset, end: offset + length })
  }
  return reads
}

/** The largest gap that is read over, so that of too many ranges `MAX_READS` are left; 0 where there are not too many. */
function affordableGap(pieces: Iterable<Piece>): number {
  /** The largest so far, descending. */
  const largest: number[] = []
  let ranges = 0
  let end = Infinity
  for (const piece of pieces) {
    if ('bytes' in piece) continue
    const gap = piece.offset - end
    end = piece.offset + piece.length
    ranges += 1
    if (gap < 0 || gap <= (largest[MAX_READS - 2] ?? -1)) continue
    const place = largest.findIndex((one) => one < gap)
    largest.splice(place === -1 ? largest.length : place, 0, gap)
    largest.length = Math.min(largest.length, MAX_READS - 1)
  }
  return ranges > MAX_READS ? (largest[MAX_READS - 2] ?? 0) : 0
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
