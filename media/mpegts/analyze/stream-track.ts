/** One elementary stream in PES packets: what is in them, when, and what is wrong with them. */
import { readId3 } from '../elementary/id3.ts'
import type { Scanner, UnitContent } from '../elementary/scanner.ts'
import { scannerFor } from '../elementary/scanners.ts'
import { PTS_HZ, type PesHeader } from '../pes.ts'
import type { Descriptor, PmtStream } from '../sections.ts'
import { type StreamCodec, streamCodec } from '../stream-types.ts'
import { BoundedList } from './bounded-list.ts'
import { PesAssembler, type PesUnit } from './pes-assembler.ts'
import type { CodecFacts, StreamEvent, StreamReport } from './report.ts'
import { type ProgramClock, StreamTimes } from './stream-times.ts'

/** Keyframes whose times are kept: ten hours with one each two seconds have 18,000. */
const MAX_KEYFRAMES = 50_000

/** What listeners are told of: a PES packet (or part of a very long one), with its place among the streams. */
export interface StreamUnit {
  /** Index in `TsReport.streams`. */
  stream: number
  pid: number
  codec: StreamCodec
  descriptors: readonly Descriptor[]
  /** Null: no PES header stands at its start. */
  header: PesHeader | null
  /** Elementary stream; overwritten by what comes next. */
  payload: Uint8Array
  /** PTS, unwrapped, ticks of 90 kHz. */
  ptsTicks: number | null
  keyframe: boolean
  scrambled: boolean
}

export interface StreamListener {
  /** A PMT lists it; `stream` is its index in `TsReport.streams`. Perhaps nothing of it ever comes. */
  stream(stream: number, codec: StreamCodec): void
  unit(unit: StreamUnit): void
  event(event: StreamEvent): void
}

export class StreamTrack {
  readonly index: number
  readonly pid: number
  readonly clock: ProgramClock
  readonly codec: StreamCodec
  readonly fromPacket: number
  /** Equal for PMT entries that say the same of the PID. */
  readonly key: string
  readonly times = new StreamTimes()
  readonly #assembler: PesAssembler
  readonly #scanner: Scanner | null
  readonly #streamType: number
  readonly #descriptors: readonly Descriptor[]
  readonly #listener: StreamListener
  readonly #pes = { units: 0, payloadBytes: 0, withoutPts: 0, damaged: 0, malformed: 0, scrambled: 0 }
  readonly #keyframes = new BoundedList<number>(MAX_KEYFRAMES)
  readonly #changes = new BoundedList<StreamReport['configChanges']['list'][number]>()
  #frames = 0
  #lastKeyframe: number | null = null
  #longestGop: number | null = null
  #config: string | null = null
  #facts: CodecFacts | null = null
  #lastTicks: number | null = null

  constructor(index: number, entry: PmtStream, clock: ProgramClock, fromPacket: number, listener: StreamListener) {
    this.index = index
    this.pid = entry.pid
    this.clock = clock
    this.codec = streamCodec(entry)
    this.fromPacket = fromPacket
    this.key = streamKey(entry)
    this.#streamType = entry.streamType
    this.#descriptors = entry.descriptors
    this.#listener = listener
    this.#scanner = scannerFor(this.codec, entry.descriptors)
    this.#assembler = new PesAssembler((unit) => this.#take(unit))
  }

  start(packet: number, randomAccess: boolean, discontinuity: boolean): void {
    this.#assembler.start(packet, randomAccess, discontinuity)
  }

  push(bytes: Uint8Array, from: number, to: number): void {
    this.#assembler.push(bytes, from, to)
  }

  lost(): void {
    this.#assembler.lost()
  }

  finish(): void {
    this.#assembler.finish()
  }

  #take(unit: PesUnit): void {
    const { header, payload, continued } = unit
    const scrambled = header !== null && header.scrambling !== 0
    if (!continued) this.#pes.units += 1
    this.#pes.payloadBytes += payload.length
    if (header === null) this.#pes.malformed += 1
    if (scrambled) this.#pes.scrambled += 1
    if (unit.damaged) this.#pes.damaged += 1
    const readable = header !== null && !scrambled
    const content: UnitContent = (readable ? this.#scanner?.scan(payload, continued) : null) ?? NOTHING
    this.#frames += content.frames
    const ticks = header === null || continued ? null : this.#takeTimes(unit, header, content)
    if (content.keyframe && !continued) this.#takeKeyframe(ticks)
    if (readable) this.#takeConfig(ticks)
    if (readable && this.codec.codec === 'id3' && !continued) this.#takeId3(payload, ticks, unit.packet)
    this.#listener.unit({
      ...{ stream: this.index, pid: this.pid, codec: this.codec, descriptors: this.#descriptors },
      ...{ header, payload, ptsTicks: ticks, keyframe: content.keyframe, scrambled },
    })
  }

  #takeTimes({ packet, discontinuity }: PesUnit, { pts, dts }: PesHeader, { frames, durationTicks }: UnitContent): number | null {
    if (pts === null) {
      this.#pes.withoutPts += 1
      return null
    }
    const counted = this.#scanner === null || frames === 0 ? 1 : frames
    const unit = { pts, dts, packet, frames: counted, durationTicks, announced: discontinuity }
    const ticks = this.times.take(unit, this.clock.ticks ?? dts ?? pts)
    this.clock.ticks = ticks
    this.#lastTicks = ticks
    return ticks
  }

  #takeKeyframe(ticks: number | null): void {
    this.#keyframes.add(ticks ?? this.#lastTicks ?? 0)
    if (ticks === null) return
    const gop = this.#lastKeyframe === null ? 0 : (ticks - this.#lastKeyframe) / PTS_HZ
    if (gop > 0) this.#longestGop = Math.max(this.#longestGop ?? 0, gop)
    this.#lastKeyframe = ticks
  }

  #takeConfig(ticks: number | null): void {
    const facts = this.#scanner?.facts() ?? null
    // The same object as long as nothing changed.
    if (facts === null || facts === this.#facts) return
    this.#facts = facts
    const { text } = facts
    if (text === this.#config) return
    if (this.#config !== null) this.#changes.add({ ticks: ticks ?? this.#lastTicks, text })
    this.#config = text
  }

  #takeId3(payload: Uint8Array, ticks: number | null, packet: number): void {
    const frames = readId3(payload)
    if (frames === null) return
    const fields = Object.fromEntries(frames.map(({ id, text }) => [id, text]))
    const text = frames.map((frame) => (frame.text === '' ? frame.id : `${frame.id} ${frame.text}`)).join('; ')
    this.#listener.event({ pid: this.pid, packet, kind: 'id3', ticks, text: text === '' ? 'ID3 without frames' : text, fields })
  }

  report(program: number): StreamReport {
    const isVideo = this.codec.kind === 'video'
    return {
      ...{ pid: this.pid, program, streamType: this.#streamType, codec: this.codec, language: streamLanguage(this.#descriptors) },
      ...{ fromPacket: this.fromPacket, pes: this.#pes, times: this.times.report() },
      frames: this.#scanner === null ? null : this.#frames,
      frameRate: isVideo ? this.times.frameRate : null,
      keyframes: { count: this.#keyframes.count, ticks: this.#keyframes.list, longestGopSeconds: this.#longestGop },
      facts: this.#scanner?.facts() ?? null,
      configChanges: this.#changes.report(),
    }
  }
}

const NOTHING: UnitContent = { frames: 0, keyframe: false, durationTicks: null }

/** Equal for entries of a PMT that say the same of a PID. */
export function streamKey({ streamType, descriptors }: PmtStream): string {
  return `${streamType} ${descriptors.map(({ tag, data }) => `${tag}:${data.join('.')}`).join(' ')}`
}

/** ISO_639_language_code of the ISO_639_language_descriptor (2.6.18); null for none and `und`. */
export function streamLanguage(descriptors: readonly Descriptor[]): string | null {
  const data = descriptors.find(({ tag }) => tag === 0x0a)?.data
  if (data === undefined || data.length < 3) return null
  const language = String.fromCharCode(...data.subarray(0, 3))
  return /^[a-z]{3}$/i.test(language) && language !== 'und' ? language : null
}
