/** What a session asked of whoever chose its renditions: which segments, how large in each rendition, and what the viewer did. */
import type { Rung, Upcoming } from '../abr/rule.ts'
import type { EngineEvent, EngineEventOf } from '../engine/events.ts'

/** One segment to choose for. */
export interface ScriptedSegment {
  /** Not decided before: live, because it was not there; else because the viewer had not asked for it, ms on the log's clock. */
  notBeforeMs: number
  input: EngineEventOf<'decision'>['input']
  rungs: readonly Rung[]
  /** The viewer's own choice, else null. */
  chosen: string | null
  /** By rendition; a rendition that nothing is known of is taken at its average bit rate. */
  bytes: ReadonlyMap<string, number>
  /** The viewer moved playback before it: what is buffered from there on, seconds. */
  seekToBufferS: number | null
}

export interface Script {
  startMs: number
  endMs: number
  segments: ScriptedSegment[]
  /** When the viewer had paused. */
  pauses: { fromMs: number; toMs: number }[]
  /** Of a separate sound, that shares the path, bit/s. */
  audioBps: number
  /** What the player itself took between a segment's last byte and the next decision: the median, ms. */
  overheadMs: number
}

/** The script of the last presentation that the log tells of; null when nothing was decided in it. */
export function scriptOf(all: readonly EngineEvent[]): Script | null {
  const events = all.slice(
    Math.max(
      0,
      all.findLastIndex(({ type }) => type === 'load'),
    ),
  )
  const ladder = all.findLast((event) => event.type === 'ladder')
  const arrived = new Map<number, EngineEventOf<'download'>>()
  for (const event of events) if (event.type === 'download') arrived.set(event.download.segment, event)

  const segments: ScriptedSegment[] = []
  let rungs = ladder?.type === 'ladder' ? ladder.rungs : []
  let seekAtMs: number | null = null
  let last: EngineEventOf<'decision'> | null = null
  for (const event of events) {
    if (event.type === 'ladder') rungs = event.rungs
    if (event.type === 'seeking' && segments.length > 0) seekAtMs = event.atMs
    if (event.type !== 'decision' || rungs.length === 0) continue
    const { input } = event
    // What is loaded anew in another quality, and what never arrived (planned anew, skipped, or a guess before the playlist
    // was read), is nothing that playback went on with.
    if (last !== null && seekAtMs === null && input.segment < last.input.segment && arrived.has(last.input.segment)) continue
    const isAgain = last?.input.segment === input.segment
    if (last !== null && (isAgain || !arrived.has(last.input.segment))) segments.pop()
    const again = last !== null && isAgain ? last : event
    const { bytes } = input.upcoming[0] ?? { bytes: {} }
    segments.push({
      // The playlists come before the first segment, whatever the rule.
      notBeforeMs: seekAtMs ?? (input.remainingS === null || segments.length === 0 ? again.atMs : 0),
      input,
      rungs,
      chosen: event.chosen ? event.to : null,
      bytes: sizesOf(bytes, rungs, arrived.get(input.segment)?.download ?? null, input.segmentDurationS),
      seekToBufferS: seekAtMs === null ? null : input.bufferS,
    })
    seekAtMs = null
    last = event
  }
  // Still under way when the log ends.
  if (last !== null && !arrived.has(last.input.segment)) segments.pop()
  if (segments.length === 0) return null
  const [startMs, endMs] = [events[0]?.atMs ?? 0, events.at(-1)?.atMs ?? 0]
  return { startMs, endMs, segments, pauses: pausesOf(events), audioBps: audioOf(events), overheadMs: overheadOf(events) }
}

/** Sizes the playlist told; else by what the segment that did arrive weighed against its rendition's average. */
function sizesOf(
  told: Upcoming['bytes'],
  rungs: readonly Rung[],
  arrived: EngineEventOf<'download'>['download'] | null,
  durationS: number,
): Map<string, number> {
  const average = ({ averageBps }: Rung): number => (averageBps * durationS) / 8
  const of = arrived && rungs.find(({ id }) => id === arrived.rungId)
  const weight = of && average(of) > 0 ? arrived.bytes / average(of) : 1
  return new Map(
    rungs.map((rung) => [rung.id, told[rung.id] ?? (rung.id === arrived?.rungId ? arrived.bytes : Math.max(1, average(rung) * weight))]),
  )
}

function pausesOf(events: readonly EngineEvent[]): Script['pauses'] {
  const pauses: Script['pauses'] = []
  let fromMs: number | null = null
  for (const event of events) {
    if (event.type !== 'state') continue
    if (event.to === 'paused') fromMs ??= event.atMs
    else if (fromMs !== null) {
      pauses.push({ fromMs, toMs: event.atMs })
      fromMs = null
    }
  }
  if (fromMs !== null) pauses.push({ fromMs, toMs: Infinity })
  return pauses
}

function audioOf(events: readonly EngineEvent[]): number {
  let [bits, seconds] = [0, 0]
  for (const event of events) {
    if (event.type !== 'segment' || event.track !== 'audio') continue
    bits += event.bytes * 8
    seconds += event.durationS
  }
  return seconds === 0 ? 0 : bits / seconds
}

/** Of decisions that followed an arrival at once, not because the buffer had room again. */
function overheadOf(events: readonly EngineEvent[]): number {
  const overheads: number[] = []
  let arrivedMs: number | null = null
  for (const event of events) {
    if (event.type === 'download') arrivedMs = event.atMs
    else if (event.type === 'seeking') arrivedMs = null
    else if (event.type === 'decision' && arrivedMs !== null) {
      const { bufferS, bufferGoalS, segmentDurationS } = event.input
      if (bufferS < bufferGoalS - segmentDurationS) overheads.push(event.atMs - arrivedMs)
      arrivedMs = null
    }
  }
  return overheads.toSorted((a, b) => a - b)[Math.floor(overheads.length / 2)] ?? 0
}
