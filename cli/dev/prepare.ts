/** What has to be true before the edge starts: the site is built, the database has its tables. Each step runs only when its input changed. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '../failure.ts'
import { withLock } from './lock.ts'
import { hashOf, unlessStamped } from './stamps.ts'

const run = promisify(execFile)
const SITE_SOURCES = ['site', 'player', 'protocol', 'media', 'vite.config.ts', 'package-lock.json']

/** Builds the site into dist/site when its sources changed; another stack of this checkout may be building the same. True when it was built. */
export async function buildSite(root: string, stop?: AbortSignal): Promise<boolean> {
  const build = async (): Promise<boolean> => {
    const hash = await hashOf(root, SITE_SOURCES)
    return unlessStamped(path.join(root, 'dist/.site-stamp'), hash, async () => {
      const vite = path.join(root, 'node_modules/vite/bin/vite.js')
      await run(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root, ...stoppedBy(stop) }).catch((error: unknown) => {
        throw new Failure(`The site could not be built:\n${outputOf(error)}`)
      })
    })
  }
  await mkdir(path.join(root, 'dist/site'), { recursive: true })
  return withLock(path.join(root, 'dist/.building.lock'), build, stop)
}

/** Applies the D1 migrations to the local database. True when there were new ones. */
export async function migrate(
  root: string,
  dataDir: string,
  stateDir: string,
  configFile: string,
  env: NodeJS.ProcessEnv,
  stop?: AbortSignal,
): Promise<boolean> {
  const hash = await hashOf(root, ['migrations'])
  return unlessStamped(path.join(dataDir, 'migrations-stamp'), hash, async () => {
    const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js')
    const args = [wrangler, 'd1', 'migrations', 'apply', 'DB', '--local', '--persist-to', stateDir, '-c', configFile]
    await run(process.execPath, args, { cwd: dataDir, env, ...stoppedBy(stop) }).catch((error: unknown) => {
      throw new Failure(`The database could not be prepared:\n${outputOf(error)}`, `Everything it holds is in ${stateDir}.`)
    })
  })
}

function stoppedBy(stop: AbortSignal | undefined): { signal?: AbortSignal } {
  return stop === undefined ? {} : { signal: stop }
}

function outputOf(error: unknown): string {
  const { stdout = '', stderr = '', message = '' } = error as { stdout?: string; stderr?: string; message?: string }
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? message : lines.slice(-15).join('\n')
}
