/** The samples of a track as a table, or as JSON, a line each. */
import type { MediaFile, Track } from '../../media/container/model.ts'
import { presentationClock } from '../../media/container/presentation-clock.ts'
import { Failure, Usage } from '../failure.ts'
import type { Output } from './output.ts'
import { thousands } from './words.ts'

/** The track that `track=2`, `2`, `video` or `audio` means. Throws `Usage`, or `Failure` when there is none such. */
export function chooseTrack({ tracks }: MediaFile, wanted: string): Track {
  const [, id] = /^(?:track=)?(\d{1,10})$/.exec(wanted) ?? []
  const kind = /^(?:video|audio|text|metadata|other)$/.exec(wanted)?.[0]
  if (id === undefined && kind === undefined)
    throw new Usage(`'${wanted}' is no track.`, 'Write --samples track=1, or video, audio or text.')
  const found = tracks.find((track) => (id === undefined ? track.kind === kind : track.id === Number(id)))
  if (found !== undefined) return found
  const has = tracks.map((track) => `${track.id} (${track.kind})`).join(', ')
  throw new Failure(`The file has no track '${wanted}'.`, has === '' ? 'It has no tracks at all.' : `It has: ${has}`)
}

export async function printSamples(media: MediaFile, track: Track, json: boolean, out: Output): Promise<void> {
  const { count, offset, size, decodeTicks, presentationTicks, durationTicks, sync } = await media.samples(track.id)
  const clock = presentationClock(track)
  const sixth = (seconds: number): number => Math.round(seconds * 1e6) / 1e6
  const widths = [8, 15, 11, 14, 14] as const
  const row = (cells: string[], key: string): string => `${cells.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  ')}  ${key}`
  if (!json) await out.line(row(['number', 'offset', 'size', 'dts s', 'pts s'], 'key'))
  for (let at = 0; at < count && !out.closed(); at += 1) {
    const [place = 0, bytes = 0, ticks = 0] = [offset[at], size[at], durationTicks[at]]
    // A viewer's clock for both: what the edit list takes off, it takes off both.
    const [dts, pts] = [clock(decodeTicks[at] ?? 0), clock(presentationTicks[at] ?? 0)]
    const key = sync[at] === 1
    await out.line(
      json
        ? JSON.stringify({
            number: at + 1,
            offset: place,
            size: bytes,
            dts: sixth(dts),
            pts: sixth(pts),
            duration: sixth(ticks / track.timescale),
            key,
          })
        : row([String(at + 1), thousands(place), thousands(bytes), dts.toFixed(6), pts.toFixed(6)], key ? 'key' : '').trimEnd(),
    )
  }
}
