/**
 * The rules of Sabre against Sabre's own results (K. Spiteri et al., MMSys 2018), set by set.
 *
 *   node bench/sabre.ts --traces DIR
 *
 * DIR holds `3g.jsonl`, `4g.jsonl`, `fcc-sd.jsonl`, `fcc-hd.jsonl` (traces), `bbb.json`, `bbb4k.json` (ladders) and
 * `sabre-results.csv` (what Sabre printed with its default flags: buffer of 25 s for vod25, 10 s for live10). A row is the mean of a set: Sabre's,
 * ours, how far apart, and how many single traces are more than 1 % apart. Exit code 1 when a mean is more than 1 % apart.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../cli/terminal.ts'
import { readLadder } from '../lab/abr/ladder.ts'
import type { SabreMetrics } from '../lab/abr/metrics.ts'
import { readSabreResults, runSabre, SABRE_FIGURES, type SabreResult } from '../lab/abr/sabre.ts'
import { readTraces } from '../lab/abr/trace.ts'

const { values } = parseArgs({ options: { traces: { type: 'string' } } })
if (values.traces === undefined) throw new Error('node bench/sabre.ts --traces DIR')
const dir = values.traces
const read = (name: string): string => readFileSync(path.join(dir, name), 'utf8')

/** Of a figure; what Sabre rounds to six places is not a difference. */
const TOLERANCE = 0.01
const ROUNDING = 2e-6

const LADDERS = { bbb: readLadder(read('bbb.json'), 'bbb'), bbb4k: readLadder(read('bbb4k.json'), 'bbb4k') }
const traces = new Map(
  ['3g', '4g', 'fcc-sd', 'fcc-hd'].map((set) => [
    set.toUpperCase(),
    new Map(readTraces(read(`${set}.jsonl`), set).map((one) => [one.name, one])),
  ]),
)
const figures = Object.keys(SABRE_FIGURES) as (keyof SabreMetrics)[]
const groups = Map.groupBy(readSabreResults(read('sabre-results.csv')), ({ set, algorithm }) => `${set} ${algorithm}`)

/** Ours for one line of theirs. */
function ours({ set, algorithm, trace }: SabreResult): SabreMetrics {
  const [network = '', mode] = set.split(/-(?=vod25$|live10$)/)
  const steps = traces.get(network)?.get(trace)
  if (!steps) throw new Error(`${set} names the trace ${trace}, which is not in ${dir}`)
  return runSabre(algorithm, steps, network === '4G' || network === 'FCC-HD' ? LADDERS.bbb4k : LADDERS.bbb, mode === 'live10' ? 10 : 25)
}

const apart = (one: number, other: number): number => Math.abs(one - other) / Math.max(Math.abs(other), ROUNDING)
let failed = 0
const rows: string[][] = []
for (const [group, results] of groups) {
  const pairs = results.map((result) => ({ theirs: result, mine: ours(result) }))
  const mean = (of: 'theirs' | 'mine', key: keyof SabreMetrics): number =>
    pairs.reduce((sum, pair) => sum + pair[of][key], 0) / pairs.length
  for (const key of figures) {
    const [theirs, mine] = [mean('theirs', key), mean('mine', key)]
    const off = pairs.filter(
      (pair) => Math.abs(pair.mine[key] - pair.theirs[key]) > ROUNDING && apart(pair.mine[key], pair.theirs[key]) > TOLERANCE,
    )
    const isOff = Math.abs(mine - theirs) > ROUNDING && apart(mine, theirs) > TOLERANCE
    if (isOff) failed += 1
    const percent = `${(100 * (Math.abs(mine - theirs) > ROUNDING ? apart(mine, theirs) : 0)).toFixed(3)} %`
    rows.push([
      `${group}: ${key}`,
      theirs.toFixed(4),
      mine.toFixed(4),
      isOff ? `${percent} !` : percent,
      `${off.length} of ${pairs.length}`,
    ])
  }
}
console.log(table(['set, algorithm: figure', 'Sabre', 'here', 'apart', 'traces off by > 1 %'], rows))
console.log(`\n${rows.length - failed} of ${rows.length} means are within 1 % of Sabre's`)
process.exitCode = failed === 0 ? 0 : 1
