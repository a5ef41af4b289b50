/**
 * The config catalogue: every number the engine decides with, with its unit and the reason for its default. Nothing in
 * the engine carries a number of its own that somebody might want to change.
 */
import { type Estimator, ThroughputEstimator } from '../abr/estimator.ts'
import type { AbrRule } from '../abr/rule.ts'
import { throughputRule } from '../abr/throughput.ts'

/** How often one kind of request is tried, and how long one try may take. */
export interface RetryBudget {
  /** Tries in all, the first included. */
  attempts: number
  /** No byte for so long ends a try: a slow transfer that moves is not a failure, a silent one is. */
  idleTimeoutMs: number
  /** Pause before the second try; doubles with each further one. */
  backoffMs: number
  /** Longest pause. */
  maxBackoffMs: number
}

export interface EngineConfig {
  /** Media kept ahead of the playhead, seconds. More costs memory and wasted bytes when the viewer leaves. */
  forwardBufferS: number
  /** Media kept behind the playhead, seconds: a short seek back costs nothing. */
  backBufferS: number
  /** Media further ahead than this (left from before a seek back) is dropped, seconds. */
  farBufferS: number
  /** Playback that does not move for so long, although it has data, is nudged, ms. */
  stuckMs: number
  /** Nudges before the media element is set up anew. */
  maxNudges: number
  /** How often the watchdog looks, ms. */
  watchdogPeriodMs: number
  /** Segments lost in a row after which the presentation counts as unreachable. */
  maxSkippedInRow: number
  /** Other renditions asked for a segment that is lost in its own. */
  maxOtherRenditions: number
  /** Multivariant and media playlists. */
  playlistRetry: RetryBudget
  /** Media and initialization segments. */
  segmentRetry: RetryBudget
  /** A server that gives no answer at all is waited for so long after the buffer is empty, when playback had begun, ms. */
  outageMs: number
  /** Failed reloads of a growing playlist in a row that are borne before it counts as an error. */
  maxReloadFailures: number
  /** A multivariant playlist that says it will grow is read again after this time, ms. */
  growthPeriodMs: number
  /** Events kept in the log: about an hour with 4 s segments and separate sound, 4 MB at most. */
  logSize: number
  /** Renditions taller than the element's pixels are not chosen automatically. */
  capToElementSize: boolean
  /** Assumed throughput before anything is known, bit/s. `null` starts with the first variant listed (RFC 8216bis 6.3.1). */
  startBps: number | null
  /** The estimate is kept for the next session under this localStorage key; `null` keeps nothing. */
  storageKey: string | null
  /** Chooses the rendition. */
  rule: AbrRule
  /** Measures the network; begins with the figure of an earlier session, bit/s, or null. */
  estimator: (priorBps: number | null) => Estimator
  /** Segments ahead that a rule is told about. */
  horizonSegments: number
}

/** The defaults. */
export const DEFAULT_CONFIG: EngineConfig = {
  forwardBufferS: 30,
  backBufferS: 30,
  farBufferS: 90,
  stuckMs: 2_000,
  maxNudges: 3,
  watchdogPeriodMs: 200,
  maxSkippedInRow: 4,
  maxOtherRenditions: 2,
  playlistRetry: { attempts: 4, idleTimeoutMs: 10_000, backoffMs: 500, maxBackoffMs: 4_000 },
  segmentRetry: { attempts: 3, idleTimeoutMs: 6_000, backoffMs: 400, maxBackoffMs: 4_000 },
  outageMs: 30_000,
  maxReloadFailures: 5,
  growthPeriodMs: 4_000,
  logSize: 20_000,
  capToElementSize: true,
  startBps: null,
  storageKey: 'sluice-throughput',
  rule: throughputRule,
  estimator: (priorBps) => new ThroughputEstimator(priorBps),
  horizonSegments: 8,
}
