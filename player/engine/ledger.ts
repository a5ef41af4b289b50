/**
 * What a track knows about its segments beyond what the buffer shows: which were appended, from which rendition, which are
 * to come again in another one, and which were given up. Keyed by media sequence number.
 */
import type { PlanSegment } from './plan.ts'
import { overlap, type TimeRange } from './ranges.ts'

/** A segment in the buffer, seconds. */
interface Appended {
  startS: number
  endS: number
  rendition: string
}

/** See the head of this file. */
export class Ledger {
  readonly #appended = new Map<number, Appended>()
  readonly #skipped = new Set<number>()
  /** The rendition that replaces others, and where the segments begin that it has yet to replace. */
  #replacing: string | null = null
  readonly #stale = new Map<number, number>()
  #skippedInRow = 0

  /** Numbers of the segments that were appended and not removed since. */
  get appended(): ReadonlySet<number> {
    return new Set(this.#appended.keys())
  }

  /** Numbers of the segments given up. */
  get skipped(): ReadonlySet<number> {
    return this.#skipped
  }

  add(segment: PlanSegment, rendition: string): void {
    if (rendition === this.#replacing) this.#stale.delete(segment.number)
    this.#appended.set(segment.number, { startS: segment.startS, endS: segment.startS + segment.durationS, rendition })
  }

  /** A segment arrived: those lost before it were single ones. */
  arrived(): void {
    this.#skippedInRow = 0
  }

  /** Gives a segment up; answers how many in a row that makes. */
  skip(segment: PlanSegment): number {
    this.#stale.delete(segment.number)
    this.#skipped.add(segment.number)
    this.#skippedInRow += 1
    return this.#skippedInRow
  }

  /** Media was removed: segments it touched are no longer counted as there. */
  remove({ start, end }: TimeRange): void {
    for (const [number, item] of this.#appended) {
      if (item.endS <= start + 0.01 || item.startS >= end - 0.01) continue
      this.#appended.delete(number)
      this.#stale.delete(number)
    }
  }

  /**
   * What begins at the time or later in another rendition is to come again in this one; `arriving` is a segment of another
   * one that is on its way.
   */
  replace(rendition: string, fromS: number, arriving: PlanSegment | null): void {
    this.keepAll()
    this.#replacing = rendition
    for (const [number, item] of this.#appended) {
      if (item.startS >= fromS - 0.01 && item.rendition !== rendition) this.#stale.set(number, item.startS)
    }
    if (arriving && arriving.startS >= fromS - 0.01) this.#stale.set(arriving.number, arriving.startS)
  }

  /** The rendition that replaces others; null when none does. */
  get replacing(): string | null {
    return this.#replacing
  }

  /** Nothing is replaced any more. */
  keepAll(): void {
    this.#replacing = null
    this.#stale.clear()
  }

  /** The segment cannot be replaced: it stays as it is. */
  keep(number: number): void {
    this.#stale.delete(number)
  }

  /** Whether the segment waits to be replaced. */
  isStale(number: number): boolean {
    return this.#stale.has(number)
  }

  /** What waits to be replaced and was not reached by the playhead. */
  staleBehind(playheadS: number): ReadonlySet<number> {
    return new Set([...this.#stale].flatMap(([number, startS]) => (startS > playheadS ? [number] : [])))
  }

  /** Whether nothing more will come into the hole: each of its segments is given up, or appended and still there in part. */
  isFinal(hole: TimeRange, segments: readonly PlanSegment[], ranges: readonly TimeRange[]): boolean {
    return segments
      .filter((segment) => segment.startS < hole.end - 0.01 && segment.startS + segment.durationS > hole.start + 0.01)
      .every(({ number, startS, durationS }) => {
        if (this.#skipped.has(number)) return true
        return this.#appended.has(number) && overlap(ranges, startS, startS + durationS) > 0
      })
  }
}
