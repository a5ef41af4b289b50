/**
 * Analyses a transport stream (ISO/IEC 13818-1) while it passes. Slices may be cut anywhere: the report is the same. Memory
 * is bounded by the number of PIDs and streams, not by the length of the file.
 */
import { readSpliceInfo, SPLICE_TABLE_ID } from '../elementary/scte35.ts'
import { MediaError } from '../../errors.ts'
import { PACKET_BYTES, type PacketHeader, readPacketHeader } from '../packets.ts'
import { unwrap } from '../pes.ts'
import { NULL_PID, PAT_PID, type Pmt, SectionAssembler } from '../sections.ts'
import { streamCodec } from '../stream-types.ts'
import { BoundedList } from './bounded-list.ts'
import { EarlyPackets } from './early-packets.ts'
import { Findings } from './findings.ts'
import { type GarbageKind, PacketScan, type PacketSink } from './packet-scan.ts'
import { PidTrack } from './pid-track.ts'
import { parityHolds } from './reed-solomon.ts'
import type { Program } from './program.ts'
import type { StreamEvent, TsReport } from './report.ts'
import { type StreamListener, streamKey, StreamTrack } from './stream-track.ts'
import { SDT_PID, Tables } from './tables.ts'

/** Streams that are looked into; a stream of broadcast has some twenty, a whole multiplex two hundred. */
const MAX_STREAMS = 512

/** Who wants to see the units and events as they pass; see `StreamUnit`. */
export type AnalyzerListener = Partial<StreamListener>

export class TsAnalyzer implements PacketSink {
  readonly #scan = new PacketScan(this)
  readonly #listener: StreamListener
  readonly #tables = new Tables((program, pmt, before) => this.#takePmt(program, pmt, before))
  readonly #pids: (PidTrack | undefined)[] = []
  readonly #streams: { track: StreamTrack; program: Program }[] = []
  readonly #events = new BoundedList<StreamEvent>()
  readonly #findings = new Findings()
  readonly #early = new EarlyPackets()
  /** Which program's splice information a PID carries. */
  readonly #splices = new Map<number, Program>()
  #bytes = 0
  #packets = 0
  #stride: 188 | 192 | 204 | null = null

  constructor(listener: AnalyzerListener = {}) {
    this.#listener = {
      stream: (stream, codec) => listener.stream?.(stream, codec),
      unit: (unit) => listener.unit?.(unit),
      event: (event) => {
        this.#events.add(event)
        listener.event?.(event)
      },
    }
  }

  /** The next bytes of the file; they are not kept. */
  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    this.#scan.push(bytes)
  }

  /** No more bytes come. Call it once. */
  end(): TsReport {
    this.#scan.end()
    for (const { track } of this.#streams) track.finish()
    return this.#findings.report({
      ...{ bytes: this.#bytes, packets: this.#packets, strideBytes: this.#stride },
      ...{ pids: this.#pids.filter((track) => track !== undefined), tables: this.#tables, streams: this.#streams, events: this.#events },
    })
  }

  /** @internal */
  layout(strideBytes: 188 | 192 | 204, offset: number): void {
    if (this.#stride === null) this.#stride = strideBytes
    else this.#findings.layoutChanges.push({ offset, strideBytes })
    this.#findings.stride = strideBytes
  }

  /** @internal */
  garbage(offset: number, length: number, kind: GarbageKind): void {
    this.#findings.takeGarbage(offset, length, kind)
  }

  /** @internal */
  packet(bytes: Uint8Array, at: number, offset: number): void {
    const number = this.#packets
    this.#packets += 1
    const header = readPacketHeader(bytes, at)
    const { pid, adaptation } = header
    const track = (this.#pids[pid] ??= this.#newTrack(pid))
    const stamp = this.#findings.stride === 188 ? null : this.#takeSurround(bytes, at)
    if (pid === NULL_PID) {
      // "the continuity_counter … is undefined"
      track.packets += 1
      return
    }
    const continuity = track.take(bytes, at, header, number, offset)
    if (adaptation !== null && adaptation.pcr !== null && continuity !== 'duplicate') {
      track.clock.take(adaptation.pcr, offset, stamp, adaptation.discontinuity)
    }
    if (continuity === 'duplicate') return
    if (continuity === 'lost') {
      track.stream?.lost()
      track.sections?.reset()
    }
    if (!header.hasPayload || header.scrambling !== 0) return
    if (track.stream !== null) feed(track.stream, bytes, at, header, number)
    else if (track.sections !== null) this.#takeSections(track.sections, bytes, at, header, number)
    else if (this.#streams.length === 0) this.#early.keep(bytes, at, header, number)
  }

  #newTrack(pid: number): PidTrack {
    const track = new PidTrack(pid)
    if (pid === PAT_PID || pid === SDT_PID || this.#tables.isPmtPid(pid)) track.sections = new SectionAssembler()
    return track
  }

  /** What stands before or behind a packet; answers its arrival stamp. */
  #takeSurround(bytes: Uint8Array, at: number): number | null {
    if (this.#findings.stride === 192) {
      if (at < 4) return null
      const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at - 4, at)
      // copy_permission_indicator (2), arrival_time_stamp (30)
      return this.#findings.takeArrival(((a & 0x3f) << 24) | (b << 16) | (c << 8) | d)
    }
    if (this.#findings.stride === 204 && at + 204 <= bytes.length) this.#findings.takeParity(parityHolds(bytes, at))
    return null
  }

  #takeSections(
    assembler: SectionAssembler,
    bytes: Uint8Array,
    at: number,
    { payload, unitStart, pid }: PacketHeader,
    packet: number,
  ): void {
    for (const section of assembler.push(bytes.subarray(payload, at + PACKET_BYTES), unitStart)) {
      const programs = this.#tables.programs.size
      if (!this.#tables.take(section, pid, packet)) continue
      const splice = this.#splices.get(pid)
      if (splice !== undefined && section[0] === SPLICE_TABLE_ID) this.#takeSplice(section, pid, packet, splice)
      // PIDs that came before the PAT said that they carry a PMT.
      if (pid === PAT_PID && this.#tables.programs.size !== programs) this.#expectPmts()
    }
  }

  #expectPmts(): void {
    for (const { pmtPid } of this.#tables.programs.values()) {
      const track = (this.#pids[pmtPid] ??= this.#newTrack(pmtPid))
      track.sections ??= new SectionAssembler()
    }
  }

  #takePmt(program: Program, { streams }: Pmt, before: Pmt | null): void {
    for (const entry of streams) {
      const track = (this.#pids[entry.pid] ??= this.#newTrack(entry.pid))
      if (streamCodec(entry).codec === 'scte-35') {
        this.#splices.set(entry.pid, program)
        track.sections ??= new SectionAssembler()
      } else if (entry.streamType !== 0x05 && entry.pid !== NULL_PID && track.stream?.key !== streamKey(entry)) {
        track.stream?.finish()
        track.stream = this.#newStream(entry, program)
      }
    }
    for (const { pid } of before?.streams ?? []) {
      if (streams.some((entry) => entry.pid === pid)) continue
      const gone = this.#pids[pid]
      gone?.stream?.finish()
      if (gone !== undefined) gone.stream = null
    }
    this.#early.replay((pid, bytes, header, number) => {
      const stream = this.#pids[pid]?.stream
      if (stream) feed(stream, bytes, 0, header, number)
    })
  }

  #newStream(entry: Pmt['streams'][number], program: Program): StreamTrack | null {
    if (this.#streams.length >= MAX_STREAMS) return null
    const track = new StreamTrack(this.#streams.length, entry, program.clock, this.#packets - 1, this.#listener)
    this.#streams.push({ track, program })
    this.#listener.stream(track.index, track.codec)
    return track
  }

  #takeSplice(section: Uint8Array, pid: number, packet: number, { clock }: Program): void {
    try {
      const { command, pts, text, fields } = readSpliceInfo(section)
      const ticks = pts === null ? null : unwrap(pts, clock.ticks ?? pts)
      this.#listener.event({ pid, packet, kind: 'scte-35', ticks, text, fields: { command, ...fields } })
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      this.#listener.event({ pid, packet, kind: 'scte-35', ticks: null, text: `cannot be read: ${error.message}`, fields: {} })
    }
  }
}

function feed(stream: StreamTrack, bytes: Uint8Array, at: number, header: PacketHeader, number: number): void {
  const { adaptation, payload, unitStart } = header
  if (unitStart) stream.start(number, adaptation?.randomAccess ?? false, adaptation?.discontinuity ?? false)
  stream.push(bytes, payload, at + PACKET_BYTES)
}
