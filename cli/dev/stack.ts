/**
 * The whole stack on this machine: edge, runners, and everything they need, in the order they need it. `sluice dev` is
 * this with a terminal around it; tests start the same thing and kill parts of it.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.ts'
import { requireFreePort, startEdge, waitForEdge, watchEdge, wranglerEnv } from './edge.ts'
import { buildSite, migrate } from './prepare.ts'
import { findMarked, killMarked, MARK, signal } from './processes.ts'
import { startRunner } from './runner.ts'
import { loadSecrets, writeEdgeSecrets } from './secrets.ts'
import type { Supervisor } from './supervisor.ts'
import { writeWranglerConfig } from './wrangler-config.ts'

export interface StackOptions {
  port: number
  /** An absolute path. Made when it is not there, readable by its owner only. */
  dataDir: string
  host?: string
  /** How many runners; 1. */
  runners?: number
  /** Null or missing: the one in the data folder, made on the first start. */
  adminToken?: string | null
  /** `ffmpeg` on PATH. */
  ffmpegPath?: string
  /** One line about one part: `edge`, `runner 1`, `site`, … */
  report?: (part: string, text: string) => void
  /** Aborted: what was started so far is ended, and `startStack` rejects. Not looked at once the stack is up. */
  stop?: AbortSignal
}

export interface Stack {
  /** `http://localhost:8787`, without a slash at the end. */
  url: string
  dataDir: string
  adminToken: string
  runnerToken: string
  /** Credentials of the bucket's S3 endpoint, `<url>/cdn-cgi/local/r2/s3`. */
  s3: { accessKeyId: string; secretAccessKey: string }
  /** `pid` is the process group; `kill('SIGKILL')` kills it and it comes back by itself. */
  edge: Supervisor
  runners: Supervisor[]
  /** Resolves when the edge answers. */
  waitForEdge(): Promise<void>
  /** Resolves when `count` runners (all, when not given) are connected to the pool. */
  waitForRunners(count?: number): Promise<void>
  /** One runner more. */
  addRunner(): Supervisor
  /** Ends everything, politely first. */
  stop(): Promise<void>
  /** Ends everything at once. */
  stopHard(): void
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Starts the stack; resolves when the edge serves (runners are started, not yet connected). */
export async function startStack(options: StackOptions): Promise<Stack> {
  const report = options.report ?? (() => undefined)
  const { port, dataDir } = options
  const host = options.host ?? '127.0.0.1'
  const url = `http://${host === '127.0.0.1' || host === '::1' || host === '0.0.0.0' ? 'localhost' : host}:${port}`
  const ownUrl = `http://${host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`

  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await chmod(dataDir, 0o700)
  for (const folder of ['log', 'state']) await mkdir(path.join(dataDir, folder), { recursive: true })
  const mark = await takeOver(dataDir, report)
  await requireFreePort(host, port)
  const { stop } = options

  const secrets = await loadSecrets(dataDir, options.adminToken ?? null)
  const configFile = await writeWranglerConfig(ROOT, dataDir, secrets.s3)
  const secretsFile = await writeEdgeSecrets(dataDir, secrets)
  const stateDir = path.join(dataDir, 'state')
  const env = wranglerEnv(dataDir, mark)
  // Without pages there is still an API to work with: whoever edits the site sees what is wrong and keeps the stack.
  const site = buildSite(ROOT, stop).then(
    (built) => built && report('site', 'built'),
    (error: unknown) => {
      if (stop?.aborted !== true) report('site', error instanceof Error ? error.message : String(error))
    },
  )
  const database = migrate(ROOT, dataDir, stateDir, configFile, env, stop).then(
    (migrated) => migrated && report('database', 'migrations applied'),
  )
  try {
    await Promise.all([site, database])
    stop?.throwIfAborted()
  } catch (error) {
    await site
    await leave(dataDir, mark)
    throw error
  }

  const onDeath =
    (name: string) =>
    (how: string, pauseMs: number): void =>
      report(name, `ended (${how}); starting it again in ${pauseMs / 1000} s`)
  const edge = startEdge({ root: ROOT, dataDir, stateDir, host, port, configFile, secretsFile, env, onDeath: onDeath('edge') })
  const endWatch = watchEdge(ownUrl, edge, () => report('edge', 'does not answer any more'))
  const runners: Supervisor[] = []
  const all = (): Supervisor[] => [...runners, edge]

  const stack: Stack = {
    url,
    dataDir,
    adminToken: secrets.adminToken,
    runnerToken: secrets.runnerToken,
    s3: secrets.s3,
    edge,
    runners,
    waitForEdge: () => waitForEdge(ownUrl, edge),
    waitForRunners: (count = runners.length) => waitForRunners(ownUrl, secrets.adminToken, count),
    addRunner() {
      const number = runners.length + 1
      const runner = startRunner({
        root: ROOT,
        dataDir,
        number,
        url: ownUrl,
        secrets,
        ffmpegPath: options.ffmpegPath ?? 'ffmpeg',
        mark,
        onLine: (line) => {
          const short = shortLine(line)
          if (short !== null) report(`runner ${number}`, short)
        },
        onDeath: onDeath(`runner ${number}`),
      })
      runners.push(runner)
      return runner
    },
    async stop() {
      endWatch()
      // Runners first: they still tell the pool what they finished.
      await Promise.all(runners.map((runner) => runner.stop()))
      await edge.stop()
      await leave(dataDir, mark)
    },
    stopHard: () => {
      for (const program of all()) program.stopHard()
    },
  }
  try {
    await waitForEdge(ownUrl, edge, stop === undefined ? {} : { stop })
    for (let n = 0; n < (options.runners ?? 1); n += 1) stack.addRunner()
  } catch (error) {
    await stack.stop()
    throw error
  }
  return stack
}

/** A line of a runner's log for the terminal: no time, no lease; null for what only the log needs. */
function shortLine(line: string): string | null {
  const text = line.replace(/^\d{4}-\S+Z /, '').replace(/ lease=\S+/, '')
  return text.startsWith('task started') ? null : text
}

/** Nothing of this stack is left running. */
async function leave(dataDir: string, mark: Record<string, string>): Promise<void> {
  // What was being started while it was looked for is found the next time.
  for (let n = 0; n < 50 && (await killMarked(mark[MARK] ?? '')) > 0; n += 1) await sleep(50)
  await rm(path.join(dataDir, 'stack.json'), { force: true })
}

/** Makes sure that nothing else runs in this data folder, ends what a killed launcher left, and marks this launcher's children. */
async function takeOver(dataDir: string, report: (part: string, text: string) => void): Promise<Record<string, string>> {
  const file = path.join(dataDir, 'stack.json')
  const before = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as { mark: string; pid: number },
    () => null, // missing or torn: a first start
  )
  if (before !== null && typeof before.mark === 'string' && before.mark !== '') {
    const left = await findMarked(before.mark)
    // The launcher does not carry the mark itself; it lives when its process does and its children are there.
    if (left.length > 0 && before.pid !== process.pid && signal(before.pid, 0) && (await isLauncher(before.pid))) {
      throw new Failure(
        `A stack is running already in ${dataDir} (process ${before.pid}).`,
        'Stop that one, or set SLUICE_DATA and PORT to run a second one.',
      )
    }
    const killed = await killMarked(before.mark)
    if (killed > 0) {
      report('clean-up', `ended ${killed} processes that the last start left behind`)
      // Their ports and files are free when the kernel has taken them away.
      for (let n = 0; n < 50 && (await findMarked(before.mark)).length > 0; n += 1) await sleep(100)
    }
  }
  const mark = randomBytes(12).toString('hex')
  await writeFile(file, JSON.stringify({ mark, pid: process.pid }), { mode: 0o600 })
  return { [MARK]: mark }
}

async function isLauncher(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return /cli\/(main\.ts|bin\.mjs)|vitest/.test(command)
}

async function waitForRunners(url: string, adminToken: string, count: number): Promise<void> {
  while ((await connectedRunners(url, adminToken)) < count) await sleep(150)
}

async function connectedRunners(url: string, adminToken: string): Promise<number> {
  const answer = await fetch(`${url}/api/runners`, {
    headers: { Authorization: `Bearer ${adminToken}` },
    signal: AbortSignal.timeout(5_000),
  }).then(
    async (response) => (response.ok ? ((await response.json()) as { runners: { connected: boolean }[] }) : null),
    () => null, // the edge is between two lives
  )
  return answer?.runners.filter((runner) => runner.connected).length ?? 0
}
