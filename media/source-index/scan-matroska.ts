/** Watches a Matroska file go by: the scanner of media/webm, with its state as JSON and its samples as the log has them. */
import type { MediaFile } from '../container/model.ts'
import { MediaError } from '../errors.ts'
import { MatroskaScanner } from '../webm/cluster-scanner.ts'
import { sampleTableOf } from '../webm/sample-table.ts'
import type { FoundSample as Frame, ScannerState } from '../webm/scanner-state.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { type FoundSample, unpackSamples } from './sample-log.ts'
import type { Scanner } from './scan.ts'

/** See the head of this file. */
export class MatroskaScan implements Scanner {
  readonly #scanner: MatroskaScanner

  constructor(saved: string | null) {
    this.#scanner = saved === null ? new MatroskaScanner() : MatroskaScanner.restore(fromJson(saved))
  }

  give(bytes: Uint8Array, offset: number): void {
    this.#scanner.give(bytes, offset)
  }

  drain(): FoundSample[] {
    return this.#scanner.drain().map(({ trackId, offset, size, timestampTicks, durationTicks, sync }) => ({
      trackId,
      offset,
      sizeBytes: size,
      presentationTicks: timestampTicks,
      decodeTicks: timestampTicks,
      durationTicks,
      sync,
    }))
  }

  save(): string {
    return JSON.stringify(this.#scanner.save(), (_key, value: unknown) =>
      value instanceof Uint8Array ? { base64: toBase64(value) } : value,
    )
  }
}

function fromJson(text: string): ScannerState {
  return JSON.parse(text, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && 'base64' in value && typeof value.base64 === 'string' ? fromBase64(value.base64) : value,
  ) as ScannerState
}

/** The file from what was seen of all of it; null when it had no header. Throws `MediaError` for a file that is damaged. */
export function openScannedMatroska(saved: string, batches: () => Iterable<Uint8Array>, fileBytes: number): MediaFile | null {
  const scanner = MatroskaScanner.restore(fromJson(saved))
  scanner.end(fileBytes)
  const { header } = scanner
  if (header === null) return null
  const [problem] = scanner.problems
  if (problem !== undefined) throw new MediaError('malformed', problem.what)
  const last = scanner.drain()
  return {
    format: header.format,
    durationSeconds: header.durationSeconds,
    fragmented: false,
    headerFirst: scanner.state.headerFirst,
    tracks: header.tracks.map(({ track }) => track),
    chapters: header.chapters,
    // One track at a time: the samples of a long film are many objects.
    samples: async (trackId) => {
      const entry = header.tracks.find(({ track }) => track.id === trackId)
      if (entry === undefined) throw new RangeError(`no track ${trackId}`)
      const found: Frame[] = []
      for (const batch of batches()) for (const sample of unpackSamples(batch)) if (sample.trackId === trackId) found.push(asFrame(sample))
      return sampleTableOf([...found, ...last.filter((sample) => sample.trackId === trackId)], entry)
    },
  }
}

function asFrame({ trackId, offset, sizeBytes, presentationTicks, durationTicks, sync }: FoundSample): Frame {
  return { trackId, offset, size: sizeBytes, timestampTicks: presentationTicks, durationTicks, sync }
}
