/**
 * From FFmpeg's pipe to chunk objects and their index: groups fragments into segments, segments into chunks, and says of
 * each where it lies, how long it is and what its hash is. The last of the packager's classes, and the one to use.
 */
import { MediaError } from '../errors.ts'
import { CHUNKS_PER_FRAGMENT, CmafSplitter, type SplitterOptions } from './cmaf-splitter.ts'
import type { Fragment, IframeRange, IncrementalHash, InitSegment, Segment } from './model.ts'

export interface CutterOptions extends Omit<SplitterOptions, 'firstSequence'> {
  /** Number of the first segment; a multiple of `segmentsPerChunk`. */
  firstSegment: number
  segmentsPerChunk: number
  /** A SHA-256, once a segment. */
  createHash: () => IncrementalHash
}

/** One object for the bucket, complete. */
export interface CutChunk {
  /** 0, 1, 2, … through the rendition. */
  index: number
  firstSegment: number
  /** Presentation time of its first segment. */
  startTicks: number
  sizeBytes: number
  segments: Segment[]
}

export type CutterOutput =
  /** Once, first. */
  | { type: 'init'; init: InitSegment }
  /** The next bytes of the current chunk's object. */
  | { type: 'data'; bytes: Uint8Array }
  /** The bytes so far complete a segment. */
  | { type: 'segment'; number: number; startTicks: number; segment: Segment }
  /** The bytes so far complete a chunk; the next `data` begins another object. */
  | { type: 'chunk'; chunk: CutChunk }

interface OpenSegment {
  offset: number
  startTicks: number
  endTicks: number
  independent: boolean
  fragments: number
  iframes: IframeRange[]
  hash: IncrementalHash
}

export class SegmentCutter {
  readonly #options: CutterOptions
  readonly #splitter: CmafSplitter
  readonly #fragmentsPerSegment: number
  #kind: 'video' | 'audio' = 'video'
  #segment: OpenSegment | null = null
  #chunk: CutChunk
  /** Where the next fragment has to start, presentation time; null before the first. */
  #nextTicks: number | null = null

  /** Throws a `RangeError` when the numbers do not fit each other: a mistake of the caller. */
  constructor(options: CutterOptions) {
    const { firstSegment, segmentsPerChunk, grouping } = options
    this.#fragmentsPerSegment = grouping.by === 'gops' ? grouping.gopsPerSegment : 1
    if (!(this.#fragmentsPerSegment >= 1 && segmentsPerChunk >= 1)) throw new RangeError('a segment needs a GOP, a chunk a segment')
    if (firstSegment % segmentsPerChunk !== 0) throw new RangeError(`segment ${firstSegment} does not start a chunk of ${segmentsPerChunk}`)
    this.#options = options
    this.#splitter = new CmafSplitter({
      ...options,
      firstSequence: firstSegment * this.#fragmentsPerSegment * CHUNKS_PER_FRAGMENT[grouping.by] + 1,
    })
    this.#chunk = newChunk(firstSegment / segmentsPerChunk, firstSegment)
  }

  /** Takes the next bytes and yields what they complete. Run it to its end before the next call. Throws `MediaError`. */
  *push(bytes: Uint8Array): Generator<CutterOutput> {
    for (const output of this.#splitter.push(bytes)) {
      if (output.type === 'fragment') yield* this.#add(output.fragment)
      else {
        this.#kind = output.init.facts.kind
        yield output
      }
    }
  }

  /** The stream is over: yields the last segment and chunk. Throws when it ended too early. */
  *end(): Generator<CutterOutput> {
    for (const output of this.#splitter.end()) if (output.type === 'fragment') yield* this.#add(output.fragment)
    if (this.#segment !== null) yield this.#closeSegment(this.#segment)
    if (this.#chunk.segments.length > 0) yield this.#closeChunk()
  }

  *#add(fragment: Fragment): Generator<CutterOutput> {
    this.#check(fragment)
    // Samples before presentation time 0 are there to be decoded, not shown.
    const startTicks = Math.max(0, fragment.startTicks)
    const offset = this.#chunk.sizeBytes
    const segment = (this.#segment ??= {
      offset,
      startTicks,
      endTicks: startTicks,
      independent: fragment.keyframe,
      fragments: 0,
      iframes: [],
      hash: this.#options.createHash(),
    })
    segment.endTicks = fragment.startTicks + fragment.durationTicks
    segment.fragments += 1
    if (this.#kind === 'video' && fragment.keyframe) {
      const timeTicks = startTicks - segment.startTicks
      segment.iframes.push({ offset, length: fragment.keyframeEnd, timeTicks, durationTicks: fragment.durationTicks })
    }
    segment.hash.update(fragment.bytes)
    this.#chunk.sizeBytes += fragment.bytes.length
    this.#nextTicks = segment.endTicks
    yield { type: 'data', bytes: fragment.bytes }
    if (segment.fragments === this.#fragmentsPerSegment) yield this.#closeSegment(segment)
    if (this.#chunk.segments.length === this.#options.segmentsPerChunk) yield this.#closeChunk()
  }

  /** Every fragment is shown from where the one before ended: an index with a hole would lie to every playlist made of it. */
  #check({ startTicks, decodeTicks }: Fragment): void {
    const expected = this.#nextTicks ?? (this.#kind === 'video' ? this.#options.baseDecodeTicks : startTicks)
    if (startTicks === expected) return
    throw new MediaError('gap', `a fragment (decode time ${decodeTicks}) is shown from ${startTicks} where ${expected} was expected`)
  }

  #closeSegment({ offset, startTicks, endTicks, independent, iframes, hash }: OpenSegment): CutterOutput {
    const length = this.#chunk.sizeBytes - offset
    const segment: Segment = { offset, length, durationTicks: endTicks - startTicks, sha256: hash.hex(), independent, iframes }
    if (this.#chunk.segments.length === 0) this.#chunk.startTicks = startTicks
    const number = this.#chunk.firstSegment + this.#chunk.segments.length
    this.#chunk.segments.push(segment)
    this.#segment = null
    return { type: 'segment', number, startTicks, segment }
  }

  #closeChunk(): CutterOutput {
    const chunk = this.#chunk
    this.#chunk = newChunk(chunk.index + 1, chunk.firstSegment + chunk.segments.length)
    return { type: 'chunk', chunk }
  }
}

function newChunk(index: number, firstSegment: number): CutChunk {
  return { index, firstSegment, startTicks: 0, sizeBytes: 0, segments: [] }
}
