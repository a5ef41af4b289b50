/**
 * `npm run check`: everything that can be said about the code without running it. One line a step with its time; the output
 * of a step is shown only when it fails. Two steps at a time: each is a process that keeps one core busy.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkImports } from './check-imports.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const outDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-check-'))

interface Outcome {
  ok: boolean
  output: string
}
interface Step {
  name: string
  run: () => Promise<Outcome>
}

/** A program out of node_modules/.bin, or an absolute path. */
function program(name: string, command: string, ...args: string[]): Step {
  return { name, run: () => execute(path.join(root, 'node_modules/.bin', command), args) }
}

const steps: Step[] = [
  program('types: worker', 'tsc', '-p', 'tsconfig.worker.json', '--pretty', 'false'),
  program('types: browser', 'tsc', '-p', 'tsconfig.dom.json', '--pretty', 'false'),
  program('types: node', 'tsc', '-p', 'tsconfig.node.json', '--pretty', 'false'),
  program('types: tests', 'tsc', '-p', 'tsconfig.browser-tests.json', '--pretty', 'false'),
  program('lint', 'oxlint', '--deny-warnings'),
  program('format', 'oxfmt', '--check'),
  { name: 'imports', run: imports },
  program('unused code', 'knip', '--no-progress'),
  program('generated types', 'wrangler', 'types', '--check', '--include-runtime=true', 'worker-configuration.d.ts'),
  { name: 'deploy, dry', run: deployDry },
]

const startedMs = Date.now()
const failed = await runAll(steps, 2)
rmSync(outDir, { recursive: true, force: true })
console.log(`\n${steps.length - failed} of ${steps.length} checks passed in ${seconds(startedMs)}`)
process.exitCode = failed === 0 ? 0 : 1

/** Runs the steps, `width` at a time, in order; returns how many failed. */
async function runAll(waiting: Step[], width: number): Promise<number> {
  const queue = [...waiting]
  let failures = 0
  const worker = async (): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const stepStartedMs = Date.now()
      const { ok, output } = await step.run()
      console.log(`${ok ? 'ok  ' : 'FAIL'} ${step.name.padEnd(16)} ${seconds(stepStartedMs)}`)
      if (ok) continue
      failures += 1
      console.log(output.trimEnd().replace(/^/gm, '     '))
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return failures
}

/** The site and the Worker, built as a deployment has them, into a folder of their own: a running stack keeps its site. */
async function deployDry(): Promise<Outcome> {
  const site = path.join(outDir, 'site')
  const built = await execute(path.join(root, 'node_modules/.bin/vite'), ['build', '--logLevel', 'warn', '--outDir', site])
  if (!built.ok) return built
  const deploy = ['deploy', '--dry-run', '--outdir', path.join(outDir, 'worker'), '--assets', site]
  return execute(path.join(root, 'node_modules/.bin/wrangler'), deploy)
}

async function imports(): Promise<Outcome> {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  const breaches = checkImports(root, tracked.split('\n').filter(Boolean))
  return { ok: breaches.length === 0, output: breaches.join('\n') }
}

function execute(command: string, args: string[]): Promise<Outcome> {
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'warn', CI: '1', NO_COLOR: '1' }
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
    child.once('error', (error) => resolve({ ok: false, output: error.message }))
    child.once('close', (code) => resolve({ ok: code === 0, output }))
  })
}

function seconds(sinceMs: number): string {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`
}
