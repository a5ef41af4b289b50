/** Fractions in lowest terms: frame rates and time bases, as FFmpeg writes them. */
import type { Fraction } from '../../protocol/plan.ts'

/** Reads `30000/1001` or `25`; null for `0/0`, negative rates and anything else that is not a positive rate. */
export function parseFraction(text: string | undefined): Fraction | null {
  const match = /^(\d{1,15})(?:[/:](\d{1,15}))?$/.exec(text ?? '')
  if (match === null) return null
  const num = Number(match[1])
  const den = Number(match[2] ?? '1')
  return num > 0 && den > 0 ? reduce(num, den) : null
}

/** The same fraction in lowest terms. Both parts are positive whole numbers. */
export function reduce(num: number, den: number): Fraction {
  let a = num
  let b = den
  while (b !== 0) [a, b] = [b, a % b]
  return { num: num / a, den: den / a }
}

/** As a number, for comparing and for people. */
export function toNumber({ num, den }: Fraction): number {
  return num / den
}
