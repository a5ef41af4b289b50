/**
 * One of the processes that fuzz: reads inputs in blocks that its parent hands out. The number of the input it is at stands in
 * a file, so that the parent knows where it hangs, or died.
 */
import { openSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { allFixtures, smallFixtures } from './fixtures.ts'
import { inputOf } from './inputs.ts'
import { type Measured, measure } from './measure.ts'
import { TARGETS } from './targets.ts'

/** Inputs `[from, to)` of a target. */
export interface Block {
  target: string
  from: number
  to: number
}

export interface Finding {
  target: string
  input: number
  outcome: Measured['outcome']
  what: string
}

/** What a block came to. */
export interface BlockResult {
  block: Block
  counts: Partial<Record<Measured['outcome'], number>>
  maxCpuMs: number
  /** Over four times the input: what the constant has to cover. */
  maxOverBytes: number
  findings: Finding[]
}

/** Files of one bug that are kept. */
const KEPT = 3

async function main([seedText, folder, place, zoo]: string[]): Promise<void> {
  const seed = Number(seedText)
  const fixtures = zoo === 'zoo' ? await allFixtures() : await smallFixtures()
  const at = openSync(place ?? '', 'w')
  const stamp = new Float64Array(1)
  const seen = new Map<string, number>()
  process.on('message', (block: Block) => void run(block))
  process.send?.('ready')

  async function run(block: Block): Promise<void> {
    const target = TARGETS.find(({ name }) => name === block.target)
    if (target === undefined) throw new Error(`no target ${block.target}`)
    const result: BlockResult = { block, counts: {}, maxCpuMs: 0, maxOverBytes: 0, findings: [] }
    for (let number = block.from; number < block.to; number += 1) {
      stamp[0] = number
      writeSync(at, stamp, 0, 8, 0)
      const { bytes, slices } = inputOf(target, fixtures, seed, number)
      const { outcome, what, cpuMs, allocatedBytes } = await measure(target, bytes, slices)
      result.counts[outcome] = (result.counts[outcome] ?? 0) + 1
      result.maxCpuMs = Math.max(result.maxCpuMs, cpuMs)
      result.maxOverBytes = Math.max(result.maxOverBytes, allocatedBytes - bytes.length * 4)
      if (outcome === 'read' || outcome === 'refused') continue
      result.findings.push({ target: target.name, input: number, outcome, what })
      const key = `${target.name} ${outcome} ${outcome === 'crash' ? what : ''}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
      if ((seen.get(key) ?? 0) <= KEPT) writeFileSync(path.join(folder ?? '', `${target.name}.${outcome}-${seed}-${number}.bin`), bytes)
    }
    process.send?.(result)
  }
}

await main(process.argv.slice(2))
