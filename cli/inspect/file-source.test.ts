/** A file as bytes, and what is no file. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFile } from './file-source.ts'

let folder = ''
const at = (name: string): string => path.join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-file-source-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a file as a source', () => {
  it('gives bytes at any place, across its pages and at its end', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) & 255)
    await writeFile(at('bytes'), bytes)
    const source = await openFile(at('bytes'))
    const places: [number, number][] = [
      [0, 8],
      [65_530, 12],
      [65_536, 65_536],
      [10, 200_000],
      [299_990, 100],
      [300_000, 10],
      [500_000, 10],
    ]
    for (const [offset, length] of places) expect(await source.read(offset, length)).toEqual(bytes.subarray(offset, offset + length))
    // More pages than are kept, and back.
    for (let offset = 0; offset < 300_000; offset += 997) {
      expect(await source.read(offset, 100)).toEqual(bytes.subarray(offset, offset + 100))
    }
    await source.close()
  })

  it('that becomes shorter while it is read', async () => {
    await writeFile(at('shrinks'), new Uint8Array(300_000))
    const source = await openFile(at('shrinks'))
    await truncate(at('shrinks'), 100)
    await expect(source.read(200_000, 10)).rejects.toThrow('became shorter')
    await source.close()
  })

  it('that is none', async () => {
    await expect(openFile(at('missing.mp4'))).rejects.toThrow('There is no file')
    await expect(openFile(folder)).rejects.toThrow('is a folder')
    await promisify(execFile)('mkfifo', [at('pipe')])
    await expect(openFile(at('pipe'))).rejects.toThrow('is not a file with a size')
  })
})
