/**
 * Sessions for tests: the real chooser, rule and estimator on a network and a buffer that are counted out by hand. Not part of
 * the player.
 */
import type { AbrRule, Rung } from '../abr/rule.ts'
import { Chooser } from '../engine/chooser.ts'
import { DEFAULT_CONFIG } from '../engine/config.ts'
import { EventLog, type EngineEvent } from '../engine/events.ts'

export const LADDER: Rung[] = [
  { id: '360p', peakBps: 960_000, averageBps: 800_000, width: 640, height: 360 },
  { id: '720p', peakBps: 3_000_000, averageBps: 2_500_000, width: 1280, height: 720 },
  { id: '1080p', peakBps: 6_000_000, averageBps: 5_000_000, width: 1920, height: 1080 },
]
const SEGMENT_S = 4

/** What happens at a segment. */
export interface Turn {
  /** Of the path while it loads, bit/s. */
  bps: number
  ttfbMs?: number
  /** The viewer seeks before it; nothing is buffered there. */
  seek?: boolean
  /** The viewer chooses this rendition, or null for automatic. */
  choose?: string | null
}

/** The log of a session that loads a segment a turn. */
export function madeSession(rule: AbrRule, turns: readonly Turn[]): EngineEvent[] {
  let nowMs = 0
  const log = new EventLog(100_000, () => nowMs)
  const chooser = new Chooser({ ...DEFAULT_CONFIG, rule, storageKey: null }, (event) => log.emit(event))
  log.emit({ type: 'load', url: 'https://a.example/master.m3u8' })
  log.emit({ type: 'manifest', url: 'https://a.example/master.m3u8', variants: 3, audioTracks: 0, durationMs: 0 })
  let bufferS = 0
  let stalledAtMs: number | null = null
  let last: string | null = null
  const wait = (ms: number): void => {
    const dryInMs = bufferS * 1000
    if (log.ofType('first-frame').length > 0 && ms > dryInMs && stalledAtMs === null) {
      nowMs += dryInMs
      stalledAtMs = nowMs
      log.emit({ type: 'stall', atS: 0, waitsFor: 'a segment' })
      nowMs += ms - dryInMs
    } else nowMs += ms
    bufferS = Math.max(0, bufferS - ms / 1000)
  }
  for (const [segment, { bps, ttfbMs = 30, seek = false, choose }] of turns.entries()) {
    if (choose !== undefined) chooser.chosen = choose
    if (seek) {
      bufferS = 0
      log.emit({ type: 'seeking', toS: 1_000, buffered: false })
      chooser.seeked()
    }
    if (bufferS > 26) wait((bufferS - 26) * 1000)
    const { id } = chooser.decide({
      ...{ nowMs, rungs: LADDER, bufferS, segment, segmentDurationS: SEGMENT_S, upcoming: [], playbackRate: 1 },
      ...{ remainingS: (turns.length - segment) * SEGMENT_S, elementHeight: null },
    })
    const bytes = ((LADDER.find((rung) => rung.id === id)?.averageBps ?? 0) * SEGMENT_S) / 8
    const elapsedMs = ttfbMs + (bytes * 8_000) / bps
    wait(elapsedMs)
    const url = `https://a.example/${id}/${segment}.m4s`
    log.emit({ type: 'request', kind: 'segment', url, bytes, ttfbMs, durationMs: elapsedMs, attempt: 1, cached: false })
    const download = { rungId: id, segment, segmentDurationS: SEGMENT_S, bytes, totalBytes: bytes, ttfbMs, elapsedMs, cached: false }
    chooser.measured(download)
    chooser.arrived(download)
    const place = { rendition: id, number: segment, startS: segment * SEGMENT_S, durationS: SEGMENT_S }
    log.emit({ type: 'segment', track: 'main', ...place, bytes, appendMs: 1 })
    if (last !== null && last !== id) log.emit({ type: 'switched', track: 'main', from: last, to: id, atS: place.startS })
    last = id
    bufferS += SEGMENT_S
    if (log.ofType('first-frame').length === 0) log.emit({ type: 'first-frame', tookMs: nowMs })
    if (stalledAtMs !== null) {
      log.emit({ type: 'stall-ended', atS: 0, tookMs: nowMs - stalledAtMs })
      stalledAtMs = null
    }
  }
  return [...log.events]
}
