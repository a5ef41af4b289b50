/**
 * Samples in the order in which a file is scanned, packed: some eight bytes each, so that what was seen of a three-hour film
 * fits a few megabytes of rows. A batch stands for itself; batches are read one after another.
 */
import { VarintReader, VarintWriter } from './varint.ts'

/** A sample as a scanner finds it. Times are media time, ticks of its track. */
export interface FoundSample {
  trackId: number
  /** Bytes from the start of the file. */
  offset: number
  sizeBytes: number
  presentationTicks: number
  /** Matroska stores none: its presentation time. */
  decodeTicks: number
  /** Null where the file does not say. */
  durationTicks: number | null
  sync: boolean
}

/** Packs a batch. */
export function packSamples(samples: FoundSample[]): Uint8Array {
  const writer = new VarintWriter()
  let end = 0
  const clocks = new Map<number, number>()
  for (const { trackId, offset, sizeBytes, presentationTicks, decodeTicks, durationTicks, sync } of samples) {
    writer.unsigned(trackId * 2 + (sync ? 1 : 0))
    writer.signed(offset - end)
    writer.unsigned(sizeBytes)
    writer.signed(decodeTicks - (clocks.get(trackId) ?? 0))
    writer.signed(presentationTicks - decodeTicks)
    writer.unsigned(durationTicks === null ? 0 : durationTicks + 1)
    end = offset + sizeBytes
    clocks.set(trackId, decodeTicks)
  }
  return writer.bytes.slice()
}

/** The samples of a batch. Throws `MediaError` when the bytes are none. */
export function* unpackSamples(batch: Uint8Array): Generator<FoundSample> {
  const reader = new VarintReader(batch)
  let end = 0
  const clocks = new Map<number, number>()
  while (reader.remaining > 0) {
    const head = reader.unsigned()
    const trackId = Math.floor(head / 2)
    const offset = end + reader.signed()
    const sizeBytes = reader.unsigned()
    const decodeTicks = (clocks.get(trackId) ?? 0) + reader.signed()
    const presentationTicks = decodeTicks + reader.signed()
    const duration = reader.unsigned()
    end = offset + sizeBytes
    clocks.set(trackId, decodeTicks)
    yield {
      trackId,
      offset,
      sizeBytes,
      presentationTicks,
      decodeTicks,
      durationTicks: duration === 0 ? null : duration - 1,
      sync: head % 2 === 1,
    }
  }
}
