/** Every sample of every MP4 that FFmpeg can make here, against ffprobe. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { SampleTable } from '../../media/container/model.ts'
import { type Animal, MP4_FAMILY } from '../support/zoo.ts'
import { mp4Differences, openMp4File } from './compare-mp4.ts'

/** FFmpeg writes `senc` into the first fragment only, and then refuses what it wrote. */
const UNREADABLE = 'fragmented-cenc'

const named = (animals: Animal[]): [string, Animal][] => animals.map((animal) => [`${animal.name}.${animal.extension}`, animal])

test.concurrent.each(named(MP4_FAMILY.filter(({ name }) => name !== UNREADABLE)))('%s', async (_name, animal) => {
  expect(await mp4Differences(await animal.file())).toEqual([])
})

test('at least sixty files', () => {
  expect(MP4_FAMILY.length).toBeGreaterThanOrEqual(60)
})

test('encrypted fragments that ffprobe does not read have the samples of clear ones: AES-CTR changes no size', async () => {
  const find = (name: string): Animal => {
    const found = MP4_FAMILY.find((animal) => animal.name === name)
    if (found === undefined) throw new Error(`no ${name}`)
    return found
  }
  const [encrypted, clear] = await Promise.all([
    openMp4File(await find(UNREADABLE).file()),
    openMp4File(await find('fragmented-prft').file()),
  ])
  const facts = ({ size, presentationTicks, sync }: SampleTable): unknown => ({ size, presentationTicks, sync })
  expect(encrypted.tables[0]?.track.encryption).toEqual({ scheme: 'cenc', defaultKeyId: 'a7e61c373e219033c21091fa607bf3b8' })
  expect(encrypted.tables.map(({ samples }) => facts(samples))).toEqual(clear.tables.map(({ samples }) => facts(samples)))
})

/** Files of other programs: the captions of broadcasters, cut by their packagers. mux.js is a devDependency. */
const MUX_JS = path.resolve(import.meta.dirname, '../../node_modules/mux.js/test/segments')

test('initialization and media segments that come with mux.js', async () => {
  const inits = (await readdir(MUX_JS)).filter((name) => name.endsWith('-init.mp4'))
  expect(inits.length).toBeGreaterThan(2)
  for (const init of inits) {
    const segment = init.replace('-init.mp4', init.startsWith('dash') ? '-seg.m4s' : '.m4s')
    const bytes = Buffer.concat([await readFile(path.join(MUX_JS, init)), await readFile(path.join(MUX_JS, segment))])
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'sluice-mux-js-')), 'joined.mp4')
    await writeFile(file, bytes)
    expect(await mp4Differences(file)).toEqual([])
    await rm(path.dirname(file), { recursive: true })
  }
})
