/** Which other renditions are asked for a segment that is lost in its own, and what they have of it. */
import type { Segment } from './presentation.ts'
import type { Stream } from './stream.ts'

/** Renditions below first, from the nearest down, then those above; none whose playlist failed lately. `nowMs` is the engine's clock. */
export function fallbacks(streams: readonly Stream[], lost: Stream, nowMs: number): Stream[] {
  const usable = streams.filter((other) => other !== lost && other.setAsideUntilMs <= nowMs)
  const rate = (other: Stream): number => other.info.averageBps
  const below = usable.filter((other) => rate(other) <= rate(lost)).toSorted((a, b) => rate(b) - rate(a))
  const above = usable.filter((other) => rate(other) > rate(lost)).toSorted((a, b) => rate(a) - rate(b))
  // An audio group's other renditions are other languages: silence is better than the wrong one.
  return lost.kind === 'main' ? [...below, ...above] : []
}

/** The segment in another rendition, its playlist read; null when it has none or that cannot be read: it is no help. */
export async function copyIn(stream: Stream, segment: Segment, signal: AbortSignal): Promise<Segment | null> {
  await stream.ready().catch(() => signal.throwIfAborted())
  const copy = stream.at(segment)
  return copy && !copy.gap ? copy : null
}
