import { expect, test } from 'vitest'
import { abrContract } from './contract.ts'
import { l2aRule } from './l2a.ts'
import type { AbrInput, AbrSession } from './rule.ts'

abrContract(l2aRule)

const rungs = [1, 2, 4, 8].map((mbps, i) => ({ id: String(i), peakBps: mbps * 1e6, averageBps: mbps * 1e6, width: 0, height: 0 }))
const base: AbrInput = {
  ...{ rungs, estimate: { bps: 5e6, fastBps: 5e6, slowBps: 5e6, samples: 9 }, bufferS: 6, bufferGoalS: 30, segmentDurationS: 4 },
  ...{ nowMs: 0, segment: 0, upcoming: [], remainingS: null, currentId: null, playbackRate: 1, maxHeight: null },
}
const came = (session: AbrSession, mbps: number): void =>
  session.arrived?.({
    rungId: '1',
    segment: 0,
    segmentDurationS: 4,
    bytes: 1e6,
    totalBytes: 1e6,
    ttfbMs: 0,
    elapsedMs: 8000 / mbps,
    cached: false,
  })
/** Segments at a rate; what was chosen. */
function watch(session: AbrSession, mbps: number, count: number, from: string): string[] {
  const chosen: string[] = []
  for (let i = 0; i < count; i += 1) {
    came(session, mbps)
    chosen.push(session.decide({ ...base, currentId: chosen.at(-1) ?? from }).id)
  }
  return chosen
}

test('starts by throughput with a margin of a tenth, until there is media', () => {
  const session = l2aRule.start()
  expect(session.decide({ ...base, bufferS: 0 }).id).toBe('2')
  came(session, 4.2)
  const decision = session.decide({ ...base, bufferS: 1, currentId: '2', estimate: { ...base.estimate, bps: 4.2e6 } })
  expect(decision).toMatchObject({ id: '1', reason: expect.stringMatching(/^start/) })
})

test('climbs by single steps and falls at once', () => {
  const session = l2aRule.start()
  came(session, 20)
  expect(session.decide({ ...base, estimate: { ...base.estimate, bps: 1.2e6 }, currentId: '0' }).id).toBe('0')
  const up = watch(session, 20, 10, '0')
  expect(up.at(-1)).toBe('3')
  expect(up.slice(1).every((id, index) => Number(id) - Number(up[index]) <= 1)).toBe(true)
  expect(watch(session, 0.8, 4, '3').at(-1)).toBe('0')
})
