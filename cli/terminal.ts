/** What commands print with: numbers for people, tables, progress bars, and an end by Ctrl-C that cleans up. */
import { Failure } from './failure.ts'

/** `1.2 MB`, `893 kB`. */
export function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} GB`
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} MB` : `${Math.round(count / 1e3)} kB`
}

/** `4.8 Mbps`, `640 kbps`. */
export function bitrate(bps: number): string {
  return bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mbps` : `${Math.round(bps / 1e3)} kbps`
}

/** `1 segment`, `56 segments`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `5:32`, `1:02:03`. */
export function clock(us: number): string {
  const seconds = Math.round(us / 1e6)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** Columns aligned, numbers to the right. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')
  return [line(head), widths.map((width) => '-'.repeat(width)).join('-|-'), ...rows.map(line)].join('\n')
}

const CELLS = 20

/** One bar a label, redrawn in place when this is a terminal; else one line each at the end. `silent` prints nothing. */
export function bar(labels: string[], silent: boolean): { update(fraction: number, note: string): void; finish(): void } {
  const live = process.stdout.isTTY && !silent
  let drawn = false
  const draw = (fraction: number, note: string): void => {
    const full = Math.round(fraction * CELLS)
    const picture = `[${'█'.repeat(full)}${'░'.repeat(CELLS - full)}]`
    const up = drawn ? `\u001B[${labels.length}A` : ''
    process.stdout.write(`${up}${labels.map((label) => `\u001B[2K  ${picture} ${label} ${note}\n`).join('')}`)
    drawn = true
  }
  return {
    update: (fraction, note) => {
      if (live) draw(fraction, note)
    },
    finish: () => {
      if (live) draw(1, '')
      else if (!silent) for (const label of labels) console.log(`  [${'█'.repeat(CELLS)}] ${label}`)
    },
  }
}

/** Runs work that Ctrl-C and SIGTERM abort; what it was doing gets the time to clean up. */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  process.once('SIGINT', abort)
  process.once('SIGTERM', abort)
  try {
    return await work(controller.signal)
  } catch (error) {
    if (controller.signal.aborted) throw new Failure('Stopped before it was finished.')
    throw error
  } finally {
    process.off('SIGINT', abort)
    process.off('SIGTERM', abort)
  }
}
