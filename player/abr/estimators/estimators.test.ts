import { expect, test } from 'vitest'
import fc from 'fast-check'
import { ArrivalLog, MAX_ARRIVALS } from '../arrivals.ts'
import type { TransferSample } from '../estimator.ts'
import { Ewma } from './averages.ts'
import { ESTIMATORS } from './catalog.ts'
import { estimatorContract, transferAt } from './contract.ts'

for (const [name, { create }] of Object.entries(ESTIMATORS)) estimatorContract(name, create)

/** The figure after these transfers, Mbit/s. */
function after(name: string, samples: TransferSample[]): number {
  const estimator = ESTIMATORS[name]?.create(null)
  for (const sample of samples) estimator?.add(sample)
  return (estimator?.estimate.bps ?? 0) / 1e6
}

/** Transfers of 500 kB at these rates, Mbit/s, with no wait. */
const rates = (...mbps: number[]): TransferSample[] => mbps.map((rate) => transferAt(rate * 1e6, 500_000, { ttfbMs: 0 }))

/** Pieces that a server sends as it makes them, each at the network's rate. */
function paced(bps: number, pieces: number, pieceBytes: number, everyMs: number, holdMs: number): TransferSample {
  const log = new ArrivalLog()
  for (let piece = 0; piece < pieces; piece += 1) {
    for (let at = 1_460; at <= pieceBytes; at += 1_460) log.add(holdMs + piece * everyMs + (at * 8_000) / bps, 1_460)
  }
  const arrivals = log.all
  const bytes = arrivals.reduce((sum, arrival) => sum + arrival.bytes, 0)
  return { bytes, ttfbMs: holdMs, durationMs: (arrivals.at(-1)?.atMs ?? 0) - holdMs, cached: false, arrivals }
}

/** A transfer through slow start: ten packets in the first round trip, twice as many in each, until the rate is reached. */
function slowStart(bps: number, bytes: number, rttMs: number): TransferSample {
  const log = new ArrivalLog()
  let [left, window, nowMs] = [bytes, 14_600, rttMs]
  while (left > 0) {
    const round = Math.min(left, window)
    for (let at = 0; at < round; at += 1_460) log.add(nowMs + (at * 8_000) / bps, Math.min(1_460, round - at))
    nowMs += Math.max(rttMs, (round * 8_000) / bps)
    left -= round
    window *= 2
  }
  const arrivals = log.all
  return { bytes, ttfbMs: rttMs, durationMs: (arrivals.at(-1)?.atMs ?? 0) - rttMs, cached: false, arrivals }
}

test('the simple average never forgets; the higher the alpha, the sooner an EWMA does', () => {
  const drop = rates(...Array.from({ length: 20 }, () => 10), 1, 1, 1)
  expect(after('average', drop)).toBeCloseTo(203 / 23, 1)
  const figures = ['ewma-0.1', 'ewma-0.3', 'ewma-0.5', 'ewma-0.7', 'ewma-0.9'].map((name) => after(name, drop))
  expect(figures).toEqual(figures.toSorted((a, b) => b - a))
  expect(figures[1]).toBeCloseTo(1 + 9 * 0.7 ** 3, 1)
  for (const alpha of [0, -1, 1.1, Number.NaN]) expect(() => new Ewma(alpha)).toThrow(RangeError)
})

test('the harmonic mean hardly moves by one fast transfer; the percentile not at all, by fast or slow', () => {
  const peak = rates(4, 4, 4, 4, 100)
  expect(after('harmonic', peak)).toBeCloseTo(5 / (4 / 4 + 1 / 100), 1)
  expect(after('average', peak)).toBeGreaterThan(20)
  expect(after('percentile', peak)).toBeCloseTo(4, 1)
  expect(after('percentile', rates(4, 4, 4, 4, 0.1))).toBeCloseTo(4, 1)
  expect(after('harmonic', rates(4, 4, 4, 4, 0.1))).toBeLessThan(0.5)
})

test('the fast and the slow average: bad news at once, good news after a while', () => {
  expect(after('two-ewma', rates(8, 8, 8, 8, 8, 8, 1))).toBeLessThan(4.5)
  expect(after('two-ewma', rates(1, 1, 1, 8))).toBeLessThan(2)
})

test('what slow start hides does not count', () => {
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 300 }), fc.integer({ min: 4, max: 12 }), (rttMs, mbps) => {
      // Eight times what the network holds in a round trip: slow start is a good part of it.
      const sample = slowStart(mbps * 1e6, mbps * 125 * rttMs * 8, rttMs)
      const [aware, plain] = [after('slow-start', [sample, sample]), after('ewma-0.5', [sample, sample])]
      expect(Math.abs(aware / mbps - 1)).toBeLessThan(0.12)
      expect(Math.abs(plain / mbps - 1)).toBeGreaterThan(Math.abs(aware / mbps - 1))
      expect(plain).toBeLessThan(mbps * 0.9)
    }),
  )
})

test('a transfer that ended inside slow start bounds the network from below only', () => {
  const short = slowStart(50e6, 60_000, 100)
  expect(after('slow-start', [transferAt(20e6, 3_000_000, { ttfbMs: 100 }), short, short, short])).toBeCloseTo(20, 0)
  expect(after('ewma-0.5', [transferAt(20e6, 3_000_000, { ttfbMs: 100 }), short, short, short])).toBeLessThan(6)
  expect(after('slow-start', [short])).toBeGreaterThan(1)
})

test('LL-HLS: a part whose request was held, and one that is sent frame by frame, are measured as what the network carries', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 40 }), fc.integer({ min: 0, max: 900 }), (mbps, holdMs) => {
      // A third of a second of 3 Mbit/s, whole, behind a request that was held.
      const held = paced(mbps * 1e6, 1, 125_000, 0, holdMs)
      expect(Math.abs(after('bursts', [held, held]) / mbps - 1)).toBeLessThan(0.05)
      // A second of 3 Mbit/s in frames, thirty a second.
      const frames = paced(mbps * 1e6, 30, 12_500, 33, 50)
      expect(Math.abs(after('bursts', [frames, frames]) / mbps - 1)).toBeLessThan(0.15)
      expect(after('ewma-0.5', [frames, frames])).toBeLessThan(3.2)
    }),
  )
})

test('LL-HLS: pieces that come in one read each say only what passed, and take nothing from what is known', () => {
  const [arrivals, known] = [Array.from({ length: 30 }, (_, i) => ({ atMs: 50 + i * 33, bytes: 12_500 })), transferAt(20e6, 1_000_000)]
  const unseen: TransferSample = { bytes: 375_000, ttfbMs: 50, durationMs: 957, cached: false, arrivals }
  expect(after('bursts', [unseen])).toBeLessThan(3.5)
  // Every read looks like the pace of the network: such a stream cannot be told from a slow network by time alone.
  expect(after('bursts', [known, { ...unseen, arrivals: [] }])).toBeCloseTo(20, 0)
})

test('a probe of ten packets gives the bottleneck its rate', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), (mbps) => {
      expect(Math.abs(after('probe', [transferAt(mbps * 1e6, 14_600, { ttfbMs: 80 })]) / mbps - 1)).toBeLessThan(0.15)
    }),
  )
})

test('arrivals are bounded, and joined where the transfer did not pause', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ gapMs: fc.nat(500), bytes: fc.integer({ min: 1, max: 65_536 }) }), { maxLength: 300 }), (reads) => {
      const log = new ArrivalLog()
      let atMs = 0
      for (const { gapMs, bytes } of reads) log.add((atMs += gapMs), bytes)
      const { all } = log
      expect(all.length).toBe(Math.min(MAX_ARRIVALS, reads.length))
      expect(all.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(reads.reduce((sum, { bytes }) => sum + bytes, 0))
      expect(all.map((arrival) => arrival.atMs)).toEqual(all.map((arrival) => arrival.atMs).toSorted((a, b) => a - b))
      expect(all.at(-1)?.atMs ?? 0).toBe(atMs)
      expect(all[0]?.atMs).toBe(reads[0]?.gapMs)
    }),
  )
  const log = new ArrivalLog()
  for (let i = 0; i < 200; i += 1) log.add(i < 100 ? i : 5_000 + i, 1_000)
  expect(log.all.some(({ atMs }, i, all) => atMs - (all[i - 1]?.atMs ?? atMs) > 4_900)).toBe(true)
})
