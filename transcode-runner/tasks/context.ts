/** What every task is given. */
import type { Published } from '../../protocol/rendition-index.ts'
import type { SourceServer } from '../source-server.ts'
import type { Storage } from '../storage/storage.ts'

export interface TaskContext {
  videoId: string
  /** Names this attempt; part of object keys. */
  lease: string
  storage: Storage
  sources: SourceServer
  ffmpegPath: string
  ffprobePath: string
  /** x264's. */
  preset: string
  /** Aborted when the lease is lost or the runner stops. */
  signal: AbortSignal
  /** 0 to 1, and what is being done. */
  progress(fraction: number, text: string): void
  /** Tells the pool that a chunk lies in the bucket. Delivered at least once, also through a reconnect. */
  publish(published: Published): void
}
