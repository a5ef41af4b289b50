import { expect, test } from 'vitest'
import { abandonFor, type AbandonInput } from './abandon.ts'

const rungs = [0.3, 1, 4].map((mbps, i) => ({ id: String(i), peakBps: mbps * 1e6, averageBps: mbps * 1e6, width: 0, height: 0 }))
// 4 s of 4 Mbit/s are 2 MB; after 2 s at 1 Mbit/s 250 kB are here and 14 s are to come.
const slow: AbandonInput = {
  rungs,
  currentId: '2',
  segmentDurationS: 4,
  bytes: 250_000,
  elapsedMs: 2_000,
  totalBytes: 2_000_000,
  bufferS: 6,
}

test('gives up a download that outlasts the buffer for the best one that arrives in time', () => {
  expect(abandonFor(slow)?.id).toBe('1')
  expect(abandonFor({ ...slow, bufferS: 2 })?.id).toBe('0')
  expect(abandonFor({ ...slow, totalBytes: null })?.reason).toMatch(/14\.0 s/)
})

test('goes on when the buffer lasts, when it is nearly done, and when nothing smaller exists', () => {
  expect(abandonFor({ ...slow, bufferS: 20 })).toBeNull()
  expect(abandonFor({ ...slow, bytes: 1_900_000, elapsedMs: 15_000, bufferS: 0.5 })).toBeNull()
  expect(abandonFor({ ...slow, currentId: '0', totalBytes: null })).toBeNull()
  expect(abandonFor({ ...slow, elapsedMs: 500 })).toBeNull()
})
