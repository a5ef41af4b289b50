/**
 * MPC and RobustMPC (X. Yin et al., "A Control-Theoretic Approach for Dynamic Adaptive Video Streaming over HTTP", SIGCOMM 2015):
 * the first step of the plan over the next segments that is worth most if the throughput is as predicted. The prediction is the
 * harmonic mean of the last segments; RobustMPC divides it by one plus the largest of its recent relative errors. Solved exactly:
 * depth first, leaving out what cannot win any more.
 */
import {
  byBitrate,
  firstOf,
  withinHeight,
  type AbrDecision,
  type AbrInput,
  type AbrRule,
  type AbrSession,
  type Download,
  type Rung,
} from './rule.ts'
import { segmentBits, segmentsAhead } from './segment-sizes.ts'

/** Segments that a plan is long, and transfers that the prediction looks back (the paper's 5 for both). */
const HORIZON = 5
const WINDOW = 5
/** λ: what a change of bit rate costs, as a part of the change. μ is the top bit rate a second ("balanced" in the paper). */
const SWITCH_WEIGHT = 1

/** See the head of this file. */
export const mpcRule: AbrRule = { name: 'mpc', start: () => new MpcSession(false) }
/** See the head of this file. */
export const robustMpcRule: AbrRule = { name: 'robust-mpc', start: () => new MpcSession(true) }

/** What a plan is made of. Rates in Mbit/s, one for each rung. */
interface Problem {
  mbps: readonly number[]
  /** Transfer time by step and rung, seconds of media played meanwhile. */
  costS: readonly (readonly number[])[]
  durationS: readonly number[]
  goalS: number
  stallWeight: number
}

class MpcSession implements AbrSession {
  readonly #robust: boolean
  /** The last transfers, bit/s. */
  readonly #samples: number[] = []
  /** |predicted − measured| / measured. */
  readonly #errors: number[] = []

  constructor(robust: boolean) {
    this.#robust = robust
  }

  arrived({ bytes, elapsedMs, cached }: Download): void {
    if (cached || bytes === 0) return
    const bps = (bytes * 8_000) / Math.max(elapsedMs, 1)
    const predicted = harmonicMean(this.#samples)
    if (predicted !== null) keep(this.#errors, Math.abs(predicted - bps) / bps)
    keep(this.#samples, bps)
  }

  decide(input: AbrInput): AbrDecision {
    const ladder = byBitrate(withinHeight(input.rungs, input.maxHeight))
    const rungs = ladder.length > 0 ? ladder : byBitrate(input.rungs)
    const mean = harmonicMean(this.#samples) ?? input.estimate.bps
    if (mean === null)
      return { id: firstOf(rungs).id, reason: 'nothing is known about the network, so the smallest rendition starts', numbers: {} }
    const worst = this.#robust ? Math.max(0, ...this.#errors) : 0
    const bps = mean / (1 + worst)
    const problem = problemOf(input, rungs, bps)
    const { index, worth } = bestPlan(
      problem,
      rungs.findIndex((rung) => rung.id === input.currentId),
      input.bufferS,
    )
    const chosen = rungs[index] ?? firstOf(rungs)
    const steps = problem.costS.length
    const said = worst > 0 ? `, lowered for errors of up to ${Math.round(worst * 100)} %` : ''
    return {
      id: chosen.id,
      reason: `the best plan for ${steps} segments at ${(bps / 1e6).toFixed(2)} Mbit/s${said}`,
      numbers: {
        bufferS: input.bufferS,
        predictedBps: Math.round(mean),
        usedBps: Math.round(bps),
        worstError: worst,
        horizon: steps,
        worth,
      },
    }
  }
}

function problemOf(input: AbrInput, rungs: readonly Rung[], bps: number): Problem {
  const ahead = segmentsAhead(input, HORIZON)
  const mbps = rungs.map(({ averageBps }) => averageBps / 1e6)
  return {
    mbps,
    costS: ahead.map((segment) => rungs.map((rung) => (segmentBits(rung, segment) / bps) * input.playbackRate)),
    durationS: ahead.map(({ durationS }) => durationS),
    goalS: Math.max(input.bufferGoalS, input.bufferS),
    stallWeight: Math.max(...mbps),
  }
}

/** The first step of the best plan, and what the whole is worth by the linear QoE. `from` is -1 when nothing plays yet. */
function bestPlan(
  { mbps, costS, durationS, goalS, stallWeight }: Problem,
  from: number,
  bufferS: number,
): { index: number; worth: number } {
  const top = Math.max(...mbps)
  const best = { index: 0, worth: -Infinity }
  const walk = (step: number, last: number, buffer: number, worth: number, first: number): void => {
    const costs = costS[step]
    if (!costs) {
      if (worth > best.worth) Object.assign(best, { index: first, worth })
      return
    }
    // Nearest first: a good plan early leaves out most others.
    const order = mbps.map((_, index) => index).toSorted((a, b) => Math.abs(a - last) - Math.abs(b - last))
    for (const index of order) {
      const rate = mbps[index] ?? 0
      const cost = costs[index] ?? 0
      const change = last < 0 ? 0 : SWITCH_WEIGHT * Math.abs(rate - (mbps[last] ?? rate))
      const value = worth + rate - change - stallWeight * Math.max(0, cost - buffer)
      // From here on no step is worth more than the top rate.
      if (value + (costS.length - step - 1) * top <= best.worth) continue
      const after = Math.min(goalS, Math.max(0, buffer - cost) + (durationS[step] ?? 0))
      walk(step + 1, index, after, value, step === 0 ? index : first)
    }
  }
  walk(0, from, bufferS, 0, 0)
  return best
}

function harmonicMean(samples: readonly number[]): number | null {
  return samples.length === 0 ? null : samples.length / samples.reduce((sum, bps) => sum + 1 / bps, 0)
}

function keep(list: number[], value: number): void {
  list.push(value)
  if (list.length > WINDOW) list.shift()
}
