/**
 * Which constant frame rate a ladder is made at. A source that says 29.97 in a rounded way (2997/100, 29.9701) gets the
 * exact 30000/1001, so that frames keep falling on the grid after ten hours.
 */
import type { Fraction } from '../../protocol/plan.ts'
import { reduce, toNumber } from './fraction.ts'

/** Rates that cameras, films and screens have. SMPTE ST 12-1 and the halves and thirds that phones record at. */
const STANDARD: readonly Fraction[] = [
  { num: 5, den: 1 },
  { num: 8, den: 1 },
  { num: 10, den: 1 },
  { num: 12000, den: 1001 },
  { num: 12, den: 1 },
  { num: 25, den: 2 },
  { num: 15000, den: 1001 },
  { num: 15, den: 1 },
  { num: 20, den: 1 },
  { num: 24000, den: 1001 },
  { num: 24, den: 1 },
  { num: 25, den: 1 },
  { num: 30000, den: 1001 },
  { num: 30, den: 1 },
  { num: 48000, den: 1001 },
  { num: 48, den: 1 },
  { num: 50, den: 1 },
  { num: 60000, den: 1001 },
  { num: 60, den: 1 },
]

/** Above this nobody sees more, and every rung costs twice. */
const HIGHEST_FPS = 60
/** Below this a segment of two seconds has no frame to start with. */
const LOWEST: Fraction = { num: 1, den: 1 }
/** 23.976 and 24 are 0.1 % apart: a rate within half of that is the standard one, written down roughly. */
const SAME_RATE = 0.0005

/**
 * The ladder's rate for a constant-rate source: snapped to the standard rate it means, divided by a whole number when it
 * is above 60 (120 becomes 60, 100 becomes 50), so that every output frame is a source frame.
 */
export function constantFrameRate(rate: Fraction): Fraction {
  const divisor = Math.max(1, Math.ceil(toNumber(rate) / (HIGHEST_FPS * (1 + SAME_RATE))))
  const divided = reduce(rate.num, rate.den * divisor)
  const fps = toNumber(divided)
  const standard = nearest(fps)
  if (relative(standard, fps) <= SAME_RATE) return standard
  if (fps < toNumber(LOWEST)) return LOWEST
  // An odd rate keeps to a thousandth: within a frame of the source for the first half hour, then one frame is repeated or left out.
  return divided.num <= 100_000 && divided.den <= 10_000 ? divided : reduce(Math.round(fps * 1000), 1000)
}

/**
 * The ladder's rate for a variable-rate source: the standard rate its frames mostly come at. `typicalFps` is one over the
 * median frame duration; a rate that lies between two standard ones is rounded up, so that no frame is lost.
 */
export function variableFrameRate(typicalFps: number): Fraction {
  const fps = Math.min(typicalFps, HIGHEST_FPS)
  const close = nearest(fps)
  if (relative(close, fps) <= 0.02) return wholeRate(close)
  return wholeRate(STANDARD.find((rate) => toNumber(rate) >= fps) ?? close)
}

/** A phone's "30 or so" is 30, not 29.97: of two rates 0.1 % apart the whole number is the one that VFR sources mean. */
function wholeRate(rate: Fraction): Fraction {
  return rate.den === 1001 ? { num: Math.ceil(toNumber(rate)), den: 1 } : rate
}

function nearest(fps: number): Fraction {
  return STANDARD.reduce((best, rate) => (relative(rate, fps) < relative(best, fps) ? rate : best))
}

function relative(rate: Fraction, fps: number): number {
  return Math.abs(toNumber(rate) / fps - 1)
}
