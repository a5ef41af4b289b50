/** Program-specific information (ISO/IEC 13818-1 2.4.4): sections out of packets, and the two tables that every stream has. */
import { ByteReader } from '../bytes/byte-reader.ts'
import { MediaError } from '../errors.ts'

export const PAT_PID = 0x0000
export const NULL_PID = 0x1fff

/** "The maximum number of bytes in a section of an ITU-T … defined PSI table is 1024"; private sections may have 4096. */
const MAX_SECTION_BYTES = 4096

/** Puts the sections of one PID together. */
export class SectionAssembler {
  #bytes = new Uint8Array(MAX_SECTION_BYTES)
  #length = 0
  /** Inside a section: bytes before the first pointer field belong to one whose beginning was not seen. */
  #open = false

  /** Takes a packet's payload and answers the sections it completes, table_id to CRC. The bytes are the caller's to keep. */
  push(payload: Uint8Array, unitStart: boolean): Uint8Array[] {
    const sections: Uint8Array[] = []
    if (!unitStart) {
      if (this.#open) this.#append(payload, sections)
      return sections
    }
    const pointer = payload[0] ?? 0
    if (this.#open) this.#append(payload.subarray(1, 1 + pointer), sections)
    this.#length = 0
    this.#open = true
    this.#append(payload.subarray(1 + pointer), sections)
    return sections
  }

  /** A packet was lost: what is open cannot be completed. */
  reset(): void {
    this.#open = false
    this.#length = 0
  }

  #append(bytes: Uint8Array, sections: Uint8Array[]): void {
    let rest = bytes
    while (rest.length > 0 && this.#open) {
      // table_id 0xFF: "stuffing bytes … all remaining bytes of the payload"
      if (this.#length === 0 && rest[0] === 0xff) {
        this.#open = false
        return
      }
      const wanted = this.#length < 3 ? 3 : 3 + (((this.#bytes[1] ?? 0) & 0x0f) << 8) + (this.#bytes[2] ?? 0)
      const taken = rest.subarray(0, Math.min(rest.length, wanted - this.#length, MAX_SECTION_BYTES - this.#length))
      this.#bytes.set(taken, this.#length)
      this.#length += taken.length
      rest = rest.subarray(taken.length)
      if (this.#length === MAX_SECTION_BYTES && this.#length < wanted) this.reset()
      else if (this.#length === wanted && wanted > 3) {
        sections.push(this.#bytes.slice(0, wanted))
        this.#length = 0
      } else if (this.#length === 3 && ((this.#bytes[1] ?? 0) & 0x0f) + (this.#bytes[2] ?? 0) === 0) this.reset()
    }
  }
}

/** Program Association Table, 2.4.4.3. */
export interface Pat {
  transportStreamId: number
  version: number
  /** current_next_indicator: false, "the table sent is not yet applicable". */
  current: boolean
  programs: { program: number; pmtPid: number }[]
}

/** Reads a PAT section; program 0, the network PID, is left out. Throws `MediaError` when it is none or its CRC is wrong. */
export function readPat(section: Uint8Array): Pat {
  const { reader, extension, version, current } = openSection(section, 0x00, 'PAT')
  const programs: Pat['programs'] = []
  while (reader.remaining >= 4) {
    const program = reader.u16()
    const pmtPid = reader.u16() & 0x1fff
    if (program !== 0) programs.push({ program, pmtPid })
  }
  return { transportStreamId: extension, version, current, programs }
}

/** A descriptor: tag and content, not interpreted. */
export interface Descriptor {
  tag: number
  data: Uint8Array
}

/** Program Map Table, 2.4.4.8. */
export interface Pmt {
  program: number
  version: number
  /** current_next_indicator: false, "the table sent is not yet applicable". */
  current: boolean
  pcrPid: number
  descriptors: Descriptor[]
  streams: PmtStream[]
}

export interface PmtStream {
  streamType: number
  pid: number
  descriptors: Descriptor[]
}

/** Reads a PMT section. Throws `MediaError` when it is none or its CRC is wrong. */
export function readPmt(section: Uint8Array): Pmt {
  const { reader, extension, version, current } = openSection(section, 0x02, 'PMT')
  const pcrPid = reader.u16() & 0x1fff
  const descriptors = readDescriptors(reader, reader.u16() & 0x0fff)
  const streams: PmtStream[] = []
  while (reader.remaining >= 5) {
    const streamType = reader.u8()
    const pid = reader.u16() & 0x1fff
    streams.push({ streamType, pid, descriptors: readDescriptors(reader, reader.u16() & 0x0fff) })
  }
  return { program: extension, version, current, pcrPid, descriptors, streams }
}

function readDescriptors(reader: ByteReader, length: number): Descriptor[] {
  const within = new ByteReader(reader.take(length))
  const descriptors: Descriptor[] = []
  while (within.remaining >= 2) {
    const tag = within.u8()
    descriptors.push({ tag, data: within.take(within.u8()) })
  }
  return descriptors
}

interface OpenSection {
  /** Stands behind last_section_number and ends before the CRC. */
  reader: ByteReader
  /** table_id_extension. */
  extension: number
  version: number
  current: boolean
}

/** The head that both tables share, checked. */
function openSection(section: Uint8Array, tableId: number, name: string): OpenSection {
  if (section[0] !== tableId) throw new MediaError('malformed', `table_id ${section[0]} where a ${name} was expected`)
  if (section.length < 12) throw new MediaError('truncated', `a ${name} of ${section.length} bytes`)
  // "a CRC value that gives a zero output of the registers … after processing the entire … section"
  if (crc32(section) !== 0) throw new MediaError('malformed', `the CRC of the ${name} is wrong`)
  const reader = new ByteReader(section, 3, section.length - 4)
  const extension = reader.u16()
  // '11' (2), version_number (5), current_next_indicator (1)
  const flags = reader.u8()
  reader.skip(2)
  return { reader, extension, version: (flags >> 1) & 0x1f, current: (flags & 1) === 1 }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc >>> 0
})

/** CRC-32/MPEG-2, Annex A: polynomial 0x04C11DB7, registers all ones at the start, nothing reflected. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] ?? 0)) >>> 0
  return crc
}
