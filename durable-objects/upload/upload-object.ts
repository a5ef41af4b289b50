/**
 * `UploadObject`: one upload in progress, named after its video. A thin shell: @tus/server speaks the protocol, the ledger
 * remembers, `receive` moves the bytes. tus 1.0.0 (https://tus.io/protocols/resumable-upload).
 *
 * The last byte starts the completion, which is done exactly once to everybody else's eyes: the state `completing` is
 * written together with the last byte, and the alarm goes on with it until it is `complete`, whatever was killed when.
 */
import { DurableObject } from 'cloudflare:workers'
import { Server } from '@tus/server'
import { openMedia } from '../../media/container/open.ts'
import type { MediaFile } from '../../media/container/model.ts'
import { openScanned } from '../../media/source-index/scan-source.ts'
import { UPLOAD_TTL_MS, type UploadListener, type UploadRpc } from '../../protocol/uploads.ts'
import { type Checksum, openChecksum } from './checksum.ts'
import { bucketSource, indexSource } from './index-source.ts'
import { UploadLedger } from './ledger.ts'
import { UploadLock } from './lock.ts'
import { SourceObject } from './source-object.ts'
import { TusError, tusErrorResponse } from './tus-error.ts'
import { TusStore } from './tus-store.ts'

/** How soon an interrupted completion is taken up again. */
const RETRY_MS = 10_000
/** How long an expired upload answers 410 before it is unknown. */
const TOMBSTONE_MS = 30 * 24 * 60 * 60 * 1000
/** Progress is told at most this often. */
const PROGRESS_EVERY_MS = 1_000
const PATH = '/api/uploads'

export class UploadObject extends DurableObject<Env> implements UploadRpc {
  readonly #ledger: UploadLedger
  readonly #source: SourceObject
  readonly #lock = new UploadLock()
  #completing: Promise<void> | null = null
  #toldMs = 0
  #telling: Promise<unknown> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#ledger = new UploadLedger(ctx.storage)
    this.#source = new SourceObject(env.MEDIA, this.#ledger)
  }

  /** tus for this upload: the last segment of the path is its id, also for POST, which creates it. */
  override async fetch(request: Request): Promise<Response> {
    try {
      checkHeaders(request)
      return await this.#serve(request, openChecksum(request.headers.get('Upload-Checksum')))
    } catch (error) {
      if (error instanceof TusError) return tusErrorResponse(error)
      throw error
    }
  }

  async discard(): Promise<void> {
    if (this.#ledger.read() === null) return
    const release = await this.#lock.take()
    try {
      await this.#wipe()
    } finally {
      release()
    }
  }

  override async alarm(): Promise<void> {
    const upload = this.#ledger.read()
    if (upload === null) return
    // Whatever goes wrong below is tried again, also when the runtime has given up retrying this alarm.
    await this.ctx.storage.setAlarm(Date.now() + RETRY_MS)
    if (upload.state === 'completing') await this.#complete()
    else if (Date.now() < upload.expiresMs) await this.ctx.storage.setAlarm(upload.expiresMs)
    else if (upload.state === 'uploading') await this.#expire(upload.id)
    else await this.#ledger.clear()
  }

  async #serve(request: Request, checksum: Checksum | null): Promise<Response> {
    const id = new URL(request.url).pathname.split('/').at(-1) ?? ''
    // Its client takes an offset that is the size for the end of the matter, so it is told that when it is true.
    if (request.method === 'HEAD') await this.#complete()
    const advanced = (offset: number) => this.#advanced(id, offset)
    const store = new TusStore(
      { ledger: this.#ledger, source: this.#source, checksum, advanced },
      {
        create: (sizeBytes) => this.#create(id, sizeBytes, request.headers.get('Upload-Metadata') ?? ''),
        discard: () => this.#abandon(id),
      },
    )
    const server = new Server({
      path: PATH,
      datastore: store,
      locker: this.#lock,
      // The holder of the lock stops as soon as somebody else wants it; 0 would mean the default of three seconds.
      lockDrainTimeout: 1,
      // Pages of other origins have no business here; without this the library allows all of them.
      allowedOrigins: [],
      // A path alone is right behind any host name and proxy.
      relativeLocation: true,
      namingFunction: () => id,
      getFileIdFromRequest: () => id,
      onUploadFinish: async () => {
        await this.#complete()
        return {}
      },
      onResponseError: (_request, error) => toTusError(error),
    })
    const answered = server.handleWeb(request)
    // A client that is gone must not take along what it has sent: its last bytes are written all the same.
    this.ctx.waitUntil(answered.then(() => store.idle).catch(() => {}))
    const response = await answered
    await store.idle
    if (request.method === 'POST' && response.status !== 201) await this.#abandon(id)
    return response
  }

  async #create(id: string, sizeBytes: number, metadata: string): Promise<void> {
    const createdMs = Date.now()
    this.#ledger.create({ id, sizeBytes, metadata, createdMs, expiresMs: createdMs + UPLOAD_TTL_MS })
    await this.ctx.storage.setAlarm(createdMs + UPLOAD_TTL_MS)
    await this.#listener().created(id, sizeBytes, metadata)
  }

  /** Called in the same turn as the write it is about, so that the alarm is stored together with it. */
  #advanced(id: string, offset: number): void {
    const upload = this.#ledger.read()
    if (upload === null) return
    if (upload.state === 'completing') void this.ctx.storage.setAlarm(Date.now() + RETRY_MS)
    else if (Date.now() - this.#toldMs >= PROGRESS_EVERY_MS) {
      this.#toldMs = Date.now()
      // Lossy by contract: the next part tells again.
      this.#telling = Promise.resolve(this.#listener().progress(id, offset, upload.sizeBytes)).catch(() => {})
      this.ctx.waitUntil(this.#telling)
    }
  }

  /** Brings a `completing` upload to `complete`; does nothing in any other state. */
  #complete(): Promise<void> {
    this.#completing ??= this.#completeOnce().finally(() => {
      this.#completing = null
    })
    return this.#completing
  }

  async #completeOnce(): Promise<void> {
    const upload = this.#ledger.read()
    if (upload?.state !== 'completing') return
    await this.#source.complete()
    const play = await indexSource(this.env.MEDIA, upload.id, upload.sizeBytes, () => this.#openSource(upload.id, upload.sizeBytes))
    // Progress that is still on its way must not arrive after the end.
    await this.#telling
    await this.#listener().uploaded(upload.id, upload.sizeBytes, play)
    this.#ledger.end('complete')
    await this.ctx.storage.setAlarm(upload.expiresMs)
  }

  /** What was seen going by, where that is all there is to know; else by range. */
  async #openSource(id: string, sizeBytes: number): Promise<MediaFile> {
    const seen = openScanned(this.#ledger.scan(), () => this.#ledger.samples(), sizeBytes)
    return seen ?? (await openMedia(bucketSource(this.env.MEDIA, id, sizeBytes)))
  }

  async #expire(id: string): Promise<void> {
    const release = await this.#lock.take()
    try {
      await this.#source.abort()
      await this.#listener().abandoned(id)
      this.#ledger.end('expired')
      await this.ctx.storage.setAlarm(Date.now() + TOMBSTONE_MS)
    } finally {
      release()
    }
  }

  async #abandon(id: string): Promise<void> {
    await this.#wipe()
    await this.#listener().abandoned(id)
  }

  async #wipe(): Promise<void> {
    await this.#completing?.catch(() => {}) // Its own caller has the error.
    await this.#source.abort()
    await this.#ledger.clear()
  }

  #listener(): UploadListener {
    return this.ctx.exports.UploadHooks
  }
}

/** Errors of @tus/server are its answers already, but for the offset, where ours says what to do; anything else is ours to log. */
function toTusError(error: Error | { status_code: number; body: string }): { status_code: number; body: string } {
  if (error instanceof TusError) return error
  if ('status_code' in error) return error.status_code === 409 ? new TusError('upload-offset') : error
  console.error(error)
  return new TusError('internal')
}

/** What @tus/server answers otherwise than the protocol or we would: 400 where 412 and 415 are asked for. */
function checkHeaders(request: Request): void {
  if (request.headers.get('Tus-Resumable') !== '1.0.0') throw new TusError('tus-version')
  if (request.method !== 'PATCH') return
  if (request.headers.get('Content-Type') !== 'application/offset+octet-stream') throw new TusError('upload-content-type')
  if (!/^\d{1,15}$/.test(request.headers.get('Upload-Offset') ?? '')) throw new TusError('bad-request')
}
