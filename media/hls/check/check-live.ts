/** Parts, server control, hints, reports and date ranges (RFC 8216bis 4.4.3.7, 4.4.3.8, 4.4.4.9, 4.4.5). */
import { readDate } from '../read-attributes.ts'
import { attribute, type CheckedLine, numberOf, type Report } from './model.ts'

export function checkLive(lines: readonly CheckedLine[], report: Report): void {
  const find = (name: string): CheckedLine | undefined => lines.find((one) => one.name === name)
  const must = (line: number, clause: string, text: string): void => report('must', line, clause, text)
  const info = find('EXT-X-PART-INF')
  const firstPart = find('EXT-X-PART')
  if (firstPart !== undefined && info === undefined) must(firstPart.line, '4.4.3.7', 'With EXT-X-PART there must be EXT-X-PART-INF.')
  const partTarget = info && numberOf(info, 'PART-TARGET')
  if (partTarget !== undefined) checkParts(lines, partTarget, must)
  checkServerControl(find('EXT-X-SERVER-CONTROL'), info, Number(find('EXT-X-TARGETDURATION')?.value), must)
  const ended = find('EXT-X-ENDLIST') !== undefined
  for (const one of lines) {
    if (one.name === 'EXT-X-PRELOAD-HINT' && ended) must(one.line, '4.4.5.3', 'With EXT-X-ENDLIST there must be no EXT-X-PRELOAD-HINT.')
    if (one.name === 'EXT-X-RENDITION-REPORT' && /^[a-z][a-z\d+.-]*:/i.test(attribute(one, 'URI') ?? '')) {
      must(one.line, '4.4.5.4', 'URI of EXT-X-RENDITION-REPORT must be relative.')
    }
  }
  checkDateRanges(lines, must)
}

type Must = (line: number, clause: string, text: string) => void

/** Durations are written with a few decimals: that much may be missing. */
const ROUNDING = 1e-6

function checkParts(lines: readonly CheckedLine[], target: number, must: Must): void {
  const relevant = lines.filter(({ name }) => name === '' || name === 'EXT-X-PART')
  for (const [index, one] of relevant.entries()) {
    const seconds = numberOf(one, 'DURATION')
    if (one.name === '' || seconds === undefined) continue
    if (seconds > target + ROUNDING)
      must(one.line, '4.4.4.9', `The part has ${seconds} s, more than the part target duration of ${target} s.`)
    const next = relevant[index + 1]
    const excused =
      one.attributes.has('INDEPENDENT') || one.attributes.has('GAP') || next === undefined || next.name === '' || next.attributes.has('GAP')
    if (!excused && seconds < target * 0.85 - ROUNDING) {
      must(
        one.line,
        '4.4.4.9',
        `The part has ${seconds} s, less than 85 % of the part target duration of ${target} s, and is not the last of its segment.`,
      )
    }
  }
}

function checkServerControl(control: CheckedLine | undefined, info: CheckedLine | undefined, target: number, must: Must): void {
  const partTarget = info && numberOf(info, 'PART-TARGET')
  const partHoldBack = control && numberOf(control, 'PART-HOLD-BACK')
  if (info !== undefined && partHoldBack === undefined) {
    must(control?.line ?? info.line, '4.4.3.8', 'With EXT-X-PART-INF there must be EXT-X-SERVER-CONTROL with PART-HOLD-BACK.')
  }
  if (control === undefined) return
  if (partHoldBack !== undefined && partTarget !== undefined && partHoldBack < 2 * partTarget - ROUNDING) {
    must(control.line, '4.4.3.8', `PART-HOLD-BACK must be at least twice the part target duration of ${partTarget} s.`)
  }
  const [holdBack, skip] = [numberOf(control, 'HOLD-BACK'), numberOf(control, 'CAN-SKIP-UNTIL')]
  if (holdBack !== undefined && holdBack < 3 * target)
    must(control.line, '4.4.3.8', `HOLD-BACK must be at least three times the target duration of ${target} s.`)
  if (skip !== undefined && skip < 6 * target)
    must(control.line, '4.4.3.8', `CAN-SKIP-UNTIL must be at least six times the target duration of ${target} s.`)
  if (control.attributes.has('CAN-SKIP-DATERANGES') && skip === undefined)
    must(control.line, '4.4.3.8', 'CAN-SKIP-DATERANGES needs CAN-SKIP-UNTIL.')
}

function checkDateRanges(lines: readonly CheckedLine[], must: Must): void {
  const ranges = lines.filter(({ name }) => name === 'EXT-X-DATERANGE')
  const [first] = ranges
  // In a delta update what is missing may be among what was left out.
  const whole = !lines.some(({ name }) => name === 'EXT-X-SKIP')
  const clause = '4.4.5.1'
  if (first !== undefined && whole && !lines.some(({ name }) => name === 'EXT-X-PROGRAM-DATE-TIME')) {
    must(first.line, clause, 'With EXT-X-DATERANGE there must be an EXT-X-PROGRAM-DATE-TIME.')
  }
  const known = new Map<string, Map<string, string>>()
  for (const one of ranges) {
    const id = attribute(one, 'ID') ?? ''
    const before = known.get(id) ?? new Map<string, string>()
    for (const [name, { text }] of one.attributes) {
      if ((before.get(name) ?? text) !== text) must(one.line, clause, `${name} must be what an earlier tag of the same ID says.`)
      if (!before.has(name)) before.set(name, text)
    }
    known.set(id, before)
    const start = readDate(before.get('START-DATE'))
    if (start === undefined && whole) must(one.line, clause, 'The first EXT-X-DATERANGE of an ID must have a START-DATE that is a date.')
    const end = readDate(before.get('END-DATE'))
    if (start !== undefined && end !== undefined && end < start) must(one.line, clause, 'END-DATE must not be earlier than START-DATE.')
    const duration = before.get('DURATION')
    if (start !== undefined && end !== undefined && duration !== undefined && Math.abs(start + Number(duration) * 1000 - end) > 1) {
      must(one.line, clause, 'END-DATE must be START-DATE and DURATION.')
    }
    if (before.has('END-ON-NEXT')) {
      if (!before.has('CLASS')) must(one.line, clause, 'END-ON-NEXT needs a CLASS.')
      if (duration !== undefined || before.has('END-DATE'))
        must(one.line, clause, 'With END-ON-NEXT there must be no DURATION and no END-DATE.')
    }
    const cues = before.get('CUE')?.split(',') ?? []
    if (cues.includes('PRE') && cues.includes('POST')) must(one.line, clause, 'CUE must not be both PRE and POST.')
  }
}
