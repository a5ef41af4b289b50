/**
 * A page of the index: the samples of some segments, field by field, deflated. Sizes stand beside sizes and offsets beside
 * offsets, so that what repeats (a frame's duration, "right behind the one before") costs next to nothing: a film of three
 * hours comes to about a byte and a half a sample.
 */
import type { SampleTable } from '../container/model.ts'
import { newSampleTable, sliceSamples } from '../container/sample-table.ts'
import { MediaError } from '../errors.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/** More than a page is ever written with; a page that claims more is refused before anything is allocated. */
const MAX_SAMPLES = 1_000_000

/** Fields in the order of their columns. */
const COLUMNS = ['size', 'gap', 'duration', 'composition', 'sync'] as const

/** `segments`: none of them empty. */
export async function writePage(segments: SampleTable[]): Promise<Uint8Array> {
  const writer = new VarintWriter()
  writer.unsigned(segments.length)
  for (const { count, decodeTicks } of segments) {
    writer.unsigned(count)
    writer.unsigned(decodeTicks[0] ?? 0)
  }
  for (const column of COLUMNS) {
    let end = 0
    for (const samples of segments) {
      for (let row = 0; row < samples.count; row += 1) {
        const [offset = 0, size = 0] = [samples.offset[row], samples.size[row]]
        if (column === 'size') writer.unsigned(size)
        else if (column === 'duration') writer.unsigned(samples.durationTicks[row] ?? 0)
        else if (column === 'composition') writer.signed((samples.presentationTicks[row] ?? 0) - (samples.decodeTicks[row] ?? 0))
        else if (column === 'sync') writer.unsigned(samples.sync[row] ?? 0)
        else {
          writer.signed(offset - end)
          end = offset + size
        }
      }
    }
  }
  return pipe(writer.bytes, new CompressionStream('deflate-raw'))
}

/** All segments of a page: views of the same memory. Throws `MediaError` when the bytes are none. */
export async function readPage(bytes: Uint8Array): Promise<SampleTable[]> {
  const reader = new VarintReader(
    await pipe(bytes, new DecompressionStream('deflate-raw')).catch(() => {
      throw new MediaError('malformed', 'the index page cannot be inflated')
    }),
  )
  const starts: { row: number; decodeTicks: number }[] = []
  let total = 0
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    starts.push({ row: total, decodeTicks: 0 })
    total += reader.unsigned()
    if (total > MAX_SAMPLES || total > reader.remaining) throw new MediaError('malformed', `an index page of ${total} samples`)
    Object.assign(starts.at(-1) ?? {}, { decodeTicks: reader.unsigned() })
  }
  const table = newSampleTable(total, Infinity)
  for (let row = 0; row < total; row += 1) table.size[row] = reader.unsigned()
  for (let row = 0, end = 0; row < total; row += 1) {
    table.offset[row] = end + reader.signed()
    end = (table.offset[row] ?? 0) + (table.size[row] ?? 0)
  }
  for (let row = 0; row < total; row += 1) table.durationTicks[row] = reader.unsigned()
  const segments = starts.map(({ row }, index) => sliceSamples(table, row, starts[index + 1]?.row ?? total))
  for (const [index, samples] of segments.entries()) {
    let decodeTicks = starts[index]?.decodeTicks ?? 0
    for (let row = 0; row < samples.count; row += 1) {
      samples.decodeTicks[row] = decodeTicks
      samples.presentationTicks[row] = decodeTicks + reader.signed()
      decodeTicks += samples.durationTicks[row] ?? 0
    }
  }
  for (let row = 0; row < total; row += 1) table.sync[row] = reader.unsigned()
  return segments
}

async function pipe(bytes: Uint8Array, through: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(through)
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
