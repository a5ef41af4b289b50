/** Buffered time ranges as plain data, so that what decides with them runs in Node. Seconds; sorted, not overlapping. */
export interface TimeRange {
  start: number
  end: number
}

/** The part of `TimeRanges` that is read. */
interface RangesLike {
  readonly length: number
  start(index: number): number
  end(index: number): number
}

/** A media element's or SourceBuffer's ranges as plain data. */
export function toRanges(ranges: RangesLike): TimeRange[] {
  return Array.from({ length: ranges.length }, (_, i) => ({ start: ranges.start(i), end: ranges.end(i) }))
}

/** The range that holds the time. `slackS` forgives a range that begins slightly later. */
export function rangeAt(ranges: readonly TimeRange[], timeS: number, slackS = 0): TimeRange | null {
  return ranges.find((range) => range.start - slackS <= timeS && timeS < range.end) ?? null
}

/** Seconds of media that can be played from the time on without a hole longer than `holeS`. */
export function bufferAhead(ranges: readonly TimeRange[], timeS: number, holeS = 0.1): number {
  let end = timeS
  for (const range of ranges) {
    if (range.end <= end) continue
    if (range.start > end + holeS) break
    end = range.end
  }
  return end - timeS
}

/** Seconds of `[start, end)` that the ranges cover. */
export function overlap(ranges: readonly TimeRange[], start: number, end: number): number {
  let sum = 0
  for (const range of ranges) sum += Math.max(0, Math.min(range.end, end) - Math.max(range.start, start))
  return sum
}

/** The ranges without `[start, end)`; splinters below a hundredth of a second go with it. */
export function subtract(ranges: readonly TimeRange[], { start, end }: TimeRange): TimeRange[] {
  return ranges
    .flatMap((range) => [
      { start: range.start, end: Math.min(range.end, start) },
      { start: Math.max(range.start, end), end: range.end },
    ])
    .filter((range) => range.end - range.start > 0.01)
}

/** What both have. */
export function intersect(one: readonly TimeRange[], other: readonly TimeRange[]): TimeRange[] {
  return one.flatMap(({ start, end }) =>
    other
      .map((range) => ({ start: Math.max(start, range.start), end: Math.min(end, range.end) }))
      .filter((range) => range.end > range.start),
  )
}

/** Whether one range holds all of `[start, end]`; true when that is empty or reversed. */
export function covers(ranges: readonly TimeRange[], start: number, end: number): boolean {
  return end <= start || ranges.some((range) => range.start <= start && end <= range.end)
}
