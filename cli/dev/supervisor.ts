/**
 * One child program kept running: its own process group (so that its children end with it), its output in a log file, a
 * new start with growing pauses when it dies. The group is killed before every new start: nothing half-dead holds a port.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { signal } from './processes.ts'

export interface Program {
  /** What it is called on the terminal: `edge`, `runner 1`. */
  name: string
  command: string
  args: string[]
  cwd: string
  env: Record<string, string | undefined>
  logFile: string
  /** A line on standard output. */
  onLine?: (line: string) => void
  /** It ended by itself and will be started again after `pauseMs`. */
  onDeath?: (how: string, pauseMs: number) => void
}

/** Pauses before the first, second, … new start in a row, milliseconds; the last one repeats. */
const PAUSES_MS = [300, 1_000, 2_000, 5_000, 10_000]
/** A program that lived this long starts again from the first pause. */
const HEALTHY_AFTER_MS = 30_000
/** How long a program may take to end by itself once asked. */
const GRACE_MS = 6_000
const LOG_LIMIT_BYTES = 20 << 20

export class Supervisor {
  readonly program: Program
  #child: ChildProcess | null = null
  #exited: Promise<void> = Promise.resolve()
  #log: WriteStream
  #stopping = false
  #deathsInARow = 0
  #wake = new AbortController()
  /** The last lines it wrote, for error messages. */
  readonly lastLines: string[] = []

  constructor(program: Program) {
    this.program = program
    if ((statSync(program.logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES)
      renameSync(program.logFile, `${program.logFile}.old`)
    this.#log = createWriteStream(program.logFile, { flags: 'a', mode: 0o600 })
    this.#start()
  }

  /** Number of the process, which is also that of its group; null between two lives. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** How often it died lately without having lived long in between. */
  get deathsInARow(): number {
    return this.#deathsInARow
  }

  /** Sends a signal to the whole group. It is started again unless `stop` was called. */
  kill(name: NodeJS.Signals): void {
    if (this.pid !== null) signal(-this.pid, name)
  }

  /** Asks it to end, then makes it. Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wake.abort()
    const pid = this.pid
    if (pid !== null) {
      signal(-pid, 'SIGTERM')
      await Promise.race([this.#exited, sleep(GRACE_MS, undefined, { ref: false })])
      // The leader may be gone and its children not.
      signal(-pid, 'SIGKILL')
      await this.#exited
    }
    this.#log.end()
  }

  /** Ends it at once. */
  stopHard(): void {
    this.#stopping = true
    this.kill('SIGKILL')
  }

  #start(): void {
    const { program } = this
    const bornMs = Date.now()
    const child = spawn(program.command, program.args, {
      cwd: program.cwd,
      env: program.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.#log.write(`${new Date().toISOString()} ${line}\n`)
        this.lastLines.push(line)
        if (this.lastLines.length > 40) this.lastLines.shift()
        if (stream === child.stdout) program.onLine?.(line)
      })
    }
    this.#exited = new Promise((resolve) => {
      let over = false
      const ended = (how: string): void => {
        if (over) return
        over = true
        if (child.pid !== undefined) signal(-child.pid, 'SIGKILL')
        this.#child = null
        resolve()
        void this.#died(how, Date.now() - bornMs)
      }
      child.once('error', (error) => ended(error.message))
      child.once('exit', (code, name) => ended(name === null ? `exit code ${code}` : name))
    })
  }

  async #died(how: string, livedMs: number): Promise<void> {
    if (this.#stopping) return
    if (livedMs > HEALTHY_AFTER_MS) this.#deathsInARow = 0
    const pauseMs = PAUSES_MS[Math.min(this.#deathsInARow, PAUSES_MS.length - 1)] ?? 0
    this.#deathsInARow += 1
    this.program.onDeath?.(how, pauseMs)
    await sleep(pauseMs, undefined, { signal: this.#wake.signal }).catch(() => undefined)
    if (!this.#stopping) this.#start()
  }
}
