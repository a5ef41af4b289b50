/**
 * The long run: `node tests/fuzz/run.ts --inputs 1000000 --target all --seed 1 [--output DIR] [--zoo] [--from N]`
 *
 * Two processes read hurt files, `--inputs` in all, as many for each target. Counted are *crashes* (anything thrown but
 * `MediaError`, a promise nobody awaits, a process that dies), *hangs* (more than a second of processor time for one input;
 * a process that is at one input for twenty seconds is killed) and *memory* (more than four times the input and 16 MiB, see
 * measure.ts; the heap has a limit of 512 MiB besides). Inputs that did any of it are written to `--output`, named
 * TARGET.OUTCOME-SEED-NUMBER.bin. Exit 1 when there was one. `--from N` goes on where a run was stopped: without the first N
 * inputs of each target.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { allFixtures, smallFixtures } from './fixtures.ts'
import { inputOf } from './inputs.ts'
import { TARGETS } from './targets.ts'
import type { Block, BlockResult, Finding } from './worker.ts'

const PROCESSES = 2
const BLOCK = 500
const STUCK_MS = 20_000
/** Young space holds what is allocated between two forced collections, so that none comes in between. */
const NODE_OPTIONS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64', '--max-old-space-size=512', '--stack-size=984']

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    target: { type: 'string', default: 'all' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    output: { type: 'string', default: '/tmp/sluice-fuzz' },
    zoo: { type: 'boolean', default: false },
  },
})

interface Row {
  inputs: number
  read: number
  refused: number
  crash: number
  hang: number
  memory: number
  maxCpuMs: number
  maxOverBytes: number
}

const seed = Number(values.seed)
const targets = TARGETS.filter(({ name }) => values.target === 'all' || values.target.split(',').includes(name))
if (targets.length === 0) throw new Error(`no target ${values.target}; there are ${TARGETS.map(({ name }) => name).join(', ')}`)
mkdirSync(values.output, { recursive: true })
// Made before the processes start, so that both find them.
const fixtures = values.zoo ? await allFixtures() : await smallFixtures()
const rows = new Map<string, Row>(
  targets.map(({ name }) => [name, { inputs: 0, read: 0, refused: 0, crash: 0, hang: 0, memory: 0, maxCpuMs: 0, maxOverBytes: 0 }]),
)
const findings: Finding[] = []
const blocks = planBlocks()
const started = Date.now()
await Promise.all(Array.from({ length: PROCESSES }, (_, index) => runProcess(index)))
report()
process.exitCode = findings.length === 0 ? 0 : 1

/** Targets take turns, so that a run that is stopped has been at all of them. */
function planBlocks(): Block[] {
  const each = Math.ceil(Number(values.inputs) / targets.length)
  const planned: Block[] = []
  for (let from = Number(values.from); from < each; from += BLOCK) {
    for (const { name } of targets) planned.push({ target: name, from, to: Math.min(each, from + BLOCK) })
  }
  return planned
}

/** Hands out blocks to one process, and starts it anew where it died or hung. */
async function runProcess(index: number): Promise<void> {
  let current: Block | null = null
  const place = path.join(values.output, `at-${index}`)
  for (;;) {
    current ??= blocks.shift() ?? null
    if (current === null) return
    const lost = await serve(place, current)
    if (lost === null) return
    // Inputs before the one that ended the process are read once more: their counts went with it.
    const { block, number, what, outcome } = lost
    note({ target: block.target, input: number, outcome, what })
    const target = targets.find(({ name }) => name === block.target)
    if (target !== undefined) {
      const file = `${block.target}.${outcome}-${seed}-${number}.bin`
      writeFileSync(path.join(values.output, file), inputOf(target, fixtures, seed, number).bytes)
    }
    if (number > block.from) blocks.unshift({ ...block, to: number })
    current = number + 1 < block.to ? { ...block, from: number + 1 } : null
  }
}

interface Lost {
  block: Block
  number: number
  outcome: 'crash' | 'hang'
  what: string
}

/** Until there are no blocks left (null), or the process ended in the middle of one. */
function serve(place: string, first: Block): Promise<Lost | null> {
  return new Promise((resolve) => {
    writeFileSync(place, new Float64Array([first.from]))
    const child: ChildProcess = fork(
      path.join(import.meta.dirname, 'worker.ts'),
      [String(seed), values.output, place, values.zoo ? 'zoo' : 'small'],
      {
        execArgv: NODE_OPTIONS,
      },
    )
    let current: Block | null = null
    let last = -1
    let since = Date.now()
    let killed = false
    let tick = Date.now()
    const watch = setInterval(() => {
      const number = atInput(place)
      // A tick that comes late was stopped like its child, or the machine slept: nobody hangs.
      const late = Date.now() - tick > STUCK_MS / 4
      tick = Date.now()
      if (number !== last || current === null || late) {
        last = number
        since = Date.now()
      } else if (Date.now() - since > STUCK_MS && !killed) {
        killed = true
        child.kill('SIGKILL')
      }
    }, 500)
    const next = (block: Block | null): void => {
      current = block
      if (block === null) child.disconnect()
      else child.send(block)
    }
    child.on('message', (message: 'ready' | BlockResult) => {
      if (message === 'ready') return next(first)
      take(message)
      next(blocks.shift() ?? null)
    })
    child.on('exit', (code, signal) => {
      clearInterval(watch)
      if (current === null) return resolve(null)
      const what = killed ? `no end after ${STUCK_MS / 1000} s` : `the process ended: ${signal ?? code}`
      resolve({ block: current, number: atInput(place), outcome: killed ? 'hang' : 'crash', what })
    })
  })
}

function atInput(place: string): number {
  const bytes = readFileSync(place)
  return bytes.length < 8 ? 0 : bytes.readDoubleLE(0)
}

function take({ block, counts, maxCpuMs, maxOverBytes, findings: found }: BlockResult): void {
  const row = rows.get(block.target)
  if (row === undefined) return
  for (const outcome of ['read', 'refused', 'crash', 'hang', 'memory'] as const) {
    row[outcome] += counts[outcome] ?? 0
    row.inputs += counts[outcome] ?? 0
  }
  row.maxCpuMs = Math.max(row.maxCpuMs, Math.round(maxCpuMs))
  row.maxOverBytes = Math.max(row.maxOverBytes, maxOverBytes)
  for (const finding of found) say(finding)
  save()
}

/** Of an input that ended its process: nobody else counts it. */
function note(finding: Finding): void {
  const row = rows.get(finding.target)
  if (row !== undefined && finding.outcome !== 'read') {
    row[finding.outcome] += 1
    row.inputs += 1
  }
  say(finding)
  save()
}

function say(finding: Finding): void {
  findings.push(finding)
  const same = findings.filter(({ target, what }) => target === finding.target && what === finding.what).length
  if (same <= 3) console.error(`${finding.target} input ${finding.input} (seed ${seed}): ${finding.outcome}, ${finding.what}`)
}

function save(): void {
  const seconds = Math.round((Date.now() - started) / 1000)
  const total = [...rows.values()].reduce((sum, { inputs }) => sum + inputs, 0)
  writeFileSync(
    path.join(values.output, 'summary.json'),
    JSON.stringify({ seed, seconds, total, rows: Object.fromEntries(rows), findings }, null, 1),
  )
}

function report(): void {
  save()
  console.table(Object.fromEntries(rows))
  const total = [...rows.values()].reduce((sum, { inputs }) => sum + inputs, 0)
  console.log(`${total} inputs in ${Math.round((Date.now() - started) / 1000)} s, seed ${seed}: ${findings.length} findings`)
}
