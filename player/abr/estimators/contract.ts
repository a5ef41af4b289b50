/** What every estimator has to hold, however it measures: run for each of the catalogue. */
import { expect, test } from 'vitest'
import fc from 'fast-check'
import { ArrivalLog } from '../arrivals.ts'
import type { Estimator, TransferSample } from '../estimator.ts'

/** A transfer at one rate: `ttfbMs` of waiting, then a read every `chunkBytes`. */
export function transferAt(bps: number, bytes: number, { ttfbMs = 20, chunkBytes = 1_460 } = {}): TransferSample {
  const log = new ArrivalLog()
  for (let left = bytes, at = 0; left > 0; left -= chunkBytes) {
    const size = Math.min(left, chunkBytes)
    at += size
    log.add(ttfbMs + (at * 8_000) / bps, size)
  }
  return { bytes, ttfbMs, durationMs: (bytes * 8_000) / bps, cached: false, arrivals: log.all }
}

const anything = fc.oneof(fc.double(), fc.double({ min: 0, max: 1e5, noNaN: true }), fc.constantFrom(0, -1, 1e-9, 1e300))
const anySample: fc.Arbitrary<TransferSample> = fc.record(
  {
    bytes: fc.oneof(anything, fc.integer({ min: 0, max: 50_000_000 })),
    durationMs: anything,
    ttfbMs: anything,
    cached: fc.boolean(),
    arrivals: fc.array(fc.record({ atMs: anything, bytes: anything }), { maxLength: 20 }),
  },
  { requiredKeys: ['bytes', 'durationMs', 'ttfbMs', 'cached'] },
)

/** Declares the suite for one estimator. */
export function estimatorContract(name: string, create: (priorBps: number | null) => Estimator): void {
  test(`${name}: knows nothing but an earlier session's figure until it measured`, () => {
    expect(create(null).estimate).toEqual({ bps: null, fastBps: null, slowBps: null, samples: 0 })
    expect(create(3e6).estimate).toEqual({ bps: 3e6, fastBps: null, slowBps: null, samples: 0 })
    const estimator = create(3e6)
    expect(estimator.add({ ...transferAt(9e6, 500_000), cached: true })).toBe(false)
    expect(estimator.add(transferAt(9e6, 500))).toBe(false)
    expect(estimator.estimate).toMatchObject({ bps: 3e6, samples: 0 })
    expect(estimator.add(transferAt(9e6, 1_000_000))).toBe(true)
    expect(estimator.estimate.samples).toBe(1)
    expect(estimator.estimate.bps).toBeGreaterThan(8e6)
  })

  test(`${name}: finds a constant rate within 3 %, whatever it is and however it is read`, () => {
    const rate = fc.double({ min: 3e5, max: 5e7, noNaN: true })
    const chunk = fc.integer({ min: 1_460, max: 16_000 })
    fc.assert(
      fc.property(rate, chunk, fc.integer({ min: 2, max: 6 }), (bps, chunkBytes, count) => {
        const estimator = create(null)
        // A second or more each: the round trip is a small part of it.
        for (let i = 0; i < count; i += 1) estimator.add(transferAt(bps, Math.max(200_000, Math.ceil(bps / 8)), { ttfbMs: 10, chunkBytes }))
        expect(Math.abs((estimator.estimate.bps ?? 0) / bps - 1)).toBeLessThan(0.03)
      }),
      { numRuns: 30 },
    )
  })

  test(`${name}: whatever it is told, its figures are finite and above 0, and it says whether a transfer counted`, () => {
    fc.assert(
      fc.property(fc.array(anySample, { maxLength: 30 }), (samples) => {
        const estimator = create(null)
        let counted = 0
        for (const sample of samples) {
          if (estimator.add(sample)) counted += 1
          expect(estimator.estimate.samples).toBe(counted)
          for (const bps of [estimator.estimate.bps, estimator.estimate.fastBps, estimator.estimate.slowBps]) {
            if (counted === 0) expect(bps).toBeNull()
            else expect(Number.isFinite(bps) && (bps ?? 0) > 0).toBe(true)
          }
        }
      }),
    )
  })

  test(`${name}: told the same, it says the same; told of a network twice as fast for long enough, it says so`, () => {
    fc.assert(
      fc.property(fc.array(anySample, { maxLength: 20 }), (samples) => {
        const [one, other] = [create(null), create(null)]
        for (const sample of samples) expect(one.add(sample)).toBe(other.add(structuredClone(sample)))
        expect(one.estimate).toEqual(other.estimate)
      }),
    )
    const estimator = create(null)
    for (let i = 0; i < 5; i += 1) estimator.add(transferAt(4e6, 1_000_000))
    const before = estimator.estimate.bps ?? 0
    for (let i = 0; i < 40; i += 1) estimator.add(transferAt(8e6, 1_000_000))
    expect(estimator.estimate.bps).toBeGreaterThan(before * 1.5)
  })
}
