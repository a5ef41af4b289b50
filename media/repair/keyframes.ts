/** The first bytes of keyframes, where parameter sets stand. */
import { type TreeBox, within } from './box-tree.ts'
import type { FragmentTrack } from './fragments.ts'
import { SampleLayout, Table } from './sample-layout.ts'
import type { Window } from './window.ts'

/** Parameter sets of 8K HEVC with range extensions stay below this, SEI messages before them as well. */
const HEAD_BYTES = 8 * 1024
/** Ten hours of keyframes every two seconds are 18,000; a quarter of them is asked. */
const MAX_KEYFRAMES = 4_500

/** Of the first `samples` of a track, by its tables. */
export async function* keyframesOf(window: Window, stbl: TreeBox, samples: number, shift: number): AsyncGenerator<Uint8Array> {
  const layout = new SampleLayout(stbl)
  const box = within(stbl, 'stss')
  const stss = new Table(box, 4)
  const count = box === null ? samples : stss.count
  const step = Math.max(1, Math.ceil(count / MAX_KEYFRAMES))
  const chunks = layout.chunks()
  let chunk = chunks.next()
  for (let index = 0; index < count; index += step) {
    const sample = box === null ? index : stss.u32(index) - 1
    if (sample >= samples) return
    while (chunk.done !== true && chunk.value.firstSample + chunk.value.samples <= sample) chunk = chunks.next()
    if (chunk.done === true) return
    // A table that goes backwards is damaged; what it points at is passed over.
    if (sample < chunk.value.firstSample) continue
    const { offset, firstSample } = chunk.value
    yield window.read(offset + shift + layout.bytesOf(firstSample, sample - firstSample), Math.min(HEAD_BYTES, layout.sizeOf(sample)))
  }
}

/** First samples of a track's fragments: keyframes in nearly every file, and other samples have no parameter sets. */
export async function* firstOfFragments(window: Window, fragments: FragmentTrack[], trackId: number): AsyncGenerator<Uint8Array> {
  const own = fragments.filter((fragment) => fragment.trackId === trackId)
  const step = Math.max(1, Math.ceil(own.length / MAX_KEYFRAMES))
  for (let index = 0; index < own.length; index += step) {
    const first = own[index]?.first
    if (first !== null && first !== undefined) yield window.read(first.offset, Math.min(HEAD_BYTES, first.size))
  }
}
