/**
 * Something that can be sent: what it is, and how to read it. Every public answer with a body is one of these, so that
 * conditions, ranges, HEAD and caching are written once (answer.ts, cached.ts).
 */
import type { ByteRange } from '../../media/http/range.ts'
import { HttpError } from '../errors.ts'

export interface Representation {
  /** Content-Type. */
  type: string
  /** Bytes. */
  size: number
  /** Strong, quotes included. */
  etag: string
  /** Unix milliseconds; null when it is not known. */
  lastModifiedMs: number | null
  /** What browsers and caches downstream are told. */
  cacheControl: string
  /** How long this location's cache keeps it, seconds; 0: not at all. */
  edgeSeconds: number
  /** Content-Disposition and the like. */
  headers: Record<string, string>
  /**
   * The bytes of a range, or all of them. Called once for each part that is sent; never for HEAD or 304. Not a Blob's stream:
   * a branch of its `tee` cannot be piped on (workerd, November 2026: "Inter-TransformStream pipeTo is not implemented").
   */
  open(range: ByteRange | null): Promise<ReadableStream>
}

/** How an object, or a piece of it, is read from the bucket: by range, never whole into memory. */
export function openObject(bucket: R2Bucket, objectKey: string, offset: number, size: number): Representation['open'] {
  return async (range) => {
    const piece = range === null ? { offset, length: size } : { offset: offset + range.first, length: range.last - range.first + 1 }
    // R2 refuses a range of no bytes.
    const object = await bucket.get(objectKey, piece.length === 0 ? {} : { range: piece })
    // The video was deleted between the look at the index and the read.
    if (object === null) throw new HttpError('video-not-found')
    return object.body
  }
}

/** A text that was made for this answer. Its ETag is its hash. */
export async function textRepresentation(
  text: string,
  about: Pick<Representation, 'type' | 'cacheControl' | 'edgeSeconds'>,
): Promise<Representation> {
  const bytes = new TextEncoder().encode(text)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return {
    ...about,
    size: bytes.length,
    etag: `"${Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')}"`,
    lastModifiedMs: null,
    headers: {},
    open: async (range) => streamOf(range === null ? bytes : bytes.subarray(range.first, range.last + 1)),
  }
}

function streamOf(bytes: Uint8Array): ReadableStream {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}
