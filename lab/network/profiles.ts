/**
 * The built-in networks as paths: capacity and round trip come from protocol/network-profiles.ts (the same that shapes the edge in
 * development); here is what an HTTP server cannot shape: queues, losses, and the traffic of others.
 *
 * Queues: home routers hold a tenth of a second and more (Sundaresan et al., "Broadband Internet Performance: A View From the
 * Gateway", SIGCOMM 2011); cellular base stations far more, and a queue of their own for each phone (Jiang et al., "Tackling
 * Bufferbloat in 3G/4G Networks", IMC 2012), so nobody else's traffic is in it. Losses: link layers of cellular networks repeat
 * what they lose and leave little (Huang et al., SIGCOMM 2013), Wi-Fi leaves bursts, satellite operators split TCP so that it does
 * not see them (RFC 3135). The shares of cross traffic are round figures.
 */
import { NETWORK_PROFILES, networkTrace, type NetworkProfile, type NetworkProfileName, uniform } from '../../protocol/network-profiles.ts'
import { type LossModel, NO_LOSS } from './loss.ts'
import { type Conditions, PACKET_BYTES, type PathStep } from './path.ts'
import { exponential } from './random.ts'
import type { RateStep } from './rate-curve.ts'

interface Rest {
  /** Time that a full queue needs at the capacity of the first state, ms. */
  queueMs: number
  loss: LossModel
  /** Part of the capacity that others take while they do, and for how long they do and do not on average, seconds. */
  cross: { share: number; onS: number; offS: number } | null
}

const REST: Readonly<Record<NetworkProfileName, Rest>> = {
  wifi: { queueMs: 100, loss: { toBad: 0.0002, toGood: 0.2, lossGood: 0, lossBad: 0.2 }, cross: { share: 0.2, onS: 4, offS: 16 } },
  coffee_shop: {
    queueMs: 200,
    loss: { toBad: 0.002, toGood: 0.2, lossGood: 0.0002, lossBad: 0.25 },
    cross: { share: 0.3, onS: 3, offS: 9 },
  },
  lte: { queueMs: 250, loss: { toBad: 0.0001, toGood: 0.3, lossGood: 0, lossBad: 0.2 }, cross: null },
  '3g': { queueMs: 600, loss: { toBad: 0.0003, toGood: 0.3, lossGood: 0, lossBad: 0.2 }, cross: null },
  commuter_train: { queueMs: 250, loss: { toBad: 0.0003, toGood: 0.1, lossGood: 0, lossBad: 0.3 }, cross: null },
  satellite: { queueMs: 600, loss: NO_LOSS, cross: null },
}

/** A queue of a trace that says nothing of it, ms at its mean capacity: what the profiles have on average. */
const TRACE_QUEUE_MS = 250
/** Others share; they do not starve anybody. */
const MAX_SHARE = 0.6
const CROSS_STEP_MS = 250
/** A state with less of the first state's capacity than this is a dip: `tunnel`, `starved`. */
const DIP_SHARE = 0.35

/** A built-in network, of at least this length. `seed` is a whole number. */
export function profileConditions(name: NetworkProfileName, seed: number, durationS: number): Conditions {
  const { states }: NetworkProfile = NETWORK_PROFILES[name]
  const { queueMs, loss, cross } = REST[name]
  const steps = networkTrace(name, seed, durationS)
  const usualBps = Object.values(states)[0]?.bps ?? 0
  const others = cross === null ? null : crossTraffic(steps, cross, uniform(seed + 1))
  return { steps, queueBytes: (usualBps * queueMs) / 8_000, loss, cross: others, seed: seed + 2 }
}

/** A network that somebody recorded. Throws `RangeError` when it never carries anything. */
export function recordedConditions(steps: readonly PathStep[], seed: number): Conditions {
  const ms = steps.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const meanBps = steps.reduce((sum, { durationMs, bps }) => sum + durationMs * bps, 0) / Math.max(1, ms)
  return { steps, queueBytes: Math.max(20 * PACKET_BYTES, (meanBps * TRACE_QUEUE_MS) / 8_000), loss: NO_LOSS, cross: null, seed }
}

/** Names of the states of a profile that are dips. */
export function dipsOf(name: NetworkProfileName): ReadonlySet<string> {
  const states = Object.entries((NETWORK_PROFILES[name] satisfies NetworkProfile).states as NetworkProfile['states'])
  const usualBps = states[0]?.[1].bps ?? 0
  return new Set(states.flatMap(([state, { bps }]) => (bps < usualBps * DIP_SHARE ? [state] : [])))
}

/** Somebody comes and goes; while there, a share of what the path carries is theirs. */
function crossTraffic(steps: readonly PathStep[], { share, onS, offS }: NonNullable<Rest['cross']>, random: () => number): RateStep[] {
  let on = false
  let leftMs = exponential(random, offS * 1000)
  return steps.flatMap(({ durationMs, bps }) => {
    const pieces: RateStep[] = []
    for (let left = durationMs; left > 0; left -= CROSS_STEP_MS) {
      const ms = Math.min(left, CROSS_STEP_MS)
      leftMs -= ms
      if (leftMs <= 0) {
        on = !on
        leftMs = exponential(random, (on ? onS : offS) * 1000)
      }
      pieces.push({ durationMs: ms, bps: on ? bps * Math.min(MAX_SHARE, share * (0.5 + random())) : 0 })
    }
    return pieces
  })
}
