/** The scanner of whatever is uploaded: told by its first bytes, it is one for MP4 or one for Matroska; other files are given up. */
import { concat } from '../bytes/write-bytes.ts'
import type { MediaFile } from '../container/model.ts'
import { GrowingSamples, newSampleTable } from '../container/sample-table.ts'
import { MediaError } from '../errors.ts'
import { readMovie } from '../mp4/read-movie.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { type FoundSample, unpackSamples } from './sample-log.ts'
import type { SavedScan, Scanner, ScannerKind } from './scan.ts'
import { Mp4Scanner } from './scan-mp4.ts'
import { MatroskaScan, openScannedMatroska } from './scan-matroska.ts'

/** First types of MP4 and QuickTime files. */
const MP4_TYPES = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp', 'uuid'])
/** EBML (RFC 8794 11.2.1), big-endian. */
const EBML_MAGIC = 0x1a45dfa3
const SNIFF_BYTES = 8

type Saved = { kind: 'sniff'; head: string } | { kind: 'mp4' | 'matroska'; state: string }

class SourceScanner implements Scanner {
  #head: Uint8Array = new Uint8Array()
  #inner: { kind: 'mp4'; scanner: Mp4Scanner } | { kind: 'matroska'; scanner: MatroskaScan } | null = null

  constructor(saved: string | null) {
    const state = saved === null ? null : (JSON.parse(saved) as Saved)
    if (state?.kind === 'sniff') this.#head = fromBase64(state.head)
    else if (state?.kind === 'mp4') this.#inner = { kind: 'mp4', scanner: new Mp4Scanner(state.state) }
    else if (state?.kind === 'matroska') this.#inner = { kind: 'matroska', scanner: new MatroskaScan(state.state) }
  }

  give(bytes: Uint8Array, offset: number): void {
    if (this.#inner !== null) return this.#inner.scanner.give(bytes, offset)
    // A handful of bytes at most is kept here: the file begins anew with them.
    const start = concat([this.#head, bytes])
    if (start.length < SNIFF_BYTES) {
      this.#head = start
      return
    }
    this.#inner = sniff(start)
    this.#head = new Uint8Array()
    this.#inner.scanner.give(start, 0)
  }

  drain(): FoundSample[] {
    return this.#inner?.scanner.drain() ?? []
  }

  save(): string {
    const saved: Saved =
      this.#inner === null ? { kind: 'sniff', head: toBase64(this.#head) } : { kind: this.#inner.kind, state: this.#inner.scanner.save() }
    return JSON.stringify(saved)
  }
}

function sniff(start: Uint8Array): { kind: 'mp4'; scanner: Mp4Scanner } | { kind: 'matroska'; scanner: MatroskaScan } {
  if (new DataView(start.buffer, start.byteOffset).getUint32(0) === EBML_MAGIC) return { kind: 'matroska', scanner: new MatroskaScan(null) }
  if (MP4_TYPES.has(String.fromCharCode(...start.subarray(4, 8)))) return { kind: 'mp4', scanner: new Mp4Scanner(null) }
  throw new MediaError('unsupported', 'neither MP4 nor Matroska')
}

/** See the head of this file. */
export const SOURCE_SCANNER: ScannerKind = {
  begin: () => new SourceScanner(null),
  restore: (state) => new SourceScanner(state),
}

/**
 * The file as it was seen going by, every byte of it; null when that is not enough, and it has to be opened by range. Throws
 * `MediaError` for a damaged one.
 */
export function openScanned(saved: SavedScan | null, batches: () => Iterable<Uint8Array>, fileBytes: number): MediaFile | null {
  if (saved === null || saved.state === null || saved.position !== fileBytes) return null
  const state = JSON.parse(saved.state) as Saved
  if (state.kind === 'sniff') return null
  if (state.kind === 'matroska') return openScannedMatroska(state.state, batches, fileBytes)
  const { moov } = new Mp4Scanner(state.state)
  if (moov === null) return null
  const movie = readMovie(moov)
  // Samples in `moov` and in fragments both: rare, and left to the reader that knows.
  if (movie.tracks.some(({ track }) => (track.sampleCount ?? 0) > 0)) return null
  const tables = new Map(movie.tracks.map(({ track }) => [track.id, new GrowingSamples(fileBytes)]))
  for (const batch of batches()) {
    for (const [trackId, found] of Map.groupBy(unpackSamples(batch), (sample) => sample.trackId))
      tables.get(trackId)?.append(toTable(found))
  }
  return {
    format: 'mp4',
    durationSeconds: movie.fragmentedSeconds,
    fragmented: true,
    headerFirst: true,
    tracks: movie.tracks.map(({ track }) => track),
    chapters: movie.chapters,
    samples: async (trackId) => {
      const found = tables.get(trackId)
      if (found === undefined) throw new RangeError(`no track ${trackId}`)
      return found.samples
    },
  }
}

function toTable(found: FoundSample[]): ReturnType<typeof newSampleTable> {
  const table = newSampleTable(found.length, Infinity)
  for (const [row, sample] of found.entries()) {
    table.offset[row] = sample.offset
    table.size[row] = sample.sizeBytes
    table.presentationTicks[row] = sample.presentationTicks
    table.decodeTicks[row] = sample.decodeTicks
    table.durationTicks[row] = sample.durationTicks ?? 0
    table.sync[row] = sample.sync ? 1 : 0
  }
  return table
}
