/**
 * What a session was worth, in the figures that papers use. Two scores: Sabre's (time average of logarithmic utility, less
 * stalls) and the linear QoE of the MPC paper (Yin et al., SIGCOMM 2015, equation 5, with its "balanced" weights).
 */
import type { Ladder } from './ladder.ts'
import { isStall } from './playback.ts'
import type { Watched } from './simulate.ts'

/** Sabre's weight of a stall: the γp of BOLA, seconds. */
export const SABRE_GAMMA_P = 5

/**
 * Weights of the linear QoE. q is a segment's bit rate, Mbit/s. The paper takes the top bit rate for μ, so that a second of stall
 * costs as much as a second of the best picture is worth; start-up counts as a stall does (μs = μ); λ is 1.
 */
export interface QoeWeights {
  /** λ, for each Mbit/s of change between neighbours. */
  switching: number
  /** μ, Mbit/s lost a second of stall. */
  stall: number
  /** μs, Mbit/s lost a second of start-up. */
  startup: number
}

export interface Metrics {
  /** Bit rate averaged over what was played, kbit/s. */
  meanKbps: number
  /** Height averaged over what was played, pixels; 0 where the ladder does not say. */
  meanHeight: number
  rebufferS: number
  rebufferCount: number
  switches: number
  startupS: number
  abandoned: number
  /** Bits that came and were thrown away, of all that came. */
  wasted: number
  /** See `SabreMetrics`. */
  sabreScore: number
  /** See `linearQoe`; for the mean segment. */
  qoe: number
}

/** The paper's weights for a ladder. */
export function qoeWeights({ rungs }: Ladder): QoeWeights {
  const topMbps = Math.max(...rungs.map(({ averageBps }) => averageBps)) / 1e6
  return { switching: 1, stall: topMbps, startup: topMbps }
}

/** The formula with the weights of a ladder, as it is printed beside its results. */
export function qoeFormula(ladder: Ladder): string {
  const { switching, stall, startup } = qoeWeights(ladder)
  const short = (value: number): string => String(Number(value.toFixed(3)))
  return `QoE = (Σ q(k) − λ·Σ |q(k+1) − q(k)| − μ·stall − μs·startup) / K; q in Mbit/s, times in s, K segments; λ = ${short(switching)}, μ = ${short(stall)}, μs = ${short(startup)}`
}

/** All figures of one session. */
export function measure(watched: Watched, ladder: Ladder): Metrics {
  const kbps = watched.segments.map(({ rung }) => (ladder.rungs[rung]?.averageBps ?? 0) / 1000)
  const stalls = watched.stalls.filter(isStall)
  const rebufferS = sum(stalls.map(({ durationMs }) => durationMs)) / 1000
  const thrown = sum(watched.abandoned.map(({ bits }) => bits))
  const useful = sum(watched.segments.map(({ bits }) => bits))
  const startupS = watched.startupMs / 1000
  return {
    meanKbps: sum(kbps) / kbps.length,
    meanHeight: sum(watched.segments.map(({ rung }) => ladder.rungs[rung]?.height ?? 0)) / kbps.length,
    rebufferS,
    rebufferCount: stalls.length,
    switches: kbps.filter((rate, index) => index > 0 && rate !== kbps[index - 1]).length,
    startupS,
    abandoned: watched.abandoned.length,
    wasted: thrown / (thrown + useful),
    sabreScore: sabreMetrics(watched, ladder).score,
    qoe: linearQoe(
      kbps.map((rate) => rate / 1000),
      rebufferS,
      startupS,
      qoeWeights(ladder),
    ),
  }
}

/** The linear QoE over a session's bit rates, divided by the number of segments so that presentations of any length compare. */
export function linearQoe(mbps: readonly number[], stallS: number, startupS: number, weights: QoeWeights): number {
  const change = sum(mbps.map((rate, index) => (index === 0 ? 0 : Math.abs(rate - (mbps[index - 1] ?? rate)))))
  return (sum(mbps) - weights.switching * change - weights.stall * stallS - weights.startup * startupS) / mbps.length
}

/** The figures that Sabre prints, by its own definitions: averages are over time, start-up and stalls included, in units of a segment. */
export interface SabreMetrics {
  /** kbit/s. */
  bitrate: number
  /** ln(bit rate / lowest bit rate). */
  utility: number
  rebufferRatio: number
  rebufferS: number
  /** As it counts them: what rounding leaves at the end of playback may be one. */
  rebufferEvents: number
  /** kbit/s a segment. */
  bitrateChange: number
  /** See `sabreMetrics`. */
  score: number
}

/** Sabre's score: (Σ ln(b/b₀) − γp · stall / p) · p / T, for segments of p seconds and a session of T, with γp = 5. */
export function sabreMetrics(watched: Watched, ladder: Ladder): SabreMetrics {
  const kbps = ladder.rungs.map(({ averageBps }) => averageBps / 1000)
  const lowest = kbps[0] ?? 1
  const played = watched.segments.map(({ rung }) => kbps[rung] ?? 0)
  const perTime = ladder.segmentMs / watched.endMs
  const stallMs = sum(watched.stalls.map(({ durationMs }) => durationMs))
  const utility = sum(played.map((rate) => Math.log(rate / lowest)))
  return {
    bitrate: sum(played) * perTime,
    utility: utility * perTime,
    rebufferRatio: stallMs / watched.endMs,
    rebufferS: stallMs / 1000,
    rebufferEvents: watched.stalls.length,
    bitrateChange: sum(played.map((rate, index) => (index === 0 ? 0 : Math.abs(rate - (played[index - 1] ?? rate))))) * perTime,
    score: (utility - (SABRE_GAMMA_P * stallMs) / ladder.segmentMs) * perTime,
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
