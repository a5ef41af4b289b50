/** `sluice replay`, run as a program. */
import { execa } from 'execa'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { throughputRule } from '../../player/abr/throughput.ts'
import { madeSession } from '../../player/session/made-session.ts'
import { record } from '../../player/session/recording.ts'

const MAIN = path.resolve(import.meta.dirname, '../main.ts')
let folder: string
const session = (change: (text: string) => string = (text) => text): Promise<string> => {
  const turns = [9e6, 9e6, 9e6, 1.2e6, 1.2e6, 9e6, 9e6].map((bps) => ({ bps }))
  const recording = record({
    ...{ events: madeSession(throughputRule, turns), droppedEvents: 0, nowMs: 0 },
    config: { rule: throughputRule, forwardBufferS: 30, backBufferS: 30, capToElementSize: true, startBps: null, horizonSegments: 8 },
    environment: { browser: 'Chromium 150', platform: 'Linux', cores: 2, pixelRatio: 1, connection: null },
  })
  const file = path.join(folder, `${Math.random()}.json`)
  return writeFile(file, change(JSON.stringify(recording))).then(() => file)
}
const run = async (...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> => {
  const { exitCode = 1, stdout, stderr } = await execa(process.execPath, [MAIN, 'replay', ...args], { reject: false })
  return { exitCode, stdout, stderr }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-replay-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('all decisions come out the same, and that is said', async () => {
  const { exitCode, stdout } = await run(await session())
  expect(stdout).toContain('All 7 decisions came out the same.')
  expect(exitCode).toBe(0)
})

test('a decision that was tampered with is found', async () => {
  const file = await session((text) => text.replace('"to":"1080p"', '"to":"720p"'))
  const { exitCode, stdout } = await run(file)
  expect(stdout).toMatch(/1 of 7 decisions came out differently/)
  expect(stdout).toMatch(/was 720p .*, is 1080p/)
  expect(exitCode).toBe(1)
})

test('with a rule: what would have happened, as text and as JSON', async () => {
  const file = await session()
  const text = await run(file, '--rule', 'throughput')
  expect(text.stdout).toMatch(/throughput, as it was +\|.*Mbit\/s/)
  expect(text.stdout).toMatch(/throughput, in the model/)
  const { stdout } = await run(file, '--rule', 'throughput', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ compared: 7, same: 7, recordedRule: 'throughput', whatIf: { loadedS: 28 } })
})

test('what is wrong is said on standard error', async () => {
  expect(await run(path.join(folder, 'none.json'))).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('There is no file') })
  const cut = await session((text) => text.slice(0, 500))
  expect(await run(cut)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('it was cut off') })
  expect(await run(await session(), '--rule', 'magic')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no rule') })
  const gone = await session((text) => text.replace('"rule":"throughput"', '"rule":"gone"'))
  expect(await run(gone)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('which is not here') })
})
