/** What is counted of every PID, whatever it carries, and the rule of continuity_counter (ISO/IEC 13818-1 2.4.3.3). */
import { PACKET_BYTES, type PacketHeader } from '../packets.ts'
import type { SectionAssembler } from '../sections.ts'
import { BoundedList } from './bounded-list.ts'
import { PcrClock } from './pcr-clock.ts'
import type { PidReport } from './report.ts'
import type { StreamTrack } from './stream-track.ts'

/** `lost`: packets are missing before this one. */
export type Continuity = 'follows' | 'duplicate' | 'lost'

export class PidTrack {
  readonly pid: number
  packets = 0
  scrambled = 0
  transportErrors = 0
  randomAccessPoints = 0
  discontinuities = 0
  duplicates = 0
  readonly continuityErrors = new BoundedList<PidReport['continuityErrors']['list'][number]>()
  readonly clock = new PcrClock()
  /** Set when the PID carries tables. */
  sections: SectionAssembler | null = null
  /** Set when a PMT says that it carries PES packets. */
  stream: StreamTrack | null = null
  #first: number | null = null
  #last: number | null = null
  /** A few bytes of the last packet with a payload, to know its duplicate by. */
  #mark = 0
  #duplicated = false

  constructor(pid: number) {
    this.pid = pid
  }

  /** Takes the packet at `at` into the counts; `packet` and `offset` are where it stands in the file. */
  take(bytes: Uint8Array, at: number, header: PacketHeader, packet: number, offset: number): Continuity {
    this.packets += 1
    if (header.scrambling !== 0) this.scrambled += 1
    if (header.transportError) this.transportErrors += 1
    if (header.adaptation?.randomAccess) this.randomAccessPoints += 1
    if (header.adaptation?.discontinuity) this.discontinuities += 1
    return this.#count(bytes, at, header, packet, offset)
  }

  #count(bytes: Uint8Array, at: number, header: PacketHeader, packet: number, offset: number): Continuity {
    const { continuity, hasPayload } = header
    const last = this.#last
    const announced = header.adaptation?.discontinuity ?? false
    // "shall not be incremented when the adaptation_field_control … equals '00' or '10'"
    if (!hasPayload) {
      if (last !== null && continuity !== last && !announced) {
        this.continuityErrors.add({ packet, offset, expected: last, found: continuity })
        this.#last = continuity
        return 'lost'
      }
      return 'follows'
    }
    const mark = sample(bytes, at)
    const expected = last === null ? continuity : (last + 1) & 0x0f
    // "duplicate packets may be sent as two, and only two, consecutive … packets of the same PID"
    const duplicate = continuity === last && mark === this.#mark && !this.#duplicated
    this.#first ??= continuity
    this.#last = continuity
    this.#mark = mark
    this.#duplicated = duplicate
    if (duplicate) {
      this.duplicates += 1
      return 'duplicate'
    }
    if (continuity === expected || announced) return 'follows'
    this.continuityErrors.add({ packet, offset, expected, found: continuity })
    return 'lost'
  }

  /** `rateBps`: of the whole stream, which has `totalPackets`. */
  report(role: string, program: number | null, rateBps: number | null, totalPackets: number): PidReport {
    return {
      ...{ pid: this.pid, role, program, packets: this.packets, bytes: this.packets * PACKET_BYTES },
      bitrateBps: rateBps === null || totalPackets === 0 ? null : (rateBps * this.packets) / totalPackets,
      continuityErrors: this.continuityErrors.report(),
      ...{ duplicates: this.duplicates, discontinuities: this.discontinuities, scrambledPackets: this.scrambled },
      ...{ transportErrors: this.transportErrors, randomAccessPoints: this.randomAccessPoints },
      ...{ firstContinuity: this.#first, lastContinuity: this.#last },
      pcr: this.clock.report(),
    }
  }
}

/** Bytes of the payload's end, mixed: "each byte of the original packet shall be duplicated, with the exception [of the PCR]". */
function sample(bytes: Uint8Array, at: number): number {
  let mark = 0
  for (let place = at + PACKET_BYTES - 1; place > at + 20; place -= 7) mark = (mark * 31 + (bytes[place] ?? 0)) | 0
  return mark
}
