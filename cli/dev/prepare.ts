/** What has to be true before the edge starts: the site is built, the database has its tables. Each step runs only when its input changed. */
import { execFile } from 'node:child_process'
import { mkdir, rmdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Failure } from '../failure.ts'
import { hashOf, unlessStamped } from './stamps.ts'

const run = promisify(execFile)
const SITE_SOURCES = ['site', 'player', 'protocol', 'media', 'vite.config.ts', 'package-lock.json']
/** Another stack of this checkout builds the same site: longer than that and it has died. */
const LOCK_STALE_MS = 120_000

/** Builds the site into dist/site when its sources changed. True when it was built. */
export async function buildSite(root: string): Promise<boolean> {
  await mkdir(path.join(root, 'dist/site'), { recursive: true })
  return withLock(path.join(root, 'dist/.building'), async () => {
    const hash = await hashOf(root, SITE_SOURCES)
    return unlessStamped(path.join(root, 'dist/.site-stamp'), hash, async () => {
      const vite = path.join(root, 'node_modules/vite/bin/vite.js')
      await run(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root }).catch((error: unknown) => {
        throw new Failure(`The site could not be built:\n${outputOf(error)}`)
      })
    })
  })
}

/** Applies the D1 migrations to the local database. True when there were new ones. */
export async function migrate(
  root: string,
  dataDir: string,
  stateDir: string,
  configFile: string,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const hash = await hashOf(root, ['migrations'])
  return unlessStamped(path.join(dataDir, 'migrations-stamp'), hash, async () => {
    const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js')
    const args = [wrangler, 'd1', 'migrations', 'apply', 'DB', '--local', '--persist-to', stateDir, '-c', configFile]
    await run(process.execPath, args, { cwd: dataDir, env }).catch((error: unknown) => {
      throw new Failure(`The database could not be prepared:\n${outputOf(error)}`, `Everything it holds is in ${stateDir}.`)
    })
  })
}

async function withLock<T>(folder: string, action: () => Promise<T>): Promise<T> {
  for (;;) {
    const held = await mkdir(folder).then(
      () => true,
      () => false,
    )
    if (held) break
    const age = Date.now() - ((await stat(folder).catch(() => null))?.mtimeMs ?? Date.now())
    if (age > LOCK_STALE_MS) await rmdir(folder).catch(() => undefined)
    else await sleep(200)
  }
  try {
    return await action()
  } finally {
    await rmdir(folder).catch(() => undefined)
  }
}

function outputOf(error: unknown): string {
  const { stdout = '', stderr = '', message = '' } = error as { stdout?: string; stderr?: string; message?: string }
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? message : lines.slice(-15).join('\n')
}
