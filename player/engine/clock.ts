/**
 * Where a stream's own time stamps lie on the playlist's timeline, which begins at 0 with the first segment listed. Between
 * two discontinuities one offset holds, for picture and sound alike and for every rendition (RFC 8216bis 6.2.4: "matching
 * content … MUST have matching timestamps"); it is found from the first segment that is seen, wherever that lies.
 */

/** As much of a segment as placing needs. */
export interface ClockSegment {
  /** Discontinuity sequence number. */
  discontinuity: number
  startS: number
  durationS: number
}

/** PTS are numbers of 33 bits at 90 kHz: they start again after so long, seconds. */
const WRAP_S = 2 ** 33 / 90_000

/** See the head of this file. One belongs to one load of an engine. */
export class Clock {
  readonly #offsets = new Map<number, number>()
  readonly #given = new Set<number>()
  #waiting: (() => void)[] = []

  /** Whether the offset of a discontinuity is known, or sound may find it by itself. */
  isSettled(discontinuity: number): boolean {
    return this.#offsets.has(discontinuity) || this.#given.has(discontinuity)
  }

  /** Seconds to add to the stream's times in a segment that begins at `measuredS` by them. */
  place(segment: ClockSegment, measuredS: number): number {
    const { discontinuity, startS, durationS } = segment
    const known = this.#offsets.get(discontinuity)
    if (known !== undefined) {
      const wraps = Math.round((startS - known - measuredS) / WRAP_S) * WRAP_S
      const offS = measuredS + wraps + known - startS
      // Time stamps that jump without a tag, or durations that are rounded to whole seconds: the segment goes where the
      // playlist has it. Less is what playlists round, and joins without a hole as it is.
      if (Math.abs(offS) <= Math.max(0.5, durationS * 0.6)) return known + wraps
    }
    const offset = isNear(segment, measuredS) ? 0 : startS - measuredS
    this.#settle(() => this.#offsets.set(discontinuity, offset))
    return offset
  }

  /** A segment of the main track is lost: sound need not wait for its time stamps any more. */
  give(discontinuity: number): void {
    if (!this.isSettled(discontinuity)) this.#settle(() => this.#given.add(discontinuity))
  }

  /** Resolves with the next thing that is settled, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #settle(change: () => void): void {
    change()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/**
 * Its times are the playlist's already: they stay as they were written. What pictures that are shown in another order begin
 * later by, and what sums of rounded durations may be off.
 */
export function isNear({ startS }: ClockSegment, measuredS: number): boolean {
  return Math.abs(measuredS - startS) <= 0.2 + startS * 0.0005
}
