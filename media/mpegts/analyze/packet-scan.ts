/**
 * Transport packets out of bytes that come in any slices: finds the layout, keeps in step, and after garbage finds it again.
 * What is decided never depends on where the slices end: where it has to look ahead, it waits for the bytes.
 */
import { type PacketLayout, IN_STEP_BYTES, inStep, nearlyInStep, PACKET_BYTES, SYNC_BYTE } from '../packets.ts'

type Stride = PacketLayout['strideBytes']

/** Bytes of TP_extra_header before each packet of a 192-byte layout. */
const ARRIVAL_BYTES = 4
/** How far a decision looks: the packet whose sync byte may be damaged, and those behind it. */
const LOOKAHEAD = 204 + IN_STEP_BYTES

export interface PacketSink {
  /** All 188 bytes of the packet stand from `at` on; what surrounds it in its layout is there too, except at the file's ends. */
  packet(bytes: Uint8Array, at: number, offset: number): void
  /** Bytes that belong to no packet. `offset` is the file's. */
  garbage(offset: number, length: number, kind: GarbageKind): void
  /** Packets lie like this from the sync byte at `offset` of the file on. */
  layout(strideBytes: Stride, offset: number): void
}

/** `damaged-sync`: exactly one packet, in step with its neighbours. `truncated`: the last packet, cut off. */
export type GarbageKind = 'garbage' | 'damaged-sync' | 'truncated'

export class PacketScan {
  readonly #sink: PacketSink
  #rest = new Uint8Array(0)
  /** Where what is left of the last slice and the next one are put together. */
  #joined = new Uint8Array(0)
  /** Of the first byte of `#rest`, or of the next slice, in the file. */
  #base = 0
  /** Where the next sync byte is expected, or searched from; in the file. */
  #next = 0
  /** End of the last packet, in the file: what lies between it and the next is garbage. */
  #accounted = 0
  #inStep = false
  /** The step was just lost: perhaps by one sync byte only. */
  #suspect = false
  /** The last layout. */
  #stride: Stride | 0 = 0

  constructor(sink: PacketSink) {
    this.#sink = sink
  }

  push(slice: Uint8Array): void {
    if (slice.length === 0) return
    let bytes = slice
    if (this.#rest.length > 0) {
      const length = this.#rest.length + slice.length
      // Slices are as long as each other, mostly: the same buffer does for all.
      if (this.#joined.length < length) this.#joined = new Uint8Array(length)
      this.#joined.set(this.#rest)
      this.#joined.set(slice, this.#rest.length)
      bytes = this.#joined.subarray(0, length)
    }
    this.#take(bytes, false)
  }

  end(): void {
    this.#take(this.#rest, true)
    const end = this.#base + this.#rest.length
    if (end > this.#accounted) {
      const cutOff = this.#inStep && end - this.#accounted < (this.#stride || PACKET_BYTES)
      this.#sink.garbage(this.#accounted, end - this.#accounted, cutOff ? 'truncated' : 'garbage')
    }
  }

  #take(bytes: Uint8Array, final: boolean): void {
    while (this.#inStep ? this.#walk(bytes, final) : this.#search(bytes, final));
    // The arrival stamp stands before the sync byte.
    const keep = Math.max(0, Math.min(bytes.length, this.#next - ARRIVAL_BYTES - this.#base))
    // A copy: the slice is the caller's, who may overwrite it. (slice() of a Node Buffer is none.)
    this.#rest = new Uint8Array(bytes.subarray(keep))
    this.#base += keep
  }

  /** Packets in step; true when the step was lost. */
  #walk(bytes: Uint8Array, final: boolean): boolean {
    const stride = this.#stride || PACKET_BYTES
    // Behind a sync byte: the packet, and the parity of a 204-byte layout, which only the file's end may cut.
    const needed = final ? PACKET_BYTES : stride === 192 ? PACKET_BYTES : stride
    const before = stride === 192 ? ARRIVAL_BYTES : 0
    let at = this.#next - this.#base
    const base = this.#base
    while (at + needed <= bytes.length && bytes[at] === SYNC_BYTE) {
      this.#sink.packet(bytes, at, base + at)
      at += stride
    }
    this.#next = base + at
    this.#accounted = Math.max(this.#accounted, Math.min(this.#next - before, base + bytes.length))
    if (at >= bytes.length || bytes[at] === SYNC_BYTE) return false
    this.#inStep = false
    this.#suspect = true
    return true
  }

  /** Looks for packets from `#next` on; true when they were found. */
  #search(bytes: Uint8Array, final: boolean): boolean {
    const lost = this.#stride
    let at = this.#next - this.#base
    if (this.#suspect && lost !== 0) {
      if (!final && at + LOOKAHEAD > bytes.length) return false
      this.#suspect = false
      // Only the sync byte is damaged: the next packet stands where it should.
      if (bytes[at + lost] === SYNC_BYTE && inStep(bytes, at + lost, lost)) return this.#found(at + lost, lost)
    }
    for (at = bytes.indexOf(SYNC_BYTE, at); at !== -1; at = bytes.indexOf(SYNC_BYTE, at + 1)) {
      if (!final && at + LOOKAHEAD > bytes.length) {
        this.#next = this.#base + at
        return false
      }
      for (const stride of lost === 0 ? STRIDES : [lost, ...STRIDES]) if (nearlyInStep(bytes, at, stride)) return this.#found(at, stride)
    }
    this.#next = this.#base + bytes.length
    return false
  }

  #found(at: number, stride: Stride): boolean {
    const offset = this.#base + at
    // Before the first packet there may be no stamp: the file was cut behind it.
    const start = Math.max(this.#accounted, stride === 192 ? offset - ARRIVAL_BYTES : offset)
    const length = start - this.#accounted
    if (length > 0) this.#sink.garbage(this.#accounted, length, this.#stride === stride && length === stride ? 'damaged-sync' : 'garbage')
    if (stride !== this.#stride) this.#sink.layout(stride, offset)
    this.#accounted = start
    this.#next = offset
    this.#stride = stride
    this.#inStep = true
    return true
  }
}

const STRIDES: readonly Stride[] = [188, 192, 204]
