/** Writes the playlists of a cut ladder, by the same printers that the edge uses. */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { toNumber } from '../../media/ladder/fraction.ts'
import { printMedia } from '../../media/hls/print-media.ts'
import { printMultivariant } from '../../media/hls/print-multivariant.ts'
import type { Cut } from './cut.ts'
import type { Rung } from './rungs.ts'

/** `master.m3u8` and a `playlist.m3u8` in each folder. */
export async function writePlaylists(output: string, pictures: { rung: Rung; cut: Cut }[], sound: Cut | null): Promise<void> {
  for (const cut of [...pictures.map((picture) => picture.cut), ...(sound === null ? [] : [sound])]) {
    await writeFile(path.join(output, cut.name, 'playlist.m3u8'), mediaPlaylist(cut))
  }
  const soundBps = sound === null ? { peak: 0, mean: 0 } : bitrates(sound)
  const master = printMultivariant({
    independentSegments: true,
    variants: pictures.map(({ rung, cut }) => {
      const own = bitrates(cut)
      return {
        uri: `${cut.name}/playlist.m3u8`,
        bandwidthBps: own.peak + soundBps.peak,
        averageBandwidthBps: own.mean + soundBps.mean,
        codecs: [...cut.facts, ...(sound?.facts ?? [])].map((facts) => facts.codecs),
        resolution: { width: rung.width, height: rung.height },
        frameRate: toNumber(rung.frameRate),
        ...(sound === null ? {} : { audioGroup: 'audio' }),
      }
    }),
    audio:
      sound === null
        ? []
        : [
            {
              groupId: 'audio',
              name: 'Sound',
              uri: `${sound.name}/playlist.m3u8`,
              default: true,
              channels: sound.facts[0]?.audio?.channels ?? 2,
            },
          ],
  })
  await writeFile(path.join(output, 'master.m3u8'), master)
}

function mediaPlaylist(cut: Cut): string {
  return printMedia({
    type: 'VOD',
    ended: true,
    independentSegments: true,
    segments: cut.segments.map(({ file, durationSeconds }) => ({ uri: file, durationSeconds })),
    ...(cut.init === null ? {} : { map: { uri: cut.init } }),
  })
}

/** Bits per second: of the segment that has most, and of all together. */
function bitrates({ segments }: Cut): { peak: number; mean: number } {
  const bits = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes * 8, 0)
  const seconds = segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)
  const peak = Math.max(...segments.map(({ sizeBytes, durationSeconds }) => (sizeBytes * 8) / durationSeconds))
  return { peak: Math.ceil(peak), mean: Math.ceil(bits / seconds) }
}
