/** What every ABR rule has to hold, whatever it decides by: run by the test of each rule. */
import { expect, test } from 'vitest'
import fc from 'fast-check'
import type { AbrInput, AbrRule, AbrSession, Download, Rung } from './rule.ts'

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
      nowMs: fc.nat(3_600_000),
      segment: fc.nat(10_000),
      upcoming: fc.array(
        fc.record({
          durationS: fc.double({ min: 0.2, max: 10, noNaN: true }),
          bytes: fc.constantFrom({}, Object.fromEntries(rungs.map(({ id, averageBps }) => [id, averageBps]))),
        }),
        { maxLength: 8 },
      ),
      remainingS: fc.option(fc.double({ min: 0, max: 7_200, noNaN: true })),
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

/** What a rule is told and asked in a session, in order. */
type Call = { ask: AbrInput } | { arrived: Download } | { seeked: true }

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: input.map((ask) => ({ ask })) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        rungId: fc.string({ minLength: 1, maxLength: 4 }),
        segment: fc.nat(10_000),
        segmentDurationS: fc.double({ min: 0.2, max: 10, noNaN: true }),
        bytes: fc.integer({ min: 1, max: 50_000_000 }),
        ttfbMs: fc.nat(5_000),
        elapsedMs: fc.nat(60_000),
        cached: fc.boolean(),
      })
      .map((download) => ({
        arrived: { ...download, totalBytes: download.bytes, elapsedMs: download.ttfbMs + download.elapsedMs },
      })),
  },
  { weight: 1, arbitrary: fc.constant<Call>({ seeked: true }) },
)

/** Runs the calls on a session; its decisions. */
function run(session: AbrSession, calls: Call[]) {
  return calls.flatMap((one) => {
    if ('ask' in one) return [session.decide(one.ask)]
    if ('arrived' in one) session.arrived?.(one.arrived)
    else session.seeked?.()
    return []
  })
}

/** Declares the suite for one rule. */
export function abrContract(rule: AbrRule): void {
  test(`${rule.name}: whatever a session is told, it chooses one of the rungs, says why, and gives finite numbers`, () => {
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 20 }), (calls) => {
        const asked = calls.flatMap((one) => ('ask' in one ? [one.ask] : []))
        for (const [index, decision] of run(rule.start(), calls).entries()) {
          expect(asked[index]?.rungs.map((item) => item.id)).toContain(decision.id)
          expect(decision.reason.length).toBeGreaterThan(10)
          expect(Object.values(decision.numbers).every(Number.isFinite)).toBe(true)
          expect(decision.waitMs ?? 0).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  test(`${rule.name}: two sessions that are told the same decide the same`, () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 20 }), (calls) => {
        expect(run(rule.start(), calls)).toEqual(run(rule.start(), structuredClone(calls)))
      }),
    )
  })

  test(`${rule.name}: a fast network with a full buffer ends at the top, a slow one with an empty buffer at the bottom`, () => {
    const settle = (mbps: number, bufferS: number): string => {
      const viewer = new Steady(rule, mbps)
      let current = ''
      for (let i = 0; i < 10; i += 1) current = viewer.next(bufferS)
      return current
    }
    expect(settle(50, 28)).toBe('3')
    expect(settle(0.2, 0.5)).toBe('0')
  })

  test(`${rule.name}: does not swing on a steady network`, () => {
    const viewer = new Steady(rule, 4.2)
    viewer.next(0)
    const chosen: string[] = []
    // Some aim for more buffer the more was played: what they settle at counts.
    for (let i = 0; i < 20; i += 1) viewer.next(15)
    for (let i = 0; i < 20; i += 1) chosen.push(viewer.next(15))
    // A rule that aims at a level of its buffer may go between two neighbours; it may not swing.
    expect(new Set(chosen.slice(5)).size).toBeLessThanOrEqual(2)
    const steps = chosen.slice(6).map((id, index) => Math.abs(Number(id) - Number(chosen[index + 5])))
    expect(Math.max(...steps)).toBeLessThanOrEqual(1)
  })
}

/** A viewer on a network of one rate, whose buffer stands where the test says. */
class Steady {
  readonly #session: AbrSession
  readonly #bps: number
  #currentId: string | null = null
  #segment = 0
  #nowMs = 0

  constructor(rule: AbrRule, mbps: number) {
    this.#session = rule.start()
    this.#bps = mbps * 1e6
  }

  /** Decides for a segment, and lets it arrive. */
  next(bufferS: number): string {
    const estimate = { bps: this.#bps, fastBps: this.#bps, slowBps: this.#bps, samples: 20 }
    const { id } = this.#session.decide({
      ...{ estimate, bufferS, bufferGoalS: 30, segmentDurationS: 4, nowMs: this.#nowMs, segment: this.#segment },
      ...{ upcoming: [], remainingS: null, rungs: LADDER, currentId: this.#currentId, playbackRate: 1, maxHeight: null },
    })
    const bytes = ((LADDER.find((item) => item.id === id)?.averageBps ?? 0) * 4) / 8
    const elapsedMs = 20 + (bytes * 8_000) / this.#bps
    const sizes = { bytes, totalBytes: bytes, ttfbMs: 20, elapsedMs, cached: false }
    this.#session.arrived?.({ rungId: id, segment: this.#segment, segmentDurationS: 4, ...sizes })
    this.#nowMs += elapsedMs
    this.#segment += 1
    this.#currentId = id
    return id
  }
}
