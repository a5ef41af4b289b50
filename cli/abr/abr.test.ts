/** `sluice abr` as it is used: table, timeline, chart, files of every format, exit codes. */
import { execa } from 'execa'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtinLadder } from '../../lab/abr/builtin.ts'
import { simulate } from '../../lab/abr/simulate.ts'
import { mostOf, timelineOf } from '../../lab/abr/timeline.ts'
import { profileTrace } from '../../lab/abr/trace.ts'
import { RULES } from '../../player/abr/rules.ts'

let folder: string
const at = (name: string): string => path.join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-cli-abr-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function sluice(...args: string[]): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa('node', ['cli/main.ts', 'abr', ...args], { reject: false })
  return { code: exitCode, stdout, stderr }
}

test('a profile: the table, the formula, the optimum and the drawing', async () => {
  const { code, stdout, stderr } = await sluice('--profile', '8,2,6,1,4', '--rules', 'dynamic,bolae', '--chart', at('chart.svg'))
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^Rule +\| Mbit\/s \| Quality \| Stalled, s \| Stalls \| Switches \| Start-up, s \| Sabre score \| +QoE \| Regret$/m,
  )
  expect(stdout).toMatch(/^bola-e +\| +\d\.\d\d \| +\d+p \|/m)
  expect(stdout).toMatch(/^QoE = .*λ = 1, μ = 9, μs = 9$/m)
  expect(stdout).toMatch(/^Offline optimum: a QoE of at most \d/m)
  expect(stdout).toMatch(/^Capacity +\|-+8M-+\|-+2M-+\|-+6M-+\|-+1M-+\|-+4M-+/m)
  expect(stdout).toMatch(/^dynamic +[░▒▓█●·]+$/m)
  expect(stdout).toMatch(/└── (no stall|● )/)
  const svg = await readFile(at('chart.svg'), 'utf8')
  expect(svg).toMatch(/^<svg [^>]*>[\s\S]*<\/svg>\n$/)
  expect(svg.match(/class="quality"/g)).toHaveLength(2)
})

test('files of every format in a folder; what is no trace is named and left out; the same run gives the same figures', async () => {
  await writeFile(at('a.json'), '[{"duration_ms":1000,"bandwidth_kbps":3000,"latency_ms":50}]')
  await writeFile(at('b.csv'), 'time_s,kbps\n0,4000\n5,900\n9,2500\n')
  await writeFile(at('c.down'), Array.from({ length: 400 }, (_, index) => index * 5).join('\n'))
  await writeFile(at('notes.txt'), 'nothing to see')
  const args = ['--traces', folder, '--rules', 'bola', '--duration', '60', '--json']
  const first = await sluice(...args)
  expect(first.code).toBe(0)
  expect(first.stderr).toMatch(/^left out: notes\.txt: has no steps$/m)
  const report = JSON.parse(first.stdout) as {
    traces: { trace: string; optimum: { bound: number }; rules: Record<string, { qoe: number }> }[]
    summaries: object[]
  }
  expect(report.traces.map(({ trace }) => trace)).toEqual(['a.json', 'b.csv', 'c.down'])
  for (const { optimum, rules } of report.traces) expect(rules['bola']?.qoe).toBeLessThanOrEqual(optimum.bound)
  expect(report.summaries).toMatchObject([{ rule: 'bola', regret: { mean: expect.any(Number) } }])
  expect((await sluice(...args)).stdout).toBe(first.stdout)
})

test.each([
  [['--profile', 'fast'], 2, /rates in Mbit\/s/],
  [['--profile', '1', '--traces', 'x'], 2, /exclude each other/],
  [['--rules', 'best'], 2, /no rule 'best'[\s\S]*There are: /],
  [['--buffer', '-1'], 2, /--buffer is a number above 0/],
  [['--chart', 'x.svg'], 2, /draws one trace/],
  [['--traces', '/nonexistent'], 1, /cannot be read/],
  [['--ladder', '/nonexistent'], 1, /cannot be read \(ENOENT\)/],
  [['--profile', '1', '--buffer', '1'], 1, /holds no segment/],
])('%j ends with %d', async (args, exit, message) => {
  const { code, stderr } = await sluice(...args)
  expect(code).toBe(exit)
  expect(stderr).toMatch(message)
})

test('a timeline has no holes, and its stalls are those of the session', () => {
  const ladder = builtinLadder()
  for (const rule of RULES) {
    const watched = simulate(rule, profileTrace('p', [6, 0.3, 2, 0.1], 120), ladder)
    const stretches = timelineOf(watched)
    for (const [index, stretch] of stretches.entries()) {
      expect(stretch.fromMs).toBeCloseTo(index === 0 ? 0 : (stretches[index - 1]?.toMs ?? NaN), 3)
      expect(stretch.toMs).toBeGreaterThan(stretch.fromMs)
    }
    const stalled = stretches.filter(({ kind }) => kind === 'stall').reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
    expect(stalled).toBeCloseTo(
      watched.stalls.reduce((sum, { durationMs }) => sum + durationMs, 0),
      3,
    )
    expect(mostOf(stretches, 0, watched.startupMs)?.kind).toBe('startup')
  }
})
