/** How a session went, in numbers: the same for a recorded one and for a simulated one. */
import type { EngineEvent } from '../engine/events.ts'

export interface SessionSummary {
  /** From `load` to the first frame, ms; null when it never came. */
  startMs: number | null
  stalls: number
  stallMs: number
  /** Of the main track. */
  switches: number
  /** Average bit rate of the renditions, weighted by the media loaded in each, bit/s; null before the first segment. */
  meanBps: number | null
  /** Media loaded, seconds; what was loaded twice counts twice. */
  loadedS: number
  bytes: number
  /** Of the frames decoded. */
  droppedFrames: number
  decodedFrames: number
}

/** Sums up one log. */
export function summarize(events: readonly EngineEvent[]): SessionSummary {
  const summary: SessionSummary = {
    ...{ startMs: null, stalls: 0, stallMs: 0, switches: 0, meanBps: null },
    ...{ loadedS: 0, bytes: 0, droppedFrames: 0, decodedFrames: 0 },
  }
  const bpsOf = new Map<string, number>()
  let bits = 0
  let stalledAtMs: number | null = null
  for (const event of events) {
    switch (event.type) {
      case 'ladder':
        for (const { id, averageBps } of event.rungs) bpsOf.set(id, averageBps)
        break
      case 'first-frame':
        summary.startMs ??= event.tookMs
        break
      case 'stall':
        summary.stalls += 1
        stalledAtMs = event.atMs
        break
      case 'stall-ended':
        summary.stallMs += event.tookMs
        stalledAtMs = null
        break
      case 'request':
        summary.bytes += event.bytes
        break
      case 'segment':
        if (event.track !== 'main') break
        summary.loadedS += event.durationS
        bits += event.durationS * (bpsOf.get(event.rendition) ?? (event.bytes * 8) / Math.max(event.durationS, 0.001))
        break
      case 'switched':
        if (event.track === 'main') summary.switches += 1
        break
      case 'sample':
        summary.droppedFrames = event.droppedFrames
        summary.decodedFrames = event.decodedFrames
        break
      default:
        // Says nothing about how it went.
        break
    }
  }
  // One that lasts to the end of the log.
  if (stalledAtMs !== null) summary.stallMs += Math.max(0, (events.at(-1)?.atMs ?? 0) - stalledAtMs)
  if (summary.loadedS > 0) summary.meanBps = bits / summary.loadedS
  return summary
}
