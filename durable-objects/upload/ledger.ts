/**
 * What an upload object remembers, in its SQLite. The offset only ever counts what is durable: parts that R2 has and rows
 * that are in this database, changed together in one transaction.
 */
import type { SavedScan, ScanStep } from '../../media/source-index/scan.ts'
import { fillAt, touchedRows } from './parts.ts'

/** `completing`: every byte is here, the object in the bucket may not be yet. `expired`: nothing is here but the answer 410. */
export type UploadState = 'uploading' | 'completing' | 'complete' | 'expired'

/** The upload as it stands. */
export interface UploadRecord {
  id: string
  sizeBytes: number
  offset: number
  /** The `Upload-Metadata` header as it came. */
  metadata: string
  createdMs: number
  expiresMs: number
  state: UploadState
  /** R2's name for the multipart upload; null until the first part. */
  multipartId: string | null
}

/** A part that R2 has. */
export interface StoredPart {
  number: number
  etag: string
}

type UploadRow = {
  id: string
  size_bytes: number
  offset: number
  metadata: string
  created_ms: number
  expires_ms: number
  state: UploadState
  multipart_id: string | null
}

/** The tables. They exist from `create` to `clear`, so that asking for an unknown upload stores nothing. */
export class UploadLedger {
  readonly #storage: DurableObjectStorage
  readonly #sql: SqlStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.#sql = storage.sql
  }

  /** The upload, or null when there is none. */
  read(): UploadRecord | null {
    if (this.#sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'upload'`).toArray().length === 0) return null
    const [row] = this.#sql.exec<UploadRow>('SELECT * FROM upload').toArray()
    if (row === undefined) return null
    return {
      id: row.id,
      sizeBytes: row.size_bytes,
      offset: row.offset,
      metadata: row.metadata,
      createdMs: row.created_ms,
      expiresMs: row.expires_ms,
      state: row.state,
      multipartId: row.multipart_id,
    }
  }

  create(upload: Pick<UploadRecord, 'id' | 'sizeBytes' | 'metadata' | 'createdMs' | 'expiresMs'>): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec(`
        CREATE TABLE upload (
          id TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, offset INTEGER NOT NULL, metadata TEXT NOT NULL,
          created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, state TEXT NOT NULL, multipart_id TEXT
        ) STRICT;
        CREATE TABLE parts (number INTEGER PRIMARY KEY, etag TEXT NOT NULL) STRICT;
        CREATE TABLE remainder (row INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE scan (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), position INTEGER NOT NULL, state TEXT) STRICT;
        CREATE TABLE scan_samples (batch INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL) STRICT;`)
      this.#sql.exec(
        `INSERT INTO upload VALUES (?, ?, 0, ?, ?, ?, 'uploading', NULL)`,
        upload.id,
        upload.sizeBytes,
        upload.metadata,
        upload.createdMs,
        upload.expiresMs,
      )
    })
  }

  setMultipartId(multipartId: string): void {
    this.#sql.exec('UPDATE upload SET multipart_id = ?', multipartId)
  }

  /**
   * Counts everything up to `offset`: parts that became full on the way, the remainder behind the last of them, and what was
   * seen in the file.
   */
  advance(offset: number, parts: StoredPart[], remainder: Uint8Array, scan: ScanStep): void {
    this.#storage.transactionSync(() => {
      const before = this.read()
      if (before === null || before.state !== 'uploading' || offset < before.offset) throw new Error('An upload only moves forward.')
      for (const { number, etag } of parts) {
        this.#sql.exec('INSERT INTO parts VALUES (?, ?) ON CONFLICT DO UPDATE SET etag = excluded.etag', number, etag)
      }
      if (parts.length > 0) this.#sql.exec('DELETE FROM remainder')
      for (const { row, start, end } of touchedRows(parts.length > 0 ? 0 : fillAt(before.offset), remainder.byteLength)) {
        const bytes = remainder.slice(start, end).buffer
        this.#sql.exec('INSERT INTO remainder VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes', row, bytes)
      }
      this.#saveScan(scan)
      this.#sql.exec('UPDATE upload SET offset = ?, state = ?', offset, offset === before.sizeBytes ? 'completing' : 'uploading')
    })
  }

  /** What was seen of the file up to the offset; null before anything was. */
  scan(): SavedScan | null {
    const [row] = this.#sql.exec<{ position: number; state: string | null }>('SELECT position, state FROM scan').toArray()
    return row ?? null
  }

  /** The samples that were seen, batch by batch. */
  *samples(): Generator<Uint8Array> {
    for (const { bytes } of this.#sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM scan_samples ORDER BY batch')) {
      yield new Uint8Array(bytes)
    }
  }

  #saveScan({ position, state, samples }: ScanStep): void {
    // A scan that gave up leaves nothing to go through.
    if (state === null) this.#sql.exec('DELETE FROM scan_samples')
    else for (const batch of samples) this.#sql.exec('INSERT INTO scan_samples (bytes) VALUES (?)', batch.slice().buffer)
    this.#sql.exec('INSERT OR REPLACE INTO scan VALUES (1, ?, ?)', position, state)
  }

  /** Parts that R2 has, in order. */
  parts(): StoredPart[] {
    return this.#sql.exec<{ number: number; etag: string }>('SELECT number, etag FROM parts ORDER BY number').toArray()
  }

  /** What has arrived of the part that is not full: fewer than PART_BYTES bytes. */
  remainder(): Uint8Array {
    const rows = this.#sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM remainder ORDER BY row').toArray()
    const whole = new Uint8Array(rows.reduce((sum, { bytes }) => sum + bytes.byteLength, 0))
    let at = 0
    for (const { bytes } of rows) {
      whole.set(new Uint8Array(bytes), at)
      at += bytes.byteLength
    }
    return whole
  }

  /** The upload has ended; only the answer about it stays. */
  end(state: 'complete' | 'expired'): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec('UPDATE upload SET state = ?', state)
      this.#sql.exec('DELETE FROM parts')
      this.#sql.exec('DELETE FROM remainder')
      this.#sql.exec('DELETE FROM scan')
      this.#sql.exec('DELETE FROM scan_samples')
    })
  }

  /** Forgets everything: the object costs nothing from here on, and answers 404. */
  async clear(): Promise<void> {
    await this.#storage.deleteAlarm()
    await this.#storage.deleteAll()
  }
}
