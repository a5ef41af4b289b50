/**
 * Every sample of an MP4 against ffprobe: offset, size, times, keyframe, and what the edit list makes of them. One ffprobe run
 * for media time (`-ignore_editlist 1`), one for presentation time.
 */
import { execa } from 'execa'
import { readFile } from 'node:fs/promises'
import { memorySource } from '../../media/bytes/source.ts'
import type { MediaFile, SampleTable, Track } from '../../media/container/model.ts'
import { openMedia } from '../../media/container/open.ts'
import { mediaPackets, type Packet, presentedPackets } from '../support/as-ffprobe.ts'
import { CENC_KEY } from '../support/zoo.ts'
import { differences } from './differences.ts'

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

/** The file with all of its samples. */
export async function openMp4File(file: string): Promise<{ media: MediaFile; tables: { track: Track; samples: SampleTable }[] }> {
  const media = await openMedia(memorySource(await readFile(file)))
  return { media, tables: await Promise.all(media.tracks.map(async (track) => ({ track, samples: await media.samples(track.id) }))) }
}

/** What differs, a sentence each; empty: nothing. */
export async function mp4Differences(file: string): Promise<string[]> {
  const { media, tables } = await openMp4File(file)
  const [plain, presented] = await Promise.all([probe(file, '-ignore_editlist', '1'), probe(file)])
  const [ids, probedIds] = [tables.map(({ track }) => track.id).join(' '), [...plain.keys()].join(' ')]
  if (ids !== probedIds) return [`tracks ${ids}, ffprobe has ${probedIds}`]
  return tables.flatMap(({ track, samples }) => {
    // Chapter titles: FFmpeg reads them while it opens the file, and passes the track over afterwards
    if (track.codecId === 'text' && media.chapters.length > 0) return []
    const name = `track ${track.id} (${track.codecId})`
    return [
      ...differences(`${name}, media time`, lines(mediaPackets(track, samples, media.fragmented)), lines(plain.get(track.id))),
      ...differences(`${name}, presentation`, lines(presentedPackets(track, samples, media.fragmented)), lines(presented.get(track.id))),
    ]
  })
}

function lines(packets: Packet[] = []): string[] {
  return packets.map((one) => `${one.offset}+${one.size} pts ${one.pts} dts ${one.dts} ${one.key ? 'K' : '_'}${one.discard ? 'D' : '_'}`)
}
