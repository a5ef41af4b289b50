/**
 * Two runners against one, each pinned to a core of its own: how much sooner is a video ready?
 *
 *   node bench/two-runners.ts [--seconds 60] [--rounds 3]
 *
 * One stack, one clip (1080p30, H.264 and AAC), rounds in turn: one runner (core 0), then two (cores 0 and 1). The edge
 * shares the cores with them. Prints wall time from the last byte uploaded to `ready`, and the ratio of each round.
 */
import { execa } from 'execa'
import { parseArgs } from 'node:util'
import { testClip } from '../tests/support/clips.ts'
import { testStack, type TestStack } from '../tests/support/stack.ts'
import { median } from './median.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, rounds: { type: 'string', default: '3' } } })

async function timeOf(runners: number, file: string): Promise<number> {
  const stack = await testStack({ runners })
  try {
    await Promise.all(stack.runners.map((runner, core) => pin(runner.pid ?? 0, core)))
    return await timeToReady(stack, file)
  } finally {
    await stack.stop()
  }
}

async function timeToReady(stack: TestStack, file: string): Promise<number> {
  const id = await stack.upload(file)
  const start = performance.now()
  await stack.waitFor(id, ({ state }) => state === 'ready', 1_200_000)
  return (performance.now() - start) / 1000
}

async function pin(pid: number, core: number): Promise<void> {
  await execa('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)])
}

const file = await testClip({ seconds: Number(values.seconds), size: '1920x1080' })
console.log(`clip: ${values.seconds} s of 1920x1080 at 30 frames per second`)
const ratios: number[] = []
for (let round = 1; round <= Number(values.rounds); round += 1) {
  const one = await timeOf(1, file)
  const two = await timeOf(2, file)
  ratios.push(two / one)
  console.log(`round ${round}: one runner ${one.toFixed(1)} s, two runners ${two.toFixed(1)} s, two/one ${(two / one).toFixed(3)}`)
}
console.log(`two/one, median of ${ratios.length}: ${median(ratios).toFixed(3)}`)
