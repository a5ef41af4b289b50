/** The page's end of the worker: calls as promises. Closing it ends the worker with all that it was doing. */
import type { ReadCount } from '../sources/block-source.ts'
import type { Calls, Reply, Request } from './calls.ts'

export class Inspector {
  private readonly worker: Worker
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  private lastId = 0

  constructor(counted: (reads: ReadCount) => void) {
    this.worker = new Worker(new URL('./inspect-worker.ts', import.meta.url), { type: 'module' })
    this.worker.addEventListener('message', (event: MessageEvent<Reply>) => {
      const reply = event.data
      if ('reads' in reply) return counted(reply.reads)
      const call = this.waiting.get(reply.id)
      this.waiting.delete(reply.id)
      if ('error' in reply) call?.reject(new Error(reply.error))
      else call?.resolve(reply.value)
    })
    this.worker.addEventListener('error', (event) => {
      event.preventDefault()
      this.fail(new Error('The inspector could not be started, or it stopped. Reload the page and open the file again.'))
    })
  }

  /** Rejects with an `Error` whose message is for the reader, or with a `Closed` after `close`. */
  call<Name extends keyof Calls>(name: Name, ...args: Parameters<Calls[Name]>): ReturnType<Calls[Name]>
  call(name: Request['name'], ...args: unknown[]): Promise<unknown> {
    this.lastId += 1
    const id = this.lastId
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.worker.postMessage({ id, name, args }, [])
    })
  }

  close(): void {
    this.worker.terminate()
    this.fail(new Closed('The file was closed.'))
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
  }
}

/** Another file took this one's place: nobody waits for the answer any more. */
export class Closed extends Error {
  override readonly name = 'Closed'
}
