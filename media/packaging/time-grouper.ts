/**
 * Groups samples into segments by time: segment n ends with the sample whose end is nearest to (n + 1) times the segment
 * duration. Sound has no keyframes to cut at, and its frames never end where a picture does.
 */
import { MediaError } from '../errors.ts'
import type { Sample } from './fragment-reader.ts'
import type { TrackFacts } from './model.ts'

export interface SampleGroup {
  decodeTicks: number
  samples: Sample[]
}

export class TimeGrouper {
  /** Ticks of `den` segments: whole, so that no rounding adds up over ten hours. */
  readonly #num: number
  readonly #den: number
  readonly #delayTicks: number
  #segment: number
  #group: SampleGroup
  #endTicks: number

  constructor(
    segmentSeconds: { num: number; den: number },
    { timescale, delayTicks }: TrackFacts,
    decodeTicks: number,
    firstSegment: number,
  ) {
    if (!(segmentSeconds.num > 0 && segmentSeconds.den > 0)) throw new MediaError('unsupported', 'a segment duration that is not positive')
    this.#num = segmentSeconds.num * timescale
    this.#den = segmentSeconds.den
    this.#delayTicks = delayTicks
    this.#segment = firstSegment
    this.#group = { decodeTicks, samples: [] }
    this.#endTicks = decodeTicks
  }

  /** Takes the next samples and answers the groups they complete. */
  push(samples: Sample[]): SampleGroup[] {
    const done: SampleGroup[] = []
    for (const sample of samples) {
      const before = this.#endTicks - this.#delayTicks
      const after = before + sample.durationTicks
      const boundary = (this.#num * (this.#segment + 1)) / this.#den
      // The boundary lies in this sample's first half (or on its start): the sample belongs to the next segment.
      if (this.#group.samples.length > 0 && boundary - before <= after - boundary) done.push(this.#cut())
      this.#group.samples.push(sample)
      this.#endTicks += sample.durationTicks
    }
    return done
  }

  /** What is left at the end; null when nothing of it would be heard (priming alone). */
  end(): SampleGroup | null {
    return this.#group.samples.length > 0 && this.#endTicks > this.#delayTicks ? this.#cut() : null
  }

  #cut(): SampleGroup {
    const group = this.#group
    this.#group = { decodeTicks: this.#endTicks, samples: [] }
    this.#segment += 1
    return group
  }
}
