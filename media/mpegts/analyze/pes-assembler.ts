/** PES packets of one PID out of transport payloads (ISO/IEC 13818-1 2.4.3.6). */
import { type PesHeader, readPesHeader } from '../pes.ts'

/** A PES packet longer than this is handed on in parts, so that memory stays bounded. */
const MAX_BYTES = 4 * 1024 * 1024
/** PES_packet_length counts from behind itself. */
const LENGTH_END = 6

export interface PesUnit {
  /** Null: a unit began, but not with a PES header. */
  header: PesHeader | null
  /** Elementary stream; a view that is overwritten by what comes next. */
  payload: Uint8Array
  /** Packet number and random_access_indicator of the transport packet it began in. */
  packet: number
  randomAccess: boolean
  /** discontinuity_indicator stood in that packet or since the unit before. */
  discontinuity: boolean
  /** It ended before its length said, or packets are missing in it. */
  damaged: boolean
  /** Goes on where the one before it stopped: a part of a very long PES packet. */
  continued: boolean
}

export class PesAssembler {
  readonly #emit: (unit: PesUnit) => void
  #bytes = new Uint8Array(4096)
  #length = 0
  /** Where it ends by its length; Infinity when it says 0: with the next unit start. */
  #end = Infinity
  #open = false
  #continued: PesHeader | null = null
  #packet = 0
  #randomAccess = false
  #discontinuity = false
  #damaged = false

  constructor(emit: (unit: PesUnit) => void) {
    this.#emit = emit
  }

  /** A unit starts in the packet whose payload comes next. */
  start(packet: number, randomAccess: boolean, discontinuity: boolean): void {
    this.finish()
    this.#open = true
    this.#packet = packet
    this.#randomAccess = randomAccess
    this.#discontinuity = discontinuity
  }

  push(bytes: Uint8Array, from: number, to: number): void {
    if (!this.#open || to <= from) return
    const wanted = Math.min(to - from, this.#end - this.#length)
    if (this.#length + wanted > this.#bytes.length) this.#grow(this.#length + wanted)
    this.#bytes.set(bytes.subarray(from, from + wanted), this.#length)
    this.#length += wanted
    if (this.#end === Infinity && this.#continued === null && this.#length >= LENGTH_END) this.#readLength()
    if (this.#length >= this.#end) this.finish()
    else if (this.#length >= MAX_BYTES) this.#emitPart()
  }

  /** A packet of the PID was lost. */
  lost(): void {
    if (this.#open) this.#damaged = true
  }

  /** What is open ends here: the next starts, or the stream ends. */
  finish(): void {
    if (!this.#open) return
    this.#open = false
    if (this.#length < this.#end && this.#end !== Infinity) this.#damaged = true
    this.#hand(this.#continued ?? readPesHeader(this.#bytes, 0, this.#length), this.#continued !== null)
    this.#length = 0
    this.#end = Infinity
    this.#continued = null
    this.#damaged = false
  }

  #readLength(): void {
    const length = ((this.#bytes[4] ?? 0) << 8) | (this.#bytes[5] ?? 0)
    if (length === 0) return
    this.#end = LENGTH_END + length
    // What is behind the end is no part of it.
    this.#length = Math.min(this.#length, this.#end)
  }

  #emitPart(): void {
    const header = this.#continued ?? readPesHeader(this.#bytes, 0, this.#length)
    if (header === null) {
      this.finish()
      return
    }
    this.#hand(header, this.#continued !== null)
    this.#continued = header
    this.#length = 0
  }

  #hand(header: PesHeader | null, continued: boolean): void {
    const from = continued || header === null ? 0 : header.headerBytes
    this.#emit({
      header,
      payload: this.#bytes.subarray(from, this.#length),
      ...{ packet: this.#packet, randomAccess: this.#randomAccess, discontinuity: this.#discontinuity },
      ...{ damaged: this.#damaged, continued },
    })
  }

  #grow(wanted: number): void {
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
