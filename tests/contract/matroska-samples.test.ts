/** The samples of every Matroska and WebM file of the zoo, against FFmpeg's demuxer. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MATROSKA_FAMILY } from '../support/zoo.ts'
import { matroskaDifferences } from './compare-matroska.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-matroska-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('samples of Matroska and WebM agree with ffprobe', () => {
  for (const animal of MATROSKA_FAMILY) {
    it(`${animal.name}.${animal.extension}`, async () => {
      expect(await matroskaDifferences(await animal.file())).toEqual([])
    })
  }

  it('written to a pipe: the Segment has no size, and there are no Cues', async () => {
    for (const name of ['b-frames.mkv', 'vp9-opus.webm']) expect(await matroskaDifferences(await changed(name, 'pipe', piped))).toEqual([])
  })

  it('cut off in the middle of a frame', async () => {
    for (const name of ['b-frames.mkv', 'live.mkv', 'vp8-vorbis.webm', 'mjpeg-flac.mkv']) {
      const cut = await changed(name, 'cut', async (file) => (await readFile(file)).subarray(0, 33_333))
      expect(await matroskaDifferences(cut, false)).toEqual([])
    }
  })
})

/** An animal's file, changed. */
async function changed(name: string, what: string, change: (file: string) => Promise<Uint8Array>): Promise<string> {
  const animal = MATROSKA_FAMILY.find((one) => `${one.name}.${one.extension}` === name)!
  const file = await animal.file()
  const target = path.join(folder, `${what}-${name}`)
  await writeFile(target, await change(file))
  return target
}

/** What FFmpeg writes where it cannot seek back. */
async function piped(file: string): Promise<Uint8Array> {
  const format = file.endsWith('.webm') ? 'webm' : 'matroska'
  const { stdout } = await execa('ffmpeg', ['-v', 'error', '-i', file, '-c', 'copy', '-f', format, 'pipe:1'], { encoding: 'buffer' })
  return stdout
}
