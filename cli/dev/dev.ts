/** `sluice dev`: the whole stack with a terminal around it. What `npm start` runs. */
import path from 'node:path'
import { command } from '../command.ts'
import { addDemo } from './demo.ts'
import { readSettings, type Settings } from './settings.ts'
import { type Stack, startStack } from './stack.ts'

export const dev = command({
  name: 'dev',
  about: 'Start the whole stack on this machine: edge, runners, and a demo video when the library is empty.',
  args: {},
  examples: [
    'sluice dev',
    'PORT=9000 SLUICE_DATA=/tmp/second sluice dev     a second stack beside the first',
    'SLUICE_DEMO=0 SLUICE_RUNNERS=2 sluice dev        no demo video, two runners',
  ],
  run: (_args, json) => runDev(readSettings(process.env, process.cwd()), json),
})

/** Resolves with the exit code when the stack has been stopped. */
async function runDev(settings: Settings, json: boolean): Promise<number> {
  const startedMs = Date.now()
  const say = (part: string, text: string, more: Record<string, unknown> = {}): void => {
    console.log(json ? JSON.stringify({ part, text, ...more }) : `${part.padEnd(10)} ${text}`)
  }
  const stopSignal = listenForStop()
  if (!json)
    console.log(
      `sluice     data in ${path.relative(process.cwd(), settings.dataDir) || '.'}, settings by environment (docs/3-reference/settings.md)`,
    )

  const stack = await startStack({ ...settings, report: say, stop: stopSignal.signal }).catch((error: unknown) => {
    // Ctrl-C reaches the programs that prepare things as well: whatever they say then is no failure.
    if (stopSignal.signal.aborted) return null
    throw error
  })
  if (stack === null) {
    say('sluice', 'stopped before it was up')
    return 0
  }
  const stopped = stopSignal.requested.then(async () => {
    say('sluice', 'stopping')
    stopSignal.onSecond(() => {
      stack.stopHard()
      process.exit(1)
    })
    await stack.stop()
    return 0
  })
  say('edge', `serving on ${settings.host}:${settings.port}`)
  const demo = settings.demo ? addDemo(stack, settings, say) : Promise.resolve()
  // The demo is a courtesy: when it fails, it says so, and the stack serves on.
  demo.catch((error: unknown) => say('demo', `not added: ${error instanceof Error ? error.message : String(error)}`))

  const impatience = setTimeout(() => say('runner', `not connected yet; see ${path.join(settings.dataDir, 'log')}`), 20_000)
  await Promise.race([stack.waitForRunners(), stopped])
  clearTimeout(impatience)
  if (!stopSignal.signal.aborted) announce(stack, settings, startedMs, json)
  return stopped
}

function announce(stack: Stack, settings: Settings, startedMs: number, json: boolean): void {
  const signIn = `${stack.url}/sign-in#token=${encodeURIComponent(stack.adminToken)}`
  if (json) {
    console.log(JSON.stringify({ part: 'ready', url: stack.url, adminToken: stack.adminToken, signIn, runners: settings.runners }))
    return
  }
  console.log(`
ready ${stack.url}
  admin token  ${stack.adminToken}
  sign in      ${signIn}
  started in ${((Date.now() - startedMs) / 1000).toFixed(1)} s; Ctrl-C stops everything
`)
}

interface StopSignal {
  requested: Promise<void>
  /** Aborted when it was requested. */
  signal: AbortSignal
  onSecond(action: () => void): void
}

/** The first SIGINT, SIGTERM or SIGHUP asks politely; another one 0.5 s later or more means it (npm and a terminal may send one twice). */
function listenForStop(): StopSignal {
  let firstMs: number | null = null
  let second = (): void => process.exit(1)
  const controller = new AbortController()
  const { promise: requested, resolve: request } = Promise.withResolvers<void>()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (firstMs === null) {
        firstMs = Date.now()
        controller.abort()
        request()
      } else if (Date.now() - firstMs > 500) second()
    })
  }
  return {
    requested,
    signal: controller.signal,
    onSecond: (action) => {
      second = action
    },
  }
}
