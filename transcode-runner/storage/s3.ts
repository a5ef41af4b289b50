/**
 * Object storage by the S3 API: R2, any other S3, or the endpoint the local runtime gives a bucket. Every request is
 * tried again for about two minutes, because a task outlives a restart of the edge (locally the edge is the storage).
 */
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunnerConfig } from '../config.ts'
import { isTransient, patientRetries, retryDelayMs } from './retry.ts'
import type { ObjectWriter, Storage } from './storage.ts'

/** R2 wants equal parts of at least 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024

export class S3Storage implements Storage {
  readonly #client: S3Client
  readonly #bucket: string

  constructor(config: RunnerConfig['s3']) {
    this.#bucket = config.bucket
    this.#client = new S3Client({
      endpoint: config.endpoint,
      region: config.region,
      credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey },
      // The bucket is a part of the path: endpoints by IP address have no host names below them.
      forcePathStyle: true,
      // R2 does not know all of the newer checksum trailers; segments carry their own SHA-256.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      retryStrategy: patientRetries,
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
    })
  }

  async size(key: string): Promise<number> {
    const head = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }))
    return head.ContentLength ?? 0
  }

  async read(key: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.#client.send(
          new GetObjectCommand({ Bucket: this.#bucket, Key: key, Range: `bytes=${start}-${end - 1}` }),
          abortable(signal),
        )
        return await collect(answer.Body as Readable | undefined, end - start)
      } catch (error) {
        // The client retries until an answer begins; a connection lost in the middle of the body is ours to retry.
        if (signal?.aborted === true || attempt >= 5 || !(error instanceof CutShort || isTransient(error))) throw error
        await sleep(retryDelayMs(attempt), undefined, signal ? { signal } : {})
      }
    }
  }

  async put(key: string, bytes: Uint8Array, contentType: string, signal?: AbortSignal): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: bytes, ContentType: contentType }),
      abortable(signal),
    )
  }

  open(key: string, contentType: string, signal: AbortSignal): ObjectWriter {
    const body = new PassThrough({ highWaterMark: 1024 * 1024 })
    const upload = new Upload({
      client: this.#client,
      params: { Bucket: this.#bucket, Key: key, Body: body, ContentType: contentType },
      partSize: PART_BYTES,
      queueSize: 2,
      leavePartsOnError: false,
    })
    let broken: unknown = null
    const abort = (): void => {
      body.destroy(new Error('the upload was given up'))
      void upload.abort()
    }
    signal.addEventListener('abort', abort, { once: true })
    const stored = upload.done().finally(() => signal.removeEventListener('abort', abort))
    stored.catch((error: unknown) => {
      broken = error
      // Whoever waits for room waits no longer.
      body.destroy()
    })
    return {
      async write(bytes) {
        if (broken !== null) throw broken
        if (!body.write(bytes)) await Promise.race([once(body, 'drain', { signal }), stored])
        if (broken !== null) throw broken
      },
      async close() {
        body.end()
        await stored
      },
      async abort() {
        abort()
        await stored.then(
          () => this.close(),
          () => undefined,
        )
      },
    }
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }))
  }

  /** Closes idle connections. */
  close(): void {
    this.#client.destroy()
  }
}

/** Exactly `length` bytes of a body, written into one piece of memory as they come. */
async function collect(body: Readable | undefined, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  for await (const chunk of (body ?? Readable.from([])) as AsyncIterable<Uint8Array>) {
    if (filled + chunk.length > length) throw new CutShort(`storage sent more than the ${length} bytes asked for`)
    bytes.set(chunk, filled)
    filled += chunk.length
  }
  if (filled !== length) throw new CutShort(`storage sent ${filled} of ${length} bytes`)
  return bytes
}

class CutShort extends Error {}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}
