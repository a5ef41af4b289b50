/** A file of the reader's machine: read where it is looked at, never as a whole. */
import { BlockSource, type ReadCount } from './block-source.ts'
import { SourceError } from './source-error.ts'

const BLOCK_BYTES = 16 * 1024
const CACHE_BYTES = 32 * 1024 * 1024

/** Reads of it reject with a `SourceError` when the file changed or went away after it was chosen. */
export function blobSource(blob: Blob, counted: (reads: ReadCount) => void): BlockSource {
  return new BlockSource({
    size: blob.size,
    blockBytes: BLOCK_BYTES,
    cacheBytes: CACHE_BYTES,
    counted,
    async fetchRange(offset, length, signal) {
      let bytes: ArrayBuffer
      try {
        bytes = await blob.slice(offset, offset + length).arrayBuffer()
      } catch (cause) {
        // NotReadableError: changed since it was chosen; NotFoundError: moved, deleted, or its disk was taken out.
        throw new SourceError('The file can no longer be read: it was changed, moved or deleted. Choose it again.', { cause })
      }
      signal.throwIfAborted()
      return new Uint8Array(bytes)
    },
  })
}
