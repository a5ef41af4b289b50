/** The player's weight against its budget: a number is raised in the change that grows it, and lowered when it shrinks. */
import { expect, test } from 'vitest'
import { bundleSize } from '../../scripts/player-size.ts'

/** Bytes of Brotli. `all`: with what is loaded for MPEG-TS, packed audio and AES-128 only. */
const BUDGET = [
  { entry: 'player/engine/engine.ts', all: false, budget: 22_300 },
  { entry: 'player/engine/engine.ts', all: true, budget: 43_000 },
  { entry: 'player/index.ts', all: false, budget: 62_400 },
]

test.each(BUDGET)('$entry, all: $all, is at most $budget bytes', async ({ entry, all, budget }) => {
  const { brotli } = await bundleSize(entry, { all })
  expect(brotli).toBeLessThanOrEqual(budget)
  expect(brotli, 'much smaller than its budget: lower that').toBeGreaterThan(budget * 0.7)
})
