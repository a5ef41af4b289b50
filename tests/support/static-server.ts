/** A small HTTP server for browser tests: files of a folder and bodies made on the spot, with faults on request. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the server does instead of answering as it should. */
export type Fault =
  | { status: number }
  /** Waits before the answer. */
  | { delayMs: number }
  /** Sends slowly. */
  | { bytesPerSecond: number }
  /** Never answers. */
  | { hang: true }
  /** Closes the connection without an answer. */
  | { drop: true }

export interface StaticServer {
  url: string
  /** Paths asked for, in order. */
  requests: string[]
  /** Answered before files: the body of a path. */
  texts: Map<string, string | Uint8Array>
  /** Decides per request; null answers as it should. Set by a test, cleared by `reset`. */
  fault: (path: string) => Fault | null
  /** Forgets requests, faults and texts set after the start. */
  reset(): void
  close(): Promise<void>
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mp4': 'video/mp4',
  '.m4s': 'video/iso.segment',
  '.vtt': 'text/vtt',
  '.jpg': 'image/jpeg',
}

/** Serves the folder on a free port of the loopback interface. */
export async function serveFolder(folder: string, texts: Record<string, string> = {}): Promise<StaticServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const state: StaticServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    texts: new Map(Object.entries(texts)),
    fault: () => null,
    reset() {
      state.requests.length = 0
      state.fault = () => null
      state.texts = new Map(Object.entries(texts))
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', state.url)
    state.requests.push(pathname)
    const fault = state.fault(pathname)
    if (fault && 'hang' in fault) return
    if (fault && 'drop' in fault) return void response.destroy()
    if (fault && 'delayMs' in fault) await sleep(fault.delayMs)
    if (fault && 'status' in fault) return void response.writeHead(fault.status).end()
    const headers = { 'Content-Type': TYPES[path.extname(pathname)] ?? 'application/octet-stream', 'Cache-Control': 'no-store' }
    const text = state.texts.get(pathname)
    // Pages of the site have addresses without an ending.
    if (typeof text === 'string' && text.startsWith('<!doctype')) headers['Content-Type'] = 'text/html; charset=utf-8'
    if (text !== undefined) return void response.writeHead(200, headers).end(text)
    const file = path.join(folder, path.normalize(pathname))
    const size = await stat(file).then(
      (found) => (found.isFile() ? found.size : null),
      () => null,
    )
    if (size === null) return void response.writeHead(404).end()
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const start = range ? Number(range[1]) : 0
    const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1
    if (range) response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`)
    response.writeHead(range ? 206 : 200, { ...headers, 'Content-Length': end - start + 1 })
    const stream = createReadStream(file, { start, end, highWaterMark: 8_192 })
    const rate = fault && 'bytesPerSecond' in fault ? fault.bytesPerSecond : null
    for await (const piece of stream) {
      if (response.destroyed) return
      const bytes = piece as Buffer
      if (rate !== null) await sleep((bytes.byteLength / rate) * 1000)
      if (!response.write(bytes)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
    }
    response.end()
  }
  return state
}
