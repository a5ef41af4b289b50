import fc from 'fast-check'
import { expect, it } from 'vitest'
import { networkTrace } from '../../../protocol/network-profiles.ts'
import { type Capacity, Link } from './link.ts'
import { linkOf } from './links.ts'

const constant = (bps: number): Capacity => ({ steps: [{ durationMs: 1000, bps, rttMs: 0, state: 's' }], skipMs: 0 })

/** Bytes that one sender, or several in turn, get over the link in so long; timers fire up to `lateMs` late. */
function send(link: Link, fromMs: number, forMs: number, { senders = 1, lateMs = 0 } = {}): number[] {
  const bytes = Array.from({ length: senders }, () => 0)
  const wakeMs = bytes.map(() => fromMs)
  const numbers = bytes.map(() => link.join())
  for (;;) {
    const turn = wakeMs.indexOf(Math.min(...wakeMs))
    const nowMs = wakeMs[turn] ?? 0
    if (nowMs >= fromMs + forMs) {
      for (const number of numbers) link.leave(number)
      return bytes
    }
    const piece = link.pieceBytes(nowMs)
    const waitMs = link.take(numbers[turn] ?? 0, piece, nowMs)
    if (waitMs === 0) bytes[turn] = (bytes[turn] ?? 0) + piece
    else wakeMs[turn] = nowMs + waitMs + lateMs
  }
}
const sum = (numbers: number[]): number => numbers.reduce((all, one) => all + one, 0)

it('carries what it says, at any rate, for any number of senders, with timers that are late', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 50, max: 200_000 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 0, max: 90 }),
      (kbps, senders, lateMs) => {
        const link = new Link(constant(kbps * 1000), 0)
        const got = sum(send(link, 0, 10_000, { senders, lateMs }))
        // One piece may be on its way, and as many as there are senders may stand before the link.
        const slack = (senders + 1) * link.pieceBytes(0)
        expect(got).toBeLessThanOrEqual(kbps * 1250 + slack)
        expect(got).toBeGreaterThanOrEqual(kbps * 1250 * 0.9 - slack - (kbps * lateMs) / 8)
      },
    ),
  )
})

it('is shared by those who send at the same time', () => {
  const [one = 0, other = 0] = send(new Link(constant(4e6), 0), 0, 5_000, { senders: 2 })
  expect(one / other).toBeGreaterThan(0.9)
  expect(one / other).toBeLessThan(1.1)
})

it('does not wait for one who was cut off', () => {
  const link = new Link(constant(1e6), 0)
  link.take(link.join(), 5_000, 1)
  link.take(link.join(), 5_000, 2)
  expect(sum(send(link, 10, 10_000))).toBeGreaterThan(900_000)
})

it('makes no burst after a pause', () => {
  const link = new Link(constant(1e6), 0)
  send(link, 0, 1_000)
  // A quarter of a second is what late timers are forgiven.
  expect(sum(send(link, 61_000, 1_000))).toBeLessThanOrEqual(125_000 * 1.25 + 2 * link.pieceBytes(0))
})

it('follows a trace, through a blackout where nothing passes', () => {
  const steps = networkTrace('commuter_train', 5, 1_800)
  const link = new Link({ steps, skipMs: 0 }, 0)
  let atMs = 0
  let blackouts = 0
  for (let from = 0; from < steps.length;) {
    const state = steps[from]?.state
    let to = from
    while (steps[to]?.state === state) to += 1
    const stretch = steps.slice(from, to)
    const forMs = stretch.length * 500
    const got = sum(send(link, atMs, forMs))
    const can = sum(stretch.map(({ bps }) => bps / 16))
    // What was saved up, and the last piece, go over the border.
    const most = Math.max(...stretch.map(({ bps }) => bps), ...(from > 0 ? [steps[from - 1]?.bps ?? 0] : []))
    expect(got).toBeLessThanOrEqual(can + most / 16 + 65_536)
    if (state === 'blackout') {
      blackouts += 1
      expect(got).toBeLessThanOrEqual(65_536)
    }
    atMs += forMs
    from = to
  }
  expect(blackouts).toBeGreaterThan(1)
})

it('begins where it is told, and again at its end', () => {
  const steps = networkTrace('lte', 1, 60)
  const link = new Link({ steps, skipMs: 10_000 }, 5_000)
  expect(link.at(5_000)).toBe(steps[20])
  const lengthMs = sum(steps.map(({ durationMs }) => durationMs))
  expect(link.at(5_000 + lengthMs)).toBe(steps[20])
  expect(link.at(5_000 + lengthMs - 10_000)).toBe(steps[0])
})

it('changes while it is used, whatever stood in the queue', () => {
  const link = new Link(constant(100e6), 0)
  send(link, 0, 1_000)
  link.change(constant(200_000), 1_000)
  const slow = sum(send(link, 1_000, 10_000))
  expect(slow).toBeGreaterThan(100_000)
  expect(slow).toBeLessThan(400_000)
  link.change({ steps: [{ durationMs: 1, bps: 0, rttMs: 1, state: 'off' }], skipMs: 0 }, 11_000)
  expect(sum(send(link, 11_000, 10_000))).toBeLessThanOrEqual(65_536)
  link.change(constant(8e6), 21_000)
  expect(sum(send(link, 21_000, 1_000))).toBeGreaterThan(800_000)
})

it('a session keeps its link until it says something else, and is forgotten after an hour or for sixty-four others', () => {
  const of = (session: string, text: string | null, nowMs: number) => linkOf(session, text, () => constant(text === 'slow' ? 1 : 2), nowMs)
  expect(of('nobody', null, 0)).toBeNull()
  const link = of('a', 'slow', 0)
  expect(of('a', null, 1)).toBe(link)
  expect(of('a', 'slow', 2)).toBe(link)
  expect(of('b', 'slow', 2)).not.toBe(link)
  expect(of('a', 'fast', 3)).toBe(link)
  expect(link?.at(3).bps).toBe(2)
  expect(of('a', null, 3 + 3_600_001)).toBeNull()
  const kept = of('c', 'slow', 4_000_000)
  for (let n = 0; n < 63; n += 1) of(`n${n}`, 'slow', 4_000_001)
  expect(of('c', null, 4_000_002)).toBe(kept)
  for (let n = 0; n < 64; n += 1) of(`m${n}`, 'slow', 4_000_003)
  expect(of('c', null, 4_000_004)).toBeNull()
})
