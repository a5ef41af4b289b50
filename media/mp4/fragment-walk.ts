/** The fragments of a file, walked from `moof` to `moof`: the samples of all tracks, or how long the file is. */
import type { ByteSource } from '../bytes/source.ts'
import type { SampleTable } from '../container/model.ts'
import { GrowingSamples } from '../container/sample-table.ts'
import { type FragmentTrack, readMovieFragment, type TrackFragment } from './fragments.ts'
import { TopLevelWalk } from './walk-top-level.ts'

/** A `moof` of this size names more than a million samples. */
const MAX_MOOF_BYTES = 32 * 1024 * 1024

/** Every sample from `offset` on, by track id. A `moof` that the file cuts off ends the walk. Throws `MediaError`. */
export async function readAllFragments(
  source: ByteSource,
  offset: number,
  tracks: ReadonlyMap<number, FragmentTrack>,
): Promise<Map<number, SampleTable>> {
  const grown = new Map<number, GrowingSamples>()
  for await (const fragments of walkFragments(source, offset, tracks)) {
    for (const { trackId, samples } of fragments) {
      let table = grown.get(trackId)
      if (table === undefined) grown.set(trackId, (table = new GrowingSamples(source.size)))
      table.append(samples)
    }
  }
  return new Map([...grown].map(([trackId, table]) => [trackId, table.samples]))
}

async function* walkFragments(
  source: ByteSource,
  offset: number,
  tracks: ReadonlyMap<number, FragmentTrack>,
): AsyncGenerator<TrackFragment[]> {
  const walk = new TopLevelWalk(source, offset)
  for (let box = await walk.next(); box !== null; box = await walk.next()) {
    if (box.type !== 'moof') continue
    const end = box.offset + box.sizeBytes
    if (end > source.size) return
    yield readMovieFragment(await walk.read(box, MAX_MOOF_BYTES), box.offset, tracks, source.size - box.offset)
  }
}

/** Ticks of media time at which each track ends that has samples in the `moof` at `offset`; none where it has no `tfdt`. */
export async function readFragmentEnds(
  source: ByteSource,
  offset: number,
  tracks: ReadonlyMap<number, FragmentTrack>,
): Promise<Map<number, number>> {
  const walk = new TopLevelWalk(source, offset)
  const box = await walk.next()
  if (box?.type !== 'moof' || offset + box.sizeBytes > source.size) return new Map()
  for (const track of tracks.values()) track.nextDecodeTicks = NaN
  const fragments = readMovieFragment(await walk.read(box, MAX_MOOF_BYTES), offset, tracks, source.size - offset)
  const timed = fragments.filter(({ samples }) => !Number.isNaN(samples.decodeTicks[0]))
  return new Map(timed.map(({ trackId, samples }) => [trackId, endOf(samples)]))
}

/** When the last of the samples has been shown, ticks of media time. */
export function endOf({ count, presentationTicks, durationTicks }: SampleTable): number {
  let end = 0
  for (let index = 0; index < count; index += 1) end = Math.max(end, (presentationTicks[index] ?? 0) + (durationTicks[index] ?? 0))
  return end
}
