/** The local edge: `wrangler dev` as one supervised program. */
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import { Supervisor } from './supervisor.ts'

/** First start on a slow machine: bundling and the first page-in of the runtime. */
const START_TIMEOUT_MS = 90_000

/** Environment that keeps wrangler to itself: no telemetry, no network, its own registry and log folder. */
export function wranglerEnv(dataDir: string, mark: Record<string, string>): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...mark,
    CI: '1',
    NO_COLOR: '1',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_LOG: 'warn',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_LOG_PATH: path.join(dataDir, 'log/wrangler'),
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_REGISTRY_PATH: path.join(dataDir, 'registry'),
    MINIFLARE_REGISTRY_PATH: path.join(dataDir, 'registry'),
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    // Settings of the stack are not variables of the Worker.
    CLOUDFLARE_INCLUDE_PROCESS_ENV: 'false',
  }
}

export interface EdgeOptions {
  root: string
  dataDir: string
  stateDir: string
  host: string
  port: number
  configFile: string
  secretsFile: string
  env: NodeJS.ProcessEnv
  onDeath: (how: string, pauseMs: number) => void
}

/** Starts it; `waitForEdge` tells when it serves. */
export function startEdge(options: EdgeOptions): Supervisor {
  const wrangler = path.join(options.root, 'node_modules/wrangler/bin/wrangler.js')
  return new Supervisor({
    name: 'edge',
    command: process.execPath,
    args: [
      ...['--no-warnings', wrangler, 'dev', '-c', options.configFile, '--env-file', options.secretsFile],
      ...['--ip', options.host, '--port', String(options.port), '--inspector-port', '0'],
      ...['--persist-to', options.stateDir, '--show-interactive-dev-session', 'false'],
    ],
    cwd: options.dataDir,
    env: options.env,
    logFile: path.join(options.dataDir, 'log/edge.log'),
    onDeath: options.onDeath,
  })
}

/** Resolves when the edge answers `/api/health` with anything that is not an error of its own; rejects when `stop` is aborted. */
export async function waitForEdge(url: string, edge: Supervisor, { stop }: { stop?: AbortSignal } = {}): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadlineMs && edge.deathsInARow < 3) {
    const status = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(5_000) }).then(
      (response) => response.status,
      () => 0,
    )
    stop?.throwIfAborted()
    if (status > 0 && status < 500) return
    await sleep(100)
  }
  throw new Failure(
    `The edge does not answer at ${url}. Its last words:\n${edge.lastLines.slice(-15).join('\n')}`,
    `More in ${edge.program.logFile}`,
  )
}

/** How often the watch asks, and how many answers in a row may be missing, each of them `CHECK_TIMEOUT_MS` late. */
const CHECK_EVERY_MS = 3_000
const CHECK_TIMEOUT_MS = 10_000
const CHECKS_MISSED = 4

/**
 * Kills an edge that no longer answers, so that its supervisor starts it again: wrangler lives on when the runtime below
 * it was killed, and not always brings it back. Returns how to end the watch.
 */
export function watchEdge(url: string, edge: Supervisor, onSilence: () => void): () => void {
  let missed = 0
  let asking = false
  const check = async (): Promise<void> => {
    if (asking || edge.pid === null) return
    asking = true
    const answered = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) }).then(
      () => true,
      () => false,
    )
    asking = false
    missed = answered || edge.pid === null ? 0 : missed + 1
    if (missed < CHECKS_MISSED) return
    missed = 0
    onSilence()
    edge.kill('SIGKILL')
  }
  const timer = setInterval(() => void check(), CHECK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** A port whose owner was just killed is free a moment later: the kernel takes a process away after its last file. */
const PORT_PATIENCE_MS = 3_000

/** Throws when something else listens on the port, and goes on doing so. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const deadlineMs = Date.now() + PORT_PATIENCE_MS
  let problem = await tryPort(host, port)
  while (problem?.code === 'EADDRINUSE' && Date.now() < deadlineMs) {
    await sleep(100)
    problem = await tryPort(host, port)
  }
  if (problem?.code === 'EADDRINUSE') {
    throw new Failure(
      `Port ${port} on ${host} is taken by another program.`,
      `Stop that, or choose another port: PORT=${port + 1} npm start`,
    )
  }
  if (problem !== null)
    throw new Failure(`Cannot listen on ${host}:${port}: ${problem.message}.`, 'Set SLUICE_HOST and PORT to an address of this machine.')
}

async function tryPort(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
}
