/**
 * Which processes belong to a stack. Every child carries `SLUICE_STACK=<mark>` in its environment and passes it on to its
 * own children, so what a killed launcher left behind is found by the mark, whatever became of its parents. A process
 * that has the number of a dead one but not the mark is never touched.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

export const MARK = 'SLUICE_STACK'

/** Process ids that carry the mark, without this process. */
export async function findMarked(mark: string): Promise<number[]> {
  const wanted = `${MARK}=${mark}`
  const found = process.platform === 'linux' ? await markedByProc(wanted) : await markedByPs(wanted)
  return found.filter((pid) => pid !== process.pid)
}

async function markedByProc(wanted: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const marked = pids.map(async (pid) => {
    // Gone meanwhile, or somebody else's: not ours.
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    return environment.split('\0').includes(wanted)
  })
  const flags = await Promise.all(marked)
  return pids.filter((_, index) => flags[index])
}

async function markedByPs(wanted: string): Promise<number[]> {
  // BSD ps: E shows the environment of one's own processes after the command.
  const { stdout } = await promisify(execFile)('ps', ['-xEww', '-o', 'pid=,command='], { maxBuffer: 64 << 20 })
  return stdout
    .split('\n')
    .filter((line) => line.split(' ').includes(wanted))
    .map((line) => Number.parseInt(line, 10))
}

/** Ends all processes with the mark, hard. Returns how many there were. */
export async function killMarked(mark: string): Promise<number> {
  const pids = await findMarked(mark)
  for (const pid of pids) signal(pid, 'SIGKILL')
  return pids.length
}

/** `process.kill` that does not mind a process that is gone; a negative number is a process group. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
