/**
 * Watches a file go by, in pieces of any size, and notes its samples: on the last byte nothing has to be read again. What
 * it remembers can be stored between any two pieces, because the process that watches may be gone by the next one.
 */
import { MediaError } from '../errors.ts'
import { type FoundSample, packSamples } from './sample-log.ts'

/** What notes the samples of one container. */
export interface Scanner {
  /** Bytes of the file from `offset` on, right behind those of the call before. Throws `MediaError`. */
  give(bytes: Uint8Array, offset: number): void
  /** Samples found since the last call. */
  drain(): FoundSample[]
  /** Everything that it has to know to go on, as JSON. */
  save(): string
}

/** How to begin, and how to go on from what was saved. */
export interface ScannerKind {
  begin(): Scanner
  restore(state: string): Scanner
}

/** What is stored of a scan. */
export interface SavedScan {
  /** Bytes of the file that went by. */
  position: number
  /** The scanner's own state; null when it gave up: the file is read by range at the end. */
  state: string | null
}

/** A scan as it is stored, with the samples found since the last time, in batches of less than a megabyte. */
export interface ScanStep extends SavedScan {
  samples: Uint8Array[]
}

/** Samples of a batch: at most 40 bytes each, in a row that may have 2 MB. */
const BATCH_SAMPLES = 20_000
/** A scanner that has to remember more has met no file that is indexed on the way. */
const MAX_STATE_BYTES = 1_500_000

/** See the head of this file. */
export class Scan {
  #scanner: Scanner | null
  #position: number

  constructor(kind: ScannerKind, saved: SavedScan | null) {
    this.#position = saved?.position ?? 0
    this.#scanner = saved === null ? kind.begin() : saved.state === null ? null : kind.restore(saved.state)
  }

  /** Bytes that went by. */
  get position(): number {
    return this.#position
  }

  /** The next bytes of the file. What cannot be scanned is given up, and never an error. */
  push(bytes: Uint8Array): void {
    try {
      this.#scanner?.give(bytes, this.#position)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      this.#scanner = null
    }
    this.#position += bytes.length
  }

  /** What to store. */
  save(): ScanStep {
    const found = this.#scanner?.drain() ?? []
    const state = this.#scanner?.save() ?? null
    if (state !== null && state.length > MAX_STATE_BYTES) this.#scanner = null
    if (this.#scanner === null) return { position: this.#position, state: null, samples: [] }
    const samples: Uint8Array[] = []
    for (let at = 0; at < found.length; at += BATCH_SAMPLES) samples.push(packSamples(found.slice(at, at + BATCH_SAMPLES)))
    return { position: this.#position, state, samples }
  }
}
