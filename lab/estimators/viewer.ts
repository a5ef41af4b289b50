/**
 * A viewer on a path, for what an estimator gets to see: segments fetched ahead of playback and pauses when the buffer is full, or
 * a live stream whose server paces the bytes. Every estimator is shown the same transfers, so this viewer's choice of bit
 * rate depends on none of them, but on the path itself. Beside it, small probes on a connection of their own.
 */
import type { TransferSample } from '../../player/abr/estimator.ts'
import { uniform } from '../../protocol/network-profiles.ts'
import { Connection, type Release, type Response } from '../network/connection.ts'
import { type Conditions, Path, PAYLOAD_BYTES } from '../network/path.ts'
import { Timeline } from '../network/timeline.ts'

/**
 * How media comes. `segments`: whole ones, as fast as the network goes. `parts`: LL-HLS, each request held until its part exists.
 * `chunks`: a live segment is sent frame by frame as it is encoded.
 */
export const DELIVERIES = ['segments', 'parts', 'chunks'] as const
export type Delivery = (typeof DELIVERIES)[number]

export interface Observation {
  /** When the transfer was over, ms. */
  atMs: number
  kind: 'media' | 'probe'
  sample: TransferSample
}

/** What was seen in a run. */
export interface Viewing {
  observations: Observation[]
  mediaBytes: number
  probeBytes: number
  sent: number
  dropped: number
}

export interface ViewerOptions {
  durationS: number
  /** For the sizes of segments. */
  seed: number
  delivery: Delivery
  /** Whether probes are sent. */
  probes: boolean
}

const SEGMENT_S = 2
const BUFFER_S = 12
const CHUNKED_SEGMENT_S = 2
const LADDER_BPS = [300e3, 700e3, 1.5e6, 3e6, 6e6, 12e6]
/** Part of what the path carried in the last seconds that a rendition may need. No real viewer knows it. */
const SHARE = 0.6
const RECENT_MS = 4_000
/** Segments of one rendition differ by this much either way. */
const SIZE_SPREAD = 0.25
const PART_S = 1 / 3
const FRAME_S = 1 / 30
/** A live viewer plays a rendition well below what the path carries: what is left over is what estimators have to see. */
const LIVE_SHARE = 0.4
/** Further behind, a live viewer jumps to the edge. */
const LIVE_BEHIND_S = 4
/** Ten packets: all go out at once, on an idle connection too (RFC 6928). */
const PROBE_BYTES = 10 * PAYLOAD_BYTES
const PROBE_PERIOD_MS = 1_000

/** Runs a viewer to the end. Throws `RangeError` for a path on which nothing passes. */
export function watch(conditions: Conditions, options: ViewerOptions): Viewing {
  const path = new Path(conditions)
  const timeline = new Timeline()
  const viewing: Viewing = { observations: [], mediaBytes: 0, probeBytes: 0, sent: 0, dropped: 0 }
  const endMs = options.durationS * 1000
  const seen = (kind: Observation['kind'], response: Response): void => {
    viewing.observations.push({ atMs: timeline.nowMs, kind, sample: response.sample })
    viewing[kind === 'media' ? 'mediaBytes' : 'probeBytes'] += response.sample.bytes
    viewing.sent += response.sent
    viewing.dropped += response.dropped
  }
  const connection = new Connection(timeline, path)
  if (options.delivery === 'segments') fetchAhead(timeline, connection, path, uniform(options.seed), (response) => seen('media', response))
  else followLive(timeline, connection, path.availableBps(0, path.durationMs), options.delivery, (response) => seen('media', response))
  if (options.probes) sendProbes(timeline, new Connection(timeline, path), (response) => seen('probe', response))
  timeline.run(endMs)
  return viewing
}

/** Segments of a film: the next when there is room for it in the buffer. */
function fetchAhead(
  timeline: Timeline,
  connection: Connection,
  path: Path,
  random: () => number,
  seen: (response: Response) => void,
): void {
  let [fetchedS, playedFromMs] = [0, 0]
  const next = (): void => {
    const { nowMs } = timeline
    // Playback waits when there is nothing to play: what was fetched then begins now.
    playedFromMs = Math.max(playedFromMs, nowMs - fetchedS * 1000)
    const bufferS = fetchedS - (nowMs - playedFromMs) / 1000
    // At least a millisecond: what rounding leaves over would never pass.
    if (bufferS + SEGMENT_S > BUFFER_S) return timeline.at(nowMs + Math.max(1, (bufferS + SEGMENT_S - BUFFER_S) * 1000), next)
    const bps = rungFor(path.availableBps(Math.max(0, nowMs - RECENT_MS), Math.max(RECENT_MS, nowMs)) * SHARE)
    const bytes = Math.round(((bps * SEGMENT_S) / 8) * (1 + SIZE_SPREAD * (2 * random() - 1)))
    connection.request([{ atMs: 0, bytes }], (response) => {
      fetchedS += SEGMENT_S
      seen(response)
      next()
    })
  }
  next()
}

function rungFor(bps: number): number {
  return LADDER_BPS.findLast((rung) => rung <= bps) ?? LADDER_BPS[0] ?? 0
}

/** A live stream at its edge: every request is made before what it asks for exists. */
function followLive(
  timeline: Timeline,
  connection: Connection,
  pathBps: number,
  delivery: 'parts' | 'chunks',
  seen: (response: Response) => void,
): void {
  const bps = rungFor(pathBps * LIVE_SHARE)
  const pieceS = delivery === 'parts' ? PART_S : CHUNKED_SEGMENT_S
  const next = (piece: number): void => {
    const beginMs = piece * pieceS * 1000
    const body: Release[] =
      delivery === 'parts'
        ? [{ atMs: beginMs + PART_S * 1000, bytes: Math.round((bps * PART_S) / 8) }]
        : Array.from({ length: Math.round(CHUNKED_SEGMENT_S / FRAME_S) }, (_, frame) => ({
            atMs: beginMs + (frame + 1) * FRAME_S * 1000,
            bytes: Math.round((bps * FRAME_S) / 8),
          }))
    connection.request(body, (response) => {
      seen(response)
      const edge = Math.floor(timeline.nowMs / 1000 / pieceS)
      next(edge - piece > LIVE_BEHIND_S / pieceS ? edge : piece + 1)
    })
  }
  next(0)
}

function sendProbes(timeline: Timeline, connection: Connection, seen: (response: Response) => void): void {
  const probe = (): void => {
    const startedMs = timeline.nowMs
    connection.request([{ atMs: 0, bytes: PROBE_BYTES }], (response) => {
      seen(response)
      timeline.at(startedMs + PROBE_PERIOD_MS, probe)
    })
  }
  timeline.at(PROBE_PERIOD_MS / 2, probe)
}
