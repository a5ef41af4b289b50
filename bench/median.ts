/** The middle of some numbers; the mean of the two middle ones when their count is even. Throws on an empty list. */
export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing')
  return (upper + lower) / 2
}
