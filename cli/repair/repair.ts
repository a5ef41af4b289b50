/** `sluice repair IN OUT`: writes a damaged or badly laid out file anew, and says what was wrong with it. */
import { realpath, stat } from 'node:fs/promises'
import { MediaError } from '../../media/errors.ts'
import { pieceBytes, type RepairPlan } from '../../media/repair/model.ts'
import { repair as plan } from '../../media/repair/repair.ts'
import { command } from '../command.ts'
import { Failure, Usage } from '../failure.ts'
import { openFile } from '../inspect/file-source.ts'
import { bar, bytes, counted, interruptible, table } from '../terminal.ts'
import { writePieces } from './write-pieces.ts'

export const repair = command({
  name: 'repair',
  about:
    'Repair MP4, MOV, MKV or WebM: index to the front, wrong sizes and offsets, a missing end, hev1 to hvc1. Samples keep their bytes.',
  args: {
    input: { type: 'positional', required: true, valueHint: 'IN', description: 'the file to repair; it is not changed' },
    output: { type: 'positional', required: false, valueHint: 'OUT', description: 'the file to write; left out with --dry-run' },
    'dry-run': { type: 'boolean', description: 'only say what would be done' },
    force: { type: 'boolean', description: 'replace OUT if it is there' },
  },
  examples: ['sluice repair broken.mp4 fixed.mp4', 'sluice repair recording.mkv --dry-run', 'sluice repair in.mov out.mov --force --json'],
  run: (args, json) => {
    const options = { dryRun: args['dry-run'] === true, force: args.force === true, json }
    if (args.output === undefined && !options.dryRun)
      throw new Usage('Name the file to write, too: sluice repair IN OUT.', 'Or add --dry-run.')
    return interruptible((signal) => runRepair(args.input, args.output ?? null, { ...options, signal }))
  },
})

interface Options {
  dryRun: boolean
  force: boolean
  json: boolean
  signal: AbortSignal
}

async function runRepair(input: string, output: string | null, options: Options): Promise<number> {
  const { dryRun, force, json, signal } = options
  if (output !== null) await refuseOutput(input, output, force)
  const source = await openFile(input)
  try {
    const planned = await planOf(input, source)
    if (!json) say(planned)
    if (output !== null && !dryRun) {
      const progress = bar([`writing ${output}`], json)
      await writePieces(source, planned.pieces, output, { force, signal, progress: (fraction) => progress.update(fraction, '') })
      progress.finish()
    }
    if (json) console.log(JSON.stringify(asJson(input, dryRun ? null : output, planned), null, 2))
    else console.log(outcome(dryRun ? null : output, planned))
    return 0
  } finally {
    await source.close()
  }
}

/** The input must survive, and so must a file that is there. */
async function refuseOutput(input: string, output: string, force: boolean): Promise<void> {
  const there = await stat(output).catch(() => null)
  if (there === null) return
  if (there.isDirectory()) throw new Usage(`${output} is a folder.`, 'Name the file to write.')
  const [from, to] = await Promise.all([realpath(input).catch(() => input), realpath(output)])
  const original = await stat(input).catch(() => null)
  // Another name of the same file is the same file.
  if (from === to || (original?.ino === there.ino && original.dev === there.dev))
    throw new Usage('IN and OUT are the same file.', 'The input is never changed: write to another name.')
  if (!force) throw new Usage(`${output} is there already.`, 'Add --force to replace it.')
}

async function planOf(input: string, source: Awaited<ReturnType<typeof openFile>>): Promise<RepairPlan> {
  try {
    return await plan(source)
  } catch (error) {
    if (error instanceof MediaError) throw new Failure(`${input} cannot be repaired: ${error.message}.`)
    throw error
  }
}

function say({ actions, warnings, tracks }: RepairPlan): void {
  for (const { what } of actions) console.log(`- ${what}`)
  for (const warning of warnings) console.log(`! ${warning}`)
  if (actions.length === 0 || tracks.length === 0) return
  const rows = tracks.map(({ id, codec, keptSamples, keptSeconds, lostSamples, lostSeconds }) => [
    `${id} ${codec}`,
    ...[String(keptSamples), keptSeconds.toFixed(3), String(lostSamples), lostSeconds.toFixed(3)],
  ])
  console.log(`\n${table(['Track', 'Samples kept', 'Seconds kept', 'Samples lost', 'Seconds lost'], rows)}\n`)
}

function outcome(output: string | null, { actions, pieces }: RepairPlan): string {
  const size = bytes(pieceBytes(pieces))
  if (output === null)
    return actions.length === 0 ? 'Nothing to repair.' : `${counted(actions.length, 'repair')} to do; nothing was written.`
  return actions.length === 0 ? `Nothing to repair: copied to ${output} (${size}).` : `Wrote ${output} (${size}).`
}

function asJson(input: string, output: string | null, { format, actions, warnings, tracks, pieces }: RepairPlan): object {
  return { input, output, format, bytes: pieceBytes(pieces), actions, warnings, tracks }
}
