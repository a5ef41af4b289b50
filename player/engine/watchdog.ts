/**
 * The watchdog: looks a few times a second whether playback moves, jumps final holes, nudges an element that stands still
 * on data, and names what is waited for. A pure function of what it saw before and sees now.
 */
import { planGapJump } from './plan.ts'
import { bufferAhead, rangeAt, type TimeRange } from './ranges.ts'

/** What the watchdog sees. */
export interface WatchInput {
  nowMs: number
  playheadS: number
  /** The media element wants to move: it is not paused and not at the end, or it seeks. */
  wantsToMove: boolean
  seeking: boolean
  ranges: readonly TimeRange[]
  holeIsFinal: (startS: number, endS: number) => boolean
  stuckMs: number
  maxNudges: number
  /** What the loader is doing, in words; null when nothing. */
  loaderWaitsFor: string | null
}

/** What it keeps between two looks. */
export interface WatchMemory {
  playheadS: number
  /** When the playhead last moved. */
  movedAtMs: number
  nudges: number
  /** The last word said, so that it is said once. */
  said: string | null
}

export type WatchAction =
  | { action: 'none' }
  | { action: 'jump'; toS: number; reason: string }
  | { action: 'nudge'; toS: number; count: number }
  | { action: 'say'; waitsFor: string; sinceMs: number }
  /** Nudging did not help: the media element has to be set up anew. */
  | { action: 'reset' }

/** Before the first look. */
export function freshMemory(nowMs: number): WatchMemory {
  return { playheadS: -1, movedAtMs: nowMs, nudges: 0, said: null }
}

/** One look: what to do, and what to remember. */
export function look(input: WatchInput, memory: WatchMemory): [WatchAction, WatchMemory] {
  const { nowMs, playheadS } = input
  const jumpTo = input.wantsToMove ? planGapJump(input) : null
  // Sound may carry the playhead into a hole of the picture: Chromium plays on for three seconds and then stands still.
  if (jumpTo !== null && rangeAt(input.ranges, playheadS) === null) {
    return [
      { action: 'jump', toS: jumpTo, reason: 'nothing will come before it' },
      { ...memory, movedAtMs: nowMs },
    ]
  }
  const moved = Math.abs(playheadS - memory.playheadS) > 0.01
  if (moved || !input.wantsToMove) {
    // A nudge moves the playhead too: only real progress, further than nudges go, forgives them.
    const nudges = playheadS - memory.playheadS > 0.15 || !input.wantsToMove ? 0 : memory.nudges
    const kept = { playheadS, movedAtMs: nowMs, nudges, said: null }
    return [{ action: 'none' }, kept]
  }
  const stillMs = nowMs - memory.movedAtMs
  if (jumpTo !== null && stillMs >= 300) return [{ action: 'jump', toS: jumpTo, reason: 'nothing will come before it' }, memory]
  if (stillMs < input.stuckMs) return [{ action: 'none' }, memory]
  const hasData = bufferAhead(input.ranges, playheadS) > 0.5
  if (hasData && !input.seeking) {
    if (memory.nudges >= input.maxNudges) return [{ action: 'reset' }, { ...freshMemory(nowMs), playheadS }]
    const count = memory.nudges + 1
    return [
      { action: 'nudge', toS: playheadS + 0.1, count },
      { ...memory, movedAtMs: nowMs, nudges: count },
    ]
  }
  const waitsFor = hasData ? 'the browser to show the frame sought' : (input.loaderWaitsFor ?? 'media that no request is under way for')
  if (memory.said === waitsFor) return [{ action: 'none' }, memory]
  return [
    { action: 'say', waitsFor, sinceMs: stillMs },
    { ...memory, said: waitsFor },
  ]
}
