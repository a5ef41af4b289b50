/** What the adaptive player did with the same video, from its event log: requests, segments by quality, bytes. */
import type { EngineEvent } from '../../../player/engine/events.ts'
import type { RenditionInfo } from '../../../player/engine/presentation.ts'
import type { LogRow } from './request-log.ts'

/** A segment that is, or was, in the buffer. */
export interface ShownSegment {
  startS: number
  durationS: number
  label: string
  /** 0: the smallest picture of the ladder, 1: the largest. */
  height: number
}

const MAX_ROWS = 500

export class AdaptiveRecord {
  readonly rows: LogRow[] = []
  readonly segments = new Map<number, ShownSegment>()
  received = 0
  switches = 0
  /** Label of what was appended last. */
  quality: string | null = null

  /** Takes an event; `renditions` are those of the engine at this moment. */
  add(event: EngineEvent, renditions: readonly RenditionInfo[]): void {
    if (event.type === 'request') {
      this.received += event.bytes
      const { bytes, ttfbMs, durationMs, edge } = event
      const [cacheStatus, serverTiming] = [edge?.cacheStatus ?? null, edge?.serverTiming ?? null]
      const row = { answer: '200', bytes, part: 1, ttfbMs, durationMs, cacheStatus, serverTiming }
      this.push({ ...row, why: event.kind, asked: fileOf(event.url), state: 'done' })
    } else if (event.type === 'request-failed') {
      const row = { bytes: 0, part: null, ttfbMs: null, durationMs: 0, cacheStatus: null, serverTiming: null }
      const answer = event.status === 0 ? event.reason : String(event.status)
      this.push({ ...row, answer, why: event.kind, asked: fileOf(event.url), state: 'failed' })
    } else if (event.type === 'segment' && event.track === 'main') {
      const sorted = renditions.toSorted((a, b) => a.averageBps - b.averageBps)
      const at = sorted.findIndex(({ id }) => id === event.rendition)
      const label = sorted[at]?.label ?? event.rendition
      const { startS, durationS } = event
      this.segments.set(Math.round(startS * 10), { startS, durationS, label, height: sorted.length < 2 ? 1 : at / (sorted.length - 1) })
      this.quality = label
    } else if (event.type === 'switched' && event.track === 'main') this.switches += 1
  }

  private push(row: LogRow): void {
    this.rows.push(row)
    if (this.rows.length > MAX_ROWS) this.rows.shift()
  }
}

/** The last two parts of an address: `360p-h264/7.m4s`. */
function fileOf(url: string): string {
  const { pathname } = new URL(url, 'http://edge')
  return pathname.split('/').slice(3).join('/') || pathname
}
