/** What tasks need of object storage. S3 in the product; tests of tasks use it too, or a folder. */

export interface Storage {
  /** Bytes of an object; throws `TaskError` 'work' when it is not there. */
  size(key: string): Promise<number>
  /** Bytes `[start, end)`. */
  read(key: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>
  put(key: string, bytes: Uint8Array, contentType: string, signal?: AbortSignal): Promise<void>
  /** Starts an object whose length is not known yet. */
  open(key: string, contentType: string, signal: AbortSignal): ObjectWriter
  delete(key: string): Promise<void>
}

/** An object being written. */
export interface ObjectWriter {
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when the object is stored. */
  close(): Promise<void>
  /** Gives up; what was stored of it is removed. */
  abort(): Promise<void>
}
