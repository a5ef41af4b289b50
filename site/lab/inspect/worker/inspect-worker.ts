/**
 * The worker: reads and decodes, so that the page stays quick however large the file is. Its script has a content security
 * policy of its own (`site/public/_headers`): it, and not the page, may connect to other origins.
 */
import type { ReadCount } from '../sources/block-source.ts'
import type { Reply, Request } from './calls.ts'
import { Inspection } from './inspection.ts'

/** What a worker's global scope has; the page's types know a window. */
interface Scope {
  postMessage(message: Reply, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent<Request>) => void): void
}
const scope = globalThis as unknown as Scope

/** How often the page hears what was read. */
const COUNT_EVERY_MS = 100

let opened: Inspection | null = null
let counting = false

function counted(reads: ReadCount): void {
  if (counting) return
  counting = true
  setTimeout(() => {
    counting = false
    scope.postMessage({ reads }, [])
  }, COUNT_EVERY_MS)
}

async function answer(request: Request): Promise<unknown> {
  if (request.name === 'open') {
    opened = await Inspection.open(request.args[0], counted)
    return opened.opened
  }
  if (opened === null) throw new Error('No file is open.')
  const call: (...args: never[]) => Promise<unknown> = opened[request.name]
  return call.apply(opened, request.args as never[])
}

scope.addEventListener('message', ({ data: request }) => {
  answer(request)
    .then((value) => scope.postMessage({ id: request.id, value }, []))
    .catch((error: unknown) => scope.postMessage({ id: request.id, error: error instanceof Error ? error.message : String(error) }, []))
})
