/** `sluice abr`: every ABR rule over every trace, with the player's own code. */
import { writeFile } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Interval } from '../../lab/abr/bootstrap.ts'
import { runTrace, type Summary, summarize, type TraceResult } from '../../lab/abr/compare.ts'
import { type Ladder, lasting } from '../../lab/abr/ladder.ts'
import { type Metrics, qoeFormula, SABRE_GAMMA_P } from '../../lab/abr/metrics.ts'
import type { Trace } from '../../lab/abr/trace.ts'
import { LabError } from '../../lab/error.ts'
import { command } from '../command.ts'
import { Failure, Usage } from '../failure.ts'
import { bar, counted, interruptible, table } from '../terminal.ts'
import { chart } from './chart.ts'
import { ladderFrom, profileFrom, rulesFrom, spread, tracesFrom } from './inputs.ts'
import { printTimeline } from './print-timeline.ts'

const PROFILE_S = 180

export const abr = command({
  name: 'abr',
  about:
    "Compare ABR rules: the player's own code watches a presentation over network traces, with a model of the player's buffer. " +
    'Without --profile and --traces it takes generated traces, built in.',
  args: {
    profile: { type: 'string', valueHint: '8,2,6,1,4', description: 'one trace: Mbit/s, each for the same time, over --duration' },
    duration: {
      type: 'string',
      valueHint: 'SECONDS',
      description: 'of the presentation (180 with --profile, else as long as the ladder is)',
    },
    traces: { type: 'string', valueHint: 'DIR|FILE', description: 'Sabre JSON or JSONL, Mahimahi, CSV (time,kbit/s)' },
    limit: { type: 'string', valueHint: 'N', description: 'at most so many of the traces, spread evenly' },
    ladder: { type: 'string', valueHint: 'FILE', description: "segment sizes, in Sabre's movie format" },
    rules: { type: 'string', valueHint: 'a,b', description: 'names of rules; all of them by default' },
    buffer: { type: 'string', valueHint: 'SECONDS', description: 'buffer goal (30, live 10)' },
    live: { type: 'boolean', description: 'segments come into being while the viewer watches' },
    optimum: { type: 'boolean', default: true, description: 'the offline optimum and regret; --no-optimum is much faster' },
    chart: { type: 'string', valueHint: 'FILE.svg', description: 'quality over time, when there is one trace' },
  },
  examples: [
    'sluice abr --profile 8,2,6,1,4',
    'sluice abr --rules bola,dynamic --live',
    'sluice abr --traces traces/ --ladder bbb.json --limit 50 --no-optimum --json',
    'sluice abr --profile 8,2,6,1,4 --chart abr.svg',
  ],
  run: (args, json) => interruptible((signal) => compare(args, json, signal)),
})

interface Options {
  profile?: string | undefined
  duration?: string | undefined
  traces?: string | undefined
  limit?: string | undefined
  ladder?: string | undefined
  rules?: string | undefined
  buffer?: string | undefined
  live?: boolean | undefined
  optimum?: boolean | undefined
  chart?: string | undefined
}

async function compare(options: Options, json: boolean, signal: AbortSignal): Promise<number> {
  if (options.profile !== undefined && options.traces !== undefined) throw new Usage('--profile and --traces exclude each other.')
  const durationS = positive('--duration', options.duration, 86_400) ?? (options.profile === undefined ? null : PROFILE_S)
  const limit = positive('--limit', options.limit, 1e6) ?? Infinity
  const bufferGoalS = positive('--buffer', options.buffer, 3_600)
  const rules = rulesFrom(options.rules)
  const full = await ladderFrom(options.ladder)
  const ladder = durationS === null ? full : lasting(full, durationS)
  const all =
    options.profile === undefined ? await tracesFrom(options.traces, console.error) : [profileFrom(options.profile, durationS ?? PROFILE_S)]
  const traces = spread(all, limit)
  const [single] = traces.length === 1 ? traces : []
  if (options.chart !== undefined && !single) throw new Usage('--chart draws one trace.', 'Add --profile or --limit 1.')

  const settings = { live: options.live === true, withOptimum: options.optimum !== false, ...(bufferGoalS === null ? {} : { bufferGoalS }) }
  const show = bar(['traces'], json)
  const results: TraceResult[] = []
  for (const [index, trace] of traces.entries()) {
    signal.throwIfAborted()
    results.push(orFailure(() => runTrace(rules, trace, ladder, settings), trace))
    show.update((index + 1) / traces.length, `${index + 1}/${traces.length}`)
    await breathe()
  }
  show.finish()
  const metrics = new Map(rules.map(({ name }, index) => [name, results.flatMap(({ sessions }) => sessions[index]?.metrics ?? [])]))
  const summaries = summarize(results, metrics)
  const watched = results[0]?.sessions.map((session) => session.watched) ?? []
  if (options.chart !== undefined && single) await writeChart(options.chart, chart(single, ladder, watched))
  if (json) console.log(JSON.stringify(machine(ladder, results, summaries), null, 2))
  else console.log(report(ladder, results, summaries, single ? printTimeline(single, ladder, watched) : null))
  return 0
}

function orFailure<T>(work: () => T, trace: Trace): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof LabError) throw new Failure(`${trace.name}: ${error.message}`)
    throw error
  }
}

async function writeChart(file: string, svg: string): Promise<void> {
  await writeFile(file, svg).catch((error: unknown) => {
    throw new Failure(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  })
}

function positive(option: string, text: string | undefined, most: number): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (!(value > 0 && value <= most)) throw new Usage(`${option} is a number above 0 and up to ${most}, not '${text}'.`)
  return value
}

/** Its head, and what a rule has in it. */
type Column = [head: string, cell: (summary: Summary) => string]

function report(ladder: Ladder, results: readonly TraceResult[], summaries: readonly Summary[], timeline: string | null): string {
  const withOptimum = results.some(({ optimum }) => optimum !== null)
  const hasHeight = ladder.rungs.some(({ height }) => height > 0)
  const quality: Column[] = [['Quality', ({ figures }) => `${Math.round(figures.meanHeight.mean)}p`]]
  const regretted: Column[] = [['Regret', ({ regret }) => (regret ? interval(regret, 3) : '')]]
  const columns: Column[] = [
    ['Rule', ({ rule }) => rule],
    ['Mbit/s', ({ figures }) => interval(figures.meanKbps, 2, 1_000)],
    ...(hasHeight ? quality : []),
    ['Stalled, s', ({ figures }) => interval(figures.rebufferS, 1)],
    ['Stalls', ({ figures }) => interval(figures.rebufferCount, 1)],
    ['Switches', ({ figures }) => interval(figures.switches, 1)],
    ['Start-up, s', ({ figures }) => interval(figures.startupS, 2)],
    ['Sabre score', ({ figures }) => interval(figures.sabreScore, 3)],
    ['QoE', ({ figures }) => interval(figures.qoe, 3)],
    ...(withOptimum ? regretted : []),
  ]
  const rungs = `${ladder.rungs.length} renditions, ${counted(ladder.bits.length, 'segment')} of ${ladder.segmentMs / 1000} s`
  const lines = [
    `ABR rules over ${results.length === 1 ? (results[0]?.trace ?? '') : counted(results.length, 'trace')}; ladder ${ladder.name}: ${rungs}`,
    '',
    table(
      columns.map(([head]) => head),
      summaries.map((summary) => columns.map(([, cell]) => cell(summary))),
    ),
    '',
    ...(results.length > 1 ? ['Mean over the traces, and its 95 % bootstrap interval.'] : []),
    qoeFormula(ladder),
    `Sabre score = (Σ ln(b/b₀) − γp · stall / p) · p / T; segments of p s, a session of T s, γp = ${SABRE_GAMMA_P}`,
    ...(withOptimum ? optimumLines(results, summaries) : []),
    ...(timeline === null ? [] : ['', timeline]),
  ]
  return lines.join('\n')
}

function optimumLines(results: readonly TraceResult[], summaries: readonly Summary[]): string[] {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const bound = mean(results.map(({ optimum }) => optimum?.bound ?? NaN))
  const reached = mean(
    results.map(({ optimum, sessions }) => Math.max(optimum?.reached ?? -Infinity, ...sessions.map(({ metrics }) => metrics.qoe))),
  )
  const best = summaries.toSorted((a, b) => (a.regret?.mean ?? 0) - (b.regret?.mean ?? 0))[0]
  const share = best?.ofOptimum === null || best === undefined ? '' : `, ${(100 * best.ofOptimum).toFixed(1)} % of it`
  return [
    `Offline optimum: a QoE of at most ${bound.toFixed(3)} (one of ${reached.toFixed(3)} is known to be possible). Regret is counted from the former.`,
    `Nearest: ${best?.rule ?? ''}${share}.`,
  ]
}

/** `2.31 [2.10, 2.52]`; without an interval where there is none. */
function interval({ mean, low, high }: Interval, digits: number, unit = 1): string {
  const short = (value: number): string => (value / unit).toFixed(digits)
  return low === high ? short(mean) : `${short(mean)} [${short(low)}, ${short(high)}]`
}

function machine(ladder: Ladder, results: readonly TraceResult[], summaries: readonly Summary[]): unknown {
  const sessions = (result: TraceResult): Record<string, Metrics> =>
    Object.fromEntries(result.sessions.map(({ rule, metrics }) => [rule, metrics]))
  return {
    ladder: { name: ladder.name, segmentMs: ladder.segmentMs, segments: ladder.bits.length, rungs: ladder.rungs },
    qoe: qoeFormula(ladder),
    summaries,
    traces: results.map((result) => ({ trace: result.trace, optimum: result.optimum, rules: sessions(result) })),
  }
}
