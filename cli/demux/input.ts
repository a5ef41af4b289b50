/** Where a transport stream comes from: a file, standard input, or a URL. */
import { open } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../failure.ts'

/** Read at once: few system calls, and it stays in the processor's cache. */
const SLICE_BYTES = 1024 * 1024

export interface Input {
  /** For people. */
  name: string
  /** Bytes in all; null where nobody says. */
  size: number | null
  /** A slice is overwritten by the next. */
  slices: AsyncIterable<Uint8Array>
}

export function isUrl(address: string): boolean {
  return /^https?:\/\//i.test(address)
}

/** Opens a path, `-` or a URL. Throws `Failure` when it is not there. */
export async function openInput(address: string, signal: AbortSignal): Promise<Input> {
  if (address === '-') return { name: 'standard input', size: null, slices: process.stdin }
  if (isUrl(address)) return openUrl(address, signal)
  return openFile(address, signal, null)
}

/** `start`: null for what cannot be sought in (a pipe). */
async function openFile(file: string, signal: AbortSignal, start: number | null): Promise<Input> {
  const handle = await open(file).catch((error: unknown) => {
    throw new Failure(`${file} cannot be opened: ${reason(error)}.`)
  })
  const { size } = await handle.stat()
  async function* slices(): AsyncGenerator<Uint8Array> {
    try {
      const buffer = new Uint8Array(SLICE_BYTES)
      for (let at = start; ;) {
        signal.throwIfAborted()
        const { bytesRead } = await handle.read(buffer, 0, SLICE_BYTES, at).catch((error: unknown) => {
          throw new Failure(`${file} cannot be read: ${reason(error)}.`)
        })
        if (bytesRead === 0) return
        yield buffer.subarray(0, bytesRead)
        if (at !== null) at += bytesRead
      }
    } finally {
      await handle.close()
    }
  }
  return { name: path.basename(file), size, slices: slices() }
}

async function openUrl(url: string, signal: AbortSignal, headers: Record<string, string> = {}): Promise<Input> {
  const response = await fetch(url, { signal, headers }).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw new Failure(`${url} cannot be reached: ${reason(error)}.`)
  })
  if (!response.ok || response.body === null)
    throw new Failure(`${url} answers ${response.status} ${response.statusText}.`.replace(' .', '.'))
  const length = response.headers.get('content-length')
  // The body is decoded, its length is not.
  const plain = response.headers.get('content-encoding') === null
  return {
    name: url.split('?')[0]?.split('/').at(-1) || url,
    size: length === null || !plain ? null : Number(length),
    slices: response.body,
  }
}

/** Reads bytes `offset` to `offset + length` of a path or URL, all of it without a range, as slices. Throws `Failure`. */
export async function openPart(address: string, range: { offset: number; length: number } | null, signal: AbortSignal): Promise<Input> {
  if (range === null) return openInput(address, signal)
  if (!isUrl(address)) {
    const input = await openFile(address, signal, range.offset)
    return { ...input, size: range.length, slices: cut(input.slices, 0, range.length) }
  }
  const last = range.offset + range.length - 1
  const input = await openUrl(address, signal, { range: `bytes=${range.offset}-${last}` })
  // A server that knows no ranges sends the whole: its length tells.
  const whole = input.size !== null && input.size > range.length
  return { ...input, size: range.length, slices: cut(input.slices, whole ? range.offset : 0, range.length) }
}

async function* cut(slices: AsyncIterable<Uint8Array>, offset: number, length: number): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const slice of slices) {
    const from = Math.max(0, offset - at)
    const to = Math.min(slice.length, offset + length - at)
    at += slice.length
    if (to > from) yield slice.subarray(from, to)
    if (at >= offset + length) return
  }
}

/** The text of a path or URL, at most `limit` bytes. Throws `Failure`. */
export async function readText(address: string, limit: number, signal: AbortSignal): Promise<string> {
  const { slices } = await openInput(address, signal)
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const slice of slices) {
    bytes += slice.length
    if (bytes > limit) throw new Failure(`${address} is larger than ${limit} bytes, which no playlist is.`)
    text += decoder.decode(slice, { stream: true })
  }
  return text + decoder.decode()
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ENOENT') return 'there is no such file'
  if ('code' in error && error.code === 'EISDIR') return 'it is a folder'
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}
