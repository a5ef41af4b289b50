/** The store that @tus/server sees: one upload, over this object's ledger. Made anew for each request, whose checksum it knows. */
import { DataStore, Metadata, Upload } from '@tus/server'
import { UPLOAD_TTL_MS } from '../../protocol/uploads.ts'
import type { UploadLedger } from './ledger.ts'
import { receive, type Receiver } from './receive.ts'
import { TusError } from './tus-error.ts'

/** What the store cannot do by itself, done by the object around it. */
export interface StoreHost {
  create(sizeBytes: number): Promise<void>
  discard(): Promise<void>
}

/** @tus/server's view of the one upload. */
export class TusStore extends DataStore {
  override extensions = ['creation', 'creation-with-upload', 'termination', 'checksum', 'expiration']
  readonly #ledger: UploadLedger
  readonly #receiver: Receiver
  readonly #host: StoreHost
  #writing: Promise<unknown> = Promise.resolve()

  constructor(receiver: Receiver, host: StoreHost) {
    super()
    this.#ledger = receiver.ledger
    this.#receiver = receiver
    this.#host = host
  }

  /** Settles when nothing is being written any more: @tus/server does not wait for `write` when the body breaks. */
  get idle(): Promise<unknown> {
    return this.#writing
  }

  override async create(upload: Upload): Promise<Upload> {
    if (upload.size === undefined) throw new TusError('bad-request')
    await this.#host.create(upload.size)
    upload.creation_date = this.#describe().creation_date
    return upload
  }

  override async write(stream: AsyncIterable<Uint8Array>): Promise<number> {
    const written = receive(stream, this.#receiver)
    this.#writing = written.catch(() => {}) // Whoever called `write` has the error.
    return written
  }

  override async getUpload(): Promise<Upload> {
    return this.#describe()
  }

  override async remove(): Promise<void> {
    if (this.#describe().storage?.type === 'complete') throw new TusError('upload-complete')
    await this.#host.discard()
  }

  override getExpiration(): number {
    return UPLOAD_TTL_MS
  }

  #describe(): Upload {
    const upload = this.#ledger.read()
    if (upload === null) throw new TusError('upload-not-found')
    const late = upload.state === 'uploading' && Date.now() >= upload.expiresMs
    if (upload.state === 'expired' || late) throw new TusError('upload-expired')
    return new Upload({
      id: upload.id,
      size: upload.sizeBytes,
      offset: upload.offset,
      ...(upload.metadata === '' ? {} : { metadata: Metadata.parse(upload.metadata) }),
      creation_date: new Date(upload.createdMs).toISOString(),
      storage: { type: upload.state === 'completing' ? 'complete' : upload.state, path: '' },
    })
  }
}
