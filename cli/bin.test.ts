/** The door of the command line, on a Node that can read TypeScript and on one that cannot. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('bin.mjs', import.meta.url))
/** Makes any Node say that it is an old one. */
const OLD = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
  const versions = { ...process.versions, node: '20.19.2' }
  Object.defineProperty(process, 'versions', { value: versions })
  Object.defineProperty(process, 'version', { value: 'v20.19.2' })
`)}`,
]

function sluice(nodeArgs: string[], args: string[], bin = BIN): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...nodeArgs, bin, ...args], { encoding: 'utf8' })
}

describe.each([
  ['a Node that reads TypeScript', []],
  ['an older Node', OLD],
])('sluice on %s', (_name, nodeArgs) => {
  it('is the command, with its output and exit codes', () => {
    const help = sluice(nodeArgs, ['--help'])
    expect(help).toMatchObject({ status: 0, stderr: '' })
    expect(help.stdout).toContain('sluice dev')
    const unknown = sluice(nodeArgs, ['frobnicate'])
    expect(unknown).toMatchObject({ status: 2, stdout: '' })
    expect(unknown.stderr).toContain(`sluice has no command 'frobnicate'`)
  })
})

describe('in a checkout of its own', () => {
  let root = ''
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'sluice-bin-'))
    await mkdir(path.join(root, 'cli'))
    await copyFile(BIN, path.join(root, 'cli/bin.mjs'))
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('an older Node without a newer one beside it is told what to do', () => {
    const result = sluice(OLD, ['--help'], path.join(root, 'cli/bin.mjs'))
    expect(result).toMatchObject({ status: 2, stdout: '' })
    expect(result.stderr).toMatch(/needs Node 22\.18 or newer; this is v20\.19\.2[^]*npm ci/)
  })

  it('the newer Node that an older one starts gets its signals and gives its exit code', async () => {
    await mkdir(path.join(root, 'node_modules/.bin'), { recursive: true })
    await writeFile(path.join(root, 'node_modules/.bin/node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 })
    await writeFile(
      path.join(root, 'cli/main.ts'),
      `process.on('SIGTERM', () => process.exit(7))\nsetInterval(() => {}, 1000)\nconsole.log('up')\n`,
    )
    const child = spawn(process.execPath, [...OLD, path.join(root, 'cli/bin.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([7, null])
  })
})
