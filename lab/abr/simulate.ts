/**
 * A viewer without a picture: one ABR rule, the one that runs in the player, watches one presentation over one trace. What
 * takes time is the path (latency, then bits at the capacity of the moment) and playback; all else happens at once.
 *
 *     const [trace] = readTraces(readFileSync('trace.json', 'utf8'), 'trace')
 *     const ladder = readLadder(readFileSync('movie.json', 'utf8'), 'movie')
 *     const metrics = measure(simulate(throughputRule, trace, ladder), ladder)
 */
import { type Estimator, ThroughputEstimator } from '../../player/abr/estimator.ts'
import { RecentRate } from '../../player/abr/recent-rate.ts'
import type { AbrDecision, AbrRule, AbrSession, Download, Upcoming } from '../../player/abr/rule.ts'
import { LabError } from '../error.ts'
import type { Ladder } from './ladder.ts'
import { Path } from './path.ts'
import { Playback, type Stall } from './playback.ts'
import type { Trace } from './trace.ts'

/** What differs between players around the same rule. */
export interface PlayerModel {
  /** Asks for a segment when all of it has room in the buffer, or as soon as the buffer is below its goal. */
  asksWhen: 'it has room' | 'below the goal'
  /** After an abandoned download: loads what the answer named, or asks the rule again as for any segment. */
  afterAbandon: 'loads the answer' | 'asks again'
  /** Whether the first segment's download may be abandoned. */
  abandonsFirst: boolean
}

/** The engine of player/. */
export const PLAYER_MODEL: PlayerModel = { asksWhen: 'below the goal', afterAbandon: 'loads the answer', abandonsFirst: true }

/** The simulator Sabre (K. Spiteri et al., MMSys 2018), whose results are there to compare with. */
export const SABRE_MODEL: PlayerModel = { asksWhen: 'it has room', afterAbandon: 'asks again', abandonsFirst: false }

export interface SimulateOptions {
  /** Media that is kept ahead, seconds: 30 on demand and 10 live, when nothing is said. */
  bufferGoalS?: number
  /** Segments come into being while the viewer watches, who joins as far behind as the buffer is long. */
  live?: boolean
  model?: PlayerModel
  /** Measures the network for the rule; made for each session. */
  estimator?: () => Estimator
  /** Segments ahead whose sizes the rule is told. 0: it knows none. */
  horizonSegments?: number
}

/** A segment as it was loaded. Times on the session's clock. */
export interface LoadedSegment {
  /** Index into the ladder's rungs. */
  rung: number
  requestedMs: number
  ttfbMs: number
  elapsedMs: number
  bits: number
  /** Media ahead of the playhead when the rule was asked. */
  bufferMs: number
  /** Waited for room, for the segment to come into being, and because the rule wanted it. */
  waitedMs: number
  reason: string
  numbers: Record<string, number>
}

export interface AbandonedDownload {
  segment: number
  rung: number
  /** What the rule wanted instead. */
  to: number
  requestedMs: number
  elapsedMs: number
  /** That came and were thrown away. */
  bits: number
}

/** What happened in one session. */
export interface Watched {
  rule: string
  trace: string
  segments: LoadedSegment[]
  abandoned: AbandonedDownload[]
  /** Rounding's too: see `isStall`. */
  stalls: Stall[]
  /** When each segment began to play. */
  playedMs: number[]
  /** From the first request to the first picture. */
  startupMs: number
  /** When the last picture was shown. */
  endMs: number
}

/** A player hears of a download's progress after so many bits and so much time (Sabre's figures; a fetch's chunks are alike). */
const PROGRESS_BITS = 12_000
const PROGRESS_MS = 50
/** A rule that never lets a segment arrive is not listened to any more. */
const MAX_ABANDONED = 10_000

/** Runs one session to its end. Throws `LabError` when the trace cannot carry it, or the rule names no rung. */
export function simulate(rule: AbrRule, trace: Trace, ladder: Ladder, options: SimulateOptions = {}): Watched {
  return new Viewer(rule, trace, ladder, options).watch()
}

class Viewer {
  readonly #rule: AbrRule
  readonly #trace: Trace
  readonly #ladder: Ladder
  readonly #goalMs: number
  readonly #live: boolean
  readonly #model: PlayerModel
  readonly #horizon: number
  readonly #session: AbrSession
  readonly #estimator: Estimator
  readonly #path: Path
  readonly #playback: Playback
  readonly #bytes: Record<string, number>[]
  readonly #segments: LoadedSegment[] = []
  readonly #abandoned: AbandonedDownload[] = []
  #startupMs = 0

  constructor(rule: AbrRule, trace: Trace, ladder: Ladder, options: SimulateOptions) {
    this.#rule = rule
    this.#trace = trace
    this.#ladder = ladder
    this.#live = options.live ?? false
    this.#goalMs = (options.bufferGoalS ?? (this.#live ? 10 : 30)) * 1000
    if (!(this.#goalMs >= ladder.segmentMs)) throw new LabError(`a buffer of ${this.#goalMs} ms holds no segment of ${ladder.segmentMs} ms`)
    this.#model = options.model ?? PLAYER_MODEL
    this.#horizon = options.horizonSegments ?? 8
    this.#session = rule.start()
    this.#estimator = options.estimator?.() ?? new ThroughputEstimator(null)
    this.#path = new Path(trace)
    this.#playback = new Playback(ladder.segmentMs)
    this.#bytes = ladder.bits.map((row) => Object.fromEntries(ladder.rungs.map(({ id }, rung) => [id, (row[rung] ?? 0) / 8])))
  }

  watch(): Watched {
    for (let segment = 0; segment < this.#ladder.bits.length; segment += 1) this.#load(segment)
    this.#playback.finish()
    const { stalls, startedMs, nowMs } = this.#playback
    return {
      ...{ rule: this.#rule.name, trace: this.#trace.name, segments: this.#segments, abandoned: this.#abandoned },
      ...{ stalls, playedMs: startedMs, startupMs: this.#startupMs, endMs: nowMs },
    }
  }

  #load(segment: number): void {
    let forced: string | null = null
    for (let tries = 0; ; tries += 1) {
      let waitedMs = this.#waitForTurn(segment)
      const bufferMs = this.#playback.levelMs
      const decision = this.#decide(segment)
      if (decision.waitMs !== undefined && decision.waitMs > 0) {
        this.#pass(decision.waitMs)
        waitedMs += decision.waitMs
      }
      const rung = this.#indexOf(forced ?? decision.id)
      const instead = this.#download(segment, rung, tries, { bufferMs, waitedMs, reason: decision.reason, numbers: decision.numbers })
      if (instead === null) return
      forced = this.#model.afterAbandon === 'loads the answer' ? instead : null
    }
  }

  /** Until the buffer has room and the segment exists; how long that was. */
  #waitForTurn(segment: number): number {
    const { segmentMs } = this.#ladder
    const level = this.#playback.levelMs
    const over = this.#model.asksWhen === 'it has room' ? level + segmentMs - this.#goalMs : level - this.#goalMs
    const early = this.#live ? (segment + 1) * segmentMs - this.#goalMs - this.#path.nowMs : 0
    const ms = Math.max(over, early)
    if (!(ms > 0)) return 0
    this.#pass(ms)
    return ms
  }

  #pass(ms: number): void {
    this.#playback.pass(ms)
    this.#path.pass(ms)
  }

  #decide(segment: number): AbrDecision {
    const { rungs, segmentMs, bits } = this.#ladder
    return this.#session.decide({
      nowMs: this.#path.nowMs,
      segment,
      estimate: this.#estimator.estimate,
      bufferS: this.#playback.levelMs / 1000,
      bufferGoalS: this.#goalMs / 1000,
      segmentDurationS: segmentMs / 1000,
      upcoming: this.#upcoming(segment),
      remainingS: this.#live ? null : ((bits.length - segment) * segmentMs) / 1000,
      rungs,
      currentId: rungs[this.#segments.at(-1)?.rung ?? -1]?.id ?? null,
      playbackRate: 1,
      maxHeight: null,
    })
  }

  /** A live playlist lists what exists. */
  #upcoming(segment: number): Upcoming[] {
    const durationS = this.#ladder.segmentMs / 1000
    const existing = this.#live ? Math.floor((this.#path.nowMs + this.#goalMs) / this.#ladder.segmentMs) : this.#bytes.length
    const end = Math.min(segment + this.#horizon, Math.max(existing, segment + 1))
    return this.#bytes.slice(segment, end).map((bytes) => ({ durationS, bytes }))
  }

  #indexOf(id: string): number {
    const index = this.#ladder.rungs.findIndex((rung) => rung.id === id)
    if (index === -1) throw new LabError(`the rule ${this.#rule.name} chose "${id}", which is no rung of ${this.#ladder.name}`)
    return index
  }

  /** Null when the segment is there; else what the rule wants instead. */
  #download(segment: number, rung: number, tries: number, told: Pick<LoadedSegment, 'bufferMs' | 'waitedMs' | 'reason' | 'numbers'>) {
    const bits = this.#ladder.bits[segment]?.[rung] ?? 0
    const requestedMs = this.#path.nowMs
    const levelMs = this.#playback.levelMs
    const ttfbMs = this.#path.latency()
    const mayAbandon = tries < MAX_ABANDONED && (segment > 0 || this.#model.abandonsFirst)
    const base = { rungId: this.#ladder.rungs[rung]?.id ?? '', segment, segmentDurationS: this.#ladder.segmentMs / 1000 }
    const download: Download = { ...base, bytes: 0, totalBytes: bits / 8, ttfbMs, elapsedMs: ttfbMs, cached: false }
    const recent = new RecentRate()
    recent.add(ttfbMs, 0)
    let [came, wantMs] = [0, PROGRESS_MS - ttfbMs]
    let instead: AbrDecision | null = null
    while (came < bits && instead === null) {
      const part = mayAbandon ? this.#path.transfer(bits - came, PROGRESS_BITS, wantMs) : this.#path.transfer(bits - came, bits, 0)
      came += part.bits
      download.elapsedMs += part.ms
      download.bytes = came / 8
      recent.add(download.elapsedMs, download.bytes)
      Object.assign(download, recent.figure)
      wantMs = PROGRESS_MS
      if (mayAbandon && came < bits) instead = this.#consider(download, Math.max(0, levelMs - download.elapsedMs))
    }
    this.#playback.pass(download.elapsedMs)
    if (instead) {
      this.#abandoned.push({ segment, rung, to: this.#indexOf(instead.id), requestedMs, elapsedMs: download.elapsedMs, bits: came })
      return instead.id
    }
    if (segment === 0) this.#startupMs = this.#playback.nowMs
    this.#playback.append()
    this.#segments.push({ rung, requestedMs, ttfbMs, elapsedMs: download.elapsedMs, bits, ...told })
    const transfer = { bytes: bits / 8, durationMs: download.elapsedMs - ttfbMs, ttfbMs, cached: false }
    this.#session.arrived?.({ ...download, bytes: bits / 8 })
    this.#estimator.add(transfer)
    return null
  }

  #consider(download: Download, bufferMs: number): AbrDecision | null {
    const { nowMs } = this.#path
    const told = { nowMs, estimate: this.#estimator.estimate, rungs: this.#ladder.rungs, playbackRate: 1 }
    return (
      this.#session.abandon?.({ ...told, bufferS: bufferMs / 1000, bufferGoalS: this.#goalMs / 1000, download: { ...download } }) ?? null
    )
  }
}
