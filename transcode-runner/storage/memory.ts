/** Storage in memory, for tests of tasks; the S3 API is tested against the local runtime's endpoint. */
import { TaskError } from '../failure.ts'
import type { ObjectWriter, Storage } from './storage.ts'

export class MemoryStorage implements Storage {
  readonly objects = new Map<string, Uint8Array>()

  size(key: string): Promise<number> {
    return this.#get(key).then((bytes) => bytes.length)
  }

  read(key: string, start: number, end: number): Promise<Uint8Array> {
    return this.#get(key).then((bytes) => bytes.slice(start, end))
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    this.objects.set(key, bytes.slice())
    return Promise.resolve()
  }

  open(key: string): ObjectWriter {
    const parts: Uint8Array[] = []
    return {
      write: (bytes) => {
        parts.push(bytes.slice())
        return Promise.resolve()
      },
      close: () => this.put(key, Buffer.concat(parts)),
      abort: () => Promise.resolve(),
    }
  }

  delete(key: string): Promise<void> {
    this.objects.delete(key)
    return Promise.resolve()
  }

  #get(key: string): Promise<Uint8Array> {
    const bytes = this.objects.get(key)
    return bytes === undefined ? Promise.reject(new TaskError('work', `There is no object ${key}.`)) : Promise.resolve(bytes)
  }
}
