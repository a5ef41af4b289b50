/** What every ABR rule has to hold, whatever it decides by: run by the test of each rule. */
import { expect, test } from 'vitest'
import fc from 'fast-check'
import type { AbrInput, AbrRule, Rung } from './rule.ts'

const rung = fc.record({
  id: fc.string({ minLength: 1, maxLength: 4 }),
  peakBps: fc.integer({ min: 1, max: 50_000_000 }),
  averageBps: fc.integer({ min: 1, max: 50_000_000 }),
  width: fc.integer({ min: 0, max: 4_000 }),
  height: fc.integer({ min: 0, max: 4_000 }),
})
const bps = fc.double({ min: 1_000, max: 1e9, noNaN: true })

const input: fc.Arbitrary<AbrInput> = fc
  .uniqueArray(rung, { minLength: 1, maxLength: 8, selector: (item: Rung) => item.id })
  .chain((rungs) =>
    fc.record({
      rungs: fc.constant(rungs),
      currentId: fc.option(fc.constantFrom(...rungs.map((item) => item.id))),
      estimate: fc.oneof(
        fc.constant({ bps: null, fastBps: null, slowBps: null, samples: 0 }),
        fc.record({ bps, fastBps: bps, slowBps: bps, samples: fc.nat(100) }),
      ),
      bufferS: fc.double({ min: 0, max: 60, noNaN: true }),
      bufferGoalS: fc.constant(30),
      segmentDurationS: fc.double({ min: 0.2, max: 10, noNaN: true }),
      playbackRate: fc.constantFrom(0.5, 1, 2),
      maxHeight: fc.option(fc.integer({ min: 1, max: 4_000 })),
    }),
  )

const LADDER: Rung[] = [300, 1_000, 3_000, 6_000].map((kbps, i) => ({
  id: String(i),
  peakBps: kbps * 1_200,
  averageBps: kbps * 1_000,
  width: 0,
  height: 0,
}))

/** Declares the suite for one rule. */
export function abrContract(rule: AbrRule): void {
  const steady = (mbps: number, currentId: string | null, bufferS: number): AbrInput => ({
    estimate: { bps: mbps * 1e6, fastBps: mbps * 1e6, slowBps: mbps * 1e6, samples: 20 },
    bufferS,
    bufferGoalS: 30,
    segmentDurationS: 4,
    rungs: LADDER,
    currentId,
    playbackRate: 1,
    maxHeight: null,
  })

  test(`${rule.name}: chooses one of the rungs, says why, and gives finite numbers`, () => {
    fc.assert(
      fc.property(input, (given) => {
        const decision = rule.decide(given)
        expect(given.rungs.map((item) => item.id)).toContain(decision.id)
        expect(decision.reason.length).toBeGreaterThan(10)
        expect(Object.values(decision.numbers).every(Number.isFinite)).toBe(true)
      }),
    )
  })

  test(`${rule.name}: is a function of its input`, () => {
    fc.assert(
      fc.property(input, (given) => {
        expect(rule.decide(given)).toEqual(rule.decide(structuredClone(given)))
      }),
    )
  })

  test(`${rule.name}: a fast network with a full buffer ends at the top, a slow one with an empty buffer at the bottom`, () => {
    const settle = (mbps: number, bufferS: number): string => {
      let current: string | null = null
      for (let i = 0; i < 10; i += 1) current = rule.decide(steady(mbps, current, bufferS)).id
      return current ?? ''
    }
    expect(settle(50, 28)).toBe('3')
    expect(settle(0.2, 0.5)).toBe('0')
  })

  test(`${rule.name}: does not swing on a steady network`, () => {
    let current = rule.decide(steady(4.2, null, 0)).id
    const chosen: string[] = []
    for (let i = 0; i < 20; i += 1) chosen.push((current = rule.decide(steady(4.2, current, 15)).id))
    expect(new Set(chosen.slice(2)).size).toBe(1)
  })
}
