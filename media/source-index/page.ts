/**
 * A page of the index: the samples of some segments, field by field, deflated. Sizes stand beside sizes and offsets beside
 * offsets, so that what repeats (a frame's duration, "right behind the one before") costs next to nothing: a film of three
 * hours comes to about a byte and a half a sample.
 */
import { MediaError } from '../errors.ts'
import type { IndexedSample, SegmentSamples } from './model.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/** More than a page is ever written with; a page that claims more is refused before anything is allocated. */
const MAX_SAMPLES = 1_000_000

/** Fields in the order of their columns. */
const COLUMNS = ['size', 'gap', 'duration', 'composition', 'sync'] as const

export async function writePage(segments: SegmentSamples[]): Promise<Uint8Array> {
  const writer = new VarintWriter()
  writer.unsigned(segments.length)
  for (const { decodeTicks, samples } of segments) {
    writer.unsigned(samples.length)
    writer.unsigned(decodeTicks)
  }
  for (const column of COLUMNS) {
    let end = 0
    for (const { samples } of segments) {
      for (const sample of samples) {
        if (column === 'size') writer.unsigned(sample.sizeBytes)
        else if (column === 'duration') writer.unsigned(sample.durationTicks)
        else if (column === 'composition') writer.signed(sample.compositionOffsetTicks)
        else if (column === 'sync') writer.unsigned(sample.sync ? 1 : 0)
        else {
          writer.signed(sample.offset - end)
          end = sample.offset + sample.sizeBytes
        }
      }
    }
  }
  return pipe(writer.bytes, new CompressionStream('deflate-raw'))
}

/** All segments of a page. Throws `MediaError` when the bytes are none. */
export async function readPage(bytes: Uint8Array): Promise<SegmentSamples[]> {
  const reader = new VarintReader(
    await pipe(bytes, new DecompressionStream('deflate-raw')).catch(() => {
      throw new MediaError('malformed', 'the index page cannot be inflated')
    }),
  )
  const segments: SegmentSamples[] = []
  const counts: number[] = []
  let total = 0
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const count = reader.unsigned()
    total += count
    if (total > MAX_SAMPLES || total > reader.remaining) throw new MediaError('malformed', `an index page of ${total} samples`)
    counts.push(count)
    segments.push({ decodeTicks: reader.unsigned(), samples: [] })
  }
  for (const [index, { samples }] of segments.entries()) {
    for (let left = counts[index] ?? 0; left > 0; left -= 1) {
      samples.push({ offset: 0, sizeBytes: reader.unsigned(), durationTicks: 0, compositionOffsetTicks: 0, sync: false })
    }
  }
  const every = (read: (sample: IndexedSample) => void): void => segments.forEach(({ samples }) => samples.forEach(read))
  let end = 0
  every((sample) => {
    sample.offset = end + reader.signed()
    end = sample.offset + sample.sizeBytes
  })
  every((sample) => (sample.durationTicks = reader.unsigned()))
  every((sample) => (sample.compositionOffsetTicks = reader.signed()))
  every((sample) => (sample.sync = reader.unsigned() === 1))
  return segments
}

async function pipe(bytes: Uint8Array, through: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(through)
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
