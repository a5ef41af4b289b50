/**
 * The network as a recorded session saw it: what its requests carried, over time. Where nothing was under way the last known
 * rate is taken; where several were, they shared the path, and what they carried together counts.
 */
import type { EngineEvent } from '../engine/events.ts'

/** Bytes that arrived evenly between two moments. */
interface Transfer {
  fromMs: number
  toMs: number
  bytes: number
}

/** A stretch of one rate. */
interface Stretch {
  fromMs: number
  bps: number
}

/** Smaller answers measure the round trip, not the path. */
const MIN_BYTES = 16_000
/** The slowest path that is believed: a simulated download must end, bit/s. */
const MIN_BPS = 1_000

/** See the head of this file. */
export class RecordedNetwork {
  readonly #stretches: readonly Stretch[]
  readonly #waits: readonly { atMs: number; ttfbMs: number }[]

  /** Null when nothing in the log says how fast the network was. */
  static of(events: readonly EngineEvent[]): RecordedNetwork | null {
    const transfers: Transfer[] = []
    const waits: { atMs: number; ttfbMs: number }[] = []
    for (const event of events) {
      if (event.type === 'request' && !event.cached && event.bytes >= MIN_BYTES) {
        const fromMs = event.atMs - event.durationMs + event.ttfbMs
        transfers.push({ fromMs, toMs: Math.max(event.atMs, fromMs + 1), bytes: event.bytes })
        waits.push({ atMs: event.atMs - event.durationMs, ttfbMs: event.ttfbMs })
      } else if (event.type === 'segment-abandoned' && event.bytes > 0) {
        const { elapsedMs, ttfbMs } = event.input.download
        const fromMs = event.atMs - elapsedMs + ttfbMs
        transfers.push({ fromMs, toMs: Math.max(event.atMs, fromMs + 1), bytes: event.bytes })
      }
    }
    return transfers.length === 0 ? null : new RecordedNetwork(transfers, waits)
  }

  private constructor(transfers: readonly Transfer[], waits: { atMs: number; ttfbMs: number }[]) {
    this.#stretches = stretchesOf(transfers)
    this.#waits = waits.toSorted((a, b) => a.atMs - b.atMs)
  }

  /** What the path carried then, bit/s. */
  bpsAt(atMs: number): number {
    return this.#stretches[indexAt(this.#stretches, atMs, ({ fromMs }) => fromMs)]?.bps ?? MIN_BPS
  }

  /** How long the first byte of a request at that time took: as the last recorded one before it, ms. */
  ttfbAt(atMs: number): number {
    return this.#waits[indexAt(this.#waits, atMs, (wait) => wait.atMs)]?.ttfbMs ?? 0
  }

  /** When so many bytes have arrived that begin to flow at `fromMs`. */
  arrivalMs(fromMs: number, bytes: number): number {
    let left = bytes * 8
    let atMs = fromMs
    for (let index = indexAt(this.#stretches, atMs, (stretch) => stretch.fromMs); ; index += 1) {
      const bps = this.#stretches[index]?.bps ?? MIN_BPS
      const endMs = this.#stretches[index + 1]?.fromMs ?? Infinity
      const carried = ((endMs - atMs) / 1000) * bps
      if (carried >= left) return atMs + (left / bps) * 1000
      left -= carried
      atMs = Math.max(atMs, endMs)
    }
  }

  /** How many bytes arrive between two moments. */
  bytesBetween(fromMs: number, toMs: number): number {
    let bits = 0
    let atMs = fromMs
    for (let index = indexAt(this.#stretches, atMs, (stretch) => stretch.fromMs); atMs < toMs; index += 1) {
      const endMs = Math.min(toMs, this.#stretches[index + 1]?.fromMs ?? Infinity)
      bits += (Math.max(0, endMs - atMs) / 1000) * (this.#stretches[index]?.bps ?? MIN_BPS)
      atMs = Math.max(atMs, endMs)
    }
    return bits / 8
  }
}

function stretchesOf(transfers: readonly Transfer[]): Stretch[] {
  // A sweep over where transfers begin and end; the sum of those under way is the rate.
  const edges = transfers
    .flatMap(({ fromMs, toMs, bytes }) => {
      const bps = (bytes * 8_000) / (toMs - fromMs)
      return [
        { atMs: fromMs, bps, count: 1 },
        { atMs: toMs, bps: -bps, count: -1 },
      ]
    })
    .toSorted((a, b) => a.atMs - b.atMs)
  const stretches: Stretch[] = []
  let bps = 0
  let count = 0
  for (const edge of edges) {
    bps += edge.bps
    count += edge.count
    // Nothing under way says nothing: the stretch before goes on.
    if (count === 0) continue
    const last = stretches.at(-1)
    if (last?.fromMs === edge.atMs) last.bps = Math.max(bps, MIN_BPS)
    else stretches.push({ fromMs: edge.atMs, bps: Math.max(bps, MIN_BPS) })
  }
  return stretches
}

/** The last item at or before the time; the first when there is none. */
function indexAt<T>(items: readonly T[], atMs: number, timeOf: (item: T) => number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && timeOf(item) <= atMs) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}
