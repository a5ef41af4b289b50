/** The tables of a transport stream as they come and change: PAT, PMT, and the names of services in the SDT (ETSI EN 300 468). */
import { MediaError } from '../../errors.ts'
import { crc32, type Pat, type Pmt, readPat, readPmt } from '../sections.ts'
import { streamCodec } from '../stream-types.ts'
import { BoundedList } from './bounded-list.ts'
import { Program } from './program.ts'
import type { TableChange } from './report.ts'

export const SDT_PID = 0x0011
const PAT_TABLE = 0x00
const PMT_TABLE = 0x02
const SDT_TABLE = 0x42
/** A PAT section of 1021 bytes has 253; nobody has more than one. */
const MAX_PROGRAMS = 1024

export class Tables {
  readonly programs = new Map<number, Program>()
  readonly changes = new BoundedList<TableChange>()
  readonly crcErrors = new BoundedList<{ pid: number; tableId: number; packet: number }>()
  /** Called with a PMT that is new or says something else than the one before. */
  readonly #onPmt: (program: Program, pmt: Pmt, before: Pmt | null) => void
  #pat: string | null = null
  readonly #pmts = new Map<number, string>()

  constructor(onPmt: (program: Program, pmt: Pmt, before: Pmt | null) => void) {
    this.#onPmt = onPmt
  }

  /** Takes a section of any table; `packet` has its last byte. True when its CRC is right. */
  take(section: Uint8Array, pid: number, packet: number): boolean {
    // Sections without section_syntax_indicator have no CRC, except splice information.
    if (crc32(section) !== 0) {
      this.crcErrors.add({ pid, tableId: section[0] ?? 0, packet })
      return false
    }
    try {
      if (section[0] === PAT_TABLE && pid === 0) this.#takePat(section, packet)
      else if (section[0] === PMT_TABLE) this.#takePmt(section, pid, packet)
      else if (section[0] === SDT_TABLE && pid === SDT_PID) this.#takeSdt(section)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      this.crcErrors.add({ pid, tableId: section[0] ?? 0, packet })
    }
    return true
  }

  /** The PIDs on which a PMT is expected. */
  isPmtPid(pid: number): boolean {
    for (const { pmtPid } of this.programs.values()) if (pmtPid === pid) return true
    return false
  }

  #takePat(section: Uint8Array, packet: number): void {
    const pat = readPat(section)
    if (!pat.current) return
    const key = section.join(' ')
    if (key === this.#pat) return
    // More than one section: together they are the table; none is taken for a change of the other.
    const single = section[6] === 0 && section[7] === 0
    if (single && this.#pat !== null) this.#dropMissing(pat)
    for (const { program, pmtPid } of pat.programs) {
      const known = this.programs.get(program)
      if (known !== undefined) known.pmtPid = pmtPid
      else if (this.programs.size < MAX_PROGRAMS) this.programs.set(program, new Program(program, pmtPid))
    }
    if (single || this.#pat === null)
      this.#note('PAT', packet, pat.version, null, this.#pat === null ? describePat(pat) : `now ${describePat(pat)}`)
    this.#pat = key
  }

  #dropMissing({ programs }: Pat): void {
    for (const known of this.programs.values()) {
      if (programs.some(({ program }) => program === known.program)) continue
      // It stays in the report, but its PID is no PMT any more.
      known.pmtPid = 0
    }
  }

  #takePmt(section: Uint8Array, pid: number, packet: number): void {
    const pmt = readPmt(section)
    const program = this.programs.get(pmt.program)
    if (program === undefined || program.pmtPid !== pid || !pmt.current) return
    const key = section.join(' ')
    if (this.#pmts.get(pmt.program) === key) return
    this.#pmts.set(pmt.program, key)
    const before = program.pmt
    program.pmt = pmt
    this.#onPmt(program, pmt, before)
    const text = before === null ? describePmt(pmt) : describeChange(before, pmt)
    this.#note('PMT', packet, pmt.version, pmt.program, text)
  }

  /** service_description_section: services with their descriptors; service_descriptor (0x48) has the name. */
  #takeSdt(section: Uint8Array): void {
    let at = 11
    const end = section.length - 4
    while (at + 5 <= end) {
      const program = this.programs.get(((section[at] ?? 0) << 8) | (section[at + 1] ?? 0))
      const next = at + 5 + ((((section[at + 3] ?? 0) & 0x0f) << 8) | (section[at + 4] ?? 0))
      for (let place = at + 5; place + 2 <= Math.min(next, end); place += 2 + (section[place + 1] ?? 0)) {
        if (section[place] !== 0x48 || program === undefined) continue
        const name = place + 4 + (section[place + 3] ?? 0)
        const bytes = section.subarray(name + 1, Math.min(end, name + 1 + (section[name] ?? 0)))
        // A first byte under 0x20 selects a character table (annex A.2)
        program.serviceName = new TextDecoder().decode((bytes[0] ?? 0x20) < 0x20 ? bytes.subarray(1) : bytes)
      }
      at = next
    }
  }

  #note(table: 'PAT' | 'PMT', packet: number, version: number, program: number | null, text: string): void {
    this.changes.add({ table, packet, version, program, text })
  }
}

/** `0x0100`. */
export function pidText(pid: number): string {
  return `0x${pid.toString(16).padStart(4, '0')}`
}

function describePat({ programs }: Pat): string {
  if (programs.length === 0) return 'no programs'
  return programs.map(({ program, pmtPid }) => `program ${program} at PID ${pidText(pmtPid)}`).join(', ')
}

function describePmt({ streams, pcrPid }: Pmt): string {
  const parts = streams.map((entry) => `${streamCodec(entry).name} at PID ${pidText(entry.pid)}`)
  return `${parts.length === 0 ? 'no streams' : parts.join(', ')}; clock at PID ${pidText(pcrPid)}`
}

function describeChange(before: Pmt, { streams, pcrPid, version }: Pmt): string {
  const was = new Map(before.streams.map((entry) => [entry.pid, streamCodec(entry).name]))
  const parts: string[] = []
  for (const entry of streams) {
    const { name } = streamCodec(entry)
    const old = was.get(entry.pid)
    was.delete(entry.pid)
    if (old === undefined) parts.push(`${name} comes at PID ${pidText(entry.pid)}`)
    else if (old !== name) parts.push(`PID ${pidText(entry.pid)} changes from ${old} to ${name}`)
  }
  for (const [pid, name] of was) parts.push(`${name} goes from PID ${pidText(pid)}`)
  if (pcrPid !== before.pcrPid) parts.push(`the clock moves to PID ${pidText(pcrPid)}`)
  if (parts.length === 0) parts.push('other descriptors')
  return parts.join(', ') + (version === before.version ? ' (the version number stays the same)' : '')
}
