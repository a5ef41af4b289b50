/**
 * The source for FFmpeg: a range server (RFC 9110, section 14) on the loopback address, at a path nobody can guess. It
 * reads storage in blocks, a few of which are kept, since FFmpeg jumps between places; a block that fails is read again
 * without FFmpeg noticing. So no credential and no storage address ever stands on a command line.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Storage } from './storage/storage.ts'

const BLOCK_BYTES = 2 * 1024 * 1024
/**
 * Blocks kept for all sources together: 256 MiB. Picture, sound, loudness and previews read the same source at different
 * places; one that fits is fetched from storage once.
 */
const BLOCKS_KEPT = 128

/** A source that is being served. */
export interface ServedSource {
  url: string
  sizeBytes: number
  /** Why storage could not be read, if it could not: FFmpeg takes that for the end of the file. */
  failure(): Error | null
  /** Ends it: the address answers 404 from now on. */
  release(): void
}

interface Entry {
  key: string
  sizeBytes: number
  failure: Error | null
}

export class SourceServer {
  readonly #storage: Storage
  readonly #server: Server
  readonly #closing = new AbortController()
  readonly #entries = new Map<string, Entry>()
  /** In order of use, the oldest first. */
  readonly #blocks = new Map<string, Promise<Uint8Array>>()

  private constructor(storage: Storage) {
    this.#storage = storage
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  /** Listens on a free port. */
  static async start(storage: Storage): Promise<SourceServer> {
    const server = new SourceServer(storage)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  /** Serves an object until it is released. Throws what storage throws when the object is not there. */
  async serve(key: string): Promise<ServedSource> {
    const sizeBytes = await this.#storage.size(key)
    const path = `/${randomBytes(16).toString('base64url')}`
    const entry: Entry = { key, sizeBytes, failure: null }
    this.#entries.set(path, entry)
    const { port } = this.#server.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${port}${path}`,
      sizeBytes,
      failure: () => entry.failure,
      release: () => {
        this.#entries.delete(path)
        this.#forget(key)
      },
    }
  }

  /** Stops listening and drops every connection. */
  close(): void {
    this.#closing.abort()
    this.#entries.clear()
    this.#blocks.clear()
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = this.#entries.get(request.url ?? '')
    if (entry === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end()
      return
    }
    const { sizeBytes } = entry
    const range = parseRange(request.headers.range, sizeBytes)
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 }).end()
      return
    }
    const [start, end] = range ?? [0, sizeBytes]
    response.writeHead(range === null ? 200 : 206, {
      'Accept-Ranges': 'bytes',
      'Content-Type': 'application/octet-stream',
      'Content-Length': end - start,
      ...(range === null ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${sizeBytes}` }),
    })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    // FFmpeg reads the first bytes of many places: what follows is fetched only once it has come to a second block.
    let position = start
    while (position < end && !response.destroyed) {
      const index = Math.floor(position / BLOCK_BYTES)
      const block = this.#block(entry, index)
      if (position > start) this.#prefetch(entry, index + 1)
      const bytes = await block.catch((error: unknown) => {
        entry.failure = error instanceof Error ? error : new Error(String(error))
        throw entry.failure
      })
      const part = bytes.subarray(position - index * BLOCK_BYTES, end - index * BLOCK_BYTES)
      // Whoever shortened the object meanwhile must not make this loop endless.
      if (part.length === 0) throw (entry.failure = new Error(`storage has no byte ${position} of the source`))
      position += part.length
      if (!response.write(part)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
    response.end()
  }

  /** Drops the blocks of a source that nobody reads any more. */
  #forget(key: string): void {
    if ([...this.#entries.values()].some((entry) => entry.key === key)) return
    for (const id of this.#blocks.keys()) if (id.endsWith(` ${key}`)) this.#blocks.delete(id)
  }

  #prefetch(entry: Entry, index: number): void {
    if (index * BLOCK_BYTES < entry.sizeBytes) this.#block(entry, index).catch(() => undefined)
  }

  #block(entry: Entry, index: number): Promise<Uint8Array> {
    const id = `${index} ${entry.key}`
    const start = index * BLOCK_BYTES
    const block =
      this.#blocks.get(id) ??
      this.#storage.read(entry.key, start, Math.min(start + BLOCK_BYTES, entry.sizeBytes), this.#closing.signal).catch((error: unknown) => {
        this.#blocks.delete(id)
        throw error
      })
    this.#blocks.delete(id)
    this.#blocks.set(id, block)
    const oldest = this.#blocks.keys().next().value
    if (this.#blocks.size > BLOCKS_KEPT && oldest !== undefined) this.#blocks.delete(oldest)
    return block
  }
}

/** One range as `[start, end)`; null when the whole is to be sent (no header, or one that is not a single byte range). */
function parseRange(header: string | undefined, sizeBytes: number): [number, number] | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return null
  const start = match[1] === '' ? Math.max(0, sizeBytes - Number(match[2])) : Number(match[1])
  const end = match[1] === '' || match[2] === '' ? sizeBytes : Math.min(sizeBytes, Number(match[2]) + 1)
  return start < end ? [start, end] : 'unsatisfiable'
}
