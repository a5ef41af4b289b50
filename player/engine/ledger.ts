/**
 * What a track knows about stretches of time beyond what the buffer shows: which were appended, from which rendition, which
 * are to come again in another one, and which were given up. Told by time and not by number: renditions need not be cut at
 * the same places.
 */
import type { PlanSegment } from './plan.ts'
import { overlap, subtract, type TimeRange } from './ranges.ts'

/** A segment in the buffer. */
interface Appended extends TimeRange {
  rendition: string
}

/** See the head of this file. */
export class Ledger {
  #appended: Appended[] = []
  #skipped: TimeRange[] = []
  /** The rendition that replaces others, and what it has yet to replace. */
  #replacing: string | null = null
  #stale: TimeRange[] = []
  /** Segments of which a part was removed. */
  #torn: TimeRange[] = []
  #skippedInRow = 0

  /** All of it was appended and not removed since. */
  isAppended(segment: PlanSegment): boolean {
    return isIn(this.#appended, segment)
  }

  /** It was given up. */
  isSkipped(segment: PlanSegment): boolean {
    return isIn(this.#skipped, segment)
  }

  add(segment: PlanSegment, rendition: string): void {
    const added = rangeOf(segment)
    if (rendition === this.#replacing) this.#stale = subtract(this.#stale, added)
    this.#torn = subtract(this.#torn, added)
    // What it covers is overwritten in the buffer too.
    this.#appended = this.#appended.filter(({ start, end }) => start < added.start - 0.01 || end > added.end + 0.01)
    this.#appended.push({ ...added, rendition })
    this.#appended.sort((a, b) => a.start - b.start)
  }

  /** A segment arrived: those lost before it were single ones. */
  arrived(): void {
    this.#skippedInRow = 0
  }

  /** Gives a segment up; answers how many in a row that makes. */
  skip(segment: PlanSegment): number {
    this.keep(segment)
    this.#skipped.push(rangeOf(segment))
    this.#skipped.sort((a, b) => a.start - b.start)
    this.#skippedInRow += 1
    return this.#skippedInRow
  }

  /** Media was removed: segments it touched are no longer counted as there. */
  remove({ start, end }: TimeRange): void {
    const touched = (item: TimeRange): boolean => item.end > start + 0.01 && item.start < end - 0.01
    for (const item of this.#appended.filter(touched)) {
      this.#stale = subtract(this.#stale, item)
      const whole = item.start >= start - 0.01 && item.end <= end + 0.01
      this.#torn = whole ? subtract(this.#torn, item) : [...this.#torn, { start: item.start, end: item.end }]
    }
    this.#appended = this.#appended.filter((item) => !touched(item))
  }

  /**
   * What begins at the time or later in another rendition is to come again in this one; `arriving` is a segment of another
   * one that is on its way.
   */
  replace(rendition: string, fromS: number, arriving: PlanSegment | null): void {
    this.#replacing = rendition
    const others = this.#appended.filter((item) => item.rendition !== rendition)
    this.#stale = [...others, ...(arriving === null ? [] : [rangeOf(arriving)])]
      .filter(({ start }) => start >= fromS - 0.01)
      .map(({ start, end }) => ({ start, end }))
      .toSorted((a, b) => a.start - b.start)
  }

  /** Part of it was removed: playback that comes to its beginning again would find a hole there, however small. */
  isTorn(segment: PlanSegment): boolean {
    const { start, end } = rangeOf(segment)
    return overlap(this.#torn, start, end) > slackOf(segment)
  }

  /** The rendition that replaces others; null when none does. */
  get replacing(): string | null {
    return this.#replacing
  }

  /** Nothing is replaced any more. */
  keepAll(): void {
    this.#replacing = null
    this.#stale = []
  }

  /** The segment cannot be replaced: it stays as it is. */
  keep(segment: PlanSegment): void {
    this.#stale = subtract(this.#stale, rangeOf(segment))
  }

  /** Whether the segment, or a good part of it, waits to be replaced. */
  isStale(segment: PlanSegment): boolean {
    const { start, end } = rangeOf(segment)
    return overlap(this.#stale, start, end) > slackOf(segment)
  }

  /** Whether nothing more will come into the hole: each of its segments is given up, or appended and still there in part. */
  isFinal(hole: TimeRange, segments: readonly PlanSegment[], ranges: readonly TimeRange[]): boolean {
    return segments
      .filter((segment) => segment.startS < hole.end - 0.01 && segment.startS + segment.durationS > hole.start + 0.01)
      .every((segment) => {
        if (this.isSkipped(segment)) return true
        return this.isAppended(segment) && overlap(ranges, segment.startS, segment.startS + segment.durationS) > 0
      })
  }
}

function rangeOf({ startS, durationS }: PlanSegment): TimeRange {
  return { start: startS, end: startS + durationS }
}

/** What playlists round, and renditions that are cut at the same places differ by. */
function slackOf({ durationS }: PlanSegment): number {
  return Math.min(0.25, durationS / 4)
}

/** All but the slack is covered by items, which are sorted and may overlap. */
function isIn(items: readonly TimeRange[], segment: PlanSegment): boolean {
  const { start, end } = rangeOf(segment)
  let covered = 0
  let at = start
  for (const item of items) {
    if (item.end <= at || item.start >= end) continue
    covered += Math.min(item.end, end) - Math.max(item.start, at)
    at = item.end
  }
  return covered >= end - start - slackOf(segment)
}
