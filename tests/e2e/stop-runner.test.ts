/** A runner that is asked to stop (SIGTERM) goes at once and cleanly: FFmpeg ends with it, its task goes back, and nothing is lost. */
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { testClip } from '../support/clips.ts'
import { testStack, type TestStack } from '../support/stack.ts'

let stack: TestStack
beforeAll(async () => void (stack = await testStack()))
afterAll(async () => {
  await stack?.stop()
})

/** Processes whose parent this is: number and name. */
async function childrenOf(pid: number): Promise<{ pid: number; name: string }[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    numbers.map(async (number) => {
      // A process may end while it is being looked at.
      const stat = await readFile(`/proc/${number}/stat`, 'utf8').catch(() => '')
      const [, name = '', parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? []
      return Number(parent) === pid ? [{ pid: Number(number), name }] : []
    }),
  )
  return found.flat()
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('in the middle of a chunk', async () => {
  const id = await stack.upload(await testClip({ seconds: 24, size: '640x360' }))
  const pid = stack.runners[0]?.pid ?? 0
  expect(pid).toBeGreaterThan(0)
  await stack.waitFor(id, ({ stages }) => stages.some(({ name, state }) => name === 'video' && state === 'running'))
  const encoders = await vi.waitFor(
    async () => {
      const found = (await childrenOf(pid)).filter(({ name }) => name === 'ffmpeg')
      expect(found.length).toBeGreaterThan(0)
      return found
    },
    { timeout: 30_000, interval: 20 },
  )
  process.kill(pid, 'SIGTERM')
  await vi.waitFor(() => expect([pid, ...encoders.map((one) => one.pid)].filter(isThere)).toEqual([]), { timeout: 20_000, interval: 50 })
  expect(stack.lines.join('\n')).toMatch(/runner 1: ended \(exit code 0\)/)

  const video = await stack.waitFor(id, ({ state }) => state === 'ready')
  expect(video.poster).not.toBeNull()
  const objects = await stack.objects(id)
  const chunks = objects.filter((key) => key.includes('/360p-h264/') && !key.includes('init-'))
  expect(chunks).toHaveLength(3) // 24 s in chunks of 8 s: the attempt that was stopped left nothing
})
