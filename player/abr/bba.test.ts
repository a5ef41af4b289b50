import { expect, test } from 'vitest'
import { bba0Rule, bba2Rule } from './bba.ts'
import { abrContract } from './contract.ts'
import type { AbrInput, AbrSession } from './rule.ts'

abrContract(bba0Rule)
abrContract(bba2Rule)

const rungs = [1, 2, 4, 8].map((mbps, i) => ({ id: String(i), peakBps: mbps * 1e6, averageBps: mbps * 1e6, width: 0, height: 0 }))
const estimate = { bps: 1, fastBps: 1, slowBps: 1, samples: 9 }
const base: AbrInput = {
  ...{ rungs, estimate, bufferS: 0, bufferGoalS: 240, segmentDurationS: 4, nowMs: 0, segment: 0, upcoming: [] },
  ...{ remainingS: null, currentId: null, playbackRate: 1, maxHeight: null },
}
const ask = (session: AbrSession, input: Partial<AbrInput>): string => session.decide({ ...base, ...input }).id
const filled = (session: AbrSession, part: number): void =>
  session.arrived?.({
    rungId: '0',
    segment: 0,
    segmentDurationS: 4,
    bytes: 1,
    totalBytes: 1,
    ttfbMs: 0,
    elapsedMs: (1 - part) * 4000,
    cached: false,
  })

test('BBA-0 maps the buffer to a rate and holds it until the neighbour is reached', () => {
  const session = bba0Rule.start()
  expect(ask(session, { bufferS: 89, currentId: '3' })).toBe('0')
  expect(ask(session, { bufferS: 217, currentId: '0' })).toBe('3')
  // 153 s are the middle of the cushion: 4.5 Mbit/s.
  expect(ask(session, { bufferS: 153, currentId: '0' })).toBe('2')
  expect(ask(session, { bufferS: 120, currentId: '2' })).toBe('2')
  expect(ask(session, { bufferS: 105, currentId: '2' })).toBe('1')
})

test('BBA-2 starts by how fast segments fill the buffer, and by its map once that shrinks', () => {
  const session = bba2Rule.start()
  expect(ask(session, {})).toBe('0')
  filled(session, 0.9)
  expect(ask(session, { bufferS: 4, currentId: '0' })).toBe('1')
  filled(session, 0.6)
  expect(ask(session, { bufferS: 6, currentId: '1' })).toBe('1')
  filled(session, 0.95)
  expect(ask(session, { bufferS: 10, currentId: '1' })).toBe('2')
  expect(ask(session, { bufferS: 7, currentId: '2' })).toBe('0')
  filled(session, 0.95)
  expect(ask(session, { bufferS: 7.5, currentId: '0' })).toBe('0')
  session.seeked?.()
  filled(session, 0.95)
  expect(ask(session, { bufferS: 4, currentId: '0' })).toBe('1')
})

test("BBA-2's reservoir grows with large segments ahead", () => {
  const upcoming = Array.from({ length: 8 }, () => ({ durationS: 4, bytes: { '0': 2e6 } }))
  const reservoir = (input: Partial<AbrInput>) => bba2Rule.start().decide({ ...base, ...input }).numbers['reservoirS']
  expect(reservoir({})).toBe(8)
  expect(reservoir({ upcoming })).toBe(8 * (16 - 4))
})
