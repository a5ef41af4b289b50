import { expect, test } from 'vitest'
import { abandonFor } from './abandon.ts'
import type { AbandonInput, Download } from './rule.ts'

const rungs = [0.3, 1, 4].map((mbps, i) => ({ id: String(i), peakBps: mbps * 1e6, averageBps: mbps * 1e6, width: 0, height: 0 }))
// 4 s of 4 Mbit/s are 2 MB; after 2 s at 1 Mbit/s 250 kB are here and 14 s are to come.
const download: Download = {
  ...{ rungId: '2', segment: 7, segmentDurationS: 4, bytes: 250_000, totalBytes: 2_000_000, ttfbMs: 100, elapsedMs: 2_000, cached: false },
}
const estimate = { bps: 1e6, fastBps: 1e6, slowBps: 1e6, samples: 3 }
const slow: AbandonInput = { nowMs: 0, estimate, rungs, playbackRate: 1, bufferS: 6, bufferGoalS: 30, download }
const when = (changes: Partial<Download>): AbandonInput => ({ ...slow, download: { ...download, ...changes } })

test('gives up a download that outlasts the buffer for the best one that arrives in time', () => {
  expect(abandonFor(slow)?.id).toBe('1')
  expect(abandonFor({ ...slow, bufferS: 2 })?.id).toBe('0')
  expect(abandonFor(when({ totalBytes: null }))?.reason).toMatch(/14\.0 s/)
})

test('goes on when the buffer lasts, when it is nearly done, and when nothing smaller exists', () => {
  expect(abandonFor({ ...slow, bufferS: 20 })).toBeNull()
  expect(abandonFor({ ...when({ bytes: 1_900_000, elapsedMs: 15_000 }), bufferS: 0.5 })).toBeNull()
  expect(abandonFor(when({ rungId: '0', totalBytes: null }))).toBeNull()
  expect(abandonFor(when({ elapsedMs: 500 }))).toBeNull()
})
