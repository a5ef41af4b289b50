/**
 * A thing is read from the bucket once for its first viewer and for the cache: a segment that is made when it is asked for
 * would else be made twice, just while somebody waits for it.
 */
import type { Representation } from './representation.ts'

/**
 * Up to this size both read one stream: what a slow viewer has not taken yet waits in memory, and that is no more than the
 * thing itself. Larger things are read again when the viewer has theirs.
 */
export const SHARED_BYTES = 4 * 1024 * 1024

/** What a viewer is answered from, and the same bytes for the cache. */
export interface Shared {
  thing: Representation
  /** To be told when the viewer has the whole, or left. */
  whenSent: (sent: Promise<void>) => void
  /** The whole, once; null when `thing` was not opened for the whole. A viewer who is slow or leaves does not touch it. */
  copy: () => Promise<ReadableStream> | null
}

export function share(thing: Representation): Shared {
  let copy: Promise<ReadableStream> | null = null
  return {
    copy: () => copy,
    whenSent: (sent) => {
      copy ??= sent.then(() => thing.open(null))
    },
    thing: {
      ...thing,
      open: async (range) => {
        const bytes = await thing.open(range)
        if (range !== null || thing.size > SHARED_BYTES) return bytes
        const [viewer, cache] = bytes.tee()
        copy = Promise.resolve(cache)
        return viewer
      },
    },
  }
}
