import { expect, test } from 'vitest'
import { abrContract } from './contract.ts'
import { mpcRule, robustMpcRule } from './mpc.ts'
import type { AbrInput, AbrSession } from './rule.ts'

abrContract(mpcRule)
abrContract(robustMpcRule)

const rungs = [1, 2, 4, 8].map((mbps, i) => ({ id: String(i), peakBps: mbps * 1e6, averageBps: mbps * 1e6, width: 0, height: 0 }))
const base: AbrInput = {
  ...{ rungs, estimate: { bps: null, fastBps: null, slowBps: null, samples: 0 }, bufferS: 12, bufferGoalS: 30, segmentDurationS: 4 },
  ...{ nowMs: 0, segment: 0, upcoming: [], remainingS: null, currentId: '2', playbackRate: 1, maxHeight: null },
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

test('predicts by the harmonic mean of the last five; RobustMPC lowers it by its worst error', () => {
  const [plain, robust] = [mpcRule.start(), robustMpcRule.start()]
  for (const mbps of [100, 8, 8, 8, 8, 2]) [plain, robust].forEach((session) => came(session, mbps))
  const used = (session: AbrSession) => session.decide(base).numbers['usedBps'] ?? 0
  expect(used(plain)).toBeCloseTo(5e6, -1)
  // 8 came where 100 was expected: 11.5 times too much.
  expect(used(robust)).toBeCloseTo(5e6 / 12.5, -1)
})

test('its plan is the best of all plans', () => {
  const session = mpcRule.start()
  came(session, 3)
  for (const [bufferS, currentId] of [
    [2, '0'],
    [6, '2'],
    [10, '3'],
    [14, '1'],
    [25, null],
  ] as const) {
    const input = { ...base, bufferS, currentId }
    const { id, numbers } = session.decide(input)
    const plans = Array.from({ length: 4 ** 5 }, (_, n) => [0, 1, 2, 3, 4].map((step) => Math.floor(n / 4 ** step) % 4))
    const worth = (plan: number[]): number => {
      let buffer: number = bufferS
      let last = currentId === null ? null : Number(currentId)
      let sum = 0
      for (const rung of plan) {
        const mbps = 2 ** rung
        const needS = (mbps * 4) / 3
        sum += mbps - (last === null ? 0 : Math.abs(mbps - 2 ** last)) - 8 * Math.max(0, needS - buffer)
        buffer = Math.min(30, Math.max(0, buffer - needS) + 4)
        last = rung
      }
      return sum
    }
    const best = Math.max(...plans.map(worth))
    expect(numbers['worth']).toBeCloseTo(best, 6)
    expect(plans.filter((plan) => worth(plan) > best - 1e-9).map(([first]) => String(first))).toContain(id)
  }
})

test('knows the sizes of segments: a large one ahead is met lower', () => {
  const session = mpcRule.start()
  came(session, 4)
  const calm = { ...base, bufferS: 5 }
  expect(session.decide(calm).id).toBe('2')
  expect(session.decide({ ...calm, upcoming: [{ durationS: 4, bytes: { '2': 4e6, '1': 1e6 } }] }).id).not.toBe('2')
})
