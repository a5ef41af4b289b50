/**
 * Which picture sizes a source is made in, and how many bits each may have. Sizes go by the shorter side, so that a
 * portrait video's `720p` is 720 wide; nothing is scaled up.
 */
import type { VideoCodec, VideoRung } from '../../protocol/plan.ts'

/** Shorter side of the rungs and the cap of H.264 at 16:9 and up to 30 frames per second. */
const RUNGS = [
  { shortSide: 2160, capBps: 16_000_000 },
  { shortSide: 1440, capBps: 9_000_000 },
  { shortSide: 1080, capBps: 5_000_000 },
  { shortSide: 720, capBps: 2_800_000 },
  { shortSide: 480, capBps: 1_200_000 },
  { shortSide: 360, capBps: 700_000 },
  { shortSide: 240, capBps: 350_000 },
] as const

/** Constant quality, and the share of H.264's bits that the codec needs for the same picture. */
const CODECS: Record<VideoCodec, { crf: number; share: number }> = {
  h264: { crf: 21, share: 1 },
  hevc: { crf: 24, share: 0.65 },
  vp9: { crf: 32, share: 0.7 },
  av1: { crf: 34, share: 0.6 },
}

/** A source this much above a rung is worth a rung of its own size … */
const WORTH_OWN_RUNG = 1.1
/** … and a rung this close below that one is not worth its bits. */
const WORTH_NEXT_RUNG = 1.25
/** No side is longer: what H.264 level 5.1 allows (8,688), rounded down to what decoders are tested with. */
const LONGEST_SIDE = 8192
/** The plan's own limit. */
const MOST_RUNGS = 24

/** Pixels as shown. */
export interface Size {
  width: number
  height: number
}

/**
 * Sizes from the largest down. A source between two rungs (1920x800, 1600x900) gets a top rung of its own size when that
 * is more than a tenth above the next rung; 1366x768 starts at 720p. One smaller than 240p gets one rung of its own size.
 */
export function ladderSizes({ width, height }: Size): Size[] {
  const short = Math.min(width, height)
  const standard: number[] = RUNGS.map(({ shortSide }) => shortSide).filter((shortSide) => shortSide <= short)
  const top = standard[0]
  if (top === undefined) return [scaleTo({ width, height }, short)]
  const own = top !== RUNGS[0].shortSide && short / top > WORTH_OWN_RUNG
  const sides = own ? [short, ...(short / top < WORTH_NEXT_RUNG ? standard.slice(1) : standard)] : standard
  const sizes = sides.map((side) => scaleTo({ width, height }, side))
  // Of a strip that is wider than LONGEST_SIDE, several rungs come out the same.
  return sizes.filter(
    (size, i) => i === 0 || Math.min(size.width, size.height) < Math.min(sizes[i - 1]?.width ?? 0, sizes[i - 1]?.height ?? 0),
  )
}

/** Rungs of all wished codecs, highest first, with capped VBR settings. */
export function ladderRungs(size: Size, fps: number, codecs: readonly VideoCodec[]): VideoRung[] {
  const wished = codecs.length === 0 ? (['h264'] as const) : [...new Set(codecs)]
  const sizes = ladderSizes(size)
  const [first, ...others] = wished.map((codec) => sizes.map((rung) => makeRung(rung, fps, codec)))
  const rest = others.flat().toSorted(byPixels)
  return [...(first ?? []), ...rest].slice(0, MOST_RUNGS).toSorted(byPixels)
}

function byPixels(a: VideoRung, b: VideoRung): number {
  return b.width * b.height - a.width * a.height
}

function makeRung(size: Size, fps: number, codec: VideoCodec): VideoRung {
  const { crf, share } = CODECS[codec]
  // Twice the frames need about one and a half times the bits: frames that are nearer in time are more alike.
  const faster = Math.max(1, fps / 30) ** Math.log2(1.5)
  const maxBitrateBps = Math.round((capBps(size) * share * faster) / 10_000) * 10_000
  return { id: `${Math.min(size.width, size.height)}p-${codec}`, codec, ...size, crf, maxBitrateBps, bufferBits: maxBitrateBps * 2 }
}

/** Cap by number of pixels, interpolated between the rungs of the table (straight lines on logarithmic axes). */
function capBps({ width, height }: Size): number {
  const pixels = width * height
  const points = RUNGS.map(({ shortSide, capBps: cap }) => ({ pixels: shortSide * Math.round((shortSide * 8) / 9) * 2, cap }))
  const below = points.findIndex((point) => point.pixels <= pixels)
  const at = below === -1 ? points.length - 1 : Math.max(below, 1)
  const [high, low] = [points[at - 1], points[at]]
  if (high === undefined || low === undefined) throw new RangeError('the table of rungs has fewer than two rows')
  const slope = Math.log(high.cap / low.cap) / Math.log(high.pixels / low.pixels)
  return Math.max(40_000, low.cap * (pixels / low.pixels) ** slope)
}

/** Aspect kept; even sides (4:2:0 has one colour sample for two pixels), rounded down where rounding up would be larger than the source. */
function scaleTo({ width, height }: Size, shortSide: number): Size {
  const longest = Math.max(width, height)
  const scale = Math.min(shortSide / Math.min(width, height), LONGEST_SIDE / longest)
  const even = (side: number): number => Math.max(2, Math.min(Math.round((side * scale) / 2) * 2, Math.floor(side / 2) * 2))
  return { width: even(width), height: even(height) }
}
