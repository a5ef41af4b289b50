/** The `sluice` command: a name for each subcommand, and one place where failures become messages and exit codes. */
import { enableCompileCache } from 'node:module'
import type { Command } from './command.ts'
import { Failure, Usage } from './failure.ts'

/** Loaded when they are asked for: `sluice --help` reads none of them. */
const COMMANDS: Record<string, { about: string; load: () => Promise<Command> }> = {
  dev: { about: 'the whole stack on this machine', load: async () => (await import('./dev/dev.ts')).dev },
  ladder: { about: 'encode a file into a quality ladder', load: async () => (await import('./ladder/ladder.ts')).ladder },
  inspect: {
    about: 'what is in a media file, where it lies, and what is wrong with it',
    load: async () => (await import('./inspect/inspect.ts')).inspect,
  },
  demux: {
    about: 'what is in an MPEG transport stream, and its elementary streams',
    load: async () => (await import('./demux/demux.ts')).demux,
  },
  check: { about: 'what a playlist breaks of RFC 8216bis', load: async () => (await import('./check/check.ts')).check },
  segment: { about: 'cut a ladder into HLS segments and playlists', load: async () => (await import('./segment/segment.ts')).segment },
  replay: {
    about: 'put an exported session before its ABR rule again, or before another one',
    load: async () => (await import('./replay/replay.ts')).replaySession,
  },
  repair: { about: 'write a damaged file anew, samples untouched', load: async () => (await import('./repair/repair.ts')).repair },
  netsim: { about: 'bandwidth estimators on a simulated network', load: async () => (await import('./netsim/netsim.ts')).netsim },
  abr: { about: 'ABR rules against each other over network traces', load: async () => (await import('./abr/abr.ts')).abr },
}

// Types are stripped and code is compiled once, not in each process: half a second less to wait. Where no cache can be written, nothing is lost.
enableCompileCache()
process.exitCode = await main(process.argv.slice(2))

/** The exit code. 0: done. 1: the work failed, or found what it looks for. 2: wrong use. */
async function main(args: string[]): Promise<number> {
  try {
    return await dispatch(args)
  } catch (error) {
    return explain(error, args.includes('--json'))
  }
}

async function dispatch([name, ...rest]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(overview())
    return name === undefined ? 2 : 0
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined)
    throw new Usage(`sluice has no command '${name}'.`, `It has: ${Object.keys(COMMANDS).join(', ')}. See: sluice --help`)
  const command = await entry.load()
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(await command.help())
    return 0
  }
  return command.run(rest)
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  sluice ${name.padEnd(10)} ${about}`)
  return ['sluice: a video platform that runs on the edge', '', ...lines, '', 'sluice COMMAND --help says more, with an example.'].join(
    '\n',
  )
}

/** Says what happened and what to do, on standard error; returns the exit code. */
function explain(error: unknown, json: boolean): number {
  // citty's own errors (a missing argument, a value that is not one of the options) are wrong use.
  const isCitty = error instanceof Error && error.name === 'CLIError'
  const failure = isCitty ? new Usage(error.message, 'Add --help to see how it is used.') : error
  if (!(failure instanceof Failure)) {
    console.error(failure)
    return 1
  }
  if (json) console.error(JSON.stringify({ error: { message: failure.message, hint: failure.hint } }))
  else console.error(failure.hint === null ? failure.message : `${failure.message}\n${failure.hint}`)
  return failure.exitCode
}
