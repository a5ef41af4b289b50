/** One local file where the runner's code expects object storage: the tasks of the runner work on it unchanged. */
import { open, stat } from 'node:fs/promises'
import type { ObjectWriter, Storage } from '../../transcode-runner/storage/storage.ts'

/** Storage whose every key is the file; it takes nothing. */
export class FileStorage implements Storage {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  async size(): Promise<number> {
    return (await stat(this.#file)).size
  }

  async read(_key: string, start: number, end: number): Promise<Uint8Array> {
    const handle = await open(this.#file)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }

  put(): Promise<void> {
    return Promise.reject(new Error('a source file is only read'))
  }

  open(): ObjectWriter {
    throw new Error('a source file is only read')
  }

  delete(): Promise<void> {
    return Promise.reject(new Error('a source file is only read'))
  }
}
