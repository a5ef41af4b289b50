/**
 * What a track knows about its segments beyond what the buffer shows: which were appended, from which rendition, and which
 * were given up. Keyed by media sequence number.
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
    this.#appended.set(segment.number, { startS: segment.startS, endS: segment.startS + segment.durationS, rendition })
  }

  /** A segment arrived: those lost before it were single ones. */
  arrived(): void {
    this.#skippedInRow = 0
  }

  /** Gives a segment up; answers how many in a row that makes. */
  skip(segment: PlanSegment): number {
    this.#skipped.add(segment.number)
    this.#skippedInRow += 1
    return this.#skippedInRow
  }

  /** Media was removed: segments it touched are no longer counted as there. */
  remove({ start, end }: TimeRange): void {
    for (const [number, item] of this.#appended) {
      if (item.endS > start + 0.01 && item.startS < end - 0.01) this.#appended.delete(number)
    }
  }

  /** Whether something of another rendition begins at the time or later. */
  hasOther(rendition: string, fromS: number): boolean {
    return [...this.#appended.values()].some((item) => item.startS >= fromS - 0.01 && item.rendition !== rendition)
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
