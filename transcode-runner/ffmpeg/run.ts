/**
 * Starts FFmpeg (or ffprobe) with as many output pipes as asked for, keeps the end of its standard error, and sees to it
 * that it ends: on abort the whole process group is asked to stop and killed a moment later. Should this process itself be
 * killed, the pipes break, and FFmpeg ends on its first write.
 */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { giveWay } from './give-way.ts'

export interface RunOptions {
  command: string
  args: readonly string[]
  /** Output pipes at file descriptors 3, 4, …; standard output is one more. */
  pipes?: number
  /** Work that nobody waits for to the second: it gives way to others on the machine. */
  background?: boolean
  signal?: AbortSignal
  /** Every line of standard error, as it comes. */
  onErrorLine?: (line: string) => void
}

/** How a process ended. */
export interface Exit {
  /** Null when it was killed. */
  code: number | null
  /** Last 40 lines of standard error, without the address of the loopback server. */
  log: string
}

export interface Running {
  pid: number
  stdout: Readable
  /** Descriptors 3, 4, …, in order. Each has to be read, or the process stands still. */
  pipes: Readable[]
  /** Resolves when the process has ended and its pipes are closed; rejects only when it could not be started. */
  exit: Promise<Exit>
}

const LINES_KEPT = 40
const LINE_LENGTH = 400
const KILL_AFTER_MS = 2_000

/** Starts a process. The caller reads `stdout` and every pipe, and awaits `exit`. */
export function start({ command, args, pipes = 0, background = false, signal, onErrorLine }: RunOptions): Running {
  const stdio = ['ignore', 'pipe', 'pipe', ...Array.from({ length: pipes }, () => 'pipe' as const)] as const
  const child = spawn(command, args, { stdio: [...stdio], detached: true })
  if (background && child.pid !== undefined) void giveWay(child.pid)
  const lines: string[] = []
  const stderr = child.stdio[2] as Readable
  createInterface({ input: stderr }).on('line', (line) => {
    const clean = hideLoopback(line).slice(0, LINE_LENGTH)
    lines.push(clean)
    if (lines.length > LINES_KEPT) lines.shift()
    onErrorLine?.(clean)
  })
  const stop = (): void => {
    killGroup(child.pid, 'SIGTERM')
    setTimeout(() => killGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS).unref()
  }
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      signal?.removeEventListener('abort', stop)
      resolve({ code, log: lines.join('\n') })
    })
  })
  if (signal?.aborted === true) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  return { pid: child.pid ?? 0, stdout: child.stdio[1] as Readable, pipes: child.stdio.slice(3) as Readable[], exit }
}

/** Runs a process to its end and answers what it printed, at most `maxBytes` of it (default 32 MiB; more kills it). */
export async function run(options: RunOptions & { maxBytes?: number }): Promise<Exit & { stdout: Buffer }> {
  const running = start(options)
  const parts: Buffer[] = []
  let size = 0
  running.stdout.on('data', (part: Buffer) => {
    size += part.length
    if (size > (options.maxBytes ?? 32 * 1024 * 1024)) killGroup(running.pid, 'SIGKILL')
    else parts.push(part)
  })
  const exit = await running.exit
  return { ...exit, stdout: Buffer.concat(parts) }
}

/** The path of the loopback server is as good as a password for the source while the task runs. */
function hideLoopback(line: string): string {
  return line.replace(/http:\/\/127\.0\.0\.1:\d+\/[\w-]+/g, 'source')
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended already (ESRCH).
  }
}
