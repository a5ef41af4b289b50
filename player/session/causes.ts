/**
 * Why playback stalled and why the rendition changed: a sentence for each, made from what the log holds about the seconds
 * around it. Nothing is guessed: where the log has no evidence the sentence says so.
 */
import type { Rung } from '../abr/rule.ts'
import type { EngineEvent, EngineEventOf } from '../engine/events.ts'
import { readCacheStatus } from './cache-status.ts'
import { rateText, timeText } from './words.ts'

/** What lay at the bottom of it. */
export type CauseKind =
  | 'lost-segment'
  | 'edge-miss'
  | 'slow-server'
  | 'stale-estimate'
  | 'throughput'
  | 'seek'
  | 'decoder'
  | 'hole'
  | 'live-edge'
  | 'recovery'
  | 'viewer'
  | 'abandoned'
  | 'rule'
  | 'unknown'

/** One stall or switch, and why. */
export interface Incident {
  what: 'stall' | 'switch'
  atMs: number
  /** Of a stall; null while it lasts. Of a switch 0. */
  tookMs: number | null
  cause: CauseKind
  sentence: string
}

/** A wait for the first byte from here on is the server's doing, not the path's, ms. */
const SLOW_TTFB_MS = 1_000
/** A seek explains a stall for so long after it, ms. */
const AFTER_SEEK_MS = 6_000
/** A decision's estimate was wrong when the segment came with less than this part of it. */
const STALE_PART = 0.6
/** What happened before a stall so long ago does not explain it, ms. */
const LOOK_BACK_MS = 15_000

/** Every stall and every switch of the main track in the log, oldest first. */
export function incidentsOf(events: readonly EngineEvent[]): Incident[] {
  const incidents: Incident[] = []
  for (const [index, event] of events.entries()) {
    if (event.type === 'stall') incidents.push(explainStall(events, index, event))
    else if (event.type === 'switched' && event.track === 'main') incidents.push(explainSwitch(events, index, event))
  }
  return incidents
}

/** What a stall is judged by: the events from a while before it to its end. */
interface Scene {
  /** Oldest first. */
  before: readonly EngineEvent[]
  during: readonly EngineEvent[]
  /** `before` and `during`. */
  all: readonly EngineEvent[]
  atMs: number
  waitsFor: string
  rungs: readonly Rung[]
}
type Finding = Pick<Incident, 'cause' | 'sentence'>

/** In this order: what was certain comes before what was likely. */
const EXPLANATIONS: readonly ((scene: Scene) => Finding | null)[] = [
  recovery,
  lostSegment,
  serverThatStalled,
  seek,
  slowArrival,
  hole,
  liveEdge,
  decoder,
]

function explainStall(events: readonly EngineEvent[], index: number, stall: EngineEventOf<'stall'>): Incident {
  const ahead = events.slice(index + 1)
  const end = ahead.findIndex(({ type }) => type === 'stall-ended' || type === 'load')
  const ended = ahead[end]
  // What ended it is in the log a moment before the element plays again, and jumps are told after it.
  const during = ahead.slice(0, end === -1 ? ahead.length : end + 1)
  let first = index
  while (first > 0 && (events[first - 1]?.atMs ?? 0) >= stall.atMs - LOOK_BACK_MS && events[first - 1]?.type !== 'load') first -= 1
  const before = events.slice(first, index)
  const ladder = events.slice(0, index).findLast((event) => event.type === 'ladder')
  const scene: Scene = {
    ...{ before, during, all: [...before, ...during], atMs: stall.atMs, waitsFor: stall.waitsFor },
    rungs: ladder?.type === 'ladder' ? ladder.rungs : [],
  }
  const tookMs = ended?.type === 'stall-ended' ? ended.tookMs : null
  let finding: Finding | null = null
  for (const explain of EXPLANATIONS) finding ??= explain(scene)
  finding ??= { cause: 'unknown', sentence: `Playback waited for ${stall.waitsFor}; the log does not say why that took so long.` }
  return { what: 'stall', atMs: stall.atMs, tookMs, ...finding }
}

function recovery({ during }: Scene): Finding | null {
  const recovered = during.find((event) => event.type === 'recovered')
  if (recovered?.type !== 'recovered') return null
  return { cause: 'recovery', sentence: `The media element was set up anew: ${recovered.reason}.` }
}

function lostSegment({ all, atMs }: Scene): Finding | null {
  const skipped = all.findLast((event) => event.type === 'segment-skipped')
  if (skipped?.type === 'segment-skipped')
    return { cause: 'lost-segment', sentence: `Segment ${skipped.number} of ${skipped.rendition} is lost: ${skipped.reason}.` }
  const failed = all.filter((event) => event.type === 'request-failed').filter((event) => event.kind !== 'multivariant')
  const worst = failed.at(-1)
  // A try that failed long before the buffer ran dry was made good in time.
  if (!worst || worst.atMs < atMs - 5_000) return null
  const times = failed.length === 1 ? 'once' : `${failed.length} times`
  return {
    cause: 'lost-segment',
    sentence: `A ${worst.kind} had to be asked for again: it failed ${times}, the last time because ${worst.reason}.`,
  }
}

/** The answer that the stall waited for: the last segment, or what goes before one, that came in it. */
function awaited({ during }: Scene): EngineEventOf<'request'> | null {
  return during.findLast((event): event is EngineEventOf<'request'> => event.type === 'request' && event.kind !== 'multivariant') ?? null
}

function serverThatStalled(scene: Scene): Finding | null {
  const answer = awaited(scene)
  if (!answer || answer.ttfbMs < SLOW_TTFB_MS || answer.ttfbMs < answer.durationMs / 2) return null
  const waited = `the first byte of the ${answer.kind} took ${timeText(answer.ttfbMs)}`
  const status = answer.edge?.cacheStatus
  const hop = status === undefined ? null : readCacheStatus(status)
  if (status !== undefined && hop !== null && !hop.hit)
    return { cause: 'edge-miss', sentence: `The edge did not have it and asked behind it (Cache-Status: ${status}): ${waited}.` }
  const from = hop?.hit === true ? ', although the edge had it' : ''
  return { cause: 'slow-server', sentence: `The server stalled: ${waited}${from}, of ${timeText(answer.durationMs)} in all.` }
}

function seek({ before, atMs }: Scene): Finding | null {
  const sought = before.findLast((event) => event.type === 'seeking')
  if (sought?.type !== 'seeking' || sought.atMs < atMs - AFTER_SEEK_MS) return null
  const loaded = before.filter((event) => event.atMs >= sought.atMs && event.type === 'segment' && event.track === 'main').length
  if (loaded > 2) return null
  const had = loaded === 0 ? 'no new segment' : loaded === 1 ? 'one segment' : 'two segments'
  return {
    cause: 'seek',
    sentence: `The viewer had moved playback ${timeText(atMs - sought.atMs)} before, and ${had} had come since: the buffer was too small yet.`,
  }
}

function slowArrival(scene: Scene): Finding | null {
  const answer = awaited(scene)
  if (!answer || answer.kind !== 'segment' || answer.bytes === 0) return null
  const bps = (answer.bytes * 8_000) / Math.max(1, answer.durationMs)
  const { during, before, rungs } = scene
  const segment = during.find((event): event is EngineEventOf<'segment'> => event.type === 'segment' && event.atMs >= answer.atMs)
  if (!segment || answer.durationMs < segment.durationS * 500) return null
  const rung = rungs.find(({ id }) => id === segment.rendition)
  const needsBps = segment.track === 'main' && rung ? rung.averageBps : (segment.bytes * 8) / Math.max(0.001, segment.durationS)
  if (bps >= needsBps) return null
  const came = `segment ${segment.number} of ${segment.rendition} came with ${rateText(bps)}, and it plays at ${rateText(needsBps)}`
  const decision = [...before, ...during].findLast(
    (event): event is EngineEventOf<'decision'> => event.type === 'decision' && event.to === segment.rendition && event.atMs < answer.atMs,
  )
  const believed = decision?.input.estimate.bps ?? null
  if (decision && !decision.chosen && believed !== null && bps < believed * STALE_PART) {
    const measured = before.findLast((event) => event.type === 'estimate' && event.atMs <= decision.atMs)
    const age = measured
      ? `, measured ${timeText(answer.atMs - measured.atMs)} before it was there`
      : ', which was never measured in this session'
    return {
      cause: 'stale-estimate',
      sentence: `The network had become slower than the estimate: ${came}; it was chosen for ${rateText(believed)}${age}.`,
    }
  }
  const smallest = rungs.every(({ averageBps }) => averageBps >= needsBps) ? ' There is no smaller rendition.' : ''
  const viewer = decision?.chosen === true ? ' The viewer had chosen it.' : ''
  return { cause: 'throughput', sentence: `The network was too slow for the rendition: ${came}.${smallest}${viewer}` }
}

function hole({ during }: Scene): Finding | null {
  const jump = during.find((event) => event.type === 'gap-jumped')
  if (jump?.type !== 'gap-jumped') return null
  return {
    cause: 'hole',
    sentence: `The media has a hole of ${timeText((jump.toS - jump.fromS) * 1000)}: ${jump.reason}; playback went over it.`,
  }
}

function liveEdge({ before, waitsFor }: Scene): Finding | null {
  if (!waitsFor.includes('to grow')) return null
  const playlist = before.findLast((event) => event.type === 'playlist')
  const since = playlist ? '' : ' It had not grown in the seconds before.'
  return { cause: 'live-edge', sentence: `Playback had reached the live edge: it waited for ${waitsFor}; the next part came late.${since}` }
}

function decoder({ before, during }: Scene): Finding | null {
  const samples = [...before, ...during].filter((event): event is EngineEventOf<'sample'> => event.type === 'sample')
  const [first, last] = [samples[0], samples.at(-1)]
  const buffered = before.findLast((event): event is EngineEventOf<'sample'> => event.type === 'sample')?.bufferS
  if (!first || !last || !buffered || Math.min(...Object.values(buffered)) < 0.5) return null
  const [dropped, decoded] = [last.droppedFrames - first.droppedFrames, last.decodedFrames - first.decodedFrames]
  const kept = `${timeText(Math.min(...Object.values(buffered)) * 1000)} were buffered`
  if (decoded > 0 && dropped / decoded > 0.05)
    return {
      cause: 'decoder',
      sentence: `The device did not keep up: ${kept}, and ${dropped} of ${decoded} frames were dropped around it.`,
    }
  return { cause: 'decoder', sentence: `The browser stopped on its own: ${kept}, and no request was waited for.` }
}

function explainSwitch(events: readonly EngineEvent[], index: number, switched: EngineEventOf<'switched'>): Incident {
  const before = events.slice(Math.max(0, index - 200), index)
  const base = { what: 'switch' as const, atMs: switched.atMs, tookMs: 0 }
  const way = `${switched.from} → ${switched.to}`
  const loaded = before.findLast((event): event is EngineEventOf<'segment'> => event.type === 'segment' && event.rendition === switched.to)
  // Where the segment was planned anew, the later decision only kept what the earlier one had changed.
  const why =
    before.findLast(
      (event) => (event.type === 'decision' || event.type === 'segment-from-other') && event.to === switched.to && event.from !== event.to,
    ) ?? before.findLast((event) => event.type === 'decision' && event.to === switched.to)
  if (why?.type === 'segment-from-other')
    return { ...base, cause: 'lost-segment', sentence: `${way}: segment ${why.number} could not be had in ${why.from}.` }
  const abandoned = before.findLast((event) => event.type === 'segment-abandoned' && event.to === switched.to)
  if (abandoned?.type === 'segment-abandoned' && (!loaded || abandoned.number === loaded.number))
    return {
      ...base,
      cause: 'abandoned',
      sentence: `${way}: the download in ${abandoned.rendition} was given up, because ${abandoned.reason}.`,
    }
  if (why?.type !== 'decision') return { ...base, cause: 'unknown', sentence: `${way}: the log no longer holds the decision.` }
  if (why.chosen) return { ...base, cause: 'viewer', sentence: `${way}: the viewer chose it.` }
  const { estimate, bufferS } = why.input
  const facts = [`buffer ${bufferS.toFixed(1)} s`, ...(estimate.bps === null ? [] : [`estimate ${rateText(estimate.bps)}`])].join(', ')
  return { ...base, cause: 'rule', sentence: `${way}: ${why.reason} (${facts}).` }
}
