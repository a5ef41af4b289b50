/**
 * A ladder with the size of every segment: what a simulated viewer chooses from. Reads Sabre's movie files:
 * `{segment_duration_ms, bitrates_kbps, segment_sizes_bits}`, and `heights` beside them where somebody wrote it.
 */
import type { Rung } from '../../player/abr/rule.ts'
import { LabError } from '../error.ts'

export interface Ladder {
  name: string
  /** All segments are equally long. */
  segmentMs: number
  /** From the smallest bit rate up; at least one. */
  rungs: readonly Rung[]
  /** Size by segment and rung, bits. As many as the presentation has segments. */
  bits: readonly (readonly number[])[]
}

const MAX_SEGMENTS = 100_000
const MAX_RUNGS = 64
const MAX_SEGMENT_BITS = 8e9

/** Reads the text of a movie file. Throws `LabError`. */
export function readLadder(text: string, name: string): Ladder {
  let movie: unknown
  try {
    movie = JSON.parse(text)
  } catch {
    throw new LabError(`${name}: is no JSON`)
  }
  if (typeof movie !== 'object' || movie === null) throw new LabError(`${name}: expected an object`)
  const of = movie as Record<string, unknown>
  const segmentMs = of['segment_duration_ms']
  const kbps = numbers(of['bitrates_kbps'], `${name}: bitrates_kbps`, MAX_RUNGS)
  const sizes = of['segment_sizes_bits']
  if (typeof segmentMs !== 'number' || !(segmentMs >= 10 && segmentMs <= 600_000))
    throw new LabError(`${name}: segment_duration_ms has to be from 10 to 600000`)
  if (!Array.isArray(sizes) || sizes.length === 0 || sizes.length > MAX_SEGMENTS)
    throw new LabError(`${name}: segment_sizes_bits has to be a list of 1 to ${MAX_SEGMENTS} segments`)
  const heights = of['heights'] === undefined ? [] : numbers(of['heights'], `${name}: heights`, MAX_RUNGS)
  const bits = sizes.map((row: unknown, index) => {
    const where = `${name}: segment ${index + 1}`
    const list = numbers(row, where, MAX_RUNGS)
    if (list.length !== kbps.length) throw new LabError(`${where} has ${list.length} sizes for ${kbps.length} bit rates`)
    if (list.some((size) => size > MAX_SEGMENT_BITS)) throw new LabError(`${where} is larger than any segment`)
    return list
  })
  return ladderOf(
    name,
    segmentMs,
    kbps.map((rate, index) => ({ kbps: rate, height: heights[index] ?? 0 })),
    bits,
  )
}

/** A ladder from its parts. Throws `LabError` when the bit rates do not rise. */
export function ladderOf(name: string, segmentMs: number, levels: { kbps: number; height: number }[], bits: number[][]): Ladder {
  if (levels.length === 0) throw new LabError(`${name}: has no bit rates`)
  if (levels.some(({ kbps }, index) => index > 0 && kbps <= (levels[index - 1]?.kbps ?? 0)))
    throw new LabError(`${name}: bit rates have to rise`)
  const rungs = levels.map(({ kbps, height }): Rung => {
    const bps = kbps * 1000
    return { id: `${kbps}k`, peakBps: bps, averageBps: bps, width: Math.round((height * 16) / 9), height }
  })
  return { name, segmentMs, rungs, bits }
}

/** The first so many seconds of a ladder; a longer time repeats it from its beginning. */
export function lasting(ladder: Ladder, durationS: number): Ladder {
  const count = Math.min(MAX_SEGMENTS, Math.max(1, Math.ceil((durationS * 1000) / ladder.segmentMs)))
  const bits = Array.from({ length: count }, (_, index) => ladder.bits[index % ladder.bits.length] ?? [])
  return { ...ladder, bits }
}

function numbers(value: unknown, where: string, most: number): number[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) throw new LabError(`${where}: expected 1 to ${most} numbers`)
  return value.map((one: unknown) => {
    if (typeof one !== 'number' || !Number.isFinite(one) || one <= 0) throw new LabError(`${where}: expected numbers above 0`)
    return one
  })
}
