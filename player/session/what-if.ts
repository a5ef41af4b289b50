/**
 * The same session under another rule: the same segments, the same network as far as it was seen, the same seeks and pauses,
 * and a model of the buffer. What comes out is a log like a recorded one, so that all that draws and sums up one does the
 * other. A model: where the recorded player left the network idle, nobody knows what it would have carried.
 */
import { ThroughputEstimator } from '../abr/estimator.ts'
import type { AbrDecision, AbrInput, AbrRule, AbrSession, Download } from '../abr/rule.ts'
import type { EngineEvent, EventBody } from '../engine/events.ts'
import { RecordedNetwork } from './network.ts'
import { scriptOf, type Script, type ScriptedSegment } from './script.ts'
import { VirtualViewer } from './virtual-viewer.ts'

/** How often a download under way is put before the rule, ms. */
const LOOK_MS = 250
/** A simulated session is over after the recorded one's length this often more, and ten minutes. */
const MAX_LONGER = 3
/** A rule that always gives up would never get anywhere. */
const MAX_ABANDONED = 5

/** The simulated log, or null when the recorded one holds no decision or no transfer to learn from. */
export function whatIf(events: readonly EngineEvent[], rule: AbrRule): EngineEvent[] | null {
  const script = scriptOf(events)
  const network = RecordedNetwork.of(events)
  return script && network && new Simulation(script, network, rule).run()
}

class Simulation {
  readonly #script: Script
  readonly #network: RecordedNetwork
  readonly #session: AbrSession
  readonly #viewer: VirtualViewer
  readonly #estimator: ThroughputEstimator
  readonly #log: EngineEvent[] = []
  #current: string | null = null
  #rungs: unknown = null

  constructor(script: Script, network: RecordedNetwork, rule: AbrRule) {
    this.#script = script
    this.#network = network
    this.#session = rule.start()
    const limitMs = script.endMs + MAX_LONGER * (script.endMs - script.startMs) + 600_000
    this.#viewer = new VirtualViewer(script.startMs, limitMs, script.pauses, (atMs, event) => this.#emit(event, atMs))
    const first = script.segments[0]?.input.estimate
    this.#estimator = new ThroughputEstimator(first?.samples === 0 ? first.bps : null)
  }

  run(): EngineEvent[] {
    for (const segment of this.#script.segments) {
      if (this.#viewer.nowMs >= this.#viewer.limitMs) break
      this.#play(segment)
    }
    this.#viewer.finish()
    // The viewer's events are written when its time has passed, the loader's when they happen.
    return this.#log.toSorted((a, b) => a.atMs - b.atMs)
  }

  #play(segment: ScriptedSegment): void {
    const viewer = this.#viewer
    const { input } = segment
    viewer.rate = input.playbackRate
    viewer.advance(segment.notBeforeMs)
    if (segment.seekToBufferS !== null) {
      viewer.seek(segment.seekToBufferS)
      this.#session.seeked?.()
    }
    viewer.waitUntilBelow(input.bufferGoalS)
    let forced: AbrDecision | null = null
    for (let tries = 0; ; tries += 1) {
      const decision = forced ?? this.#decide(segment)
      if (decision.waitMs !== undefined && forced === null) viewer.advance(viewer.nowMs + decision.waitMs)
      forced = this.#download(segment, decision.id, tries < MAX_ABANDONED)
      if (forced === null) break
    }
    viewer.advance(viewer.nowMs + this.#script.overheadMs)
  }

  #decide({ input, rungs, chosen }: ScriptedSegment): AbrDecision {
    const told = { ...input, ...this.#now(), currentId: this.#current }
    const whole: AbrInput = { ...told, rungs }
    const decision = chosen === null ? this.#session.decide(whole) : { id: chosen, reason: 'the viewer chose it', numbers: {} }
    if (rungs !== this.#rungs) this.#emit({ type: 'ladder', rungs: [...rungs] })
    this.#rungs = rungs
    const { id: to, ...said } = decision
    this.#emit({ type: 'decision', from: this.#current, to, chosen: chosen !== null, ...said, input: told })
    return decision
  }

  /** What to take instead when it was given up, else null. */
  #download(segment: ScriptedSegment, id: string, mayAbandon: boolean): AbrDecision | null {
    const { input, rungs } = segment
    const viewer = this.#viewer
    const startedMs = viewer.nowMs
    const ttfbMs = this.#network.ttfbAt(startedMs)
    const bytes = segment.bytes.get(id) ?? 1
    // A separate sound takes its share of the path.
    const withSound = bytes + (this.#script.audioBps * input.segmentDurationS) / 8
    const share = bytes / withSound
    const firstMs = startedMs + ttfbMs
    const endMs = this.#network.arrivalMs(firstMs, withSound)
    const part = { rungId: id, segment: input.segment, segmentDurationS: input.segmentDurationS, totalBytes: bytes, ttfbMs, cached: false }
    for (let atMs = firstMs + LOOK_MS; mayAbandon && segment.chosen === null && atMs < Math.min(endMs, viewer.limitMs); atMs += LOOK_MS) {
      viewer.advance(atMs)
      const soFar = Math.min(bytes, this.#network.bytesBetween(firstMs, atMs) * share)
      const told = {
        ...{ ...this.#now(), bufferGoalS: input.bufferGoalS, playbackRate: input.playbackRate },
        download: { ...part, bytes: soFar, elapsedMs: atMs - startedMs },
      }
      const instead = this.#session.abandon?.({ ...told, rungs }) ?? null
      if (instead === null || instead.id === id) continue
      const { id: to, ...said } = instead
      this.#emit({ type: 'segment-abandoned', rendition: id, number: input.segment, bytes: soFar, to, ...said, input: told })
      return instead
    }
    viewer.advance(endMs)
    this.#arrived({ ...part, bytes, elapsedMs: endMs - startedMs })
    return null
  }

  #arrived(download: Download): void {
    const { rungId, segment: number, bytes, ttfbMs, elapsedMs, segmentDurationS: durationS } = download
    const url = `${rungId}/${number}`
    this.#emit({ type: 'request', kind: 'segment', url, bytes, ttfbMs, durationMs: elapsedMs, attempt: 1, cached: false })
    this.#estimator.add({ bytes, ttfbMs, durationMs: elapsedMs - ttfbMs, cached: false })
    const { bps, fastBps, slowBps } = this.#estimator.estimate
    if (bps !== null && fastBps !== null && slowBps !== null) this.#emit({ type: 'estimate', bps, fastBps, slowBps })
    this.#session.arrived?.(download)
    this.#emit({ type: 'download', download })
    const startS = this.#viewer.append(durationS)
    this.#emit({ type: 'segment', track: 'main', rendition: rungId, number, startS, durationS, bytes, appendMs: 0 })
    if (this.#current !== null && this.#current !== rungId) {
      this.#emit({ type: 'switched', track: 'main', from: this.#current, to: rungId, atS: startS })
    }
    this.#current = rungId
  }

  #now(): Pick<AbrInput, 'nowMs' | 'estimate' | 'bufferS'> {
    return { nowMs: this.#viewer.nowMs, estimate: this.#estimator.estimate, bufferS: this.#viewer.bufferS }
  }

  #emit(event: EventBody, atMs: number = this.#viewer.nowMs): void {
    this.#log.push({ ...event, atMs: Math.round(atMs * 10) / 10 })
  }
}
