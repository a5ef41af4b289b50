/** What is wrong with a transport stream, one sentence each. Errors are lost or damaged bytes; the rest plays, or is worth knowing. */
import { PTS_HZ } from '../pes.ts'
import { NULL_PID } from '../sections.ts'
import { BoundedList } from './bounded-list.ts'
import type { PidReport, Problem, ProgramReport, StreamReport, TsReport } from './report.ts'
import { pidText } from './tables.ts'

/** Packet numbers that one sentence names. */
const NAMED = 10
/** EBU R 37 and ITU-R BT.1359: more than 45 ms early or 125 ms late is seen. Files start sound up to a PES packet apart. */
const SKEW_SECONDS = 0.5

export function findProblems(report: TsReport): TsReport['problems'] {
  const problems = new BoundedList<Problem>()
  let errors = 0
  const add: Add = (severity, code, text, where = {}) => {
    if (severity === 'error') errors += 1
    problems.add({ severity, code, pid: where.pid ?? null, packet: where.packet ?? null, text })
  }
  for (const range of report.garbage.ranges) add('error', 'sync-lost', garbageText(range))
  if (report.packets > 0) findInTables(report, add)
  for (const pid of report.pids) findInPid(pid, add)
  for (const stream of report.streams) findInStream(stream, add)
  for (const program of report.programs) findInProgram(program, add)
  if (report.parity !== null && report.parity.wrong > 0) {
    const { wrong, checked } = report.parity
    if (wrong === checked) add('note', 'no-parity', 'the 16 bytes behind each packet are no Reed-Solomon parity')
    else add('error', 'parity', `${wrong} of ${checked} packets do not agree with their Reed-Solomon parity`)
  }
  if (report.arrival?.runsWithClock === false)
    add('note', 'arrival', 'the arrival stamps before the packets do not run with the clock (PCR)')
  for (const { offset, strideBytes } of report.layoutChanges)
    add('warning', 'layout-change', `from byte ${offset} on packets lie ${strideBytes} bytes apart`)
  return { ...problems.report(), errors }
}

type Add = (severity: Problem['severity'], code: string, text: string, where?: { pid?: number; packet?: number }) => void

function garbageText({ offset, length, kind }: TsReport['garbage']['ranges'][number]): string {
  if (kind === 'damaged-sync') return `the sync byte of the packet at byte ${offset} is damaged; its ${length} bytes are not read`
  if (kind === 'truncated') return `the file ends in the middle of a packet: ${length} bytes at byte ${offset}`
  return `${length} bytes at byte ${offset} are no packets`
}

function findInTables(report: TsReport, add: Add): void {
  const { crcErrors, programs, tables } = report
  if (programs.length === 0) add('error', 'no-pat', 'there is no PAT: nothing says what the PIDs carry')
  for (const { program, pmtPid, streams, pcrPid } of programs) {
    const pmt = tables.list.some((change) => change.table === 'PMT' && change.program === program)
    if (!pmt) add('error', 'no-pmt', `program ${program} has no PMT at PID ${pidText(pmtPid)}`, { pid: pmtPid })
    else if (pcrPid === null && streams.length > 0) add('warning', 'no-pcr', `program ${program} has no clock (PCR)`)
    else if (pcrPid !== null && !report.pids.some(({ pid, pcr }) => pid === pcrPid && pcr !== null))
      add('warning', 'no-pcr', `no clock (PCR) comes at PID ${pidText(pcrPid)}, where program ${program} says it does`, { pid: pcrPid })
  }
  if (crcErrors.count > 0) {
    const packets = named(
      crcErrors.list.map(({ packet }) => packet),
      crcErrors.count,
    )
    add('error', 'crc', `${crcErrors.count} ${crcErrors.count === 1 ? 'section has' : 'sections have'} a wrong CRC: ${packets}`)
  }
  for (const { packet, text, program } of tables.list.filter(
    (change, index, list) => list.findIndex(({ table, program: of }) => table === change.table && of === change.program) < index,
  )) {
    add('note', 'table-change', `${program === null ? 'the PAT' : `the PMT of program ${program}`} changes at packet ${packet}: ${text}`, {
      packet,
    })
  }
}

function findInPid(report: PidReport, add: Add): void {
  const { pid, continuityErrors, transportErrors, scrambledPackets, packets, pcr, role } = report
  if (pid === NULL_PID) return
  const name = `PID ${pidText(pid)}`
  const first = continuityErrors.list[0]
  if (first !== undefined) {
    const where = named(
      continuityErrors.list.map(({ packet }) => packet),
      continuityErrors.count,
    )
    const counted = continuityErrors.count === 1 ? '1 continuity error' : `${continuityErrors.count} continuity errors`
    const detail = `${first.found} where ${first.expected} was expected`
    add('error', 'continuity', `${name}: ${counted}, ${where} (${detail}${continuityErrors.count > 1 ? ' in the first' : ''})`, {
      ...{ pid, packet: first.packet },
    })
  }
  if (transportErrors > 0)
    add('error', 'transport-error', `${name}: ${transportErrors} packets are marked as damaged (transport_error_indicator)`, { pid })
  if (scrambledPackets > 0)
    add('note', 'scrambled', `${name}: ${scrambledPackets} of ${packets} packets are scrambled and cannot be looked into`, { pid })
  if (role === 'not in any PMT') add('note', 'unlisted', `${name} is in no PMT: ${packets} packets`, { pid })
  if (pcr === null) return
  if (pcr.intervalsOver100Ms > 0) {
    const text = `${name}: the clock (PCR) comes up to ${Math.round(pcr.intervalMaxMs)} ms apart, ${pcr.intervalsOver100Ms} times over the 100 ms allowed`
    add('warning', 'pcr-interval', text, { pid })
  }
  if (pcr.jumps.unannounced > 0)
    add('warning', 'pcr-jump', `${name}: the clock (PCR) jumps ${times(pcr.jumps.unannounced)} without discontinuity_indicator`, { pid })
}

function findInStream({ pid, pes, times: stamps, codec, facts, frames, configChanges }: StreamReport, add: Add): void {
  const name = `PID ${pidText(pid)}`
  if (pes.malformed > 0)
    add('warning', 'pes-header', `${name}: ${pes.malformed} of ${pes.units} units do not start with a PES header`, { pid })
  if (pes.damaged > 0) add('warning', 'pes-damaged', `${name}: ${pes.damaged} of ${pes.units} PES packets are not whole`, { pid })
  if (pes.scrambled > 0) add('note', 'scrambled', `${name}: ${pes.scrambled} PES packets are scrambled and cannot be looked into`, { pid })
  if (codec.sampleAes)
    add('note', 'sample-aes', `${name}: encrypted by SAMPLE-AES; the configuration can be read, the samples cannot`, { pid })
  else if (frames !== null && facts === null && pes.units > pes.scrambled)
    add('warning', 'no-config', `${name}: no ${codec.name} configuration was found in ${pes.units} PES packets`, { pid })
  for (const { fromTicks, toTicks, packet, announced } of stamps.jumps.list.slice(0, NAMED)) {
    const text = `${name}: time jumps from ${seconds(fromTicks)} to ${seconds(toTicks)} at packet ${packet}${announced ? ', as discontinuity_indicator says' : ''}`
    add(announced ? 'note' : 'warning', 'time-jump', text, { pid, packet })
  }
  for (const { atTicks, ticks, packet } of stamps.gaps.list.slice(0, NAMED)) {
    const text = `${name}: ${ticks > 0 ? 'a gap' : 'an overlap'} of ${Math.abs(ticks / (PTS_HZ / 1000)).toFixed(1)} ms at ${seconds(atTicks)}, packet ${packet}`
    add('warning', ticks > 0 ? 'gap' : 'overlap', text, { pid, packet })
  }
  if (stamps.gaps.count > NAMED) add('warning', 'gap', `${name}: ${stamps.gaps.count - NAMED} more gaps and overlaps`, { pid })
  if (stamps.wraps > 0) add('note', 'wrap', `${name}: time stamps wrap around their 33 bits ${times(stamps.wraps)}`, { pid })
  for (const { ticks, text } of configChanges.list.slice(0, NAMED))
    add('note', 'config-change', `${name}: ${ticks === null ? '' : `from ${seconds(ticks)} on `}${text}`, { pid })
}

function findInProgram({ skews }: ProgramReport, add: Add): void {
  for (const { audioPid, startSeconds, endSeconds, driftSeconds } of skews) {
    if (Math.abs(startSeconds) > SKEW_SECONDS) {
      const text = `the sound at PID ${pidText(audioPid)} starts ${apart(startSeconds)} than the picture`
      add('warning', 'skew', text, { pid: audioPid })
    }
    if (Math.abs(endSeconds - startSeconds) > 1) {
      const text = `the sound at PID ${pidText(audioPid)} ends ${Math.abs(endSeconds).toFixed(3)} s ${endSeconds < 0 ? 'before' : 'behind'} the picture`
      add('note', 'ends-apart', text, { pid: audioPid })
    }
    if (Math.abs(driftSeconds) > 0.1) {
      const text = `the frames of the sound at PID ${pidText(audioPid)} last ${Math.abs(driftSeconds).toFixed(3)} s ${driftSeconds < 0 ? 'less' : 'more'} than their time stamps say`
      add('warning', 'drift', text, { pid: audioPid })
    }
  }
}

function apart(difference: number): string {
  return `${Math.abs(difference).toFixed(3)} s ${difference > 0 ? 'later' : 'earlier'}`
}

function seconds(ticks: number): string {
  return `${(ticks / PTS_HZ).toFixed(3)} s`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** `packet 12`, `packets 12, 40, … (812 in all)`. */
function named(packets: number[], count: number): string {
  if (count === 1) return `packet ${packets[0]}`
  const more = count > NAMED ? `, … (${count} in all)` : ''
  return `packets ${packets.slice(0, NAMED).join(', ')}${more}`
}
