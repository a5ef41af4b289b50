/** What `sluice inspect` reads from: a file or a URL, opened. */
import type { ByteSource } from '../../media/bytes/source.ts'

/** Bytes at any place, with what a person wants to know about where they come from. */
export interface OpenedSource extends ByteSource {
  /** As it may be printed: a path, or a URL without user, password and query. */
  readonly label: string
  /** What reading cost so far; null for a file, where it costs nothing worth saying. */
  readonly traffic: { requests: number; bytes: number } | null
  /** Says that `[offset, offset + length)` is about to be read piece by piece: a URL gets it in one request. */
  prefetch(offset: number, length: number): Promise<void>
  close(): Promise<void>
}
