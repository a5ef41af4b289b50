/** A program of a transport stream as its PMT describes it. */
import { PTS_HZ } from '../pes.ts'
import type { Pmt } from '../sections.ts'
import { streamCodec } from '../stream-types.ts'
import type { PcrReport, ProgramReport, Skew, StreamReport } from './report.ts'
import { streamLanguage, type StreamTrack } from './stream-track.ts'
import type { ProgramClock } from './stream-times.ts'

export class Program {
  readonly program: number
  pmtPid: number
  pmt: Pmt | null = null
  serviceName: string | null = null
  readonly clock: ProgramClock = { ticks: null }

  constructor(program: number, pmtPid: number) {
    this.program = program
    this.pmtPid = pmtPid
  }

  report(pcr: PcrReport | null, tracks: StreamTrack[]): ProgramReport {
    const { program, pmtPid, pmt, serviceName } = this
    return {
      ...{ program, pmtPid, serviceName },
      // "If no PCR is associated with a program definition for private streams, then this field shall take the value of 0x1FFF."
      pcrPid: pmt === null || pmt.pcrPid === 0x1fff ? null : pmt.pcrPid,
      durationSeconds: pcr === null || pcr.count < 2 ? null : pcr.durationSeconds,
      streams: (pmt?.streams ?? []).map((entry) => ({
        ...{ pid: entry.pid, streamType: entry.streamType, codec: streamCodec(entry), language: streamLanguage(entry.descriptors) },
      })),
      skews: skewsOf(tracks.map((track) => ({ track, report: track.report(program) }))),
    }
  }
}

/** Of the first picture against each sound, where both have time stamps. */
function skewsOf(streams: { track: StreamTrack; report: StreamReport }[]): Skew[] {
  const timed = streams.filter(({ report }) => report.times.firstPtsTicks !== null)
  const video = timed.find(({ report }) => report.codec.kind === 'video')
  if (video === undefined) return []
  const picture = video.report.times
  return timed
    .filter(({ report }) => report.codec.kind === 'audio')
    .map(({ track, report: { pid, times } }) => ({
      ...{ videoPid: video.report.pid, audioPid: pid },
      startSeconds: ((times.firstPtsTicks ?? 0) - (picture.firstPtsTicks ?? 0)) / PTS_HZ,
      endSeconds: ((times.endPtsTicks ?? 0) - (picture.endPtsTicks ?? 0)) / PTS_HZ,
      driftSeconds: track.times.driftTicks / PTS_HZ,
    }))
}
