/**
 * Segments of an HLS playlist against each other (RFC 8216bis 3.1.2, 4.4.4.3, 6.2.4): does each go on where the one before
 * stopped, is it as long as the playlist says, does it start with a keyframe, do renditions agree.
 */
import { PTS_HZ, unwrap } from '../pes.ts'
import type { StreamReport, TsReport } from './report.ts'
import { pidText } from './tables.ts'

/** What is kept of a segment. */
export interface SegmentFacts {
  /** Media sequence number. */
  number: number
  uri: string
  extinfSeconds: number
  discontinuityNumber: number
  streams: StreamEdge[]
  /** continuity_counter of the first and last packet, by PID. */
  continuity: { pid: number; first: number; last: number }[]
  /** From the first time stamp to the end of the last frame, of the picture where there is one; null without time stamps. */
  durationSeconds: number | null
}

interface StreamEdge {
  pid: number
  kind: string
  codec: string
  /** Configuration in words. */
  config: string | null
  firstPts: number
  firstDts: number
  lastDts: number
  endPts: number
  /** Ticks that a frame lasts; null when it cannot be told. */
  frameTicks: number | null
  /** Null: not a picture whose keyframes are known. */
  startsWithKeyframe: boolean | null
}

export interface SegmentProblem {
  severity: 'error' | 'warning' | 'note'
  code: string
  /** Media sequence number. */
  segment: number
  text: string
}

/** A difference that a viewer notices. */
const NOTICED_SECONDS = 0.1
const EXTINF_WARNING_SECONDS = 0.1
const EXTINF_ERROR_SECONDS = 0.5

/** `listed`: what the playlist says of the segment. */
export function segmentFacts(report: TsReport, listed: Omit<SegmentFacts, 'streams' | 'continuity' | 'durationSeconds'>): SegmentFacts {
  const streams = report.streams.flatMap((stream) => edgeOf(stream) ?? [])
  const main = streams.find(({ kind }) => kind === 'video') ?? streams.find(({ kind }) => kind === 'audio')
  const continuity = report.pids.flatMap(({ pid, firstContinuity: first, lastContinuity: last }) =>
    first === null || last === null ? [] : [{ pid, first, last }],
  )
  return { ...listed, streams, continuity, durationSeconds: main === undefined ? null : (main.endPts - main.firstPts) / PTS_HZ }
}

function edgeOf({ pid, codec, facts, times, frameRate, keyframes, frames }: StreamReport): StreamEdge | null {
  const { firstPtsTicks, firstDtsTicks, lastDtsTicks, endPtsTicks } = times
  if (firstPtsTicks === null || firstDtsTicks === null || lastDtsTicks === null || endPtsTicks === null) return null
  const known = codec.kind === 'video' && frames !== null
  return {
    ...{ pid, kind: codec.kind, codec: codec.name, config: facts?.text ?? null },
    ...{ firstPts: firstPtsTicks, firstDts: firstDtsTicks, lastDts: lastDtsTicks, endPts: endPtsTicks },
    frameTicks: frameRate === null ? null : PTS_HZ / frameRate,
    startsWithKeyframe: known ? keyframes.ticks[0] === firstPtsTicks : null,
  }
}

/** What is wrong with one segment on its own. `independent`: the playlist promises that each starts with a keyframe. */
export function checkSegment({ number, streams, extinfSeconds, durationSeconds }: SegmentFacts, independent: boolean): SegmentProblem[] {
  const problems: SegmentProblem[] = []
  for (const { pid, startsWithKeyframe } of streams) {
    if (startsWithKeyframe !== false) continue
    const promise = independent ? ', though EXT-X-INDEPENDENT-SEGMENTS promises it' : ''
    const text = `the picture at PID ${pidText(pid)} does not start with a keyframe${promise}`
    problems.push({ severity: independent ? 'error' : 'warning', code: 'no-keyframe', segment: number, text })
  }
  if (durationSeconds === null) {
    problems.push({ severity: 'error', code: 'no-time', segment: number, text: 'it has no time stamps' })
    return problems
  }
  const off = extinfSeconds - durationSeconds
  if (Math.abs(off) > EXTINF_WARNING_SECONDS) {
    const text = `EXTINF says ${extinfSeconds.toFixed(3)} s, the segment lasts ${durationSeconds.toFixed(3)} s`
    problems.push({ severity: Math.abs(off) > EXTINF_ERROR_SECONDS ? 'error' : 'warning', code: 'extinf', segment: number, text })
  }
  return problems
}

/** Whether `after` goes on where `before` stopped. Where a discontinuity is announced between them, nothing has to. */
export function compareSegments(before: SegmentFacts, after: SegmentFacts): SegmentProblem[] {
  if (after.discontinuityNumber !== before.discontinuityNumber) return []
  const problems: SegmentProblem[] = []
  const add = (severity: SegmentProblem['severity'], code: string, text: string): void => {
    problems.push({ severity, code, segment: after.number, text })
  }
  const [was, is] = [trackList(before), trackList(after)]
  // "The EXT-X-DISCONTINUITY tag MUST be present if there is a change in … number, type, and identifiers of tracks"
  if (was !== is) add('error', 'tracks', `its streams are ${is}; before they were ${was}, and no EXT-X-DISCONTINUITY says so`)
  for (const next of after.streams) {
    const last = before.streams.find(({ pid, codec }) => pid === next.pid && codec === next.codec)
    if (last === undefined) continue
    // "SHOULD be present if there is a change in … encoding parameters"
    if (last.config !== null && next.config !== null && last.config !== next.config)
      add('warning', 'config', `PID ${pidText(next.pid)} changes from ${last.config} to ${next.config} without EXT-X-DISCONTINUITY`)
    const step = stepTicks(last, next)
    const frame = last.frameTicks ?? next.frameTicks ?? PTS_HZ / 50
    if (Math.abs(step) <= frame / 2) continue
    const seconds = Math.abs(step) / PTS_HZ
    const what = step > 0 ? 'a gap' : 'an overlap'
    const text = `PID ${pidText(next.pid)}: ${what} of ${(seconds * 1000).toFixed(1)} ms to the segment before, and no EXT-X-DISCONTINUITY`
    add(seconds > NOTICED_SECONDS ? 'error' : 'warning', step > 0 ? 'gap' : 'overlap', text)
  }
  const broken = after.continuity.filter(({ pid, first }) => {
    const last = before.continuity.find((one) => one.pid === pid)?.last
    return last !== undefined && first !== ((last + 1) & 0x0f)
  })
  if (broken.length > 0) {
    const restart = after.continuity.every(({ first }) => first === 0)
    if (restart) add('note', 'continuity-restart', 'continuity counters start again at 0')
    else
      add(
        'error',
        'continuity',
        `continuity counters do not go on at PID ${broken.map(({ pid }) => pidText(pid)).join(', ')}: packets are missing`,
      )
  }
  return problems
}

/** How far the next segment's stream is from where the last one's frames end, ticks. Pictures by DTS: their PTS are not in order. */
function stepTicks(last: StreamEdge, next: StreamEdge): number {
  const frame = last.frameTicks ?? next.frameTicks
  if (last.kind === 'video' && frame !== null) return unwrap(next.firstDts, last.lastDts) - last.lastDts - frame
  return unwrap(next.firstPts, last.endPts) - last.endPts
}

function trackList({ streams }: SegmentFacts): string {
  return streams
    .map(({ pid, codec }) => `${codec} at PID ${pidText(pid)}`)
    .toSorted()
    .join(', ')
}

/** Whether two renditions have their segments at the same places. `name` is the second's. */
export function compareRenditions(one: SegmentFacts[], other: SegmentFacts[], name: string): SegmentProblem[] {
  const problems: SegmentProblem[] = []
  const byNumber = new Map(one.map((facts) => [facts.number, facts]))
  let shared = 0
  for (const facts of other) {
    const twin = byNumber.get(facts.number)
    if (twin === undefined) continue
    shared += 1
    const add = (severity: SegmentProblem['severity'], code: string, text: string): void => {
      problems.push({ severity, code, segment: facts.number, text: `${name}: ${text}` })
    }
    if (twin.discontinuityNumber !== facts.discontinuityNumber)
      add('error', 'discontinuity-number', `discontinuity sequence ${facts.discontinuityNumber}, elsewhere ${twin.discontinuityNumber}`)
    const [here, there] = [startOf(facts), startOf(twin)]
    if (here === null || there === null) continue
    const apart = Math.abs(unwrap(here.ticks, there.ticks) - there.ticks) / PTS_HZ
    // Frames of sound do not end where pictures do.
    const allowed = here.kind === there.kind ? 0.02 : NOTICED_SECONDS
    if (apart > allowed)
      add(
        apart > NOTICED_SECONDS ? 'error' : 'warning',
        'not-aligned',
        `it starts ${apart.toFixed(3)} s from where the other renditions' segment ${facts.number} does`,
      )
  }
  if (shared < Math.max(one.length, other.length)) {
    const text = `${name}: ${other.length} segments where others have ${one.length}`
    problems.push({ severity: 'warning', code: 'count', segment: other.at(-1)?.number ?? 0, text })
  }
  return problems
}

function startOf({ streams }: SegmentFacts): { ticks: number; kind: string } | null {
  const main = streams.find(({ kind }) => kind === 'video') ?? streams.find(({ kind }) => kind === 'audio')
  return main === undefined ? null : { ticks: main.firstPts, kind: main.kind }
}
