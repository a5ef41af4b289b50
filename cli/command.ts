/** What every subcommand is: its options by citty, examples that its help shows, and no patience with misspelt options. */
import { type ArgsDef, type CommandContext, defineCommand, renderUsage, runCommand } from 'citty'
import { Usage } from './failure.ts'

export interface Command {
  help(): Promise<string>
  /** The exit code: 0 done, 1 it found what it looks for. Throws `Failure` and `Usage`. */
  run(rawArgs: string[]): Promise<number>
}

/** A subcommand from its parts. Every one has `--json` and `--help`. */
export function command<const T extends ArgsDef>(parts: {
  name: string
  about: string
  args: T
  examples: string[]
  run: (args: CommandContext<T>['args'], json: boolean) => Promise<number>
}): Command {
  const args: ArgsDef = { ...parts.args, json: { type: 'boolean', description: 'for machines: JSON instead of text' } }
  const definition = defineCommand({
    meta: { name: parts.name, description: parts.about },
    args,
    run: async (context) => parts.run(context.args as CommandContext<T>['args'], context.args['json'] === true),
  })
  return {
    async help() {
      const usage = await renderUsage(definition, defineCommand({ meta: { name: 'sluice' } }))
      return `${usage.trimEnd()}\n\nEXAMPLES\n\n${parts.examples.map((example) => `  ${example}`).join('\n')}\n`
    },
    async run(rawArgs) {
      refuseUnknown(rawArgs, args, parts.name)
      const { result } = await runCommand(definition, { rawArgs })
      return typeof result === 'number' ? result : 0
    },
  }
}

/** citty takes options that nobody defined; a misspelt one must not pass unseen. Throws `Usage`. */
function refuseUnknown(rawArgs: string[], args: ArgsDef, name: string): void {
  const known = new Set(['help', 'h'])
  let positionals = 0
  const takesValue = new Set<string>()
  for (const [key, arg] of Object.entries(args)) {
    if (arg.type === 'positional') positionals += 1
    const aliases = 'alias' in arg ? [arg.alias ?? []].flat() : []
    for (const spelling of [key, ...aliases]) {
      known.add(spelling)
      if (arg.type === 'boolean') known.add(`no-${spelling}`)
      else takesValue.add(spelling)
    }
  }
  let given = 0
  for (let i = 0; i < rawArgs.length; i += 1) {
    const arg = rawArgs[i] ?? ''
    if (arg === '--') {
      given += rawArgs.length - i - 1
      break
    }
    if (!arg.startsWith('-') || arg === '-') {
      given += 1
      continue
    }
    const [option = '', value] = arg.replace(/^--?/, '').split('=', 2)
    if (!known.has(option)) throw new Usage(`sluice ${name} has no option '${arg}'.`, `See: sluice ${name} --help`)
    if (takesValue.has(option) && value === undefined) i += 1
  }
  if (given > positionals)
    throw new Usage(
      `sluice ${name} takes ${positionals} argument${positionals === 1 ? '' : 's'}, not ${given}.`,
      `See: sluice ${name} --help`,
    )
}
