/** The source in the bucket, while it is made: an R2 multipart upload whose name is kept in the ledger. */
import { sourceKey } from '../../protocol/ids.ts'
import type { StoredPart, UploadLedger } from './ledger.ts'

const ATTEMPTS = 3

/** The multipart upload of one source. */
export class SourceObject {
  readonly #bucket: R2Bucket
  readonly #ledger: UploadLedger

  constructor(bucket: R2Bucket, ledger: UploadLedger) {
    this.#bucket = bucket
    this.#ledger = ledger
  }

  /** Stores a part; one with a number that R2 already has replaces it. */
  async storePart(number: number, bytes: Uint8Array): Promise<StoredPart> {
    const upload = await this.#open()
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { etag } = await upload.uploadPart(number, bytes)
        return { number, etag }
      } catch (error) {
        if (attempt === ATTEMPTS) throw error
        await scheduler.wait(100 * 2 ** attempt)
      }
    }
  }

  /** Makes the parts and the remainder one object. Idempotent, also when it was killed right after R2 had done it. */
  async complete(): Promise<void> {
    const { id, sizeBytes } = this.#record()
    // Nothing else writes to this key: an object of this size is the result of an earlier call.
    const found = await this.#bucket.head(sourceKey(id))
    if (found?.size === sizeBytes) return
    const parts = this.#ledger.parts()
    const remainder = this.#ledger.remainder()
    if (remainder.byteLength > 0) parts.push(await this.storePart(parts.length + 1, remainder))
    const upload = await this.#open()
    await upload.complete(parts.map(({ number, etag }) => ({ partNumber: number, etag })))
  }

  /** Frees the parts. Fails silently: the multipart upload is complete or gone already, or R2 drops it after seven days. */
  async abort(): Promise<void> {
    const upload = this.#ledger.read()
    if (upload === null || upload.multipartId === null) return
    await this.#bucket
      .resumeMultipartUpload(sourceKey(upload.id), upload.multipartId)
      .abort()
      .catch(() => {})
  }

  async #open(): Promise<R2MultipartUpload> {
    const { id, multipartId } = this.#record()
    if (multipartId !== null) return this.#bucket.resumeMultipartUpload(sourceKey(id), multipartId)
    const upload = await this.#bucket.createMultipartUpload(sourceKey(id))
    this.#ledger.setMultipartId(upload.uploadId)
    return upload
  }

  #record() {
    const upload = this.#ledger.read()
    if (upload === null) throw new Error('The upload was discarded.')
    return upload
  }
}
