/**
 * A transfer measured from where TCP has left slow start (RFC 5681, 3.1): until then each round trip carries up to twice what the one
 * before did, and says more about the size of the file than about the network. Where it ends shows in the arrivals: from the first byte on they
 * are counted by round trips, and the first round that brings about as much as the next is the first that counts.
 */
import type { Arrival } from '../arrivals.ts'
import type { Measure, Measurement } from './estimator-of.ts'

/** A round that brings this much more than the one before still belongs to slow start. */
const GROWTH = 1.3
/** Less than this behind slow start is no measurement. */
const MIN_BYTES = 16_000
/** No network answers sooner; also the least length of a round, ms. */
const MIN_ROUND_MS = 5
const MAX_ROUNDS = 1_000

/** Remembers the shortest wait for a first byte: the round trip, and what the server needs. */
export function pastSlowStart(): Measure {
  let roundMs = Infinity
  return (sample) => {
    roundMs = Math.max(MIN_ROUND_MS, Math.min(roundMs, sample.ttfbMs))
    const { arrivals = [], bytes, durationMs, ttfbMs } = sample
    if (bytes < MIN_BYTES) return null
    return steady(arrivals, roundMs) ?? { bps: (bytes * 8_000) / Math.max(1, durationMs + ttfbMs), bytes, atLeast: true }
  }
}

/** Null when the transfer ended before slow start did, or little after. */
function steady(arrivals: readonly Arrival[], roundMs: number): Measurement | null {
  const [first] = arrivals
  const last = arrivals.at(-1)
  if (first === undefined || last === undefined) return null
  const rounds = countRounds(arrivals, first.atMs, roundMs)
  // The last round is cut short by the end of the file.
  const begin = rounds.findIndex((bytes, round) => round + 2 < rounds.length && (rounds[round + 1] ?? 0) < bytes * GROWTH)
  if (begin < 0) return null
  const fromMs = first.atMs + begin * roundMs
  // What the read at the border brought came before it.
  const border = arrivals.findIndex(({ atMs }) => atMs >= fromMs)
  const startMs = arrivals[border]?.atMs ?? last.atMs
  const bytes = arrivals.slice(border + 1).reduce((sum, arrival) => sum + arrival.bytes, 0)
  return bytes < MIN_BYTES || last.atMs <= startMs ? null : { bps: (bytes * 8_000) / (last.atMs - startMs), bytes }
}

/** Bytes by round since the first. A long transfer has longer rounds: growth over several at once is growth, too. */
function countRounds(arrivals: readonly Arrival[], startMs: number, roundMs: number): number[] {
  const rounds: number[] = []
  for (const { atMs, bytes } of arrivals) {
    const round = Math.floor((atMs - startMs) / roundMs)
    if (round >= MAX_ROUNDS) break
    while (rounds.length <= round) rounds.push(0)
    rounds[round] = (rounds[round] ?? 0) + bytes
  }
  return rounds
}
