/** `sluice repair` as it is used: what it says, its exit codes, and what it never does to files. */
import { execa } from 'execa'
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { testClip } from '../../tests/support/clips.ts'

let folder: string
const at = (name: string): string => path.join(folder, name)

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-cli-repair-'))
  await cp(await testClip({ seconds: 3, size: '192x108' }), at('whole.mp4'))
})
afterEach(() => rm(folder, { recursive: true }))

async function sluice(...args: string[]): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa('node', ['cli/main.ts', 'repair', ...args], { reject: false })
  return { code: exitCode, stdout, stderr }
}

test('a cut file is repaired, and what is left is said', async () => {
  const { size } = await stat(at('whole.mp4'))
  await truncate(at('whole.mp4'), Math.floor(size / 2))
  const dry = await sluice(at('whole.mp4'), '--dry-run')
  expect([dry.code, await readdir(folder)]).toEqual([0, ['whole.mp4']])
  expect(dry.stdout).toMatch(/\d repairs to do; nothing was written\.$/)
  const ran = await sluice(at('whole.mp4'), at('fixed.mp4'))
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  expect(ran.stdout).toMatch(/- track 1 \(avc1\): \d+ samples \(\d\.\d{3} s\) kept, \d+ samples \(\d\.\d{3} s\) lost/)
  expect(ran.stdout).toMatch(/Wrote .*fixed\.mp4 \(\d+ kB\)\.$/)
  expect((await readdir(folder)).toSorted()).toEqual(['fixed.mp4', 'whole.mp4'])
  const json = await sluice(at('fixed.mp4'), at('again.mp4'), '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ format: 'mp4', actions: [], tracks: [{ id: 1, lostSamples: 0 }, { id: 2 }] })
  expect(await readFile(at('again.mp4'))).toEqual(await readFile(at('fixed.mp4')))
})

test('nothing to repair: a copy, and exit 0', async () => {
  const { code, stdout } = await sluice(at('whole.mp4'), at('copy.mp4'))
  expect([code, stdout]).toEqual([0, expect.stringMatching(/Nothing to repair: copied to .*copy\.mp4/)])
  expect(await readFile(at('copy.mp4'))).toEqual(await readFile(at('whole.mp4')))
})

test('nothing to save: exit 1 with the reason, and no file', async () => {
  await writeFile(at('text.mp4'), 'this is no video, and has never been one')
  const { code, stderr } = await sluice(at('text.mp4'), at('out.mp4'))
  expect(code).toBe(1)
  expect(stderr).toMatch(/text\.mp4 cannot be repaired: there is neither moov nor mdat in this file\./)
  expect((await sluice(at('nowhere.mp4'), at('out.mp4'))).code).toBe(1)
  expect((await readdir(folder)).includes('out.mp4')).toBe(false)
})

test('the input is never written to, and what is there stays without --force', async () => {
  const before = await readFile(at('whole.mp4'))
  await symlink(at('whole.mp4'), at('link.mp4'))
  for (const output of ['whole.mp4', 'link.mp4']) {
    const { code, stderr } = await sluice(at('whole.mp4'), at(output), '--force')
    expect([code, stderr]).toEqual([2, expect.stringContaining('IN and OUT are the same file.')])
  }
  await writeFile(at('there.mp4'), 'mine')
  expect((await sluice(at('whole.mp4'), at('there.mp4'))).code).toBe(2)
  expect(await readFile(at('there.mp4'), 'utf8')).toBe('mine')
  expect((await sluice(at('whole.mp4'), at('there.mp4'), '--force')).code).toBe(0)
  expect(await readFile(at('there.mp4'))).toEqual(before)
  expect(await readFile(at('whole.mp4'))).toEqual(before)
  expect((await sluice(at('whole.mp4'))).code).toBe(2)
  expect((await sluice(at('whole.mp4'), path.join(folder, 'no', 'such', 'folder.mp4'))).code).toBe(1)
})
