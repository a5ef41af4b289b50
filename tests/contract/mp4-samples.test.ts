/**
 * Every sample of every MP4 that FFmpeg can make here, against ffprobe: offset, size, times, keyframe, and what the edit list
 * makes of them. One ffprobe run for media time (`-ignore_editlist 1`), one for presentation time.
 */
import { execa } from 'execa'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { memorySource } from '../../media/bytes/source.ts'
import { openMedia } from '../../media/container/open.ts'
import type { MediaFile, SampleTable, Track } from '../../media/container/model.ts'
import { mediaPackets, type Packet, presentedPackets } from '../support/as-ffprobe.ts'
import { type Animal, CENC_KEY, MP4_FAMILY } from '../support/zoo.ts'

/** Packets by track id. */
async function probe(file: string, ...options: string[]): Promise<Map<number, Packet[]>> {
  const entries = 'stream=index,id,codec_type:packet=stream_index,pts,dts,size,pos,flags'
  // With the key, the parser of H.264 sees pictures, not noise in which it finds keyframes now and then
  const all = ['-v', 'error', '-decryption_key', CENC_KEY, ...options, '-show_entries', entries, '-of', 'json', file]
  const { stdout } = await execa('ffprobe', all)
  const { streams = [], packets = [] } = JSON.parse(stdout) as {
    streams?: { index: number; id: string }[]
    packets?: { stream_index: number; pts?: number; dts?: number; size: string; pos?: string; flags: string }[]
  }
  const byTrack = new Map<number, Packet[]>(streams.map(({ id }) => [Number(id), []]))
  for (const { stream_index: index, pts = NaN, dts = NaN, size, pos, flags } of packets) {
    byTrack
      .get(Number(streams.find((stream) => stream.index === index)?.id))
      ?.push({ pts, dts, size: Number(size), offset: Number(pos), key: flags.startsWith('K'), discard: flags.includes('D') })
  }
  // A cover picture (`covr`) is a stream to ffprobe; it has no track
  byTrack.delete(0)
  return byTrack
}

async function open(file: string): Promise<{ media: MediaFile; tables: { track: Track; samples: SampleTable }[] }> {
  const media = await openMedia(memorySource(await readFile(file)))
  return { media, tables: await Promise.all(media.tracks.map(async (track) => ({ track, samples: await media.samples(track.id) }))) }
}

async function compare(file: string): Promise<void> {
  const { media, tables } = await open(file)
  const [plain, presented] = await Promise.all([probe(file, '-ignore_editlist', '1'), probe(file)])
  expect(tables.map(({ track }) => track.id)).toEqual([...plain.keys()])
  for (const { track, samples } of tables) {
    // Chapter titles: FFmpeg reads them while it opens the file, and passes the track over afterwards
    if (track.codecId === 'text' && media.chapters.length > 0) continue
    expect(text(mediaPackets(track, samples, media.fragmented)), `track ${track.id}, media time`).toEqual(text(plain.get(track.id)))
    const ours = presentedPackets(track, samples, media.fragmented)
    expect(text(ours), `track ${track.id}, presentation`).toEqual(text(presented.get(track.id)))
  }
}

/** A line each, so that a difference can be read. */
function text(packets: Packet[] = []): string[] {
  return packets.map((one) => `${one.offset}+${one.size} pts ${one.pts} dts ${one.dts} ${one.key ? 'K' : '_'}${one.discard ? 'D' : '_'}`)
}

/** FFmpeg writes `senc` into the first fragment only, and then refuses what it wrote. */
const UNREADABLE = 'fragmented-cenc'

const named = (animals: Animal[]): [string, Animal][] => animals.map((animal) => [`${animal.name}.${animal.extension}`, animal])

test.concurrent.each(named(MP4_FAMILY.filter(({ name }) => name !== UNREADABLE)))('%s', async (_name, animal) => {
  await compare(await animal.file())
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
  const [encrypted, clear] = await Promise.all([open(await find(UNREADABLE).file()), open(await find('fragmented-prft').file())])
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
    await compare(file)
    await rm(path.dirname(file), { recursive: true })
  }
})
