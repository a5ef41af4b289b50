/**
 * Which rendition comes next: the viewer's choice, else the ABR rule's, from what the estimator measured. Keeps the
 * estimate for the next session.
 */
import { ThroughputEstimator } from '../abr/estimator.ts'
import { recallThroughput, rememberThroughput } from '../abr/memory.ts'
import type { AbrDecision, Estimate, Rung } from '../abr/rule.ts'
import type { EngineConfig } from './config.ts'
import type { EventBody } from './events.ts'
import type { Answer } from './request.ts'

/** What the chooser looks at beside its own measurements. */
export interface Circumstances {
  /** Never empty. */
  rungs: readonly Rung[]
  bufferS: number
  segmentDurationS: number
  playbackRate: number
  /** Pixels of the element's height; null when unknown. */
  elementHeight: number | null
}

/** See the head of this file. */
export class Chooser {
  readonly #config: EngineConfig
  readonly #emit: (event: EventBody) => void
  readonly #estimator: ThroughputEstimator
  #last: string | null = null
  /** What the viewer chose; null is automatic. */
  chosen: string | null = null

  constructor(config: EngineConfig, emit: (event: EventBody) => void) {
    this.#config = config
    this.#emit = emit
    this.#estimator = new ThroughputEstimator(config.startBps ?? this.#recall())
  }

  get estimate(): Estimate {
    return this.#estimator.estimate
  }

  /** Another presentation: its renditions have nothing to do with those before. */
  reset(): void {
    this.#last = null
    this.chosen = null
  }

  /** The rendition for the next segment; an event when it is another one. */
  decide(now: Circumstances): AbrDecision {
    const { rungs, bufferS, segmentDurationS, playbackRate } = now
    const from = this.#last
    const chosen = rungs.find((rung) => rung.id === this.chosen)
    const decision = chosen
      ? { id: chosen.id, reason: 'the viewer chose it', numbers: {} }
      : this.#config.rule.decide({
          estimate: this.estimate,
          bufferS,
          bufferGoalS: this.#config.forwardBufferS,
          segmentDurationS,
          rungs,
          currentId: from,
          playbackRate,
          maxHeight: this.#config.capToElementSize ? now.elementHeight : null,
        })
    if (decision.id !== from) this.#emit({ type: 'decision', from, to: decision.id, reason: decision.reason, numbers: decision.numbers })
    this.#last = decision.id
    return decision
  }

  /** A segment arrived over the network. */
  measured(answer: Answer): void {
    const sample = { bytes: answer.bytes.byteLength, durationMs: answer.transferMs, ttfbMs: answer.ttfbMs, cached: answer.cached }
    if (!this.#estimator.add(sample)) return
    const { bps, fastBps, slowBps } = this.estimate
    if (bps === null || fastBps === null || slowBps === null) return
    this.#emit({ type: 'estimate', bps: Math.round(bps), fastBps: Math.round(fastBps), slowBps: Math.round(slowBps) })
    this.#remember(bps)
  }

  #recall(): number | null {
    const { storageKey } = this.#config
    try {
      return storageKey === null ? null : recallThroughput(localStorage, storageKey, Date.now())
    } catch {
      // Reading `localStorage` itself throws where storage is forbidden.
      return null
    }
  }

  #remember(bps: number): void {
    const { storageKey } = this.#config
    try {
      if (storageKey !== null) rememberThroughput(localStorage, storageKey, bps, Date.now())
    } catch {
      // As in #recall.
    }
  }
}
