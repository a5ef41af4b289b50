/**
 * Built-in network profiles: how much a path carries and how long its round trip is, as time goes on. Generated, not
 * recorded: a seed makes the same trace everywhere, so the edge in development, the simulator and a test mean the same
 * network by the same name.
 *
 * A profile is a few states (in the open, in the tunnel) with a mean dwell each, and inside a state the logarithm of the
 * capacity is a first-order autoregressive process. Means are round figures near published ones: LTE of Huang et al., "A
 * Close Examination of Performance and Power Characteristics of 4G LTE Networks" (MobiSys 2012); 3G and the train of Riiser
 * et al., "Commute Path Bandwidth Traces from 3G Networks" (MMSys 2013); the round trip of a geostationary satellite is four
 * times its height at the speed of light, 477 ms, and what lies on the ground.
 */

/** Length of a step of a trace, milliseconds. */
const STEP_MS = 500

/** One stretch of a trace. */
export interface NetworkStep {
  durationMs: number
  /** What the path carries, bit/s; 0: nothing. */
  bps: number
  /** Round trip without queues, milliseconds. */
  rttMs: number
  /** Name of the state: `tunnel`. */
  state: string
}

interface State {
  /** Mean capacity, bit/s; 0: nothing passes. */
  bps: number
  /** Standard deviation of the logarithm of the capacity. */
  spread: number
  rttMs: number
  /** Mean stay, seconds; single stays are 0.5 to 1.5 times as long. */
  dwellS: number
  /** Where it goes from here, and how likely relative to the others. */
  next: readonly (readonly [state: string, weight: number])[]
}

/** One network. The first state is where every trace begins. */
export interface NetworkProfile {
  /** For people: one line. */
  about: string
  states: Readonly<Record<string, State>>
}

/** All of them, by the name that `?trace=` and `--profile` take. */
export const NETWORK_PROFILES = {
  wifi: {
    about: 'A home network near its access point: fast, now and then shared.',
    states: {
      clear: { bps: 40e6, spread: 0.15, rttMs: 12, dwellS: 25, next: [['shared', 1]] },
      shared: { bps: 15e6, spread: 0.35, rttMs: 25, dwellS: 8, next: [['clear', 1]] },
    },
  },
  coffee_shop: {
    about: 'Public Wi-Fi with many guests: 3 to 8 Mbit/s most of the time, now and then next to nothing for seconds.',
    states: {
      fair: {
        bps: 5.5e6,
        spread: 0.22,
        rttMs: 40,
        dwellS: 15,
        next: [
          ['crowded', 2],
          ['starved', 1],
        ],
      },
      crowded: {
        bps: 3e6,
        spread: 0.3,
        rttMs: 90,
        dwellS: 10,
        next: [
          ['fair', 3],
          ['starved', 1],
        ],
      },
      starved: {
        bps: 0.6e6,
        spread: 0.4,
        rttMs: 200,
        dwellS: 3,
        next: [
          ['fair', 1],
          ['crowded', 1],
        ],
      },
    },
  },
  lte: {
    about: 'A phone on 4G, walking: fast with deep swings.',
    states: {
      good: {
        bps: 18e6,
        spread: 0.45,
        rttMs: 50,
        dwellS: 20,
        next: [
          ['edge', 1],
          ['busy', 1],
        ],
      },
      busy: {
        bps: 7e6,
        spread: 0.5,
        rttMs: 70,
        dwellS: 12,
        next: [
          ['good', 3],
          ['edge', 1],
        ],
      },
      edge: {
        bps: 2.5e6,
        spread: 0.6,
        rttMs: 90,
        dwellS: 6,
        next: [
          ['good', 1],
          ['busy', 1],
        ],
      },
    },
  },
  '3g': {
    about: 'A phone on HSDPA: one to two megabits, long round trips.',
    states: {
      usual: { bps: 1.6e6, spread: 0.35, rttMs: 130, dwellS: 18, next: [['slow', 1]] },
      slow: { bps: 0.55e6, spread: 0.5, rttMs: 220, dwellS: 7, next: [['usual', 1]] },
    },
  },
  commuter_train: {
    about: 'A phone in a train: 5 to 15 Mbit/s in the open, and a tunnel every minute or so where next to nothing passes, or nothing.',
    states: {
      open: {
        bps: 10e6,
        spread: 0.27,
        rttMs: 70,
        dwellS: 35,
        next: [
          ['cutting', 4],
          ['station', 1],
        ],
      },
      station: { bps: 7e6, spread: 0.3, rttMs: 90, dwellS: 15, next: [['open', 1]] },
      cutting: {
        bps: 4e6,
        spread: 0.4,
        rttMs: 100,
        dwellS: 3,
        next: [
          ['tunnel', 5],
          ['blackout', 1],
        ],
      },
      tunnel: { bps: 0.5e6, spread: 0.3, rttMs: 250, dwellS: 10, next: [['leaving', 1]] },
      blackout: { bps: 0, spread: 0, rttMs: 400, dwellS: 6, next: [['leaving', 1]] },
      leaving: { bps: 4e6, spread: 0.4, rttMs: 100, dwellS: 2, next: [['open', 1]] },
    },
  },
  satellite: {
    about: 'A geostationary satellite: steady, and more than half a second away.',
    states: {
      clear: { bps: 14e6, spread: 0.1, rttMs: 600, dwellS: 40, next: [['rain', 1]] },
      rain: { bps: 4e6, spread: 0.3, rttMs: 650, dwellS: 8, next: [['clear', 1]] },
    },
  },
} as const satisfies Record<string, NetworkProfile>

/** `wifi`, `coffee_shop`, … */
export type NetworkProfileName = keyof typeof NETWORK_PROFILES

/** Whether a profile has this name. */
export function isNetworkProfile(name: string): name is NetworkProfileName {
  return Object.hasOwn(NETWORK_PROFILES, name)
}

/** Share of the last step's deviation that the next one keeps: half is gone after about three seconds. */
const KEPT = 0.9

/** Steps of half a second, at least `durationS` of them in all. The same seed (a whole number) makes the same steps. */
export function networkTrace(name: NetworkProfileName, seed: number, durationS: number): NetworkStep[] {
  const { states }: NetworkProfile = NETWORK_PROFILES[name]
  const random = uniform(seed)
  const steps: NetworkStep[] = []
  let [at = ''] = Object.keys(states)
  let deviation = normal(random)
  while (steps.length * STEP_MS < durationS * 1000) {
    const state = states[at]
    if (state === undefined) throw new RangeError(`the profile ${name} has no state ${at}`)
    const stay = Math.max(1, Math.round((state.dwellS * 1000 * (0.5 + random())) / STEP_MS))
    for (let step = 0; step < stay; step += 1) {
      // The mean of a log-normal is exp(μ + σ²/2): what `bps` says is the mean, not the median.
      const bps = Math.round(state.bps * Math.exp(state.spread * deviation - state.spread ** 2 / 2))
      steps.push({ durationMs: STEP_MS, bps, rttMs: state.rttMs, state: at })
      deviation = KEPT * deviation + Math.sqrt(1 - KEPT ** 2) * normal(random)
    }
    at = choose(state.next, random())
  }
  return steps
}

function choose(next: State['next'], at: number): string {
  let left = at * next.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [state, weight] of next) {
    left -= weight
    if (left < 0) return state
  }
  return next.at(-1)?.[0] ?? ''
}

/** Box and Muller (1958). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Random numbers in [0, 1), the same on every machine: mulberry32 (Tommy Ettinger). `seed` is a whole number. */
export function uniform(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), 1 | state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
}
