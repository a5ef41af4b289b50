/**
 * What the charts draw, gathered from the event log one event at a time: an event costs the same after an hour as at the
 * start. Times are seconds on the log's clock.
 */
import type { EngineEvent, EngineEventOf } from '../engine/events.ts'

/** Values over time, for a chart: the first list is the time. Lists only grow. */
export type Columns = [times: number[], ...values: (number | null)[][]]

/** Faster than this it was memory that answered, whatever the browser says of its cache, and smaller says nothing; bytes. */
const MIN_BYTES = 16_000

/** One request, drawn from its start to its end. */
export interface DrawnRequest {
  startS: number
  firstByteS: number
  endS: number
  failed: string | null
  event: EngineEventOf<'request'> | EngineEventOf<'request-failed'>
}

/** See the head of this file. */
export class Series {
  /** Media ahead, seconds: of the main track, of a separate sound. */
  readonly buffer: Columns = [[], [], []]
  /** Index into `ladder` of what was loaded. */
  readonly rendition: Columns = [[], []]
  /** bit/s: the estimate, what a download really came with. */
  readonly throughput: Columns = [[], [], []]
  /** Frames dropped between two samples. */
  readonly dropped: Columns = [[], []]
  /** Seconds behind the end of a growing playlist. */
  readonly latency: Columns = [[], []]
  readonly requests: DrawnRequest[] = []
  /** Ids of the renditions, the smallest bit rate first. */
  ladder: string[] = []
  highestEstimateBps = 0
  /** Time of the newest event. */
  endS = 0
  /** Counts changes. */
  version = 0
  #lastDropped = 0

  /** Takes one more event into account. */
  add(event: EngineEvent): void {
    const atS = event.atMs / 1000
    this.endS = Math.max(this.endS, atS)
    this.version += 1
    switch (event.type) {
      case 'ladder':
        this.#reorder(event.rungs.toSorted((a, b) => a.averageBps - b.averageBps).map(({ id }) => id))
        break
      case 'sample':
        push(this.buffer, atS, event.bufferS.main ?? null, event.bufferS.audio ?? null)
        // The count begins anew with every load of the media element.
        push(this.dropped, atS, Math.max(0, event.droppedFrames - this.#lastDropped))
        this.#lastDropped = event.droppedFrames
        if (event.behindEdgeS !== null) push(this.latency, atS, event.behindEdgeS)
        break
      case 'segment':
        if (event.track === 'main') this.#loaded(atS, event.rendition)
        break
      case 'estimate':
        push(this.throughput, atS, event.bps, null)
        this.highestEstimateBps = Math.max(this.highestEstimateBps, event.bps)
        break
      case 'request':
        this.#requested(event, atS)
        break
      case 'request-failed': {
        const startS = atS - event.durationMs / 1000
        this.requests.push({ startS, firstByteS: atS, endS: atS, failed: event.reason, event })
        break
      }
      default:
        // Drawn as a mark, or not at all.
        break
    }
  }

  #requested(event: EngineEventOf<'request'>, endS: number): void {
    const startS = endS - event.durationMs / 1000
    this.requests.push({ startS, firstByteS: startS + event.ttfbMs / 1000, endS, failed: null, event })
    if (event.kind !== 'segment' || event.cached || event.bytes < MIN_BYTES || event.durationMs <= 0) return
    push(this.throughput, endS, null, (event.bytes * 8_000) / event.durationMs)
  }

  #loaded(atS: number, rendition: string): void {
    if (!this.ladder.includes(rendition)) this.#reorder([...this.ladder, rendition])
    push(this.rendition, atS, this.ladder.indexOf(rendition))
  }

  /** Rungs come (a video that is still made) and go: what was drawn before keeps its name. */
  #reorder(ids: string[]): void {
    const before = this.ladder
    const drawn = new Set(this.rendition[1])
    const gone = before.filter((id, index) => !ids.includes(id) && drawn.has(index))
    this.ladder = [...gone, ...ids]
    const values = this.rendition[1] ?? []
    const places = before.map((id) => this.ladder.indexOf(id))
    for (const [index, value] of values.entries()) values[index] = value === null ? null : (places[value] ?? null)
  }
}

/** The value of a column at a time: the newest that is not after it; null before the first. */
export function valueAt(columns: Columns, column: number, atS: number): number | null {
  const [times] = columns
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? Infinity) <= atS) low = middle + 1
    else high = middle
  }
  for (let index = low - 1; index >= Math.max(0, low - 50); index -= 1) {
    const value = columns[column]?.[index] ?? null
    if (value !== null) return value
  }
  return null
}

function push([times, ...columns]: Columns, atS: number, ...values: (number | null)[]): void {
  // Charts search by bisection: a time that goes back would break that.
  times.push(Math.max(atS, times.at(-1) ?? atS))
  for (const [index, column] of columns.entries()) column.push(values[index] ?? null)
}
