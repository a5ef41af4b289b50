/** Files that a synchronous writer fills: what it gives is collected, and written to disk between two slices of the input. */
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../failure.ts'

export class OutputFiles {
  readonly #folder: string
  readonly #handles = new Map<string, FileHandle>()
  readonly #waiting = new Map<string, Uint8Array[]>()

  /** The folder is made when it is not there; throws `Failure` when it cannot be. */
  static async in(folder: string): Promise<OutputFiles> {
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw new Failure(`${folder} cannot be made: ${(error as Error).message}.`, 'Give --output a folder that you may write to.')
    })
    return new OutputFiles(folder)
  }

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Copies the bytes. */
  put(name: string, bytes: Uint8Array): void {
    const parts = this.#waiting.get(name)
    const copy = new Uint8Array(bytes)
    if (parts === undefined) this.#waiting.set(name, [copy])
    else parts.push(copy)
  }

  /** Writes what was put. */
  async flush(): Promise<void> {
    for (const [name, parts] of this.#waiting) {
      let handle = this.#handles.get(name)
      if (handle === undefined) {
        handle = await open(path.join(this.#folder, name), 'w').catch((error: unknown) => {
          throw new Failure(`${path.join(this.#folder, name)} cannot be written: ${(error as Error).message}.`)
        })
        this.#handles.set(name, handle)
      }
      const bytes = Buffer.concat(parts)
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten
    }
    this.#waiting.clear()
  }

  async close(): Promise<void> {
    for (const handle of this.#handles.values()) await handle.close()
    this.#handles.clear()
  }
}
