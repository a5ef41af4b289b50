import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { getPriority } from 'node:os'
import { expect, it } from 'vitest'
import { run, start } from './run.ts'

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
/** Runs for hours if nobody ends it. */
const ENDLESS = [
  '-nostdin',
  '-v',
  'error',
  '-re',
  '-f',
  'lavfi',
  '-i',
  'testsrc2=size=64x64',
  '-c:v',
  'rawvideo',
  '-f',
  'rawvideo',
  'pipe:3',
]

async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

it('ends FFmpeg on abort', async () => {
  const stop = new AbortController()
  const running = start({ command: FFMPEG, args: ENDLESS, pipes: 1, signal: stop.signal })
  running.pipes[0]?.once('data', () => stop.abort())
  running.pipes[0]?.resume()
  const { code } = await running.exit
  expect(code).not.toBe(0)
  await untilGone(running.pid)
})

it('lets background work give way, and nothing else', async () => {
  for (const background of [true, false]) {
    const stop = new AbortController()
    const running = start({ command: FFMPEG, args: ENDLESS, pipes: 1, background, signal: stop.signal })
    running.pipes[0]?.resume()
    const usual = getPriority()
    if (background) while (getPriority(running.pid) <= usual) await new Promise((resolve) => setTimeout(resolve, 20))
    else expect(getPriority(running.pid)).toBe(usual)
    stop.abort()
    await running.exit
  }
})

it('leaves no FFmpeg behind when the runner is killed', async () => {
  const script = `import { start } from ${JSON.stringify(new URL('run.ts', import.meta.url).href)}
    const running = start({ command: ${JSON.stringify(FFMPEG)}, args: ${JSON.stringify(ENDLESS)}, pipes: 1 })
    running.pipes[0].on('data', () => {})
    running.pipes[0].once('data', () => process.stdout.write(running.pid + '\\n'))`
  const runner = spawn(process.execPath, ['--no-warnings', '--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(runner.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  process.kill(pid, 0)
  runner.kill('SIGKILL')
  await untilGone(pid)
})

it('keeps the end of what FFmpeg says, and hides the address of the source', async () => {
  const { code, log } = await run({ command: FFMPEG, args: ['-v', 'error', '-i', 'http://127.0.0.1:1/secret-path_1'] })
  expect(code).not.toBe(0)
  expect(log).toMatch(/source/)
  expect(log).not.toMatch(/secret/)
})

it('rejects when there is no such program', async () => {
  await expect(run({ command: 'no-such-program', args: [] })).rejects.toThrow(/ENOENT/)
})
