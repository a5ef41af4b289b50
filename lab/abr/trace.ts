/**
 * Network traces: how much a path carried, step by step. Reads the formats in which they are published: Sabre's JSON (a list
 * of `{duration_ms, bandwidth_kbps, latency_ms}` or of `[duration, kbit/s, latency]`), one such trace a line (JSONL), Mahimahi's
 * packet deliveries (a line each: the millisecond at which one packet may pass) and CSV (`time,kbit/s`, with or without a header).
 */
import { LabError } from '../error.ts'

/** The path is the same for so long. */
export interface TraceStep {
  durationMs: number
  /** Capacity, kbit/s (which is bits a millisecond). */
  kbps: number
  /** From a request to the first byte of its answer. */
  latencyMs: number
}

export interface Trace {
  name: string
  /** Never empty, and some step carries something. A session that outlasts it begins again at the first step. */
  steps: readonly TraceStep[]
}

export interface ReadTraceOptions {
  /** Of the traces that do not say: Mahimahi's and CSV. Sabre's authors took 20 ms for fixed lines and 100 ms for 3G. */
  latencyMs?: number
}

const DEFAULT_LATENCY_MS = 50
/** Mahimahi counts packets of so many bytes (a full Ethernet frame's payload). */
const MAHIMAHI_PACKET_BYTES = 1_500
/** Its packets are gathered into steps of this length: shorter ones would be noise of the packet grid. */
const MAHIMAHI_STEP_MS = 200

const MAX_TEXT = 128 * 1024 * 1024
const MAX_TRACES = 20_000
const MAX_STEPS = 1_000_000
const MAX_DURATION_MS = 30 * 24 * 3_600_000
const MAX_KBPS = 1e9
const MAX_LATENCY_MS = 60_000

/** All traces in the text of one file, whichever format it is in. `name` is for those that have none. Throws `LabError`. */
export function readTraces(text: string, name: string, { latencyMs = DEFAULT_LATENCY_MS }: ReadTraceOptions = {}): Trace[] {
  if (text.length > MAX_TEXT) throw new LabError(`${name}: larger than ${MAX_TEXT / 1024 / 1024} MB, which no trace is`)
  const start = text.trimStart()
  if (start === '') throw new LabError(`${name}: is empty`)
  if (start.startsWith('[') || start.startsWith('{')) return readJson(start, name)
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const rows = lines.flatMap((line, index) => (line === '' || line.startsWith('#') ? [] : [{ line, at: index + 1 }]))
  if (rows.every(({ line }) => /^\d+$/.test(line))) return [readMahimahi(rows, name, latencyMs)]
  return [readCsv(rows, name, latencyMs)]
}

/** A trace from steps of any origin, checked. Throws `LabError`. */
export function traceOf(name: string, steps: readonly TraceStep[]): Trace {
  if (steps.length === 0) throw new LabError(`${name}: has no steps`)
  if (steps.length > MAX_STEPS) throw new LabError(`${name}: has more than ${MAX_STEPS} steps`)
  for (const [index, { durationMs, kbps, latencyMs }] of steps.entries()) {
    const where = `${name}: step ${index + 1}`
    if (!(durationMs > 0 && durationMs <= MAX_DURATION_MS)) throw new LabError(`${where} lasts ${durationMs} ms`)
    if (!(kbps >= 0 && kbps <= MAX_KBPS)) throw new LabError(`${where} carries ${kbps} kbit/s`)
    if (!(latencyMs >= 0 && latencyMs <= MAX_LATENCY_MS)) throw new LabError(`${where} has a latency of ${latencyMs} ms`)
  }
  if (!steps.some(({ kbps }) => kbps > 0)) throw new LabError(`${name}: carries nothing at any time`)
  return { name, steps }
}

/** Rates in Mbit/s, each for the same stretch of `durationS`. */
export function profileTrace(name: string, mbps: readonly number[], durationS: number, latencyMs = DEFAULT_LATENCY_MS): Trace {
  const durationMs = (durationS * 1000) / Math.max(1, mbps.length)
  return traceOf(
    name,
    mbps.map((rate) => ({ durationMs, kbps: rate * 1000, latencyMs })),
  )
}

/** Length of a trace, ms. */
export function traceDurationMs({ steps }: Trace): number {
  return steps.reduce((sum, { durationMs }) => sum + durationMs, 0)
}

/** Mean capacity over time, kbit/s. */
export function meanKbps(trace: Trace): number {
  return trace.steps.reduce((sum, { durationMs, kbps }) => sum + durationMs * kbps, 0) / traceDurationMs(trace)
}

function readJson(text: string, name: string): Trace[] {
  const whole = parsed(text)
  if (whole !== undefined) return jsonTraces(whole, name)
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (lines.length > MAX_TRACES) throw new LabError(`${name}: has more than ${MAX_TRACES} traces`)
  return lines.flatMap((line, index) => {
    const value = parsed(line)
    if (value === undefined) throw new LabError(`${name}: line ${index + 1} is no JSON`)
    return jsonTraces(value, lines.length === 1 ? name : `${name}:${index + 1}`)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One trace (a list of steps, or an object with one), or a list of traces. */
function jsonTraces(value: unknown, name: string): Trace[] {
  if (Array.isArray(value) && isNamed(value[0])) {
    if (value.length > MAX_TRACES) throw new LabError(`${name}: has more than ${MAX_TRACES} traces`)
    return value.flatMap((one, index) => jsonTraces(one, `${name}:${index + 1}`))
  }
  if (isNamed(value)) return [traceOf(typeof value.name === 'string' ? value.name.slice(0, 200) : name, jsonSteps(value.steps, name))]
  return [traceOf(name, jsonSteps(value, name))]
}

function isNamed(value: unknown): value is { name?: unknown; steps: unknown } {
  return typeof value === 'object' && value !== null && 'steps' in value
}

function jsonSteps(value: unknown, name: string): TraceStep[] {
  if (!Array.isArray(value)) throw new LabError(`${name}: expected a list of steps`)
  if (value.length > MAX_STEPS) throw new LabError(`${name}: has more than ${MAX_STEPS} steps`)
  return value.map((step: unknown, index) => {
    const [durationMs, kbps, latencyMs] = Array.isArray(step) ? step : fields(step)
    const numbers = [durationMs, kbps, latencyMs ?? DEFAULT_LATENCY_MS]
    if (!numbers.every((number) => typeof number === 'number' && Number.isFinite(number)))
      throw new LabError(`${name}: step ${index + 1} is neither [duration_ms, kbps, latency_ms] nor an object with those fields`)
    return { durationMs: Number(numbers[0]), kbps: Number(numbers[1]), latencyMs: Number(numbers[2]) }
  })
}

function fields(step: unknown): unknown[] {
  if (typeof step !== 'object' || step === null) return []
  const of = step as Record<string, unknown>
  return [of['duration_ms'], of['bandwidth_kbps'], of['latency_ms']]
}

interface Row {
  line: string
  /** Line number in the file. */
  at: number
}

/** Lines are sorted; the trace lasts until its last delivery and repeats. */
function readMahimahi(rows: readonly Row[], name: string, latencyMs: number): Trace {
  const last = Number(rows.at(-1)?.line)
  if (!(last > 0)) throw new LabError(`${name}: its last packet is at ${last} ms, so it has no length`)
  if (last > MAX_STEPS * MAHIMAHI_STEP_MS) throw new LabError(`${name}: lasts ${last} ms, longer than any trace`)
  const count = Math.ceil(last / MAHIMAHI_STEP_MS)
  const packets = new Float64Array(count)
  let before = 0
  for (const { line, at } of rows) {
    const ms = Number(line)
    if (ms < before) throw new LabError(`${name}: line ${at} goes back in time (${before} ms, then ${ms} ms)`)
    before = ms
    // A packet at the very end passes in the last step.
    const step = Math.min(Math.floor(ms / MAHIMAHI_STEP_MS), count - 1)
    packets[step] = (packets[step] ?? 0) + 1
  }
  const steps = Array.from(packets, (passed, index) => {
    const durationMs = Math.min(MAHIMAHI_STEP_MS, last - index * MAHIMAHI_STEP_MS)
    return { durationMs, kbps: (passed * MAHIMAHI_PACKET_BYTES * 8) / durationMs, latencyMs }
  })
  return traceOf(name, steps)
}

/** What a header may say about a column: the factor to ms, or to kbit/s. */
const TIME_UNITS: [RegExp, number][] = [
  [/ms|milli/i, 1],
  [/time|sec|^t$|\bs\b/i, 1_000],
]
const RATE_UNITS: [RegExp, number][] = [
  [/mbps|mbit/i, 1_000],
  [/kbps|kbit/i, 1],
  [/bps|bit/i, 0.001],
]

/** A rate holds until the time of the next row; the last one as long as the one before. Seconds and kbit/s, unless the header says otherwise. */
function readCsv(rows: readonly Row[], name: string, latencyMs: number): Trace {
  const split = (line: string): string[] => line.split(/[,;\t]|\s+/).filter((cell) => cell !== '')
  const head = split(rows[0]?.line ?? '')
  const hasHead = head.some((cell) => !Number.isFinite(Number(cell)))
  const column = (units: [RegExp, number][], otherwise: number): [number, number] => {
    for (const [pattern, factor] of hasHead ? units : []) {
      const found = head.findIndex((cell) => pattern.test(cell))
      if (found !== -1) return [found, factor]
    }
    return [otherwise, units === TIME_UNITS ? 1_000 : 1]
  }
  const [timeColumn, toMs] = column(TIME_UNITS, 0)
  const [rateColumn, toKbps] = column(RATE_UNITS, 1)
  const points = (hasHead ? rows.slice(1) : rows).map(({ line, at }) => {
    const cells = split(line)
    const [time, rate] = [Number(cells[timeColumn] ?? NaN), Number(cells[rateColumn] ?? NaN)]
    if (!Number.isFinite(time) || !Number.isFinite(rate))
      throw new LabError(`${name}: line ${at} is not "time,kbit/s": ${line.slice(0, 60)}`)
    return { ms: time * toMs, kbps: rate * toKbps, at }
  })
  const steps = points.map(({ ms, kbps, at }, index): TraceStep => {
    const next = points[index + 1]?.ms
    const previous = points[index - 1]?.ms
    const durationMs = next === undefined ? (previous === undefined ? 1_000 : ms - previous) : next - ms
    if (!(durationMs > 0)) throw new LabError(`${name}: line ${at}: times have to grow`)
    return { durationMs, kbps, latencyMs }
  })
  return traceOf(name, steps)
}
