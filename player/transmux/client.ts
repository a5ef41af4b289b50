/**
 * Conversion in a Web Worker; on the main thread where a page's content security policy refuses one. The worker's code lies
 * inside this module as text (a Blob), so that the player stays one package of scripts wherever it is loaded from: a worker by
 * address has to come from the page's own origin.
 */
/// <reference types="vite/client" />
import type { Converted, ConvertRequest } from './convert.ts'
// oxlint-disable-next-line import/default -- vite makes it: the class of a worker whose code is part of this script
import TransmuxWorker from './worker.ts?worker&inline'

/** What the worker posts: that it runs, then one answer a request, in order. */
export type WorkerAnswer = 'ready' | { converted: Converted } | { problem: string }

/** One serves one track; it answers in order. Rejects with an `Error` that says what is wrong with the segment. */
export type Convert = (request: ConvertRequest) => Promise<Converted>

/** A policy that refuses workers says so at once in some browsers, by an event in others, and never in a few, ms. */
const START_TIMEOUT_MS = 3_000

/** Starts what converts; it ends with the signal. */
export async function startConverting(signal: AbortSignal): Promise<Convert> {
  const worker = await startWorker(signal)
  if (worker) return inWorker(worker)
  const { Converter } = await import('./convert.ts')
  const converter = new Converter()
  return async (request) => converter.convert(request)
}

function startWorker(signal: AbortSignal): Promise<Worker | null> {
  return new Promise((resolve) => {
    let worker: Worker
    try {
      worker = new TransmuxWorker()
    } catch {
      // A policy without blob: in worker-src, or a browser without workers.
      return resolve(null)
    }
    const giveUp = (): void => {
      worker.terminate()
      resolve(null)
    }
    const timer = setTimeout(giveUp, START_TIMEOUT_MS)
    const settle = (finish: () => void) => (): void => {
      clearTimeout(timer)
      finish()
    }
    worker.addEventListener('error', settle(giveUp), { once: true })
    worker.addEventListener(
      'message',
      settle(() => resolve(worker)),
      { once: true },
    )
    signal.addEventListener('abort', settle(giveUp), { once: true })
  })
}

function inWorker(worker: Worker): Convert {
  let tail: Promise<unknown> = Promise.resolve()
  const ask = (request: ConvertRequest): Promise<Converted> =>
    new Promise((resolve, reject) => {
      const end = new AbortController()
      const { signal } = end
      worker.addEventListener('error', ({ message }) => (end.abort(), reject(new Error(message || 'the worker failed'))), { signal })
      worker.addEventListener(
        'message',
        ({ data }: MessageEvent<WorkerAnswer>) => {
          if (data === 'ready') return
          end.abort()
          if ('converted' in data) resolve(data.converted)
          else reject(new Error(data.problem))
        },
        { signal },
      )
      worker.postMessage(request, [request.bytes.buffer])
    })
  return (request) => {
    const answer = tail.then(() => ask(request))
    tail = answer.catch(() => undefined)
    return answer
  }
}
