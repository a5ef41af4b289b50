/** A file as a `ByteSource`. Readers ask for headers of a few bytes: those come from pages that are kept, not from a system call each. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { Failure } from '../failure.ts'
import type { OpenedSource } from './opened-source.ts'

const PAGE_BYTES = 65_536
/** 2 MiB: enough that walking a table and the samples it points to does not read a page twice. */
const PAGES_KEPT = 32

/** Throws `Failure` for what is not there, may not be read, or is no file. */
export async function openFile(path: string): Promise<OpenedSource> {
  // Before it is opened: opening a pipe waits for somebody to write.
  const stats = await stat(path).catch((error: unknown) => Promise.reject(cannotRead(path, error)))
  if (stats.isDirectory()) throw new Failure(`${path} is a folder.`, 'Name one of the files in it.')
  if (!stats.isFile()) throw new Failure(`${path} is not a file with a size: its end cannot be read before its start.`, 'Save it first.')
  const file = await open(path).catch((error: unknown) => Promise.reject(cannotRead(path, error)))
  return fileSource(path, file, (await file.stat()).size)
}

function fileSource(path: string, file: FileHandle, size: number): OpenedSource {
  /** By page number; the least recently used first. */
  const pages = new Map<number, Promise<Uint8Array>>()

  async function readAt(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await file
        .read(bytes, filled, length - filled, offset + filled)
        .catch((error: unknown) => Promise.reject(cannotRead(path, error)))
      if (bytesRead === 0) throw new Failure(`${path} became shorter while it was read.`, 'Try again when nothing writes to it any more.')
      filled += bytesRead
    }
    return bytes
  }

  function page(number: number): Promise<Uint8Array> {
    const start = number * PAGE_BYTES
    const found = pages.get(number) ?? readAt(start, Math.min(PAGE_BYTES, size - start))
    pages.delete(number)
    pages.set(number, found)
    if (pages.size > PAGES_KEPT) for (const oldest of pages.keys()) if (pages.size > PAGES_KEPT) pages.delete(oldest)
    return found
  }

  return {
    label: path,
    size,
    traffic: null,
    async read(offset, length) {
      const end = Math.min(offset + length, size)
      if (offset >= end) return new Uint8Array(0)
      const [first, last] = [Math.floor(offset / PAGE_BYTES), Math.floor((end - 1) / PAGE_BYTES)]
      if (first !== last) return readAt(offset, end - offset)
      return (await page(first)).subarray(offset - first * PAGE_BYTES, end - first * PAGE_BYTES)
    },
    prefetch: () => Promise.resolve(),
    close: () => file.close(),
  }
}

function cannotRead(path: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new Failure(`There is no file ${path}.`, 'Check the spelling and the folder you are in.')
  if (code === 'EACCES' || code === 'EPERM') return new Failure(`${path} may not be read.`, 'Its permissions refuse you.')
  return new Failure(`${path} cannot be read (${code}).`)
}
