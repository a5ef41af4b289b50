/** Standard output for listings of a million lines: written in pieces, no faster than they are read. */
import { once } from 'node:events'

const PIECE = 65_536

export interface Output {
  line(text: string): Promise<void>
  /** Nobody reads any more (`| head` has seen enough): what is left need not be made. */
  closed(): boolean
  end(): Promise<void>
}

export function output(): Output {
  let waiting = ''
  let closed = false
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    closed = true
  })
  async function flush(): Promise<void> {
    const text = waiting
    waiting = ''
    if (closed || text === '' || process.stdout.write(text)) return
    // A reader that leaves drains nothing.
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => {})
  }
  return {
    async line(text) {
      waiting += `${text}\n`
      if (waiting.length >= PIECE) await flush()
    },
    closed: () => closed,
    end: flush,
  }
}
