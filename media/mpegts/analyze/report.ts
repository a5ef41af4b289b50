/**
 * What the analyser found in a transport stream. Plain data: it prints as JSON.
 *
 * Packets are counted from 0 in the order of the file, null packets included. Times called `…Ticks` are of 90 kHz and
 * unwrapped: they go on growing where the 33 bits start again. Lists stop growing at `LIST_LIMIT`; the counts beside them do not.
 */
import type { StreamCodec } from '../stream-types.ts'
import type { GarbageKind } from './packet-scan.ts'

/** Entries that a list of a report has at most. */
export const LIST_LIMIT = 1000

export interface TsReport {
  bytes: number
  /** Of the first packets; null when there are none. 192: with arrival stamps; 204: with parity. */
  strideBytes: 188 | 192 | 204 | null
  /** Where the packets lie differently from there on (a file put together from two kinds); the first layout is not listed. */
  layoutChanges: { offset: number; strideBytes: number }[]
  packets: number
  nullPackets: number
  /** What is no packet. */
  garbage: { count: number; bytes: number; ranges: { offset: number; length: number; kind: GarbageKind }[] }
  /** Sections whose CRC is wrong. */
  crcErrors: { count: number; list: { pid: number; tableId: number; packet: number }[] }
  transportErrors: number
  /** Sum over all PIDs. */
  continuityErrors: number
  /** Of the stream as a whole, by the clock of the first program that has one. */
  durationSeconds: number | null
  bitrateBps: number | null
  /** What the 192- and 204-byte layouts add. */
  arrival: { firstTicks27MHz: number; durationSeconds: number; runsWithClock: boolean } | null
  parity: { checked: number; wrong: number } | null
  /** PAT and PMT as they came in force. */
  tables: { count: number; list: TableChange[] }
  programs: ProgramReport[]
  /** By PID. */
  pids: PidReport[]
  /** In the order of the file; more than one of a PID where a PMT changed what it carries. */
  streams: StreamReport[]
  /** Marks in the stream: SCTE-35 and ID3. */
  events: { count: number; list: StreamEvent[] }
  problems: { count: number; errors: number; list: Problem[] }
}

export interface Problem {
  /** `error`: bytes were lost or damaged. `warning`: it plays, but not as it should. `note`: worth knowing. */
  severity: 'error' | 'warning' | 'note'
  /** Short and stable, for programs. */
  code: string
  pid: number | null
  packet: number | null
  text: string
}

export interface TableChange {
  table: 'PAT' | 'PMT'
  /** The packet with the section's last byte. */
  packet: number
  version: number
  /** PMT: its program. */
  program: number | null
  /** In words: what it says, or what it changes. */
  text: string
}

export interface ProgramReport {
  program: number
  pmtPid: number
  pcrPid: number | null
  /** service_name of the SDT. */
  serviceName: string | null
  /** Of the clock, jumps left out; null without two PCRs. */
  durationSeconds: number | null
  /** As the last PMT has them. */
  streams: { pid: number; streamType: number; codec: StreamCodec; language: string | null }[]
  /** Between its first video and each sound. Positive: the sound comes later. */
  skews: Skew[]
}

export interface Skew {
  videoPid: number
  audioPid: number
  /** First PTS of the sound minus first PTS of the picture, seconds. */
  startSeconds: number
  /** The same of the ends. */
  endSeconds: number
  /** How much the sound was longer than its time stamps say: what its frames last minus what its PTS advance, seconds. */
  driftSeconds: number
}

export interface PidReport {
  pid: number
  /** What it is for: `PAT`, `PMT of program 1`, `H.264`, `PCR`, `null packets`, `not in any PMT`. */
  role: string
  program: number | null
  packets: number
  /** `packets` · 188. */
  bytes: number
  bitrateBps: number | null
  continuityErrors: { count: number; list: { packet: number; offset: number; expected: number; found: number }[] }
  /** Packets that are there twice, as the standard allows. */
  duplicates: number
  /** Packets with discontinuity_indicator. */
  discontinuities: number
  scrambledPackets: number
  transportErrors: number
  /** Packets with random_access_indicator. */
  randomAccessPoints: number
  /** continuity_counter of its first and last packet with a payload. */
  firstContinuity: number | null
  lastContinuity: number | null
  pcr: PcrReport | null
}

export interface PcrReport {
  count: number
  firstTicks27MHz: number
  lastTicks27MHz: number
  /** Of intervals without jumps. */
  durationSeconds: number
  intervalMeanMs: number
  intervalMaxMs: number
  /** Intervals over 100 ms, which is the most that 13818-1 2.7.2 allows. */
  intervalsOver100Ms: number
  /** How far the clock is from where it should be; against what says `jitterAgainst`. */
  jitterMs: number
  /** `arrival`: the stamps of a 192-byte layout; `rate`: the place in a stream of constant rate; `interval`: the mean interval (its standard deviation). */
  jitterAgainst: 'arrival' | 'rate' | 'interval'
  /** The rate is the same all along, within 2 %. */
  constantRate: boolean
  /** Jumps that discontinuity_indicator announced, and others. */
  jumps: { announced: number; unannounced: number }
}

export interface StreamReport {
  pid: number
  program: number
  streamType: number
  codec: StreamCodec
  language: string | null
  /** The PMT was in force from this packet on. */
  fromPacket: number
  pes: {
    units: number
    /** Bytes of elementary stream. */
    payloadBytes: number
    withoutPts: number
    /** Units that ended before their length said, or in which packets are missing. */
    damaged: number
    /** Starts of units that are no PES header. */
    malformed: number
    scrambled: number
  }
  times: TimesReport
  /** Pictures, or frames of sound; null when the codec is not looked into. */
  frames: number | null
  /** Measured from the time stamps; null for sound. */
  frameRate: number | null
  keyframes: { count: number; ticks: number[]; longestGopSeconds: number | null }
  /** As the first access units say; null until one was seen. */
  facts: CodecFacts | null
  /** The configuration changed in the middle. */
  configChanges: { count: number; list: { ticks: number | null; text: string }[] }
}

export interface TimesReport {
  firstPtsTicks: number | null
  /** The latest since the last jump. */
  lastPtsTicks: number | null
  firstDtsTicks: number | null
  lastDtsTicks: number | null
  /** PTS of what would come next. */
  endPtsTicks: number | null
  /** As stored, before unwrapping. */
  firstPtsStored: number | null
  wraps: number
  /** Where time does not go on as the frames before it last. Positive: a gap; negative: an overlap. */
  gaps: { count: number; list: { atTicks: number; ticks: number; packet: number }[] }
  /** Time stamps jump by more than ten seconds or backwards. */
  jumps: { count: number; list: { fromTicks: number; toTicks: number; packet: number; announced: boolean }[] }
}

export interface CodecFacts {
  /** RFC 6381; null where there is none. */
  codec: string | null
  /** `H.264 High, level 4.0, 1920x1080, 4:2:0, 8 bit, progressive`. */
  text: string
  width: number | null
  height: number | null
  /** What the bitstream says, not what was measured. */
  frameRate: number | null
  channels: number | null
  sampleRateHz: number | null
}

export interface StreamEvent {
  pid: number
  packet: number
  kind: 'scte-35' | 'id3'
  /** When it applies; null: at once, or not said. */
  ticks: number | null
  /** In words. */
  text: string
  /** Details, as the standard names them. */
  fields: Record<string, string | number | boolean>
}
