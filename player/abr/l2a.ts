/**
 * L2A, learn to adapt (T. Karagkioules et al., "Online Learning for Low-Latency Adaptive Streaming", MMSys 2020) with the constants of
 * dash.js: online convex optimisation. A probability for every rendition moves along the gradient of the Lagrangian, whose multiplier
 * Q remembers by how much downloads took longer than the media lasts; the rendition nearest to the mean is taken.
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

/** Steps to convergence that the step size is made for. */
const HORIZON = 4
/** Cautiousness: weight of the objective against the constraint. */
const CAUTION = HORIZON ** 0.99
const STEP = Math.max(HORIZON, CAUTION * Math.sqrt(HORIZON))
/** Q grows by this after a choice that the last transfer would not carry. */
const REACTION = 2
/** Learning begins with this much media, seconds. */
const TARGET_BUFFER_S = 1.5
/** Part of the throughput that is used until then. */
const SAFETY = 0.9

/** See the head of this file. */
export const l2aRule: AbrRule = { name: 'l2a', start: () => new L2aSession() }

class L2aSession implements AbrSession {
  /** Probability by rung; null until learning begins. */
  #weights: number[] | null = null
  #multiplier = 0
  /** Of the last transfer. */
  #bps: number | null = null
  #durationS = 0
  /** It was not decided with yet. */
  #fresh = false

  arrived({ bytes, elapsedMs, ttfbMs, segmentDurationS, cached }: Download): void {
    if (cached || bytes === 0) return
    this.#bps = (bytes * 8_000) / Math.max(elapsedMs - ttfbMs, 1)
    this.#durationS = segmentDurationS
    this.#fresh = true
  }

  seeked(): void {
    this.#weights = null
  }

  decide(input: AbrInput): AbrDecision {
    const limited = byBitrate(withinHeight(input.rungs, input.maxHeight))
    const rungs = limited.length > 0 ? limited : byBitrate(input.rungs)
    const current = rungs.findIndex((rung) => rung.id === input.currentId)
    // Another ladder, or a rendition outside of it: what was learned is about something else.
    if (this.#weights?.length !== rungs.length || current === -1) this.#weights = null
    if (this.#weights === null || this.#bps === null) return this.#start(input, rungs)
    const needs = rungs.map(({ averageBps }) => (averageBps * input.playbackRate) / (this.#bps ?? averageBps))
    const numbers = { bufferS: input.bufferS, lastBps: Math.round(this.#bps), multiplier: this.#multiplier }
    if (!this.#fresh)
      return { id: firstOf(rungs.slice(current)).id, reason: 'nothing arrived since the last decision, so it stays', numbers }
    this.#fresh = false
    const index = this.#learn(needs, current)
    const chosen = rungs[index] ?? firstOf(rungs)
    const reason = `learned from ${(this.#bps / 1e6).toFixed(2)} Mbit/s, with a debt of ${this.#multiplier.toFixed(1)} s`
    return { id: chosen.id, reason, numbers: { ...numbers, multiplier: this.#multiplier } }
  }

  /** By throughput, until there is some media. */
  #start({ estimate, bufferS, playbackRate }: AbrInput, rungs: readonly Rung[]): AbrDecision {
    const bps = estimate.bps ?? this.#bps
    if (bps === null)
      return { id: firstOf(rungs).id, reason: 'nothing is known about the network, so the smallest rendition starts', numbers: {} }
    const index = Math.max(
      0,
      rungs.findLastIndex(({ averageBps }) => averageBps * playbackRate <= bps * SAFETY),
    )
    if (this.#bps !== null && bufferS >= TARGET_BUFFER_S) {
      this.#weights = rungs.map((_, rung) => (rung === index ? 1 : 0))
      this.#multiplier = CAUTION
    }
    this.#fresh = false
    const chosen = rungs[index] ?? firstOf(rungs)
    return { id: chosen.id, reason: `start: ${(bps / 1e6).toFixed(2)} Mbit/s carry it`, numbers: { bufferS, estimateBps: Math.round(bps) } }
  }

  /** One step along the gradient. `needs` is what each rendition needs of the last throughput; all is relative to that. */
  #learn(needs: readonly number[], current: number): number {
    const before = this.#weights ?? []
    const rate = (this.#durationS / (2 * STEP)) * (this.#multiplier + CAUTION)
    // As dash.js has it: from the first rendition that the network does not carry, the gradient points down.
    const weights = onSimplex(needs.map((need, index) => (before[index] ?? 0) + (need > 1 ? -1 : 1) * rate * need))
    const mean = dot(needs, weights)
    const moved = mean - dot(needs, before)
    this.#weights = weights
    this.#multiplier = Math.max(0, this.#multiplier + this.#durationS * (mean + moved - 1))
    let index = nearest(needs, mean)
    if (index > current && (needs[current + 1] ?? Infinity) <= 1) index = current + 1
    if ((needs[index] ?? 0) >= 1) this.#multiplier = REACTION * Math.max(CAUTION, this.#multiplier)
    return index
  }
}

/** The nearest point whose coordinates are not negative and sum to 1 (Y. Chen and X. Ye, arXiv 1101.6081). */
function onSimplex(point: readonly number[]): number[] {
  const falling = point.toSorted((a, b) => b - a)
  let sum = 0
  let shift = 0
  for (const [index, value] of falling.entries()) {
    sum += value
    shift = (sum - 1) / (index + 1)
    if (shift >= (falling[index + 1] ?? -Infinity)) break
  }
  return point.map((value) => Math.max(0, value - shift))
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)
}

function nearest(values: readonly number[], target: number): number {
  return values.reduce((best, value, index) => (Math.abs(value - target) < Math.abs((values[best] ?? 0) - target) ? index : best), 0)
}
