/**
 * Which rendition comes next: the viewer's choice, else the ABR rule's, from what the estimator measured. Everything that
 * rule and estimator are told is an event, so that a recorded session can be put before another rule. Keeps the estimate for
 * the next session.
 */
import type { Estimator } from '../abr/estimator.ts'
import { recallThroughput, rememberThroughput } from '../abr/memory.ts'
import type { AbrDecision, AbrInput, AbrSession, Download, Estimate, Rung, Upcoming } from '../abr/rule.ts'
import type { EngineConfig } from './config.ts'
import type { EventBody } from './events.ts'

/** What the chooser looks at beside its own measurements. */
export interface Circumstances {
  nowMs: number
  /** Never empty. */
  rungs: readonly Rung[]
  bufferS: number
  segment: number
  segmentDurationS: number
  upcoming: readonly Upcoming[]
  remainingS: number | null
  playbackRate: number
  /** Pixels of the element's height; null when unknown. */
  elementHeight: number | null
}

/** What an estimator is told of a download. */
type Measured = Pick<Download, 'bytes' | 'elapsedMs' | 'ttfbMs' | 'cached' | 'arrivals'>

/** See the head of this file. */
export class Chooser {
  readonly #config: EngineConfig
  readonly #emit: (event: EventBody) => void
  readonly #estimator: Estimator
  #session: AbrSession
  #last: string | null = null
  #rungs = ''
  /** What the viewer chose; null is automatic. */
  chosen: string | null = null

  constructor(config: EngineConfig, emit: (event: EventBody) => void) {
    this.#config = config
    this.#emit = emit
    this.#estimator = config.estimator(config.startBps ?? this.#recall())
    this.#session = config.rule.start()
  }

  get estimate(): Estimate {
    return this.#estimator.estimate
  }

  /** Another presentation: its renditions have nothing to do with those before. */
  reset(): void {
    this.#session = this.#config.rule.start()
    this.#last = null
    this.#rungs = ''
    this.chosen = null
  }

  /** The viewer moved playback. */
  seeked(): void {
    this.#session.seeked?.()
  }

  /** The rendition for the next segment. */
  decide(now: Circumstances): AbrDecision {
    const { rungs, elementHeight, ...rest } = now
    const from = this.#last
    const input: AbrInput = {
      ...rest,
      rungs,
      estimate: this.estimate,
      bufferGoalS: this.#config.forwardBufferS,
      currentId: from,
      maxHeight: this.#config.capToElementSize ? elementHeight : null,
    }
    const chosen = rungs.find((rung) => rung.id === this.chosen)
    const decision = chosen ? { id: chosen.id, reason: 'the viewer chose it', numbers: {} } : this.#session.decide(input)
    this.#tellRungs(rungs)
    const { rungs: _, ...told } = input
    this.#emit({ type: 'decision', from, to: decision.id, chosen: chosen !== undefined, ...says(decision), input: told })
    this.#last = decision.id
    return decision
  }

  /** Whether a download under way is given up for another rendition. What the viewer chose is not. */
  abandon(download: Download, now: Pick<Circumstances, 'nowMs' | 'rungs' | 'bufferS' | 'playbackRate'>): AbrDecision | null {
    if (this.chosen !== null) return null
    const input = { ...now, estimate: this.estimate, bufferGoalS: this.#config.forwardBufferS, download }
    const decision = this.#session.abandon?.(input) ?? null
    if (decision === null) return null
    this.#tellRungs(now.rungs)
    const { rungs: _, ...told } = input
    const { rungId: rendition, segment: number, bytes } = download
    this.#emit({ type: 'segment-abandoned', rendition, number, bytes, to: decision.id, ...says(decision), input: told })
    // The rule has spoken: what is loaded instead is not asked for once more.
    this.#last = decision.id
    return decision
  }

  /** A segment of the main track arrived. */
  arrived(download: Download): void {
    this.#session.arrived?.(download)
    this.#emit({ type: 'download', download })
  }

  /** Something arrived over the network, whatever the track. */
  measured({ bytes, elapsedMs, ttfbMs, cached, arrivals }: Measured): void {
    const sample = { bytes, durationMs: elapsedMs - ttfbMs, ttfbMs, cached, ...(arrivals && { arrivals }) }
    if (!this.#estimator.add(sample)) return
    const { bps, fastBps, slowBps } = this.estimate
    if (bps === null || fastBps === null || slowBps === null) return
    this.#emit({ type: 'estimate', bps: Math.round(bps), fastBps: Math.round(fastBps), slowBps: Math.round(slowBps) })
    this.#remember(bps)
  }

  /** Once, and again when they changed: each decision would repeat them. */
  #tellRungs(rungs: readonly Rung[]): void {
    const ids = rungs.map(({ id }) => id).join(' ')
    if (ids === this.#rungs) return
    this.#rungs = ids
    this.#emit({ type: 'ladder', rungs: rungs.map(plain) })
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

function says({ reason, numbers, waitMs }: AbrDecision): Omit<AbrDecision, 'id'> {
  return { reason, numbers, ...(waitMs === undefined ? {} : { waitMs }) }
}

/** What a rule looks at, and nothing of the playlist. */
function plain({ id, peakBps, averageBps, width, height, score }: Rung): Rung {
  return { id, peakBps, averageBps, width, height, ...(score === undefined ? {} : { score }) }
}
