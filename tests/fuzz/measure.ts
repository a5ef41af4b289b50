/**
 * Runs a target on an input and says what it did: crashed, took too long, took too much memory.
 *
 * *Memory* is every byte that was allocated while the input was read, garbage included: growth of the heap and of array
 * buffers, between two collections of garbage. Where the figure is too high, or less than nothing
 * because a collection came in between, the input is read again behind a forced one.
 */
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { MediaError } from '../../media/errors.ts'
import type { Target } from './targets.ts'

/** An input may take four times its own bytes, and this: buffers that readers have anyway, and the
 * report of a small file with a field for each number, as objects and as JSON. */
export const CONSTANT_BYTES = 16 * 1024 * 1024
/** Of processor time, so that a busy machine is no hang. */
export const HANG_MS = 1000
/** Garbage that is left for later; young space has to hold more (see `NODE_OPTIONS` in run.ts). */
const COLLECT_BYTES = 40 * 1024 * 1024

export interface Measured {
  outcome: 'read' | 'refused' | 'crash' | 'hang' | 'memory'
  /** Of a crash: name, message and the place it was thrown at. */
  what: string
  allocatedBytes: number
  cpuMs: number
}

export function allowedBytes(input: Uint8Array): number {
  return input.length * 4 + CONSTANT_BYTES
}

/** A collection may come at any time, also right behind a forced one: freed buffers are counted late. */
const ATTEMPTS = 4

type Collector = (options?: { type: 'minor' | 'major'; execution: 'sync' }) => void

/** Null where memory cannot be measured: Node was started without `--expose-gc`. */
const collect = (globalThis as { gc?: Collector }).gc ?? null
let sinceCollection = 0

export async function measure(target: Target, input: Uint8Array, slices: number): Promise<Measured> {
  if (collect !== null && sinceCollection > COLLECT_BYTES) collectGarbage(collect, 'minor')
  const first = await once(target, input, slices)
  sinceCollection += Math.max(0, first.allocatedBytes)
  if (collect === null || first.outcome === 'crash' || first.outcome === 'hang') return first
  if (first.allocatedBytes >= 0 && first.allocatedBytes <= allowedBytes(input)) return first
  let again = first
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    collectGarbage(collect, 'major')
    again = await once(target, input, slices)
    sinceCollection += Math.max(0, again.allocatedBytes)
    if (again.allocatedBytes >= 0 && again.allocatedBytes <= allowedBytes(input)) return again
  }
  // Less than nothing right behind a collection, every time: so much was allocated that another one was needed.
  return { ...again, outcome: 'memory', what: `${again.allocatedBytes} bytes allocated for ${input.length}` }
}

function collectGarbage(gc: Collector, type: 'minor' | 'major'): void {
  gc({ type, execution: 'sync' })
  sinceCollection = 0
}

async function once(target: Target, input: Uint8Array, slices: number): Promise<Measured> {
  const before = taken()
  const started = process.cpuUsage()
  const wall = performance.now()
  let outcome: Measured['outcome'] = 'read'
  let what = ''
  try {
    await target.run(input, slices)
  } catch (error) {
    outcome = error instanceof MediaError ? 'refused' : 'crash'
    if (outcome === 'crash') what = placeOf(error)
  }
  const allocatedBytes = taken() - before
  const { user, system } = process.cpuUsage(started)
  // Other threads of the process (the collector) count in processor time, not in that of the clock.
  const cpuMs = Math.min((user + system) / 1000, performance.now() - wall)
  if (outcome !== 'crash' && cpuMs > HANG_MS) return { outcome: 'hang', what: `${Math.round(cpuMs)} ms`, allocatedBytes, cpuMs }
  return { outcome, what, allocatedBytes, cpuMs }
}

function taken(): number {
  // As process.memoryUsage(), without asking the system for the size of the process.
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

/** The same for the same bug: the error and the first line of ours it went through. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const line = error.stack?.split('\n').find((one) => one.includes('/media/')) ?? ''
  const at = /media\/[^)]*/.exec(line)?.[0] ?? ''
  return `${error.name}: ${error.message.replaceAll(/\d+/g, 'N')} (${at})`
}
