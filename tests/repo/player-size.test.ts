/** The player's weight against its budget: a number is raised in the change that grows it, and lowered when it shrinks. */
import { expect, test } from 'vitest'
import { bundleSize } from '../../scripts/player-size.ts'

/** Bytes of Brotli. */
const BUDGET = { 'player/engine/engine.ts': 16_500, 'player/index.ts': 57_000 }

test.each(Object.entries(BUDGET))('%s is at most %i bytes', async (entry, budget) => {
  const { brotli } = await bundleSize(entry)
  expect(brotli).toBeLessThanOrEqual(budget)
  expect(brotli, 'much smaller than its budget: lower that').toBeGreaterThan(budget * 0.7)
})
