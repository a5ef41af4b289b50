/** Where the payload of PES packets lies in transport packets, and what their headers said; a header may span packets. */
import { readPesHeader } from '../pes.ts'

/** The longest header: nine bytes and PES_header_data_length. */
const MOST_HEADER_BYTES = 9 + 255
/** A packet without an end is closed here: no picture is as large. */
const MOST_PAYLOAD_BYTES = 32 * 1024 * 1024

/** See the head of this file. */
export class PesPayload {
  /** As stored, 33 bits; of the unit that is open. */
  pts: number | null = null
  dts: number | null = null
  /** Payload bytes that may still come; 0 where nothing is open. */
  left = 0
  /** PES_scrambling_control. */
  scrambled = false
  #head = new Uint8Array(MOST_HEADER_BYTES)
  #headBytes = 0
  #collecting = false

  /** The header is not there whole: `more` has to be asked. */
  get collecting(): boolean {
    return this.#collecting
  }

  /** A unit starts with `[from, to)`. Answers where its payload begins; `to` when none of it is here; -1 when this is no PES packet. */
  start(bytes: Uint8Array, from: number, to: number): number {
    this.#headBytes = 0
    this.left = 0
    this.#collecting = true
    return this.more(bytes, from, to)
  }

  /** Goes on with a header that was not whole; answers as `start`. */
  more(bytes: Uint8Array, from: number, to: number): number {
    const before = this.#headBytes
    const taken = bytes.subarray(from, Math.min(to, from + MOST_HEADER_BYTES - before))
    this.#head.set(taken, before)
    this.#headBytes += taken.length
    const head = this.#head
    const header = readPesHeader(head, 0, this.#headBytes)
    if (header === null) {
      const broken =
        (this.#headBytes >= 3 && (head[0] !== 0 || head[1] !== 0 || head[2] !== 1)) || (this.#headBytes >= 7 && (head[6] ?? 0) >> 6 !== 2)
      if (!broken && this.#headBytes < MOST_HEADER_BYTES) return to
      this.#collecting = false
      return -1
    }
    this.#collecting = false
    this.pts = header.pts
    this.dts = header.dts
    this.scrambled = header.scrambling !== 0
    // PES_packet_length counts the bytes behind its field; 0: "neither specified nor bounded"
    this.left = header.packetLength === 0 ? MOST_PAYLOAD_BYTES : Math.max(0, header.packetLength + 6 - header.headerBytes)
    return from + header.headerBytes - before
  }

  /** What comes until the next unit start belongs to nothing. */
  close(): void {
    this.left = 0
    this.#collecting = false
  }
}
