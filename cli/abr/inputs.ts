/** What a comparison runs on: traces from files or built in, a ladder, rules by name. */
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { builtinLadder, builtinTraces } from '../../lab/abr/builtin.ts'
import { type Ladder, readLadder } from '../../lab/abr/ladder.ts'
import { profileTrace, readTraces, type Trace } from '../../lab/abr/trace.ts'
import { LabError } from '../../lab/error.ts'
import type { AbrRule } from '../../player/abr/rule.ts'
import { RULES } from '../../player/abr/rules.ts'
import { Failure, Usage } from '../failure.ts'

/** Of each built-in network profile. */
const SEEDS = 3
const MAX_FILES = 20_000

/** `8,2,6,1,4` in Mbit/s, over so many seconds. Throws `Usage`. */
export function profileFrom(text: string, durationS: number): Trace {
  const mbps = text.split(',').map(Number)
  if (mbps.length > 1_000 || mbps.some((rate) => !(rate >= 0 && rate <= 100_000)) || !mbps.some((rate) => rate > 0))
    throw new Usage(`--profile is rates in Mbit/s, not '${text}'.`, 'For example: --profile 8,2,6,1,4')
  return profileTrace(`${mbps.join(' → ')} Mbit/s`, mbps, durationS)
}

/** The traces of a file, or of all files of a folder that hold some; without one, the built-in ones. Throws `Failure`. */
export async function tracesFrom(from: string | undefined, warn: (line: string) => void): Promise<Trace[]> {
  if (from === undefined) return builtinTraces(SEEDS)
  const isFolder = (await stat(from).catch(() => null))?.isDirectory()
  if (isFolder === undefined) throw new Failure(`${from} cannot be read.`, 'Give a file with traces, or a folder of such files.')
  if (!isFolder) return orFailure(async () => readTraces(await readFile(from, 'utf8'), path.basename(from)))
  const names = (await readdir(from, { recursive: true })).filter((name) => /\.(jsonl?|csv|txt|log|trace|down|up)$/i.test(name)).toSorted()
  if (names.length > MAX_FILES) throw new Failure(`${from} holds ${names.length} files.`, `At most ${MAX_FILES} are read.`)
  const traces: Trace[] = []
  for (const name of names) {
    try {
      traces.push(...readTraces(await readFile(path.join(from, name), 'utf8'), name))
    } catch (error) {
      // A folder of traces often holds ladders and notes beside them.
      if (!(error instanceof LabError)) throw error
      warn(`left out: ${error.message}`)
    }
  }
  if (traces.length === 0)
    throw new Failure(`No file in ${from} holds a trace.`, 'It reads Sabre JSON and JSONL, Mahimahi and CSV (time,kbit/s).')
  return traces
}

/** Sabre's movie format; without a file, the built-in ladder. Throws `Failure`. */
export async function ladderFrom(file: string | undefined): Promise<Ladder> {
  return file === undefined ? builtinLadder() : orFailure(async () => readLadder(await readFile(file, 'utf8'), path.basename(file)))
}

/** Rules by name, hyphens or not; all of them without names. Throws `Usage`. */
export function rulesFrom(names: string | undefined): readonly AbrRule[] {
  if (names === undefined) return RULES
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, '')
  return names.split(',').map((name) => {
    const rule = RULES.find((one) => plain(one.name) === plain(name))
    if (!rule) throw new Usage(`There is no rule '${name}'.`, `There are: ${RULES.map((one) => one.name).join(', ')}`)
    return rule
  })
}

/** So many of a list, spread evenly. */
export function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list]
  return Array.from({ length: most }, (_, index) => list[Math.floor((index * list.length) / most)]).filter((one) => one !== undefined)
}

async function orFailure<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof LabError) throw new Failure(error.message)
    const code = error instanceof Error && 'code' in error ? String(error.code) : null
    if (code === null) throw error
    throw new Failure(`The file cannot be read (${code}).`, 'Check the path.')
  }
}
