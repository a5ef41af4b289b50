/** Chapters of MP4: Nero's `chpl`, and QuickTime's text tracks, which other tracks name by `tref`/`chap`. */
import type { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteSource } from '../bytes/source.ts'
import type { Chapter, SampleTable, Track } from '../container/model.ts'
import { presentationClock } from '../container/presentation-clock.ts'
import { readFullBox } from './full-box.ts'

/** Body of `chpl`: version 0 counts in 8 bits right away, version 1 after 32 reserved ones. */
export function readNeroChapters(reader: ByteReader): Chapter[] {
  const { version } = readFullBox(reader)
  if (version > 0) reader.skip(4)
  const chapters: Chapter[] = []
  for (let left = reader.u8(); left > 0 && reader.remaining >= 9; left -= 1) {
    // Units of 100 ns; length of the title, UTF-8
    const startSeconds = (reader.u32() * 2 ** 32 + reader.u32()) / 1e7
    const length = Math.min(reader.u8(), reader.remaining)
    chapters.push({ startSeconds, title: new TextDecoder().decode(reader.take(length)) })
  }
  return chapters
}

/** A book has hundreds of chapters, a broken table millions. */
const MAX_CHAPTERS = 1000

/** Titles are short. */
const MAX_TITLE_BYTES = 1024

/** Titles of a file that was written at once lie one behind the other: a hundred are read at a time. */
const READ_BYTES = 4096

/** The samples of a text track as chapters. Titles beyond the end of the file are empty. */
export async function readTextChapters(source: ByteSource, track: Track, samples: SampleTable): Promise<Chapter[]> {
  const clock = presentationClock(track)
  const chapters: Chapter[] = []
  let window: { offset: number; bytes: Uint8Array } = { offset: 0, bytes: new Uint8Array() }
  for (let index = 0; index < Math.min(samples.count, MAX_CHAPTERS); index += 1) {
    const offset = samples.offset[index] ?? 0
    const length = Math.min(samples.size[index] ?? 0, MAX_TITLE_BYTES)
    if (offset < window.offset || offset + length > window.offset + window.bytes.length) {
      window = { offset, bytes: await source.read(offset, READ_BYTES) }
    }
    const from = offset - window.offset
    const title = readTitle(window.bytes.subarray(from, from + length))
    chapters.push({ startSeconds: clock(samples.presentationTicks[index] ?? 0), title })
  }
  return chapters
}

/** A text sample: 16 bits of length, text in UTF-8 or, with a byte order mark, UTF-16; modifier boxes may follow. */
function readTitle(sample: Uint8Array): string {
  const [high = 0, low = 0] = sample
  const text = sample.subarray(2, 2 + high * 256 + low)
  const [first, second] = text
  const utf16 = first === 0xfe && second === 0xff ? 'utf-16be' : first === 0xff && second === 0xfe ? 'utf-16le' : null
  return new TextDecoder(utf16 ?? 'utf-8').decode(text)
}
