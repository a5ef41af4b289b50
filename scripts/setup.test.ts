/**
 * Setting up, on a checkout of nothing but a lock file and on a machine of nothing but what PATH says: a folder of small
 * programs that write down how they were called.
 */
import { spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let root = ''
let programs = ''

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'sluice-setup-test-'))
  programs = path.join(root, 'programs')
  for (const folder of ['scripts', 'node_modules', 'programs']) await mkdir(path.join(root, folder))
  await copyFile(fileURLToPath(new URL('setup.mjs', import.meta.url)), path.join(root, 'scripts/setup.mjs'))
  await writeLock('1.0.0')
  await program('npm', '')
  await program('ffmpeg', '')
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function writeLock(version: string): Promise<void> {
  const packages = { '': { version: '0.1.0' }, 'node_modules/a': { version }, 'node_modules/b': { version: '2.0.0', optional: true } }
  await writeFile(path.join(root, 'package-lock.json'), JSON.stringify({ packages }))
}

/** npm's own record of what it installed. */
async function writeRecord(version: string): Promise<void> {
  const packages = { 'node_modules/a': { version } }
  await writeFile(path.join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }))
}

/** A program of the machine: a shell script that also appends its arguments to `<name>.calls`. */
async function program(name: string, body: string): Promise<void> {
  const file = path.join(programs, name)
  await writeFile(file, `#!/bin/sh\necho "$*" >> "$0.calls"\n${body}\n`)
  await chmod(file, 0o755)
}

async function calls(name: string): Promise<string[]> {
  const text = await readFile(path.join(programs, `${name}.calls`), 'utf8').catch(() => '')
  return text.split('\n').filter(Boolean)
}

function setup(purpose: string, env: Record<string, string> = {}): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/setup.mjs'), purpose], {
    encoding: 'utf8',
    // Nothing of this machine is found: the programs above use what a shell has built in.
    env: { PATH: programs, TMPDIR: root, ...env },
  })
  return { code: status, out: stdout, err: stderr }
}

const quiet = { code: 0, out: '', err: '' }

describe('npm packages', () => {
  it('are installed once for a lock file, with a line before and after', async () => {
    const first = setup('start')
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toMatch(/^setup {6}npm packages: npm ci …\nsetup {6}npm packages: done in \d+ s\n$/)
    expect(setup('start')).toEqual(quiet)
    expect(await calls('npm')).toEqual(['ci --no-audit --no-fund'])
  })

  it('are installed again when the lock file changes, and when node_modules went away', async () => {
    setup('check')
    await writeLock('1.0.1')
    setup('check')
    expect(await calls('npm')).toHaveLength(2)
    await rm(path.join(root, 'node_modules'), { recursive: true })
    await mkdir(path.join(root, 'node_modules'))
    setup('check')
    expect(await calls('npm')).toHaveLength(3)
  })

  it('that somebody installed by hand are taken as they are when they are those of the lock file', async () => {
    await writeRecord('1.0.0')
    expect(setup('check')).toEqual(quiet)
    expect(await calls('npm')).toEqual([])
    await writeLock('1.0.1')
    setup('check')
    expect(await calls('npm')).toHaveLength(1)
  })

  it('are installed when the record of what is there is torn', async () => {
    await writeFile(path.join(root, 'node_modules/.package-lock.json'), '{"packages": {')
    expect(setup('check')).toMatchObject({ code: 0, err: '' })
    expect(await calls('npm')).toHaveLength(1)
  })

  it('that cannot be installed end it with the reason, and it is tried again the next time', async () => {
    await program('npm', 'echo "npm error code EUSAGE" >&2; echo "npm error the reason" >&2; exit 1')
    const failed = setup('test')
    expect(failed.code).toBe(1)
    expect(failed.err).toContain('`npm ci` failed')
    expect(failed.err).toContain('npm error the reason')
    const [, log = ''] = /all it said: ([^)]+)\)/.exec(failed.err) ?? []
    expect(await readFile(log, 'utf8')).toContain('EUSAGE')
    expect(await stat(path.join(root, 'node_modules/.sluice-lock')).catch(() => null)).toBeNull()
    setup('test')
    expect(await calls('npm')).toHaveLength(2)
  })

  it('are installed without the settings that an npm script passes to what it runs, with those of the person', async () => {
    await program('npm', 'printf "%s|%s" "$npm_lifecycle_event" "$npm_config_cache" > "$0.env"')
    setup('check', { npm_lifecycle_event: 'prestart', npm_config_cache: '/somewhere/else' })
    expect(await readFile(path.join(programs, 'npm.env'), 'utf8')).toBe('|/somewhere/else')
  })
})

describe('programs of the system', () => {
  beforeEach(() => writeRecord('1.0.0'))

  it('that are missing are named, with what to do, where they cannot be installed', async () => {
    await rm(path.join(programs, 'ffmpeg'))
    const failed = setup('start')
    expect(failed.code).toBe(1)
    expect(failed.err).toMatch(/FFmpeg is missing: .*ffmpeg.*\(or set FFMPEG_PATH to where it is\)/)
    expect(failed.err).toContain('Then run the command again.')
    expect(setup('check')).toEqual(quiet) // needs none of them
  })

  it('may lie where a setting says', async () => {
    await rm(path.join(programs, 'ffmpeg'))
    await program('my-ffmpeg', '')
    expect(setup('start', { FFMPEG_PATH: path.join(programs, 'my-ffmpeg') })).toEqual(quiet)
    expect(setup('start', { FFMPEG_PATH: path.join(programs, 'elsewhere') }).code).toBe(1)
  })

  it('are installed by apt in one go where this account may', async () => {
    await rm(path.join(programs, 'ffmpeg'))
    await program('apt-cache', '')
    await program('apt-get', '')
    const result = setup('start')
    if (process.getuid?.() === 0) {
      expect(result.out).toMatch(/FFmpeg: apt-get install ffmpeg …/)
      expect(await calls('apt-get')).toEqual([expect.stringMatching(/ install .*--no-install-recommends ffmpeg$/)])
    } else {
      expect(result.err).toContain('sudo apt-get install -y ffmpeg')
      expect(await calls('apt-get')).toEqual([])
    }
  })

  it('are looked for again by apt with fresh lists when it does not know them', async () => {
    await rm(path.join(programs, 'ffmpeg'))
    await program('apt-cache', 'exit 100')
    await program('apt-get', '')
    setup('start')
    const updates = (await calls('apt-get')).filter((call) => call.startsWith('update'))
    expect(updates).toHaveLength(process.getuid?.() === 0 ? 1 : 0)
  })
})

it('is used with what it is for', () => {
  expect(setup('everything')).toMatchObject({ code: 2, err: expect.stringContaining('start|test|check') as string })
})
