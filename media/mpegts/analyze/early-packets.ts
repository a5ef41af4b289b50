/** Packets that come before the first PMT says what they carry: kept, up to a bound, so that a stream cut anywhere loses nothing. */
import { PACKET_BYTES, type PacketHeader } from '../packets.ts'

/** 3 MB, a second and more of a full broadcast multiplex, in which a PMT comes ten times. */
const MAX_PACKETS = 16_384

export class EarlyPackets {
  #kept: { bytes: Uint8Array; header: PacketHeader; number: number }[] | null = []

  keep(bytes: Uint8Array, at: number, header: PacketHeader, number: number): void {
    if (this.#kept === null || this.#kept.length >= MAX_PACKETS) return
    this.#kept.push({
      bytes: new Uint8Array(bytes.subarray(at, at + PACKET_BYTES)),
      header: { ...header, payload: header.payload - at },
      number,
    })
  }

  /** Gives out what was kept, each packet at the start of its bytes; nothing is kept from then on. */
  replay(take: (pid: number, bytes: Uint8Array, header: PacketHeader, number: number) => void): void {
    const kept = this.#kept ?? []
    this.#kept = null
    for (const { bytes, header, number } of kept) take(header.pid, bytes, header, number)
  }
}
