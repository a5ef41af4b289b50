/**
 * Traces and a ladder of the project's own, generated from seeds: the network profiles of protocol/ (their head says from which
 * published measurements their figures are), and segment sizes that vary as those of capped VBR do: a coefficient of variation
 * of 0.3 to 0.6 and no segment above twice the average (Y. Qin et al., "ABR Streaming of VBR-encoded Videos", CoNEXT 2018).
 */
import { NETWORK_PROFILES, type NetworkProfileName, networkTrace, uniform } from '../../protocol/network-profiles.ts'
import { type Ladder, ladderOf } from './ladder.ts'
import { type Trace, traceOf } from './trace.ts'

const TRACE_S = 600
const SEGMENT_MS = 4_000
const SEGMENTS = 75
/** Bit rates of the ladder that the transcode runner makes, at most. */
const LEVELS = [
  { height: 240, kbps: 350 },
  { height: 360, kbps: 700 },
  { height: 480, kbps: 1_200 },
  { height: 720, kbps: 2_800 },
  { height: 1080, kbps: 5_000 },
  { height: 1440, kbps: 9_000 },
]
/** How much of a scene's size the next segment keeps, and how wide scenes differ (standard deviation of the logarithm). */
const SCENE_KEPT = 0.7
const SCENE_SPREAD = 0.4
const MOST = 2

/** So many traces of each profile, ten minutes each: `commuter_train-3` is made from seed 3. */
export function builtinTraces(seeds: number): Trace[] {
  const names = Object.keys(NETWORK_PROFILES) as NetworkProfileName[]
  return names.flatMap((name) => Array.from({ length: seeds }, (_, index) => profile(name, index + 1)))
}

function profile(name: NetworkProfileName, seed: number): Trace {
  const steps = networkTrace(name, seed, TRACE_S).map(({ durationMs, bps, rttMs }) => ({ durationMs, kbps: bps / 1000, latencyMs: rttMs }))
  return traceOf(`${name}-${seed}`, steps)
}

/** 240p to 1440p, five minutes in segments of four seconds. A scene is as much larger in every rendition. */
export function builtinLadder(): Ladder {
  const random = uniform(1)
  let scene = 0
  const weights = Array.from({ length: SEGMENTS }, () => {
    // A sum of twelve uniform numbers is as good as normal here.
    const normal = Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6)
    scene = SCENE_KEPT * scene + Math.sqrt(1 - SCENE_KEPT ** 2) * normal
    return Math.min(MOST, Math.exp(SCENE_SPREAD * scene - SCENE_SPREAD ** 2 / 2))
  })
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length
  const bits = weights.map((weight) => LEVELS.map(({ kbps }) => Math.round((kbps * SEGMENT_MS * weight) / mean / 8) * 8))
  return ladderOf('built-in', SEGMENT_MS, LEVELS, bits)
}
