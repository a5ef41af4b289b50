/**
 * Where bytes are read from, at any place: a file, a URL with ranges, an R2 object, a Blob, memory. Readers in media/ are
 * written against this, so that they run anywhere and fetch what they need, not the whole.
 */
import { MediaError } from '../errors.ts'

/** Random access to bytes of a known number. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number
  /**
   * Bytes `[offset, offset + length)`; fewer only where the source ends. They must not be changed: they may be a view of a
   * cache. Rejects with whatever the medium says (a file that went away, a server's 500), never with a `MediaError`.
   */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Bytes that are in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) }
}

/** Exactly `length` bytes. Throws `MediaError` 'truncated' where the source ends before, 'too-large' over `limit`. */
export async function readExactly(source: ByteSource, offset: number, length: number, limit: number): Promise<Uint8Array> {
  if (length > limit) throw new MediaError('too-large', `${length} bytes at ${offset} are more than the ${limit} that are read at once`)
  const bytes = await source.read(offset, length)
  if (bytes.length < length) throw new MediaError('truncated', `${length} bytes wanted at ${offset}, the file has ${source.size}`)
  return bytes
}
