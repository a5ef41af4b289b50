/**
 * One request at a time works on an upload. A newcomer asks the holder to stop, which makes it keep what has arrived: a
 * client that lost its connection and comes back must not wait until the old connection is found dead.
 */
import type { Lock, Locker, RequestRelease } from '@tus/server'
import { TusError } from './tus-error.ts'

/** The lock of the one upload of this object. */
export class UploadLock implements Locker {
  readonly #patienceMs: number
  #holder: { askToStop: RequestRelease; freed: Promise<void>; free: () => void } | null = null

  /** A newcomer gives up with 423 after `patienceMs`. */
  constructor(patienceMs = 20_000) {
    this.#patienceMs = patienceMs
  }

  /** The side that @tus/server uses. */
  newLock(): Lock {
    let release: (() => void) | null = null
    return {
      lock: async (_signal, askToStop) => {
        release = await this.take(askToStop)
      },
      unlock: async () => release?.(),
    }
  }

  /** Takes the lock and returns what gives it back. */
  async take(askToStop: RequestRelease = () => {}): Promise<() => void> {
    const giveUpAtMs = Date.now() + this.#patienceMs
    while (this.#holder !== null) {
      await this.#holder.askToStop()
      await freedBefore(this.#holder?.freed, giveUpAtMs)
    }
    const { promise: freed, resolve: free } = Promise.withResolvers<void>()
    const holder = { askToStop, freed, free }
    this.#holder = holder
    return () => {
      if (this.#holder !== holder) return
      this.#holder = null
      free()
    }
  }
}

async function freedBefore(freed: Promise<void> | undefined, timeMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TusError('upload-busy')), Math.max(0, timeMs - Date.now()))
  })
  try {
    await Promise.race([freed, late])
  } finally {
    clearTimeout(timer)
  }
}
