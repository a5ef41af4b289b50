/**
 * What does the runner cost on top of FFmpeg? User and system time of the runner's process tree while a clip goes through
 * the whole pipeline, over that of the very same FFmpeg commands run bare: reading the file itself, writing to /dev/null.
 *
 *   node bench/runner-overhead.ts [--seconds 60] [--rounds 3]
 *
 * The commands are recorded by a wrapper that the runner is given as FFMPEG_PATH. Linux only (reads /proc).
 */
import { execa } from 'execa'
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { testClip } from '../tests/support/clips.ts'
import { testStack } from '../tests/support/stack.ts'
import { median } from './median.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, rounds: { type: 'string', default: '3' } } })
const TICKS_PER_SECOND = Number((await execa('getconf', ['CLK_TCK'])).stdout)

const file = await testClip({ seconds: Number(values.seconds), size: '1920x1080' })
const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-'))
const recorded = path.join(folder, 'commands')
const real = (await execa('which', ['ffmpeg'])).stdout
const wrapper = path.join(folder, 'ffmpeg')
await writeFile(wrapper, `#!/bin/bash\n{ printf '%s\\0' "$@"; printf '\\n'; } >>'${recorded}'\nexec '${real}' "$@"\n`)
await chmod(wrapper, 0o755)
await symlink(path.join(path.dirname(real), 'ffprobe'), path.join(folder, 'ffprobe'))

/** Seconds of CPU of a process and of its children that have ended: fields 14 to 17 of /proc/PID/stat (proc(5)). */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS_PER_SECOND
}

async function throughRunner(): Promise<number> {
  await rm(recorded, { force: true })
  const stack = await testStack({ ffmpegPath: wrapper })
  try {
    const pid = stack.runners[0]?.pid ?? 0
    const idle = await cpuOf(pid)
    const id = await stack.upload(file)
    await stack.waitFor(id, ({ state }) => state === 'ready', 1_200_000)
    return (await cpuOf(pid)) - idle
  } finally {
    await stack.stop()
  }
}

/** Runs one recorded command on the file itself; every pipe it writes to ends in /dev/null. Answers seconds of CPU. */
async function bare(args: string[]): Promise<number> {
  const local = args.map((arg) => (arg.startsWith('http://127.0.0.1:') ? file : arg === 'http,tcp' ? 'file' : arg))
  const shell = `exec 3>/dev/null 4>/dev/null 5>/dev/null 6>/dev/null 7>/dev/null 8>/dev/null 9>/dev/null; "$@" </dev/null >/dev/null || exit 1; times`
  const child = spawn('bash', ['-c', shell, 'bare', real, ...local], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  for await (const chunk of child.stdout) out += String(chunk)
  const [, children = ''] = out.trim().split('\n')
  if (children === '') throw new Error(`ffmpeg failed: ${local.join(' ')}`)
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0)
}

const ratios: number[] = []
try {
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const runner = await throughRunner()
    const commands = (await readFile(recorded, 'utf8'))
      .split('\0\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\0'))
      .filter((args) => args.includes('-i'))
    let alone = 0
    for (const command of commands) alone += await bare(command)
    ratios.push(runner / alone)
    console.log(
      `round ${round}: runner ${runner.toFixed(2)} s CPU, its ${commands.length} ffmpeg commands bare ${alone.toFixed(2)} s, ratio ${(runner / alone).toFixed(3)}`,
    )
  }
  console.log(`runner/bare, median of ${ratios.length}: ${median(ratios).toFixed(3)}`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
