/** The input of a number: which fixture of a target is hurt, and how, by the seed alone. */
import type { Fixture } from './mutate.ts'
import { mutate } from './mutate.ts'
import type { FixtureKind } from './fixtures.ts'
import { randomOf } from './random.ts'
import type { Target } from './targets.ts'

export interface Input {
  bytes: Uint8Array
  /** Pieces that a stream comes in. */
  slices: number
}

export function inputOf(target: Target, fixtures: Record<FixtureKind, Fixture[]>, seed: number, number: number): Input {
  const random = randomOf(seed, target.name, number)
  const own = target.kinds.flatMap((kind) => fixtures[kind])
  const bytes = mutate(random.pick(own), own, random)
  return { bytes, slices: random.pick([1, 1, 2, 7, 50]) }
}
