/**
 * Which renditions list a stretch of time. A ladder that is still being made has playlists that end early and may grow more
 * slowly than playback goes, beside others that list everything; in a live stream all end at about the same time.
 */
import type { PlanSegment } from './plan.ts'
import type { Timeline } from './presentation.ts'

/** What is looked at of a `Stream`. */
export interface Listing {
  info: { averageBps: number }
  timeline: Pick<Timeline, 'durationS' | 'ended' | 'targetDurationS'> | null
  isOld: boolean
  setAsideUntilMs: number
  ready: () => Promise<unknown>
  setAside: () => void
}

/** Target durations that are time enough: one that ran short is taken again when it lists so many, not for a segment at a time. */
const LEAD = 3

/** The rendition that lists clearly more than `current`, the furthest of them; null when none is known to. `nowMs` is the engine's clock. */
export function furtherThan<T extends Listing>(current: T, streams: readonly T[], nowMs: number): T | null {
  const beyondS = endOf(current) + (current.timeline?.targetDurationS ?? 0)
  const others = streams.filter((other) => other !== current && other.setAsideUntilMs <= nowMs && endOf(other) > beyondS)
  return others.reduce<T | null>((best, other) => (best && endOf(best) >= endOf(other) ? best : other), null)
}

/**
 * Whether the rendition, by what was read of it lately, does not list the segment, or, unless it is the one that loads, so
 * little from there on that it would run short again at once. One whose playlist is old or unread may have it.
 */
export function lacks(stream: Listing, { startS, durationS }: PlanSegment, current: Listing | null, streams: readonly Listing[]): boolean {
  const { timeline } = stream
  if (!timeline || timeline.ended || (stream !== current && stream.isOld)) return false
  if (timeline.durationS < startS + durationS / 2) return true
  if (stream === current) return false
  const furthestS = Math.max(...streams.map(endOf))
  return timeline.durationS < Math.min(startS + LEAD * timeline.targetDurationS, furthestS - timeline.targetDurationS)
}

/**
 * Reads what another rendition lists when the one that loads lists no more and `bufferS` is left to play; null when there is
 * time or nothing to ask. Each is asked once, and again only when playback is about to stop: the playlist that plays is the
 * one to reload.
 */
export function askAnother(current: Listing, streams: readonly Listing[], bufferS: number, nowMs: number): Promise<void> | null {
  // Its playlist, its initialization segment and a segment are to come before playback is there.
  const isShort = bufferS < LEAD * (current.timeline?.targetDurationS ?? 0)
  const able = streams.filter((other) => {
    if (other === current || other.setAsideUntilMs > nowMs) return false
    return other.timeline === null ? isShort : bufferS < 1 && other.isOld
  })
  // What was there before the ladder is the largest, mostly.
  const [first] = able.toSorted((a, b) => b.info.averageBps - a.info.averageBps)
  return (
    first?.ready().then(
      () => {},
      () => first.setAside(),
    ) ?? null
  )
}

/** Where its listing ends, seconds; Infinity when all of it is listed, 0 when it was not read. */
function endOf({ timeline }: Listing): number {
  if (!timeline) return 0
  return timeline.ended ? Infinity : timeline.durationS
}
