/**
 * Makes a crasher small: `node --expose-gc tests/fuzz/minimize.ts FOUND.bin SMALL.bin`. Takes away pieces, and makes bytes 0, as
 * long as the target that the file is named for fails in the same way.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Measured, measure } from './measure.ts'
import { TARGETS } from './targets.ts'

const [from = '', to = ''] = process.argv.slice(2)
const target = TARGETS.find(({ name }) => name === path.basename(from).split('.')[0])
if (target === undefined || to === '') throw new Error('usage: node --expose-gc tests/fuzz/minimize.ts TARGET.WHAT.bin SMALL.bin')
let bytes = new Uint8Array(readFileSync(from))
const slices = [1, 2, 7, 50]

/** How it fails, or null. */
async function failure(input: Uint8Array): Promise<string | null> {
  if (target === undefined) return null
  for (const count of slices) {
    const { outcome, what }: Measured = await measure(target, input, count)
    if (outcome !== 'read' && outcome !== 'refused') return outcome === 'crash' ? what : outcome
  }
  return null
}

const wanted = await failure(bytes)
if (wanted === null) throw new Error(`${from} is read without a fault`)
for (let length = 2 ** Math.floor(Math.log2(bytes.length)); length >= 1; length /= 2) {
  for (let at = 0; at < bytes.length;) {
    const without = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + length)])
    const zeroed = bytes.slice().fill(0, at, at + length)
    if ((await failure(without)) === wanted) bytes = without
    else {
      if (bytes.subarray(at, at + length).some((byte) => byte !== 0) && (await failure(zeroed)) === wanted) bytes = zeroed
      at += length
    }
  }
}
writeFileSync(to, bytes)
console.log(`${bytes.length} bytes, ${wanted}`)
