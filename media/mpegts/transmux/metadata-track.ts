/** Streams that are passed on as they are: ID3 tags in PES packets, splice information in sections. */
import { SectionAssembler } from '../sections.ts'
import { PesPayload } from './pes-payload.ts'
import type { Timeline } from './timeline.ts'

/** A tag larger than this is not kept: they hold titles, pictures at most. */
const MOST_TAG_BYTES = 4 * 1024 * 1024

/** Timed ID3 metadata ("Timed Metadata for HTTP Live Streaming"): one tag or more a PES packet. */
export class Id3Track {
  readonly #timeline: Timeline
  readonly #payload = new PesPayload()
  #parts: Uint8Array[] = []
  #length = 0
  #ticks: number | null = null

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  packet(bytes: Uint8Array, from: number, to: number, unitStart: boolean): void {
    let at = from
    if (unitStart) {
      this.flush()
      at = this.#payload.start(bytes, from, to)
    } else if (this.#payload.collecting) at = this.#payload.more(bytes, from, to)
    if (at === -1 || this.#payload.left === 0) return
    if (unitStart || at !== from) this.#ticks = this.#payload.pts === null ? null : this.#timeline.unwrap(this.#payload.pts)
    const end = Math.min(to, at + this.#payload.left)
    if (end <= at || this.#length + end - at > MOST_TAG_BYTES) return
    this.#parts.push(bytes.slice(at, end))
    this.#length += end - at
    this.#payload.left -= end - at
    if (this.#payload.left === 0) this.#emit()
  }

  lost(): void {
    this.#clear()
  }

  flush(): void {
    // A packet that says its length goes out when it is whole
    if (this.#payload.left > 0 && this.#payload.left < MOST_TAG_BYTES) this.#clear()
    else this.#emit()
  }

  #clear(): void {
    this.#parts = []
    this.#length = 0
    this.#payload.close()
  }

  #emit(): void {
    if (this.#length > 0) {
      const tag = new Uint8Array(this.#length)
      let at = 0
      for (const part of this.#parts) {
        tag.set(part, at)
        at += part.length
      }
      this.#timeline.metadata('id3', tag, this.#ticks)
    }
    this.#clear()
  }
}

/** splice_info_section() of SCTE 35. */
export class SpliceTrack {
  readonly #timeline: Timeline
  readonly #sections = new SectionAssembler()

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  packet(bytes: Uint8Array, from: number, to: number, unitStart: boolean): void {
    for (const section of this.#sections.push(bytes.subarray(from, to), unitStart))
      this.#timeline.metadata('scte-35', section.slice(), null)
  }

  lost(): void {
    this.#sections.reset()
  }

  flush(): void {
    // A section goes out when it is whole
  }
}
