/** The rules of dash.js' family. That they do what Sabre does is shown on whole sessions: lab/abr/sabre.test.ts and bench/sabre.ts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bolaRule } from './bola.ts'
import { bolaERule } from './bola-e.ts'
import { abrContract } from './contract.ts'
import { dynamicDashRule, dynamicRule } from './dynamic.ts'
import type { AbrInput, AbrRule, AbrSession, Download } from './rule.ts'
import { throughputDashRule } from './throughput-dash.ts'

const FAMILY = [throughputDashRule, bolaRule, bolaERule, dynamicRule, dynamicDashRule]
for (const rule of FAMILY) abrContract(rule)

const rungs = [300, 1_000, 3_000, 6_000].map((kbps) => ({
  ...{ id: `${kbps}`, peakBps: kbps * 1_000, averageBps: kbps * 1_000, width: 0, height: 0 },
}))
const NOTHING = { bps: null, fastBps: null, slowBps: null, samples: 0 }
const moment: AbrInput = {
  ...{ nowMs: 0, segment: 0, estimate: NOTHING, bufferS: 0, bufferGoalS: 30, segmentDurationS: 4, upcoming: [], remainingS: null },
  ...{ rungs, currentId: null, playbackRate: 1, maxHeight: null },
}
const PLACE = { segment: 0, segmentDurationS: 4, cached: false }

/** A session to which segments of 1 Mbit/s arrived at a rate, with 100 ms of latency each. */
function after(rule: AbrRule, mbps: number, count = 5): AbrSession {
  const session = rule.start()
  for (let i = 0; i < count; i += 1) session.arrived?.(arrival(mbps))
  return session
}

function arrival(mbps: number): Download {
  return { ...PLACE, rungId: '1000', bytes: 500_000, totalBytes: 500_000, ttfbMs: 100, elapsedMs: 100 + 4_000 / mbps }
}

test.each(FAMILY)('$name starts with the smallest, or with what an earlier session measured', (rule) => {
  expect(rule.start().decide(moment)).toMatchObject({ id: '300' })
  expect(rule.start().decide({ ...moment, estimate: { ...NOTHING, bps: 4e6 } })).toMatchObject({ id: '3000' })
})

test('throughput: latency and a tenth of margin count, and so does what the buffer bears', () => {
  const at = (mbps: number, bufferS: number) => after(throughputDashRule, mbps).decide({ ...moment, bufferS, segment: 5 }).id
  // 3 Mbit/s for 4 s at nine tenths of 3.3 Mbit/s are 4.04 s, and 0.1 s of latency: too long. At 3.5 Mbit/s it is 3.91 s.
  expect(at(3.3, 25)).toBe('1000')
  expect(at(3.5, 25)).toBe('3000')
  // 12 Mbit are not to be had from a buffer of 2 s.
  expect(at(3.5, 2)).toBe('1000')
})

test('throughput: faster playback needs more', () => {
  expect(after(throughputDashRule, 5).decide({ ...moment, bufferS: 25, playbackRate: 2 }).id).toBe('1000')
})

test('BOLA: more buffer, more bit rate, and no further than a step above the network', () => {
  const at = (bufferS: number, mbps = 50) => Number(after(bolaRule, mbps).decide({ ...moment, bufferS, segment: 0 }).id)
  const levels = [0, 2, 4, 6, 8, 10, 12].map((bufferS) => at(bufferS))
  expect(levels).toEqual(levels.toSorted((a, b) => a - b))
  expect(levels[0]).toBe(300)
  expect(levels.at(-1)).toBe(6_000)
  expect(at(12, 0.5)).toBe(1_000)
})

test('BOLA-E starts at what the network carries although the buffer is nearly empty, and BOLA does not', () => {
  const now = { ...moment, bufferS: 4, segment: 1 }
  expect(after(bolaRule, 4).decide(now).id).toBe('300')
  expect(after(bolaERule, 4).decide(now).id).toBe('3000')
})

test('BOLA-E waits with a long buffer rather than load what it does not want more of', () => {
  const session = after(bolaERule, 0.5)
  session.decide({ ...moment, bufferS: 29, segment: 5 })
  session.arrived?.({ ...arrival(0.5), rungId: '300' })
  const { id, waitMs } = session.decide({ ...moment, bufferS: 28, segment: 6, nowMs: 8_100 })
  expect(id).toBe('1000')
  // γp = ln(6000/300) / 2 and V = 10 s / γp: 1 Mbit/s is wanted up to V (ln(1000/300) + 1 + γp), 24.72 s.
  expect(waitMs).toBeCloseTo(28_000 - (20_000 / Math.log(20)) * (Math.log(10 / 3) + 1 + Math.log(20) / 2))
})

test('Dynamic goes by throughput with a short buffer and by BOLA with a long one, and says which', () => {
  for (const rule of [dynamicRule, dynamicDashRule]) {
    const session = after(rule, 4)
    expect(session.decide({ ...moment, bufferS: 4, segment: 5 }).reason).toMatch(/^throughput: /)
    session.arrived?.(arrival(4))
    expect(session.decide({ ...moment, bufferS: 20, segment: 6, nowMs: 1_100 }).reason).toMatch(/^BOLA/)
  }
})

test.each(FAMILY)('$name gives up a download that crawls, for something smaller, and never the smallest', (rule) => {
  const session = after(rule, 6)
  session.decide({ ...moment, bufferS: 4, segment: 5 })
  const download = { ...PLACE, rungId: '3000', segment: 5, bytes: 20_000, totalBytes: 1_500_000, ttfbMs: 100, elapsedMs: 3_000 }
  const now = { nowMs: 3_000, estimate: NOTHING, rungs, playbackRate: 1, bufferS: 1, bufferGoalS: 30 }
  expect(Number(session.abandon?.({ ...now, download })?.id)).toBeLessThan(3_000)
  expect(session.abandon?.({ ...now, download: { ...download, rungId: '300' } })).toBeNull()
  expect(session.abandon?.({ ...now, download: { ...download, bytes: 1_490_000 } })).toBeNull()
})

test.each(FAMILY)('$name: a question about a download that goes on changes nothing', (rule) => {
  const step = fc.record({ mbps: fc.double({ min: 0.2, max: 20, noNaN: true }), bufferS: fc.double({ min: 0, max: 30, noNaN: true }) })
  const run = (steps: { mbps: number; bufferS: number }[], asks: boolean) => {
    const session = rule.start()
    return steps.map(({ mbps, bufferS }, segment) => {
      const decision = session.decide({ ...moment, bufferS, segment, nowMs: segment * 5_000 })
      const download = { ...arrival(mbps), segment, rungId: decision.id }
      const now = { nowMs: segment * 5_000, estimate: NOTHING, rungs, playbackRate: 1, bufferS, bufferGoalS: 30 }
      // Fast, and nearly done: nothing is given up for it.
      if (asks) expect(session.abandon?.({ ...now, download: { ...download, bytes: 499_999, elapsedMs: 110 } })).toBeNull()
      session.arrived?.(download)
      return decision
    })
  }
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      expect(run(steps, true)).toEqual(run(steps, false))
    }),
  )
})

test('one bit rate only is a ladder too', () => {
  const single = rungs.slice(0, 1)
  for (const rule of FAMILY) expect(after(rule, 4).decide({ ...moment, rungs: single, bufferS: 20 }).id).toBe('300')
})
