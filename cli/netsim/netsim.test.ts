/** `sluice netsim` as it is used: what it prints, what it writes, its exit codes. */
import { execa } from 'execa'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ESTIMATORS } from '../../player/abr/estimators/catalog.ts'

let folder: string
const at = (name: string): string => path.join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-cli-netsim-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function sluice(...args: string[]): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa('node', ['cli/main.ts', 'netsim', ...args], { reject: false })
  return { code: exitCode, stdout, stderr }
}

test('the commuter train: the network, the table with its tunnels, errors with a word each, and a recommendation', async () => {
  const { code, stdout, stderr } = await sluice('--profile', 'commuter_train', '--duration', '90', '--chart', at('train.png'))
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^Simulating network: "Commuter Train"\n.*\n {2}Baseline: 10\.0 Mbps.*\n {2}Variance: high.*\n {2}Pattern: tunnel: \d times/,
  )
  expect(stdout).toMatch(/^Time \| Actual BW \| Simple avg \| α=0\.1 .* Probe$/m)
  expect(stdout).toMatch(/^\d:\d\d \|.* ← tunnel!$/m)
  for (const { label } of Object.values(ESTIMATORS)) {
    expect(stdout.split('\n').find((line) => line.startsWith(`${label} `))).toMatch(/\| +\d+\.\d+ \| +[-+]?\d+\.\d+ \|.* {3}\(.+\)$/)
  }
  expect(stdout).toMatch(/^Probe-based .*\(most accurate, but overhead: \d+ % of all bytes\)$/m)
  expect(stdout).toMatch(/^Recommendation: EWMA α=0\.\d provides the best balance for this profile/m)
  const png = await readFile(at('train.png'))
  expect([png.subarray(1, 4).toString('latin1'), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(['PNG', 2_000, 960])
})

test('--json says the same for machines, and the same again from the same seed', async () => {
  const args = ['--profile', '3g', '--duration', '40', '--seed', '7', '--delivery', 'parts', '--json']
  const [first, second] = await Promise.all([sluice(...args), sluice(...args)])
  expect(second).toEqual(first)
  expect(first.code).toBe(0)
  const report = JSON.parse(first.stdout) as { estimators: { name: string }[]; actualBps: number[] }
  expect(report).toMatchObject({ network: '3g', seed: 7, durationS: 40, delivery: 'parts', recommendation: { errors: { length: 5 } } })
  expect(report.actualBps.length).toBe(40)
  expect(report.estimators.map(({ name }) => name)).toEqual(Object.keys(ESTIMATORS))
  const other = await sluice(...args.with(5, '8'))
  expect(other.stdout).not.toBe(first.stdout)
})

test('a recorded network, its dips found; a chart as SVG', async () => {
  await writeFile(at('drive.csv'), `time,kbps\n${Array.from({ length: 60 }, (_, s) => `${s},${s % 20 > 14 ? 300 : 6_000}`).join('\n')}`)
  const { code, stdout } = await sluice('--trace', at('drive.csv'), '--duration', '60', '--chart', at('drive.svg'))
  expect(code).toBe(0)
  expect(stdout).toMatch(/Simulating network: "drive\.csv"/)
  expect(stdout).toMatch(/Pattern: dip: 3 times, 5 s each, every 20 s/)
  expect(stdout).toContain('← dip!')
  const svg = await readFile(at('drive.svg'), 'utf8')
  expect(svg).toMatch(/^<svg [^]*Simple average[^]*<\/svg>\n$/)
})

test('all profiles: which alpha suits which', async () => {
  const { code, stdout } = await sluice('--profile', 'all', '--duration', '20')
  expect(code).toBe(0)
  for (const name of ['Wifi', 'Coffee Shop', 'LTE', '3G', 'Commuter Train', 'Satellite'])
    expect(stdout).toMatch(new RegExp(`^${name} +\\|( +\\d+ % [* ] \\|){5} +α=0\\.\\d$`, 'm'))
})

test('wrong use is refused before anything is simulated', async () => {
  await writeFile(at('text.csv'), 'this is no trace\nat all')
  const refused: [number, RegExp, ...string[]][] = [
    [2, /no profile 'tram'/, '--profile', 'tram'],
    [2, /--duration is a whole number/, '--duration', '5'],
    [2, /--seed is a whole number/, '--seed', 'x'],
    [2, /written as \.svg or \.png/, '--chart', at('chart.pdf')],
    [2, /--delivery is segments, parts, chunks/, '--delivery', 'post'],
    [2, /exclude each other/, '--profile', 'lte', '--trace', at('text.csv')],
    [1, /text\.csv: /, '--trace', at('text.csv')],
    [1, /cannot be read \(ENOENT\)/, '--trace', at('nowhere.csv')],
  ]
  const answers = await Promise.all(refused.map(([, , ...args]) => sluice(...args)))
  for (const [index, { code, stdout, stderr }] of answers.entries()) {
    expect([code, stdout]).toEqual([refused[index]?.[0], ''])
    expect(stderr).toMatch(refused[index]?.[1] ?? /$^/)
  }
})
