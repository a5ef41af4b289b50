import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findMarked, killMarked, MARK } from './processes.ts'
import { type Program, Supervisor } from './supervisor.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-supervisor-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What was killed a moment ago may still be on its way out: hence the waiting below. A shell that starts a child of its own, says so, and waits. */
function program(name: string, more: Partial<Program> = {}): Program {
  return {
    name,
    command: '/bin/sh',
    args: ['-c', 'sleep 1000 & echo child $!; wait'],
    cwd: folder,
    env: { ...process.env, [MARK]: `mark-of-${name}-${process.pid}` },
    logFile: path.join(folder, `${name}.log`),
    ...more,
  }
}

describe('a supervised program', () => {
  it('comes back after kill -9, in a new process, and its children went with it', async () => {
    const children: number[] = []
    const deaths: string[] = []
    const onLine = (line: string): void => void children.push(Number(line.split(' ')[1]))
    const supervisor = new Supervisor(program('killed', { onLine, onDeath: (how) => deaths.push(how) }))
    await vi.waitFor(() => expect(children).toHaveLength(1), 10_000)
    const firstPid = supervisor.pid
    supervisor.kill('SIGKILL')
    await vi.waitFor(() => expect(children).toHaveLength(2), 10_000)
    expect(supervisor.pid).not.toBe(firstPid)
    expect(deaths).toEqual(['SIGKILL'])
    const mark = `mark-of-killed-${process.pid}`
    await vi.waitFor(async () => expect(await findMarked(mark)).toEqual([supervisor.pid, children[1]]), 10_000)
    await supervisor.stop()
    await vi.waitFor(async () => expect(await findMarked(mark)).toEqual([]), 10_000)
    expect(supervisor.pid).toBeNull()
    expect(await readFile(path.join(folder, 'killed.log'), 'utf8')).toMatch(/^\S+Z child \d+$/m)
  })

  it('that cannot be started at all says why', async () => {
    const deaths: string[] = []
    const supervisor = new Supervisor(program('missing', { command: '/nonexistent/program', onDeath: (how) => deaths.push(how) }))
    await vi.waitFor(() => expect(deaths[0]).toContain('ENOENT'), 10_000)
    await supervisor.stop()
  })

  it('is found by its mark, children too, and ended by it; other processes are not', async () => {
    const lines: string[] = []
    const supervisor = new Supervisor(program('marked', { onLine: (line) => lines.push(line) }))
    const other = new Supervisor(program('other', { onLine: (line) => lines.push(line) }))
    await vi.waitFor(() => expect(lines).toHaveLength(2), 10_000)
    const mark = `mark-of-marked-${process.pid}`
    expect(await findMarked(mark)).toHaveLength(2)
    await supervisor.stop()
    await killMarked(mark)
    await vi.waitFor(async () => expect(await findMarked(mark)).toEqual([]), 10_000)
    expect(await findMarked(`mark-of-other-${process.pid}`)).toHaveLength(2)
    await other.stop()
  })
})
