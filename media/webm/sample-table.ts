/**
 * The samples of a Matroska track with times. Presentation times are stored: of a block, in ticks that are a millisecond in
 * nearly every file. So 30 frames a second come 33, 33 and 34 ticks apart; DefaultDuration has nanoseconds, but it is the usual
 * distance, not a promise, and is asked only where the blocks do not say: for laced frames, and the last one.
 *
 * Decode times are not stored; blocks lie in decode order. A decoder that holds back `d` frames puts out frame by frame the
 * sorted presentation times, so sample `i` is decoded when the frame `d` before it in that order is shown: decode time `i` is
 * sorted presentation time `i - d`, with the smallest `d` that lets no frame be shown before it is decoded. That is how
 * encoders number them: decode times never go back, composition offsets are never negative, and a gap in the times of a film
 * stays as short as it is. The first `d` lie before the first presentation time, a usual frame apart.
 */
import type { SampleTable } from '../container/model.ts'
import type { FoundSample } from './scanner-state.ts'
import type { MatroskaTrack } from './tracks.ts'

/** H.264 and HEVC hold back 16 frames at most; more than this is a file whose times run backwards. */
const MAX_REORDER = 16

const MAX_UINT32 = 0xffffffff

/** `found`: the samples of this track, all of them and in the order of the file. */
export function sampleTableOf(found: readonly FoundSample[], entry: MatroskaTrack): SampleTable {
  const { track } = entry
  const count = found.length
  const presentationTicks = presentationTimes(found, entry)
  const decodeTicks = track.kind === 'video' ? decodeTimes(presentationTicks) : ascending(presentationTicks)
  const table: SampleTable = {
    count,
    offset: new Float64Array(count),
    size: new Uint32Array(count),
    presentationTicks,
    decodeTicks,
    durationTicks: durations(found, entry, decodeTicks),
    sync: new Uint8Array(count),
  }
  for (const [index, { offset, size, sync }] of found.entries()) {
    table.offset[index] = offset
    table.size[index] = Math.min(size, MAX_UINT32)
    // Sound and text can be entered anywhere, whatever their blocks say.
    table.sync[index] = sync || track.kind !== 'video' ? 1 : 0
  }
  return table
}

/** Stored ticks of DefaultDuration, times `frames`; null without one. */
function defaultTicks({ defaultDurationNs, track, ticksPerStored }: MatroskaTrack, frames: number): number | null {
  if (defaultDurationNs === null) return null
  const storedTickNs = (1e9 * ticksPerStored) / track.timescale
  return Math.floor((defaultDurationNs * frames) / storedTickNs)
}

/** Samples of a frame at most, where they say nothing else than the codec: AAC with SBR, MPEG audio, (E-)AC-3. */
const MAX_FRAME: [codecId: RegExp, samples: number][] = [
  [/^A_AAC/, 2048],
  [/^A_MPEG/, 1152],
  [/^A_E?AC3/, 1536],
]

/** Stored ticks of the longest frame that the codec knows; Infinity where that is not known. */
function longestTicks({ track, ticksPerStored }: MatroskaTrack): number {
  const samples = track.codecId === 'A_VORBIS' ? vorbisFrame(track.config) : MAX_FRAME.find(([id]) => id.test(track.codecId))?.[1]
  if (samples === undefined || samples === null || track.audio === null || track.audio.sampleRateHz <= 0) return Infinity
  return Math.max(1, Math.floor((samples * track.timescale) / track.audio.sampleRateHz / ticksPerStored))
}

/** Vorbis I 4.2.2: half of blocksize_1, whose power of two is the upper half of a byte in the identification header. Null for damaged ones. */
function vorbisFrame(config: Uint8Array): number | null {
  // CodecPrivate: three headers with Xiph lacing, the first behind their number and two lengths.
  let at = 1
  for (let length = 0; length < 2 && at < config.length; at += 1) if (config[at] !== 255) length += 1
  const exponent = (config[at + 28] ?? 0) >> 4
  return config[at] === 1 && exponent >= 6 && exponent <= 13 ? 2 ** exponent / 2 : null
}

/** Laced frames have the timestamp of their block; the later ones follow at its duration, shared out in whole ticks. */
function presentationTimes(found: readonly FoundSample[], entry: MatroskaTrack): Float64Array {
  const times = new Float64Array(found.length)
  const longest = longestTicks(entry)
  let lastGap = 0
  let from = 0
  while (from < found.length) {
    const to = endOfBlock(found, from)
    const ticks = found[from]?.timestampTicks ?? 0
    const next = found[to]?.timestampTicks
    if (next !== undefined && next > ticks) lastGap = next - ticks
    const frames = to - from
    // A gap of more than twice what the frames can last is a hole in the file.
    const whole = defaultTicks(entry, frames) ?? (lastGap > 2 * frames * longest ? frames * longest : lastGap)
    let stored = 0
    for (let at = from; at < to; at += 1) {
      const shared = Math.floor((whole * (at - from)) / frames)
      const duration = found[at]?.durationTicks ?? null
      times[at] = Math.round((ticks + (duration === null ? shared : stored)) * entry.ticksPerStored)
      stored += duration ?? 0
    }
    from = to
  }
  return times
}

/** Frames of one block lie right behind each other; between blocks there is a header. */
function endOfBlock(found: readonly FoundSample[], from: number): number {
  let to = from + 1
  for (let last = found[from]; last !== undefined; to += 1) {
    const next = found[to]
    if (next === undefined || next.timestampTicks !== last.timestampTicks || next.offset !== last.offset + last.size) break
    last = next
  }
  return to
}

/** See the head of this file. */
function decodeTimes(presentation: Float64Array): Float64Array {
  const sorted = presentation.toSorted()
  let depth = 0
  let rank = 0
  for (const [index, ticks] of presentation.entries()) {
    // The last place in the order that `ticks` may have; frames are moved by a few places, so it is found by walking.
    while (rank + 1 < sorted.length && (sorted[rank + 1] ?? 0) <= ticks) rank += 1
    while (rank > 0 && (sorted[rank] ?? 0) > ticks) rank -= 1
    depth = Math.max(depth, index - rank)
    if (depth >= MAX_REORDER) break
  }
  depth = Math.min(depth, MAX_REORDER)
  if (depth === 0) return sorted
  const decode = new Float64Array(sorted.length)
  decode.set(sorted.subarray(0, sorted.length - depth), depth)
  const span = Math.min(sorted.length - 1, 100)
  const usual = Math.max(1, Math.round(((sorted[span] ?? 0) - (sorted[0] ?? 0)) / Math.max(1, span)))
  for (let index = 0; index < Math.min(depth, sorted.length); index += 1) decode[index] = (sorted[0] ?? 0) - (depth - index) * usual
  return decode
}

/** Without reordering the times are both; a clock that stumbles back stands still until it has caught up. */
function ascending(presentation: Float64Array): Float64Array {
  let last = -Infinity
  return presentation.map((ticks) => (last = Math.max(last, ticks)))
}

/** Ticks to the next sample in decode order; text is shown for as long as its block says. */
function durations(found: readonly FoundSample[], entry: MatroskaTrack, decode: Float64Array): Uint32Array {
  const ticks = new Uint32Array(found.length)
  const { kind, timescale } = entry.track
  const timed = kind !== 'video' && kind !== 'audio'
  for (const [index, { durationTicks, discardNs = 0 }] of found.entries()) {
    const isLast = index === found.length - 1
    const stored = durationTicks ?? (isLast ? defaultTicks(entry, 1) : null)
    const scaled = stored === null ? null : Math.round(stored * entry.ticksPerStored)
    let duration = (timed || isLast) && scaled !== null ? scaled : (decode[index + 1] ?? NaN) - (decode[index] ?? 0)
    // The last of a track that says nothing lasts as long as the one before.
    if (Number.isNaN(duration)) duration = ticks[index - 1] ?? 0
    if (isLast && discardNs > 0) duration -= Math.round((discardNs * timescale) / 1e9)
    ticks[index] = Math.min(Math.max(0, duration), MAX_UINT32)
  }
  return ticks
}
