/**
 * MPEG transport stream to CMAF for Media Source Extensions, as its bytes come. Pure: made to run in a Web Worker.
 *
 *     const transmuxer = new TsTransmuxer()
 *     for (const segment of playlist) {
 *       for await (const chunk of fetchChunks(segment)) append(transmuxer.push(chunk))
 *       append(transmuxer.flush())
 *     }
 *
 * `append` takes outputs in order: an `init` and the `fragment`s behind it go to the SourceBuffer of their `kind`. The same
 * bytes give the same outputs however they are sliced into chunks.
 */
import { MediaError } from '../../errors.ts'
import { findPackets, IN_STEP_BYTES, inStep, PACKET_BYTES, SYNC_BYTE } from '../packets.ts'
import type { TransmuxOptions, TransmuxOutput } from './model.ts'
import { type PacketSink, Program } from './program.ts'
import { Timeline } from './timeline.ts'
import { VideoTrack } from './video-track.ts'

const PIDS = 8192
/** Chunks that are not word-aligned are copied in pieces of this, a multiple of every stride and of four. */
const ALIGNED_BYTES = 188 * 48 * 17
const UNKNOWN = -1

/** See the head of this file. */
export class TsTransmuxer {
  readonly #options: TransmuxOptions
  readonly #timeline = new Timeline()
  #program: Program
  /** By PID: the number of its sink; 0: nobody wants it. */
  readonly #slots = new Uint8Array(PIDS)
  #sinks: (PacketSink | null)[] = [null]
  /** The slot of the video stream; 0: none. */
  #videoSlot = 0
  /** By number of sink: the last continuity_counter. */
  #continuity = new Int8Array(256).fill(UNKNOWN)
  /** From one sync byte to the next; 0: not found yet. */
  #stride = 0
  /** Bytes that are no whole packet yet. */
  #rest = new Uint8Array()
  #aligned: Uint8Array<ArrayBuffer> | null = null
  #skipped = 0
  #sawBytes = false
  #sawPackets = false

  constructor(options: TransmuxOptions = {}) {
    this.#options = options
    this.#program = this.#newProgram()
  }

  /** Takes a chunk of any size; its bytes are not kept. Answers what is complete. */
  push(bytes: Uint8Array): TransmuxOutput[] {
    let from = 0
    if (bytes.length > 0) this.#sawBytes = true
    if (this.#rest.length > 0) {
      // Enough of the chunk to go on with what was left
      const taken = Math.min(bytes.length, this.#stride === 0 ? IN_STEP_BYTES + PACKET_BYTES : this.#stride - this.#rest.length)
      const joined = new Uint8Array(this.#rest.length + taken)
      joined.set(this.#rest)
      joined.set(bytes.subarray(0, taken), this.#rest.length)
      const done = this.#run(joined, false)
      const restBytes = this.#rest.length
      if (done < restBytes || taken === bytes.length) {
        this.#rest = joined.slice(done)
        if (taken === bytes.length) return this.#timeline.take()
        // Still not to be told whether packets begin in what was left: look at it with more
        return this.#pushAgain(bytes.subarray(taken))
      }
      from = done - restBytes
      this.#rest = new Uint8Array()
    }
    const done = this.#runAligned(bytes.subarray(from))
    this.#rest = bytes.slice(from + done)
    return this.#timeline.take()
  }

  /**
   * The end of a segment: everything that is complete goes out, in a fragment of each kind. The next segment may go on with
   * the same clock. Throws `MediaError` 'malformed' when bytes came since the last flush and no packet was among them.
   */
  flush(): TransmuxOutput[] {
    if (this.#rest.length > 0) {
      const done = this.#run(this.#rest, true)
      this.#skipped += this.#rest.length - done
      this.#rest = new Uint8Array()
    }
    this.#saySkipped()
    for (const sink of this.#program.sinks) sink.flush()
    this.#timeline.flush()
    // Counters need not go on from segment to segment
    this.#continuity.fill(UNKNOWN)
    this.#stride = 0
    const none = this.#sawBytes && !this.#sawPackets
    this.#sawBytes = false
    this.#sawPackets = false
    if (none) {
      this.#timeline.clear()
      throw new MediaError('malformed', 'no transport packets: this is no MPEG transport stream')
    }
    return this.#timeline.take()
  }

  /** After a seek: forgets everything, what was not flushed too. The next fragments come with initialization segments. */
  reset(): void {
    this.#rest = new Uint8Array()
    this.#skipped = 0
    this.#stride = 0
    this.#sawBytes = false
    this.#sawPackets = false
    this.#timeline.clear()
    this.#timeline.restart()
    this.#slots.fill(0)
    this.#sinks = [null]
    this.#videoSlot = 0
    this.#continuity.fill(UNKNOWN)
    this.#program = this.#newProgram()
  }

  /**
   * What comes next has another clock and may have another configuration (EXT-X-DISCONTINUITY). Flushes; the fragments of the
   * new timeline come with initialization segments.
   */
  discontinuity(): TransmuxOutput[] {
    const outputs = this.flush()
    this.reset()
    this.#timeline.number += 1
    return outputs
  }

  #newProgram(): Program {
    return new Program(this.#options, this.#timeline, (pid, sink) => this.#route(pid, sink))
  }

  #route(pid: number, sink: PacketSink | null): void {
    if (sink === null) {
      if (this.#slots[pid] === this.#videoSlot) this.#videoSlot = 0
      this.#sinks[this.#slots[pid] ?? 0] = null
      this.#slots[pid] = 0
      return
    }
    const used = this.#slots[pid] ?? 0
    const free = used === 0 ? this.#sinks.indexOf(null, 1) : used
    const slot = free === -1 ? this.#sinks.length : free
    // More streams than any program has
    if (slot > 255) return
    this.#sinks[slot] = sink
    this.#slots[pid] = slot
    if (sink instanceof VideoTrack) this.#videoSlot = slot
    this.#continuity[slot] = UNKNOWN
  }

  #pushAgain(bytes: Uint8Array): TransmuxOutput[] {
    const outputs = this.#timeline.take()
    for (const output of this.push(bytes)) outputs.push(output)
    return outputs
  }

  /** Runs through bytes whose words can be read as words: copied, where the chunk is not aligned. Answers how far. */
  #runAligned(bytes: Uint8Array): number {
    const first = this.#stride === 0 ? Math.max(0, bytes.indexOf(SYNC_BYTE)) : 0
    if (((bytes.byteOffset | first) & 3) === 0) return this.#run(bytes, false)
    const aligned = (this.#aligned ??= new Uint8Array(ALIGNED_BYTES))
    let done = 0
    while (done < bytes.length) {
      const piece = bytes.subarray(done, done + ALIGNED_BYTES)
      aligned.set(piece)
      const passed = this.#run(aligned.subarray(0, piece.length), false)
      if (passed === 0) break
      done += passed
    }
    return done
  }

  /** Takes all packets of `bytes`; answers how many bytes are done with. `final`: no more bytes follow these. */
  #run(bytes: Uint8Array, final: boolean): number {
    const words = (bytes.byteOffset & 3) === 0 ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) : null
    let at = 0
    for (;;) {
      if (this.#stride === 0) {
        at = this.#sync(bytes, at, final)
        if (this.#stride === 0) return at
      }
      at = this.#packets(bytes, words, at, final)
      // The end, or no sync byte where one should be
      if (at + (final ? PACKET_BYTES : this.#stride) > bytes.length) return Math.min(at, bytes.length)
      this.#stride = 0
    }
  }

  /** Looks for packets from `at` on; sets the stride when they begin at the answer. What it passes over is garbage. */
  #sync(bytes: Uint8Array, from: number, final: boolean): number {
    if (final) {
      const layout = findPackets(bytes, from)
      if (layout === null) return from
      this.#stride = layout.strideBytes
      this.#skipped += layout.firstSync - from
      this.#saySkipped()
      return layout.firstSync
    }
    for (let at = bytes.indexOf(SYNC_BYTE, from); at !== -1; at = bytes.indexOf(SYNC_BYTE, at + 1)) {
      // Not decided before all is there that decides it: slicing must not matter
      if (at + IN_STEP_BYTES > bytes.length) {
        this.#skipped += at - from
        return at
      }
      for (const strideBytes of [188, 192, 204] as const) {
        if (!inStep(bytes, at, strideBytes)) continue
        this.#stride = strideBytes
        this.#skipped += at - from
        this.#saySkipped()
        return at
      }
    }
    this.#skipped += bytes.length - from
    return bytes.length
  }

  #saySkipped(): void {
    // The four bytes before the first packet of a file with a stride of 192 are its time stamp
    const expected = this.#stride === 192 && !this.#sawPackets ? 4 : 0
    if (this.#skipped > expected && this.#sawPackets)
      this.#timeline.warn('sync', `${this.#skipped} bytes that are no packets were passed over`)
    this.#skipped = 0
  }

  /** The hot loop: packets from `at` on, as long as they are in step and whole. */
  #packets(bytes: Uint8Array, words: Int32Array | null, from: number, final: boolean): number {
    const stride = this.#stride
    const slots = this.#slots
    // What stands between packets comes with the one before it, except behind the last
    const last = bytes.length - (final ? PACKET_BYTES : stride)
    let at = from
    while (at <= last) {
      if (bytes[at] !== SYNC_BYTE) break
      // transport_error_indicator, payload_unit_start_indicator, transport_priority, PID (13)
      const second = bytes[at + 1] as number
      const slot = slots[((second & 0x1f) << 8) | (bytes[at + 2] as number)] as number
      if (slot !== 0) {
        if (words !== null && slot === this.#videoSlot && (at & 3) === 0 && (second & 0xc0) === 0) {
          const taken = this.#row(words, at, last, bytes[at + 3] as number, slot)
          if (taken > 0) {
            at += taken * stride
            continue
          }
        }
        this.#packet(bytes, at, second, slot)
      }
      at += stride
    }
    this.#sawPackets ||= at > from
    return at
  }

  /** Takes the packet at `at` with those that follow it in a row, when it is whole payload and its counter is in step. */
  #row(words: Int32Array, at: number, last: number, fourth: number, slot: number): number {
    // Not scrambled, payload only, and the next counter
    if (fourth !== (0x10 | (((this.#continuity[slot] as number) + 1) & 15))) return 0
    const taken = this.#program.video?.packets(words, at >> 2, last >> 2, this.#stride >> 2) ?? 0
    if (taken > 0) this.#continuity[slot] = (fourth + taken - 1) & 15
    return taken
  }

  #packet(bytes: Uint8Array, at: number, second: number, slot: number): void {
    const sink = this.#sinks[slot]
    if (!sink) return
    // transport_scrambling_control (2), adaptation_field_control (2), continuity_counter (4)
    const fourth = bytes[at + 3] as number
    let payload = at + 4
    let discontinuous = false
    if (fourth & 0x20) {
      const length = bytes[payload] as number
      payload += 1 + length
      // discontinuity_indicator: the counter may jump here
      discontinuous = length > 0 && ((bytes[at + 5] as number) & 0x80) !== 0
    }
    const end = at + PACKET_BYTES
    if ((fourth & 0x10) === 0 || payload >= end) return
    const counter = fourth & 0x0f
    const before = this.#continuity[slot] as number
    this.#continuity[slot] = counter
    if (before !== UNKNOWN && counter !== ((before + 1) & 15) && !discontinuous) {
      // "duplicate packets … two, and only two, consecutive"
      if (counter === before) return
      this.#timeline.warn('continuity', `packets are missing on PID ${((second & 0x1f) << 8) | (bytes[at + 2] as number)}`)
      sink.lost()
    }
    if (second & 0x80) {
      this.#timeline.warn('continuity', 'a packet has a transport error')
      sink.lost()
      return
    }
    if (fourth & 0xc0) {
      this.#timeline.warn('unsupported', 'packets are scrambled')
      sink.lost()
      return
    }
    sink.packet(bytes, payload, end, (second & 0x40) !== 0)
  }
}
