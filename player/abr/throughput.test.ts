import { expect, test } from 'vitest'
import { abrContract } from './contract.ts'
import type { AbrInput } from './rule.ts'
import { throughputRule } from './throughput.ts'

abrContract(throughputRule)

const rungs = [
  { id: '720p', peakBps: 4e6, averageBps: 3e6, width: 1280, height: 720 },
  { id: '360p', peakBps: 1e6, averageBps: 0.8e6, width: 640, height: 360 },
  { id: '1080p', peakBps: 8e6, averageBps: 6e6, width: 1920, height: 1080 },
]
function decide(input: Partial<AbrInput> & { mbps: number | null }) {
  const bps = input.mbps === null ? null : input.mbps * 1e6
  const estimate = { bps, fastBps: bps, slowBps: bps, samples: 5 }
  const base = { bufferS: 15, bufferGoalS: 30, segmentDurationS: 4, rungs, currentId: null, playbackRate: 1, maxHeight: null }
  const place = { nowMs: 0, segment: 0, upcoming: [], remainingS: null }
  return throughputRule.start().decide({ ...base, ...place, estimate, ...input }).id
}

test('starts with the first variant listed while nothing is known', () => {
  expect(decide({ mbps: null })).toBe('720p')
})

test('goes up only with media in the buffer, unless the network is far faster', () => {
  expect(decide({ mbps: 5, currentId: '360p', bufferS: 2 })).toBe('360p')
  expect(decide({ mbps: 5, currentId: '360p', bufferS: 10 })).toBe('720p')
  expect(decide({ mbps: 30, currentId: '360p', bufferS: 4 })).toBe('1080p')
})

test('goes down at once with little buffer, later with much', () => {
  expect(decide({ mbps: 2.5, currentId: '720p', bufferS: 5 })).toBe('360p')
  expect(decide({ mbps: 2.5, currentId: '720p', bufferS: 25 })).toBe('720p')
  expect(decide({ mbps: 0.5, currentId: '720p', bufferS: 25 })).toBe('360p')
})

test('takes no more than the screen shows, and what fills it', () => {
  expect(decide({ mbps: 50, maxHeight: 360 })).toBe('360p')
  expect(decide({ mbps: 50, maxHeight: 400 })).toBe('720p')
  expect(decide({ mbps: 50, maxHeight: 4000 })).toBe('1080p')
})

test('playing faster needs more', () => {
  expect(decide({ mbps: 5, currentId: '720p', bufferS: 5, playbackRate: 2 })).toBe('360p')
})
