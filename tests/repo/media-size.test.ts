/** What the parts of media/ weigh against their budgets: a number is raised in the change that grows it, and lowered when it shrinks. */
import { expect, test } from 'vitest'
import { MEDIA_ENTRIES } from '../../scripts/media-size.ts'
import { bundleSize } from '../../scripts/player-size.ts'

/** Bytes of gzip. The MP4 reader is promised to stay below 12 kB. */
const BUDGET: Partial<Record<keyof typeof MEDIA_ENTRIES, number>> = { 'MP4 reader': 12_000 }

test.each(Object.entries(BUDGET))('%s: at most %i bytes', async (name, budget) => {
  const entry = Object.entries(MEDIA_ENTRIES).find(([one]) => one === name)?.[1]
  const { gzip } = await bundleSize(entry ?? '')
  expect(gzip).toBeLessThanOrEqual(budget)
  expect(gzip, 'much smaller than its budget: lower that').toBeGreaterThan(budget * 0.7)
})
