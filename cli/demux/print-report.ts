/** A transport stream's report as a person reads it. */
import type { ElementaryFile } from '../../media/mpegts/elementary/elementary-writer.ts'
import type { PidReport, ProgramReport, Skew, StreamReport, TimesReport, TsReport } from '../../media/mpegts/analyze/report.ts'
import { pidText } from '../../media/mpegts/analyze/tables.ts'
import { PTS_HZ } from '../../media/mpegts/pes.ts'
import { bitrate, counted } from '../terminal.ts'

/** Events that are printed; `--json` and `events.jsonl` have more. */
const EVENTS = 20
const PROBLEMS = 50
const SIGNS = { error: '✗', warning: '!', note: '·' }

/** Lines without a newline at the end. */
export function describeReport(name: string, report: TsReport, files: ElementaryFile[], written: string | null): string {
  return [
    `MPEG-TS Analysis: ${name}`,
    ...describeFile(report),
    '',
    'Program Association Table (PAT):',
    ...report.programs.map(({ program, pmtPid, serviceName }) => {
      return `  Program ${program} → PMT PID: ${pidText(pmtPid)}${serviceName === null ? '' : ` ("${serviceName}")`}`
    }),
    ...report.programs.flatMap(describePmt),
    '',
    'Packet Analysis:',
    `  Sync byte: 0x47 (${report.garbage.count === 0 ? `valid for all ${report.packets} packets` : `lost ${counted(report.garbage.count, 'time')}, ${grouped(report.garbage.bytes)} bytes are no packets`})`,
    ...report.streams.flatMap((stream) => describeStream(stream, report)),
    ...report.programs.flatMap(({ skews }) => skews.map(describeSkew)),
    ...report.pids.filter(({ pid }) => !report.streams.some((stream) => stream.pid === pid)).flatMap(describePid),
    ...describeEvents(report),
    '',
    'Elementary Stream Output:',
    ...files.map((file) => describeOutput(file)),
    ...(files.length === 0 ? ['  nothing'] : []),
    '',
    ...describeProblems(report),
    written === null ? 'Nothing was written: --output DIR writes the elementary streams.' : `Written to ${written}`,
  ].join('\n')
}

function describeFile({ bytes, packets, strideBytes, durationSeconds, bitrateBps, nullPackets, arrival, parity }: TsReport): string[] {
  const lines = [`File size: ${grouped(bytes)} bytes (${packets} packets @ ${strideBytes} bytes)`]
  if (durationSeconds !== null && bitrateBps !== null)
    lines.push(
      `Clock: ${seconds(durationSeconds)}, ${bitrate(bitrateBps)}${nullPackets > 0 ? `, of it ${percent(nullPackets, packets)} null packets` : ''}`,
    )
  if (arrival?.runsWithClock) lines.push(`Arrival stamps: ${seconds(arrival.durationSeconds)} from first to last`)
  if (parity !== null) lines.push(`Reed-Solomon parity: ${parity.checked - parity.wrong} of ${parity.checked} packets agree`)
  return lines
}

function describePmt({ program, pmtPid, streams, pcrPid }: ProgramReport): string[] {
  const lines = streams.map(({ pid, streamType, codec, language }) => {
    const kind = codec.kind.replace(/^./, (letter) => letter.toUpperCase())
    const spoken = language === null ? '' : `, ${language}`
    return `  ${kind}: PID ${pidText(pid)}, ${codec.name} (stream_type: 0x${streamType.toString(16).padStart(2, '0')})${spoken}`
  })
  const clock = pcrPid === null ? [] : [`  Clock (PCR): PID ${pidText(pcrPid)}`]
  return ['', `Program Map Table (PMT) @ PID ${pidText(pmtPid)}, program ${program}:`, ...lines, ...clock]
}

function describeStream(stream: StreamReport, report: TsReport): string[] {
  const { pid, codec, pes, times, keyframes, facts } = stream
  const of = report.pids.find((one) => one.pid === pid)
  const kind = codec.kind.replace(/^./, (letter) => letter.toUpperCase())
  const rate = of?.bitrateBps ? `, ${bitrate(of.bitrateBps)}` : ''
  const shared = report.streams.filter((one) => one.pid === pid).length > 1 ? `, from packet ${stream.fromPacket} on` : ''
  const lines = [`  PID ${pidText(pid)} (${kind}${shared}):`]
  lines.push(`    Packets: ${of?.packets ?? 0}${rate}`)
  if (facts !== null) lines.push(`    Codec: ${facts.text}${facts.codec === null ? '' : ` (${facts.codec})`}`)
  lines.push(`    PES units: ${pes.units}${describeContent(stream)}`)
  lines.push(...describeTimes(times))
  if (keyframes.count > 0) {
    const gop = keyframes.longestGopSeconds === null ? '' : `, at most ${seconds(keyframes.longestGopSeconds)} apart`
    lines.push(`    Keyframes: ${keyframes.count}${gop}`)
  }
  return of === undefined ? lines : [...lines, ...describePacketFacts(of)]
}

/** `(= 180 video frames @ 30fps = 6 seconds ✓)`: the tick says that the frames fill the time that the stamps span. */
function describeContent({ codec, frames, frameRate, times, pes }: StreamReport): string {
  if (frames === null) return ''
  const span = times.firstPtsTicks === null || times.endPtsTicks === null ? null : (times.endPtsTicks - times.firstPtsTicks) / PTS_HZ
  if (codec.kind !== 'video') {
    const name = `${codec.name.replace(/ \(.*/, '')} frames`
    return ` (= ${frames} ${name}${span === null || times.jumps.count > 0 ? '' : ` = ${seconds(span)}`}${pes.damaged === 0 && times.gaps.count === 0 ? ' ✓' : ''})`
  }
  if (frameRate === null) return ` (= ${counted(frames, 'video frame')})`
  const lasting = frames / frameRate
  const right = span !== null && times.jumps.count === 0 && Math.abs(lasting - span) * frameRate < 0.6
  return ` (= ${frames} video frames @ ${Number(frameRate.toFixed(3))}fps = ${seconds(lasting)}${right ? ' ✓' : ''})`
}

function describeTimes({ firstPtsTicks, lastPtsTicks, firstDtsTicks, lastDtsTicks, wraps, gaps, jumps }: TimesReport): string[] {
  if (firstPtsTicks === null || lastPtsTicks === null) return ['    No time stamps']
  const lines = [`    First PTS: ${stamp(firstPtsTicks)}`, `    Last PTS: ${stamp(lastPtsTicks)}`]
  if (firstDtsTicks !== null && lastDtsTicks !== null && (firstDtsTicks !== firstPtsTicks || lastDtsTicks !== lastPtsTicks))
    lines.push(`    First DTS: ${stamp(firstDtsTicks)}`, `    Last DTS: ${stamp(lastDtsTicks)}`)
  const odd = [
    ...(wraps > 0 ? [counted(wraps, 'wrap')] : []),
    ...(gaps.count > 0 ? [`${gaps.count} gaps or overlaps`] : []),
    ...(jumps.count > 0 ? [counted(jumps.count, 'jump')] : []),
  ]
  return odd.length === 0 ? lines : [...lines, `    Time: ${odd.join(', ')}`]
}

function describePacketFacts({
  continuityErrors,
  duplicates,
  scrambledPackets,
  transportErrors,
  randomAccessPoints,
  discontinuities,
  pcr,
}: PidReport): string[] {
  const where = continuityErrors.list.slice(0, 10).map(({ packet }) => packet)
  const more = continuityErrors.count > where.length ? ', …' : ''
  const named = continuityErrors.count === 0 ? '' : ` (at packet ${where.join(', ')}${more})`
  const lines = [`    Continuity errors: ${continuityErrors.count}${named}`]
  if (duplicates > 0) lines.push(`    Duplicate packets: ${duplicates}`)
  if (discontinuities > 0) lines.push(`    Announced discontinuities: ${discontinuities}`)
  if (scrambledPackets > 0) lines.push(`    Scrambled packets: ${scrambledPackets}`)
  if (transportErrors > 0) lines.push(`    Packets marked as damaged: ${transportErrors}`)
  if (randomAccessPoints > 0) lines.push(`    Random access points: ${randomAccessPoints}`)
  if (pcr !== null && pcr.count > 1) {
    const against = { arrival: 'against arrival', rate: 'against the constant rate', interval: 'deviation of the interval' }[
      pcr.jitterAgainst
    ]
    lines.push(
      `    PCR: ${pcr.count}, each ${pcr.intervalMeanMs.toFixed(1)} ms (at most ${pcr.intervalMaxMs.toFixed(1)} ms), jitter ${pcr.jitterMs.toFixed(3)} ms (${against})`,
    )
  }
  return lines
}

function describePid(report: PidReport): string[] {
  const head = `  PID ${pidText(report.pid)} (${report.role}): ${counted(report.packets, 'packet')}`
  const facts = describePacketFacts(report)
  return report.continuityErrors.count === 0 && facts.length === 1 ? [head] : [head, ...facts]
}

function describeSkew({ audioPid, startSeconds, endSeconds, driftSeconds }: Skew): string {
  const aligned = Math.abs(startSeconds) <= 0.1 && Math.abs(driftSeconds) <= 0.05
  const drift = Math.abs(driftSeconds) > 0.001 ? `, drift ${milliseconds(driftSeconds)}` : ''
  return `  Audio/Video sync (PID ${pidText(audioPid)}): ${aligned ? '✓ aligned' : '! apart'} (start ${milliseconds(startSeconds)}, end ${milliseconds(endSeconds)}${drift})`
}

function describeEvents({ events }: TsReport): string[] {
  if (events.count === 0) return []
  const lines = events.list.slice(0, EVENTS).map(({ pid, ticks, text, kind }) => {
    const name = kind === 'id3' ? 'ID3' : 'SCTE-35'
    return `  ${ticks === null ? '(no time)' : `${(ticks / PTS_HZ).toFixed(3)}s`} PID ${pidText(pid)} ${name}: ${text}`
  })
  return ['', 'Marks:', ...lines, ...(events.count > EVENTS ? [`  … and ${events.count - EVENTS} more`] : [])]
}

const WITHHELD = {
  scrambled: 'scrambled: not written',
  'sample-aes': 'encrypted by SAMPLE-AES: not written',
  'no-keyframe': 'no keyframe: not written',
}

function describeOutput({ name, bytes, holds, unitsLeftOut, withheld }: ElementaryFile): string {
  if (withheld !== null && bytes === 0) return `  × ${name} - ${holds}, ${WITHHELD[withheld]}`
  const left = unitsLeftOut > 0 ? `; ${counted(unitsLeftOut, 'PES unit')} before the first keyframe left out` : ''
  const partly = withheld === null ? '' : `; ${withheld} parts left out`
  return `  → ${name} (${grouped(Math.max(1, Math.round(bytes / 1000)))} KB) - ${holds}${left}${partly}`
}

function describeProblems({ problems }: TsReport): string[] {
  if (problems.count === 0) return ['No problems found.', '']
  const lines = problems.list.slice(0, PROBLEMS).map(({ severity, text }) => `  ${SIGNS[severity]} ${text}`)
  const more = problems.count > PROBLEMS ? [`  … and ${problems.count - PROBLEMS} more`] : []
  return [`Found (✗ error, ! warning, · note), ${counted(problems.errors, 'error')}:`, ...lines, ...more, '']
}

export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function seconds(value: number): string {
  return `${Number(value.toFixed(3))} seconds`
}

function stamp(ticks: number): string {
  return `${ticks} (${Number((ticks / PTS_HZ).toFixed(3))}s)`
}

function milliseconds(value: number): string {
  return `${value > 0 ? '+' : ''}${(value * 1000).toFixed(1)} ms`
}

function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(1)} %`
}
