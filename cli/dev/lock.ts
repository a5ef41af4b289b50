/**
 * One process at a time, by a file that names its holder. A holder that died without a word holds nothing: whoever comes
 * next looks whether the process is still there.
 */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { signal } from './processes.ts'

const ASK_MS = 100
/** Numbers of processes come back: however alive its holder looks, a lock this old was left by another. */
const STALE_MS = 120_000
/** What this process holds: its number may also be that of one that died, in a container always. */
const held = new Set<string>()

/** Runs `action` while this process holds `file`; waits as long as a living process holds it. Rejects when `stop` is aborted while waiting. */
export async function withLock<T>(file: string, action: () => Promise<T>, stop?: AbortSignal): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true })
  while (!(await take(file))) {
    if (await isLeft(file)) await rm(file, { force: true })
    else await sleep(ASK_MS, undefined, stop === undefined ? {} : { signal: stop })
  }
  try {
    return await action()
  } finally {
    held.delete(file)
    await rm(file, { force: true })
  }
}

async function take(file: string): Promise<boolean> {
  if (held.has(file)) return false
  held.add(file)
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    held.delete(file)
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isLeft(file: string): Promise<boolean> {
  const facts = await Promise.all([readFile(file, 'utf8'), stat(file)]).catch(() => null)
  if (facts === null) return false // given back this moment
  const [text, { mtimeMs }] = facts
  if (held.has(file)) return false
  if (Date.now() - mtimeMs > STALE_MS) return true
  const holder = Number(text)
  // No number yet: it is being written.
  return holder > 0 && (holder === process.pid || !signal(holder, 0))
}
