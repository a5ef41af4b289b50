/** `stsd` (ISO/IEC 14496-12 8.5.2): its entries and the boxes in them, as far as a repair needs to look. */
import { type Box, readBoxes } from '../mp4/read-box.ts'
import { MediaError } from '../errors.ts'

export interface SampleEntry {
  type: string
  /** The entry with its header. */
  bytes: Uint8Array
  /** Boxes behind the entry's fields, places from the start of `bytes`. Empty where they cannot be read. */
  boxes: Box[]
}

/** SampleEntry (16 with its header) and VisualSampleEntry (70). */
const VISUAL = 86
/** SampleEntry and AudioSampleEntry (20); QuickTime's versions 1 and 2 have 16 and 36 bytes more. */
const AUDIO = [36, 52, 72] as const

/** Entries in order; none where the table cannot be read. */
export function readSampleEntries(stsd: Uint8Array): SampleEntry[] {
  const entries = quietly(() => readBoxes(stsd, Math.min(8, stsd.length))) ?? []
  return entries.map(({ type, start, end }) => {
    const bytes = stsd.subarray(start, end)
    const starts = /^(mp4a|ac-3|ec-3|Opus|fLaC|\.mp3)$/.test(type) ? AUDIO : [VISUAL]
    for (const from of starts) {
      const boxes = from < bytes.length ? quietly(() => readBoxes(bytes, from)) : null
      if (boxes !== null) return { type, bytes, boxes }
    }
    return { type, bytes, boxes: [] }
  })
}

/** The body of a box in an entry, or null. */
export function configOf(entry: SampleEntry, type: string): Uint8Array | null {
  const found = entry.boxes.find((box) => box.type === type)
  return found === undefined ? null : entry.bytes.subarray(found.body, found.end)
}

function quietly<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}
