/** `sluice netsim`: how well bandwidth estimators know a network that changes. */
import { setImmediate as breathe } from 'node:timers/promises'
import { type AlphaChoice, compare, type CompareOptions, recommendAlpha } from '../../lab/estimators/compare.ts'
import { DELIVERIES, type Delivery } from '../../lab/estimators/viewer.ts'
import { wordsOf } from '../../lab/estimators/words.ts'
import { chartFormat, writeChart } from '../chart-file.ts'
import { command } from '../command.ts'
import { Usage } from '../failure.ts'
import { bar, interruptible } from '../terminal.ts'
import { alphaChart, timeChart } from './charts.ts'
import { dipsIn } from './dips.ts'
import { type Network, PROFILE_NAMES, profileNetwork, traceNetwork } from './network.ts'
import { printAll, printBetter, printNetwork, printRecommendation, printScores, printTimes, printTraffic } from './print.ts'

const MAX_DURATION_S = 3_600
const MIN_DURATION_S = 10

export const netsim = command({
  name: 'netsim',
  about:
    'Simulate a network and let bandwidth estimators measure it: packet by packet, with TCP, queues and losses, the same from the same seed.',
  args: {
    profile: { type: 'string', valueHint: 'NAME', description: `${PROFILE_NAMES.join(', ')}, or all (commuter_train)` },
    trace: { type: 'string', valueHint: 'FILE', description: 'a recorded network instead: Mahimahi, Sabre JSON, CSV (time,kbit/s)' },
    pick: { type: 'string', valueHint: 'N', description: 'which trace of the file, from 1' },
    duration: { type: 'string', valueHint: 'SECONDS', description: '300' },
    seed: { type: 'string', valueHint: 'N', description: 'another seed, another journey (1)' },
    delivery: { type: 'string', valueHint: 'KIND', description: `${DELIVERIES.join(', ')}: how media comes (segments; parts is LL-HLS)` },
    chart: { type: 'string', valueHint: 'FILE', description: 'a picture, .svg or .png' },
  },
  examples: [
    'sluice netsim --profile commuter_train --duration 300',
    'sluice netsim --profile wifi --delivery parts --chart parts.png',
    'sluice netsim --profile all --json',
    'sluice netsim --trace 3g.jsonl --pick 7',
  ],
  run: (args, json) => interruptible((signal) => run(args, json, signal)),
})

interface Options {
  profile?: string | undefined
  trace?: string | undefined
  pick?: string | undefined
  duration?: string | undefined
  seed?: string | undefined
  delivery?: string | undefined
  chart?: string | undefined
}

async function run(options: Options, json: boolean, signal: AbortSignal): Promise<number> {
  if (options.profile !== undefined && options.trace !== undefined) throw new Usage('--profile and --trace exclude each other.')
  if (options.pick !== undefined && options.trace === undefined) throw new Usage('--pick chooses a trace of --trace FILE.')
  const durationS = whole('--duration', options.duration, MIN_DURATION_S, MAX_DURATION_S) ?? 300
  const seed = whole('--seed', options.seed, 0, 2 ** 31 - 1) ?? 1
  const settings: CompareOptions = { durationS, seed, delivery: deliveryFrom(options.delivery) }
  if (options.chart !== undefined) chartFormat(options.chart)
  const profile = options.profile ?? 'commuter_train'
  if (options.trace === undefined && profile === 'all') return runAll(settings, options.chart, json, signal)
  const pick = whole('--pick', options.pick, 1, 1e6) ?? 1
  const network = options.trace === undefined ? profileNetwork(profile, durationS) : await traceNetwork(options.trace, pick)
  return runOne(network, settings, options.chart, json)
}

async function runOne(network: Network, settings: CompareOptions, chart: string | undefined, json: boolean): Promise<number> {
  const durationMs = settings.durationS * 1000
  const comparison = compare(network.conditions(settings.seed), settings)
  const dips = dipsIn(comparison, network, durationMs)
  if (!json) {
    console.log(`${printNetwork(network, comparison, dips, durationMs)}\n`)
    console.log(`Running estimation algorithms...\n${printTraffic(comparison, settings.delivery)}\n`)
    console.log(`${printTimes(comparison, dips, durationMs)}\nAll rates in Mbps.\n`)
    console.log(`${printScores(comparison, settings.delivery, durationMs)}\n`)
    // What follows takes a while.
    await breathe()
  }
  const choice = recommendAlpha(network.conditions, settings)
  if (!json) {
    console.log(printRecommendation(choice, network.dips === null ? 'this trace' : 'this profile'))
    const better = printBetter(comparison)
    if (better !== null) console.log(better)
  }
  if (chart !== undefined) {
    await writeChart(chart, timeChart(network, comparison, dips, choice.balanced, durationMs))
    if (!json) console.log(`\nWrote ${chart}.`)
  }
  if (json) console.log(JSON.stringify(machine(network, settings, comparison, dips, choice)))
  return 0
}

async function runAll(settings: CompareOptions, chart: string | undefined, json: boolean, signal: AbortSignal): Promise<number> {
  const progress = bar(['profiles'], json)
  const choices: { network: Network; choice: AlphaChoice }[] = []
  for (const name of PROFILE_NAMES) {
    signal.throwIfAborted()
    progress.update(choices.length / PROFILE_NAMES.length, name)
    await breathe()
    const network = profileNetwork(name, settings.durationS)
    choices.push({ network, choice: recommendAlpha(network.conditions, settings) })
  }
  progress.finish()
  if (chart !== undefined) await writeChart(chart, alphaChart(choices))
  if (json)
    console.log(JSON.stringify({ ...settings, profiles: choices.map(({ network, choice }) => ({ profile: network.name, ...choice })) }))
  else console.log(`\n${printAll(choices)}${chart === undefined ? '' : `\n\nWrote ${chart}.`}`)
  return 0
}

type Comparison = ReturnType<typeof compare>

function machine(
  network: Network,
  settings: CompareOptions,
  comparison: Comparison,
  dips: ReturnType<typeof dipsIn>,
  choice: AlphaChoice,
): object {
  const durationMs = settings.durationS * 1000
  const { runs, actual, transfers, probes, mediaBytes, lossRate } = comparison
  const words = wordsOf(runs, actual(0, durationMs), settings.delivery)
  return {
    ...{ network: network.name, ...settings, meanBps: Math.round(actual(0, durationMs)), transfers, probes, mediaBytes, lossRate, dips },
    /** One a second. */
    actualBps: Array.from({ length: settings.durationS }, (_, second) => Math.round(actual(second * 1000, second * 1000 + 1000))),
    estimators: runs.map(({ name, label, score, overhead, series }, index) => ({
      ...{ name, label, score, overhead, word: words[index] },
      series: series.map(({ atMs, bps }) => ({ atMs: Math.round(atMs), bps: Math.round(bps) })),
    })),
    recommendation: choice,
  }
}

function deliveryFrom(name: string | undefined): Delivery {
  const found = DELIVERIES.find((delivery) => delivery === (name ?? 'segments'))
  if (found === undefined) throw new Usage(`--delivery is ${DELIVERIES.join(', ')}, not '${name}'.`)
  return found
}

function whole(option: string, text: string | undefined, least: number, most: number): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (!Number.isInteger(value) || text.trim() === '' || value < least || value > most)
    throw new Usage(`${option} is a whole number from ${least} to ${most}, not '${text}'.`)
  return value
}
