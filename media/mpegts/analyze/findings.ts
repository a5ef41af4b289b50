/** What the analyser found beside the streams, and how all of it becomes the report. */
import { NULL_PID, PAT_PID } from '../sections.ts'
import { streamCodec } from '../stream-types.ts'
import { BoundedList } from './bounded-list.ts'
import type { GarbageKind } from './packet-scan.ts'
import type { PidTrack } from './pid-track.ts'
import { findProblems } from './problems.ts'
import type { Program } from './program.ts'
import type { StreamEvent, TsReport } from './report.ts'
import type { StreamTrack } from './stream-track.ts'
import { SDT_PID, type Tables } from './tables.ts'

const ARRIVAL_HZ = 27_000_000
/** arrival_time_stamp: 30 bits, 40 seconds. */
const ARRIVAL_WRAP = 2 ** 30

/** What the analyser counted. */
interface Counted {
  bytes: number
  packets: number
  strideBytes: 188 | 192 | 204 | null
  pids: PidTrack[]
  tables: Tables
  streams: { track: StreamTrack; program: Program }[]
  events: BoundedList<StreamEvent>
}

/** PIDs that the standards reserve (13818-1 table 2-3, EN 300 468 table 1, ATSC A/65). */
const RESERVED: Readonly<Record<number, string>> = {
  ...{ 0x0000: 'PAT', 0x0001: 'CAT', 0x0002: 'TSDT', 0x0010: 'NIT', 0x0011: 'SDT', 0x0012: 'EIT', 0x0013: 'RST', 0x0014: 'TDT' },
  ...{ 0x001e: 'DIT', 0x001f: 'SIT', 0x1ffb: 'PSIP', [NULL_PID]: 'null packets' },
}

export class Findings {
  /** Of the packets that come now. */
  stride: 188 | 192 | 204 | null = null
  readonly layoutChanges: TsReport['layoutChanges'] = []
  readonly #garbage = new BoundedList<TsReport['garbage']['ranges'][number]>()
  #garbageBytes = 0
  #arrival: { first: number; last: number; ticks: number } | null = null
  readonly #parity = { checked: 0, wrong: 0 }

  takeGarbage(offset: number, length: number, kind: GarbageKind): void {
    this.#garbage.add({ offset, length, kind })
    this.#garbageBytes += length
  }

  takeArrival(stamp: number): number {
    const before = this.#arrival
    if (before === null) this.#arrival = { first: stamp, last: stamp, ticks: 0 }
    else {
      before.ticks += (stamp - before.last + ARRIVAL_WRAP) % ARRIVAL_WRAP
      before.last = stamp
    }
    return stamp
  }

  takeParity(holds: boolean): void {
    this.#parity.checked += 1
    if (!holds) this.#parity.wrong += 1
  }

  #arrivalReport(runsWithClock: boolean): TsReport['arrival'] {
    if (this.#arrival === null) return null
    return { firstTicks27MHz: this.#arrival.first, durationSeconds: this.#arrival.ticks / ARRIVAL_HZ, runsWithClock }
  }

  report({ bytes, packets, strideBytes, pids, tables, streams, events }: Counted): TsReport {
    const byPid = new Map(pids.map((track) => [track.pid, track]))
    const clocks = [...tables.programs.values()].flatMap(({ pmt }) => (pmt === null ? [] : [byPid.get(pmt.pcrPid)?.clock]))
    // Without a PMT a clock is a clock all the same.
    const clock = [...clocks, ...pids.map((track) => track.clock)].find((one) => one !== undefined && one.bitrateBps !== null)
    const rate = clock?.bitrateBps ?? null
    const perPacket = rate === null || strideBytes === null ? null : (rate * 188) / strideBytes
    const report: TsReport = {
      ...{ bytes, strideBytes, layoutChanges: this.layoutChanges, packets, nullPackets: byPid.get(NULL_PID)?.packets ?? 0 },
      garbage: { count: this.#garbage.count, bytes: this.#garbageBytes, ranges: this.#garbage.list },
      crcErrors: tables.crcErrors.report(),
      transportErrors: pids.reduce((sum, { transportErrors }) => sum + transportErrors, 0),
      continuityErrors: pids.reduce((sum, { continuityErrors }) => sum + continuityErrors.count, 0),
      ...{ durationSeconds: clock?.report()?.durationSeconds ?? null, bitrateBps: perPacket },
      arrival: this.#arrivalReport(clock?.arrivalRuns ?? true),
      parity: this.#parity.checked === 0 ? null : this.#parity,
      tables: tables.changes.report(),
      programs: [...tables.programs.values()].map((program) => {
        const pcr = program.pmt === null ? null : (byPid.get(program.pmt.pcrPid)?.clock.report() ?? null)
        return program.report(
          pcr,
          streams.flatMap((stream) => (stream.program === program ? [stream.track] : [])),
        )
      }),
      pids: pids
        .toSorted((a, b) => a.pid - b.pid)
        .map((track) => {
          const { role, program } = roleOf(track, tables)
          return track.report(role, program, perPacket, packets)
        }),
      streams: streams.map(({ track, program }) => track.report(program.program)),
      events: events.report(),
      problems: { count: 0, errors: 0, list: [] },
    }
    return { ...report, problems: findProblems(report) }
  }
}

/** What a PID is for, as far as the tables say. */
function roleOf({ pid, stream }: PidTrack, { programs }: Tables): { role: string; program: number | null } {
  if (stream !== null) {
    const owner = [...programs.values()].find(({ clock }) => clock === stream.clock)
    return { role: stream.codec.name, program: owner?.program ?? null }
  }
  for (const { program, pmtPid, pmt } of programs.values()) {
    if (pmtPid === pid && pid !== PAT_PID) return { role: `PMT of program ${program}`, program }
    const entry = pmt?.streams.find((one) => one.pid === pid)
    if (entry !== undefined) return { role: streamCodec(entry).name, program }
    if (pmt?.pcrPid === pid) return { role: 'PCR', program }
  }
  return { role: RESERVED[pid] ?? (pid <= SDT_PID ? 'reserved' : 'not in any PMT'), program: null }
}
