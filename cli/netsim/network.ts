/** What `--profile` or `--trace` names: paths by seed, a name for people, and which stretches are dips. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readTraces, type Trace } from '../../lab/abr/trace.ts'
import { LabError } from '../../lab/error.ts'
import type { Conditions } from '../../lab/network/path.ts'
import { dipsOf, profileConditions, recordedConditions } from '../../lab/network/profiles.ts'
import { isNetworkProfile, NETWORK_PROFILES, type NetworkProfileName } from '../../protocol/network-profiles.ts'
import { Failure, Usage } from '../failure.ts'

/** A network to simulate. */
export interface Network {
  /** `commuter_train`, or the trace's name. */
  name: string
  title: string
  about: string
  /** Mean of its usual state, bit/s; null: it has none, take the mean. */
  usualBps: number | null
  /** Names of states that are dips; null: a dip is what falls far below the mean. */
  dips: ReadonlySet<string> | null
  conditions: (seed: number) => Conditions
}

export const PROFILE_NAMES = Object.keys(NETWORK_PROFILES) as NetworkProfileName[]

/** Throws `Usage` for a name that there is not. */
export function profileNetwork(name: string, durationS: number): Network {
  if (!isNetworkProfile(name)) throw new Usage(`There is no profile '${name}'.`, `There are: ${PROFILE_NAMES.join(', ')}, all.`)
  const { about, states } = NETWORK_PROFILES[name]
  const title =
    name === 'lte' || name === '3g' ? name.toUpperCase() : name.replaceAll('_', ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
  const usualBps = Object.values(states)[0]?.bps ?? null
  return { name, title, about, usualBps, dips: dipsOf(name), conditions: (seed) => profileConditions(name, seed, durationS) }
}

/** `number` counts the traces of the file from 1. Throws `Failure` for a file that cannot be read or is no trace. */
export async function traceNetwork(file: string, number: number): Promise<Network> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Failure(`${file} cannot be read (${code}).`, 'Name a file: Mahimahi, Sabre JSON or CSV (time,kbit/s).')
  })
  const traces = tracesIn(text, path.basename(file))
  const trace = traces[number - 1]
  if (trace === undefined) throw new Usage(`${file} has ${traces.length} traces, not ${number}.`)
  const steps = trace.steps.map(({ durationMs, kbps, latencyMs }) => ({ durationMs, bps: kbps * 1_000, rttMs: Math.max(1, latencyMs) }))
  const about = `trace ${number} of ${traces.length} in ${file}`
  return { name: trace.name, title: trace.name, about, usualBps: null, dips: null, conditions: (seed) => recordedConditions(steps, seed) }
}

function tracesIn(text: string, name: string): Trace[] {
  try {
    return readTraces(text, name)
  } catch (error) {
    if (error instanceof LabError)
      throw new Failure(`${error.message}.`, 'Mahimahi, Sabre JSON (or a JSON a line) and CSV (time,kbit/s) are read.')
    throw error
  }
}
