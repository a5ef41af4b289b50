import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { withLock } from './lock.ts'

let folder = ''
let file = ''
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-lock-'))
  file = path.join(folder, 'below/lock')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A process that is there until it is told to end. */
function somebody(): { pid: number; end: () => Promise<void> } {
  const child = spawn('sleep', ['1000'])
  return {
    pid: child.pid ?? 0,
    end: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

it('lets one in at a time, and is gone afterwards, also after a failure', async () => {
  let inside = 0
  const work = async (): Promise<void> => {
    inside += 1
    expect(inside).toBe(1)
    expect(await readFile(file, 'utf8')).toBe(String(process.pid))
    inside -= 1
  }
  await Promise.all([withLock(file, work), withLock(file, work), withLock(file, work)])
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await stat(file).catch(() => null)).toBeNull()
})

it('is taken from a process that was killed while it held it', async () => {
  const holder = somebody()
  await withLock(file, async () => undefined)
  await writeFile(file, String(holder.pid))
  const waiting = withLock(file, async () => 'in')
  await holder.end()
  expect(await waiting).toBe('in')
})

it('is taken from a process that had the same number', async () => {
  await withLock(file, async () => undefined)
  await writeFile(file, String(process.pid))
  expect(await withLock(file, async () => 'in')).toBe('in')
})

it('stops waiting when it is told to', async () => {
  const holder = somebody()
  await withLock(file, async () => undefined)
  await writeFile(file, String(holder.pid))
  await expect(withLock(file, async () => 'in', AbortSignal.timeout(50))).rejects.toThrow('aborted')
  expect(await readFile(file, 'utf8')).toBe(String(holder.pid))
  await holder.end()
})
