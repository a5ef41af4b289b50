/**
 * FFmpeg's fragmented MP4 to CMAF on the video's own timeline, streaming. FFmpeg counts every output from 0; the caller
 * says where on the timeline that is, so that chunks made by different processes follow each other.
 */
import { MediaError } from '../errors.ts'
import { FragmentReader, type Sample, type SourceFragment } from './fragment-reader.ts'
import { rewriteInit, type SourceTrack } from './init-segment.ts'
import type { Fragment, Grouping, InitSegment, TrackFacts } from './model.ts'
import { TimeGrouper } from './time-grouper.ts'
import { writeFragment } from './write-fragment.ts'

export interface SplitterOptions {
  /** `tfdt` of the first sample, ticks of the track. */
  baseDecodeTicks: number
  /** `mfhd` of the first fragment; 1 by default. */
  firstSequence?: number
  /**
   * Media time of presentation time 0, ticks, for every chunk of the rendition. Left out, it is the encoder's own, which is
   * right for audio. For video it has to be given: x264 and x265 delay two frames, but none when they are given only
   * one frame, and the initialization segments of chunks must not differ. Two frames for H.264 and HEVC, 0 for VP9 and AV1.
   */
  delayTicks?: number
  /** `gops`: fragments as they come. `time`: samples regrouped, one fragment a segment. */
  grouping: Grouping
  /** Number of the first segment, for `time`; 0 by default. */
  firstSegment?: number
  /** What one fragment of the input may weigh; 256 MiB by default. */
  maxFragmentBytes?: number
}

export type SplitterOutput = { type: 'init'; init: InitSegment } | { type: 'fragment'; fragment: Fragment }

const MAX_FRAGMENT_BYTES = 256 * 1024 * 1024

/** Numbers of `mfhd` that one fragment takes: a GOP is its keyframe and the rest (write-fragment.ts). */
export const CHUNKS_PER_FRAGMENT: Record<Grouping['by'], number> = { gops: 2, time: 1 }

export class CmafSplitter {
  readonly #options: SplitterOptions
  readonly #reader: FragmentReader
  #track: { source: SourceTrack; facts: TrackFacts } | null = null
  #grouper: TimeGrouper | null = null
  #sequence: number
  /** `tfdt` of the input's first fragment, and where its next one has to start. */
  #firstTicks: number | null = null
  #nextTicks = 0

  constructor(options: SplitterOptions) {
    this.#options = options
    this.#sequence = options.firstSequence ?? 1
    this.#reader = new FragmentReader(options.maxFragmentBytes ?? MAX_FRAGMENT_BYTES)
  }

  /** Takes the next bytes and yields what they complete: `init` first, then fragments. Run it to its end before the next call. */
  *push(bytes: Uint8Array): Generator<SplitterOutput> {
    for (const output of this.#reader.push(bytes)) {
      if (output.type === 'fragment') {
        for (const fragment of this.#rebase(output.fragment)) yield { type: 'fragment', fragment }
        continue
      }
      if (this.#track !== null) throw new MediaError('unsupported', 'a second moov')
      const { init, source } = rewriteInit(output.bytes, output.moov, this.#options.delayTicks ?? null)
      this.#track = { source, facts: init.facts }
      this.#reader.useDefaults(source.trex)
      yield { type: 'init', init }
    }
  }

  /** The stream is over: yields what is left. Throws when it ended too early, or had no track at all. */
  *end(): Generator<SplitterOutput> {
    this.#reader.end()
    if (this.#track === null) throw new MediaError('truncated', 'the stream has no moov')
    const rest = this.#grouper?.end()
    if (rest !== undefined && rest !== null) yield { type: 'fragment', fragment: this.#write(rest.samples, rest.decodeTicks) }
  }

  *#rebase({ decodeTicks, samples }: SourceFragment): Generator<Fragment> {
    const track = this.#track
    if (track === null) throw new MediaError('malformed', 'a fragment before moov')
    this.#firstTicks ??= decodeTicks
    const base = this.#options.baseDecodeTicks + decodeTicks - this.#firstTicks
    if (this.#sequence > (this.#options.firstSequence ?? 1) || this.#grouper !== null) this.#checkNext(base)
    this.#nextTicks = base + samples.reduce((sum, { durationTicks }) => sum + durationTicks, 0)
    const shift = track.facts.delayTicks - track.source.delayTicks
    const shifted = samples.map((sample) => shiftSample(sample, shift))
    const { grouping } = this.#options
    if (grouping.by === 'gops') {
      yield this.#write(shifted, base)
      return
    }
    this.#grouper ??= new TimeGrouper(grouping.segmentSeconds, track.facts, base, this.#options.firstSegment ?? 0)
    for (const group of this.#grouper.push(shifted)) yield this.#write(group.samples, group.decodeTicks)
  }

  #checkNext(ticks: number): void {
    if (ticks === this.#nextTicks) return
    throw new MediaError('gap', `a fragment starts at ${ticks} where ${this.#nextTicks} was expected`)
  }

  #write(samples: Sample[], decodeTicks: number): Fragment {
    const delayTicks = this.#track?.facts.delayTicks ?? 0
    const fragment = writeFragment(samples, { sequence: this.#sequence, decodeTicks, delayTicks })
    this.#sequence += CHUNKS_PER_FRAGMENT[this.#options.grouping.by]
    return fragment
  }
}

/** Negative offsets are refused: FFmpeg's demuxer shows the whole track late for one of them (seen in 5.1). */
function shiftSample(sample: Sample, shiftTicks: number): Sample {
  const compositionOffsetTicks = sample.compositionOffsetTicks + shiftTicks
  if (compositionOffsetTicks < 0) {
    throw new MediaError(
      'unsupported',
      `a composition offset of ${compositionOffsetTicks} ticks: the encoder reorders more than delayTicks allows`,
    )
  }
  return { ...sample, compositionOffsetTicks }
}
