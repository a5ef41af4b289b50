/** The event log as lines of text, as a debug console shows them: what was fetched, chosen, appended, and what went wrong. */
import type { EngineEvent, EngineEventOf } from '../engine/events.ts'
import { clockText, rateText, shortUrl, sizeText, timeText } from './words.ts'

export interface ConsoleLine {
  atMs: number
  text: string
  /** `bad` for what a viewer notices, `warn` for what was made good. */
  tone: 'plain' | 'warn' | 'bad'
}

/** The line of an event; null for one that says nothing to a person. */
export function consoleLine(event: EngineEvent): ConsoleLine | null {
  const text = textOf(event)
  if (text === null) return null
  return { atMs: event.atMs, text, tone: BAD.has(event.type) ? 'bad' : WARN.has(event.type) ? 'warn' : 'plain' }
}

const BAD: ReadonlySet<EngineEvent['type']> = new Set(['stall', 'segment-skipped', 'error'])
const WARN: ReadonlySet<EngineEvent['type']> = new Set([
  ...([
    'request-failed',
    'segment-abandoned',
    'segment-from-other',
    'gap-jumped',
    'nudged',
    'watchdog',
    'buffer-full',
    'recovered',
  ] as const),
])

function textOf(event: EngineEvent): string | null {
  switch (event.type) {
    case 'load':
      return `Loading ${shortUrl(event.url)}`
    case 'manifest':
      return `Fetched ${shortUrl(event.url)} (${event.variants} quality ${event.variants === 1 ? 'level' : 'levels'}${event.audioTracks > 0 ? `, ${event.audioTracks} separate sound${event.audioTracks === 1 ? '' : 's'}` : ''})`
    case 'playlist':
      return `Read the playlist of ${event.rendition}: ${event.segments} segments, ${clockText(event.durationS)}${event.ended ? '' : ' so far'}`
    case 'renditions-added':
      return `New quality levels: ${event.renditions.join(', ')}`
    case 'request':
      return event.kind === 'segment' || event.kind === 'init' ? requestText(event) : null
    case 'request-failed':
      return `${shortUrl(event.url)} failed: ${event.reason}${event.retryInMs === null ? '' : `; again in ${timeText(event.retryInMs)}`}`
    case 'segment':
      return `Appended segment ${event.number} of ${event.rendition} to the SourceBuffer: ${event.startS.toFixed(1)} s to ${(event.startS + event.durationS).toFixed(1)} s filled`
    case 'segment-skipped':
      return `Segment ${event.number} of ${event.rendition} is lost, playback goes over it: ${event.reason}`
    case 'segment-abandoned':
      return `Gave up segment ${event.number} of ${event.rendition} for ${event.to}: ${event.reason}`
    case 'segment-from-other':
      return `Segment ${event.number} comes from ${event.to}, ${event.from} lost it`
    case 'decision':
      return decisionText(event)
    case 'switched':
      return `Switched from ${event.from} to ${event.to} at ${clockText(event.atS)}`
    case 'quality-chosen':
      return event.rendition === null ? 'The viewer chose automatic quality' : `The viewer chose ${event.rendition}`
    case 'seeking':
      return `Seeking to ${clockText(event.toS)} (${event.buffered ? 'buffered' : 'not buffered'})`
    case 'seeked':
      return `At ${clockText(event.toS)} after ${timeText(event.tookMs)}`
    case 'first-frame':
      return `First frame after ${timeText(event.tookMs)}`
    case 'stall':
      return `Rebuffer! The buffer is empty, waiting for ${event.waitsFor}`
    case 'stall-ended':
      return `Resumed after ${timeText(event.tookMs)}`
    case 'gap-jumped':
      return `Jumped a hole from ${event.fromS.toFixed(2)} s to ${event.toS.toFixed(2)} s: ${event.reason}`
    case 'nudged':
      return `Playback stood still on data: nudged (${event.count})`
    case 'watchdog':
      return `Waiting for ${event.waitsFor} since ${timeText(event.sinceMs)}`
    case 'evicted':
      return `Evicted ${event.startS.toFixed(1)} s to ${event.endS.toFixed(1)} s of ${event.track}: ${event.reason}`
    case 'buffer-full':
      return `The browser's buffer is full: ${event.forwardBufferS.toFixed(0)} s are kept ahead from now on`
    case 'end-of-stream':
      return 'Everything to the end is in the buffer'
    case 'recovered':
      return `The media element was set up anew: ${event.reason}`
    case 'error':
      return `Failed (${event.code}): ${event.detail}`
    default:
      return null
  }
}

function requestText({ url, bytes, durationMs, cached, edge }: EngineEventOf<'request'>): string {
  const rate = durationMs > 0 && !cached ? `, ${rateText((bytes * 8_000) / durationMs)}` : ''
  const word = edge?.cacheStatus === undefined ? '' : `, ${edge.cacheStatus}`
  return `Fetched ${shortUrl(url)} (${sizeText(bytes)} in ${timeText(durationMs)}${rate}${cached ? ', from the browser’s cache' : ''}${word})`
}

/** Decisions that change nothing are not worth a line. */
function decisionText({ from, to, chosen, reason, input }: EngineEventOf<'decision'>): string | null {
  if (from === to) return null
  if (chosen) return `Selected ${to}: the viewer chose it`
  const { bps } = input.estimate
  const known = bps === null ? '' : ` (bandwidth estimate: ${rateText(bps)}, buffer: ${input.bufferS.toFixed(1)} s)`
  return from === null ? `Selected ${to}${known}: ${reason}` : `Changing from ${from} to ${to}${known}: ${reason}`
}
