/** The clock that picture and sound share, and the outputs of a call, in order. */
import { PTS_HZ, PTS_WRAP, unwrap } from '../pes.ts'
import type { MediaFragment, TimedMetadata, TransmuxOutput, WarningCode } from './model.ts'

/** Warnings of one code between two flushes; what is more is counted. A damaged stream must not flood its reader. */
const MAX_WARNINGS = 20

/** See the head of this file. */
export class Timeline {
  /** Number of the timeline: counts discontinuities. */
  number = 0
  /** Last time stamp seen in any stream, ticks of 90 kHz; null at the start. */
  #last: number | null = null
  /** Ticks added to everything of this timeline; null until the first fragment is written. */
  #shift: number | null = null
  /** Earliest decode time seen, ticks. */
  #earliest = Infinity
  #outputs: TransmuxOutput[] = []
  /** Waits for the next fragment: only then is the shift known. */
  #metadata: TimedMetadata[] = []
  readonly #warnings = new Map<WarningCode, number>()

  /** Another clock from now on. */
  restart(): void {
    this.#last = null
    this.#shift = null
    this.#earliest = Infinity
  }

  /** The time, in ticks, of 33 stored bits: nearest to what was seen last, in any stream. */
  unwrap(stored: number): number {
    const ticks = this.#last === null ? stored : unwrap(stored, this.#last)
    this.#last = ticks
    return ticks
  }

  /** The 33 bits beside a time of the same stream (a DTS beside its PTS). */
  unwrapBeside(stored: number, ticks: number): number {
    return unwrap(stored, ticks)
  }

  /** A decode time that will be written: `tfdt` has no negative numbers. */
  note(ticks: number): void {
    if (ticks < this.#earliest) this.#earliest = ticks
  }

  /** The last time stamp, seconds; null before the first. */
  get seconds(): number | null {
    return this.#last === null ? null : (this.#last + (this.#shift ?? 0)) / PTS_HZ
  }

  /**
   * Ticks of 90 kHz between the stream's clock and what is written: 0, except where a stream starts with decode times before
   * its clock's zero (B-frames of a stream that starts at PTS 0): then one whole turn of the clock. Fixed from here on.
   */
  shift(): number {
    this.#shift ??= this.#earliest < 0 ? PTS_WRAP : 0
    return this.#shift
  }

  fragment(fragment: MediaFragment): void {
    this.#releaseMetadata()
    this.#outputs.push(fragment)
  }

  output(output: TransmuxOutput): void {
    this.#outputs.push(output)
  }

  /** `ticks`: null takes the last time stamp. The bytes are kept. */
  metadata(kind: TimedMetadata['kind'], bytes: Uint8Array<ArrayBuffer>, ticks: number | null): void {
    const at = ticks ?? this.#last
    this.#metadata.push({ type: 'metadata', kind, bytes, seconds: at === null ? null : at / PTS_HZ, timeline: this.number })
  }

  warn(code: WarningCode, message: string): void {
    const count = (this.#warnings.get(code) ?? 0) + 1
    this.#warnings.set(code, count)
    if (count <= MAX_WARNINGS) this.#outputs.push({ type: 'warning', code, message, seconds: this.seconds })
  }

  /** Everything since the last call. */
  take(): TransmuxOutput[] {
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }

  /** The end of a segment: what waits goes out. */
  flush(): void {
    this.#releaseMetadata()
    for (const [code, count] of this.#warnings) {
      if (count > MAX_WARNINGS) {
        this.#outputs.push({ type: 'warning', code, message: `${count - MAX_WARNINGS} more of this kind`, seconds: this.seconds })
      }
    }
    this.#warnings.clear()
  }

  /** Forgets what waits. */
  clear(): void {
    this.#outputs = []
    this.#metadata = []
    this.#warnings.clear()
  }

  #releaseMetadata(): void {
    if (this.#metadata.length === 0) return
    const shiftSeconds = this.shift() / PTS_HZ
    for (const item of this.#metadata) {
      this.#outputs.push(item.seconds === null ? item : { ...item, seconds: item.seconds + shiftSeconds })
    }
    this.#metadata = []
  }
}
