/** The time stamps of one stream: unwrapped, and whether each follows from the one before. */
import { PTS_HZ, PTS_WRAP, unwrap } from '../pes.ts'
import { BoundedList } from './bounded-list.ts'
import type { TimesReport } from './report.ts'

/** More than this forwards is a jump, not a gap. */
const JUMP_TICKS = 10 * PTS_HZ
/** Kinds of distances that are remembered to find the usual one. */
const MAX_DISTANCES = 64
/** Distances that must be seen before the usual one is believed. */
const ENOUGH = 3

/** The last time seen in a program, ticks of 90 kHz, unwrapped: what new time stamps are near to. */
export interface ProgramClock {
  ticks: number | null
}

export interface TimedUnit {
  /** As stored. */
  pts: number
  dts: number | null
  packet: number
  /** Pictures, or frames of sound, that begin in it; 1 where they are not counted. */
  frames: number
  /** What they last, ticks; null: one takes the usual distance. */
  durationTicks: number | null
  /** discontinuity_indicator. */
  announced: boolean
}

export class StreamTimes {
  #first: { pts: number; dts: number; stored: number } | null = null
  /** Unwrapped DTS and PTS of the last unit, and the latest PTS since the last jump. */
  #dts = 0
  #latest = 0
  #latestDuration: number | null = null
  #lastFrames = 1
  #lastDuration: number | null = null
  readonly #distances = new Map<number, number>()
  #distanceCount = 0
  /** Ticks and frames between units that follow each other as they should. */
  #steadyTicks = 0
  #steadyFrames = 0
  /** What frames last, and what their time stamps advance meanwhile. */
  #lasted = 0
  #advanced = 0
  #wraps = 0
  readonly #gaps = new BoundedList<TimesReport['gaps']['list'][number]>()
  readonly #jumps = new BoundedList<TimesReport['jumps']['list'][number]>()

  /** `reference`: a time of the same program, for the first stamps. Answers the unwrapped PTS. */
  take(unit: TimedUnit, reference: number): number {
    const before = this.#first === null ? reference : this.#dts
    const dts = unwrap(unit.dts ?? unit.pts, before)
    const pts = unwrap(unit.pts, dts)
    if (this.#first === null) {
      this.#first = { pts, dts, stored: unit.pts }
      this.#latest = pts
    } else {
      this.#follow(unit, dts, pts)
    }
    this.#wraps = Math.max(this.#wraps, Math.floor(pts / PTS_WRAP) - Math.floor(this.#first.pts / PTS_WRAP))
    if (pts >= this.#latest) {
      this.#latest = pts
      this.#latestDuration = unit.durationTicks
    }
    this.#dts = dts
    this.#lastFrames = unit.frames
    this.#lastDuration = unit.durationTicks
    return pts
  }

  #follow({ packet, announced }: TimedUnit, dts: number, pts: number): void {
    const distance = dts - this.#dts
    if (distance < -(PTS_HZ / 2) || distance > JUMP_TICKS) {
      this.#jumps.add({ fromTicks: this.#dts, toTicks: dts, packet, announced })
      this.#latest = pts
      this.#latestDuration = null
      return
    }
    const frames = Math.max(this.#lastFrames, 0.5)
    const frame = this.#lastDuration === null ? this.usualDistance() : this.#lastDuration / frames
    const expected = this.#lastDuration ?? (frame === null ? null : frame * frames)
    if (expected !== null && frame !== null && Math.abs(distance - expected) > frame / 2) {
      this.#gaps.add({ atTicks: this.#dts + Math.round(expected), ticks: Math.round(distance - expected), packet })
    } else {
      this.#steadyTicks += distance
      this.#steadyFrames += frames
    }
    if (this.#lastDuration !== null) {
      this.#lasted += this.#lastDuration
      this.#advanced += distance
    }
    this.#countDistance(Math.round(distance / frames))
  }

  #countDistance(distance: number): void {
    const seen = this.#distances.get(distance)
    if (seen === undefined && this.#distances.size >= MAX_DISTANCES) return
    this.#distances.set(distance, (seen ?? 0) + 1)
    this.#distanceCount += 1
  }

  /** The distance of frames seen most often, ticks; null before enough were seen. */
  usualDistance(): number | null {
    if (this.#distanceCount < ENOUGH) return null
    let usual = 0
    let most = 0
    for (const [distance, count] of this.#distances) {
      if (distance > 0 && count > most) {
        most = count
        usual = distance
      }
    }
    return usual === 0 ? null : usual
  }

  /** Frames per second between units that follow each other; null before there are two. */
  get frameRate(): number | null {
    return this.#steadyTicks > 0 ? (this.#steadyFrames * PTS_HZ) / this.#steadyTicks : null
  }

  /** What the frames lasted minus what their time stamps advanced, ticks: a clock of the sound that runs differently, or gaps. */
  get driftTicks(): number {
    return this.#lasted - this.#advanced
  }

  report(): TimesReport {
    const first = this.#first
    return {
      firstPtsTicks: first?.pts ?? null,
      lastPtsTicks: first === null ? null : this.#latest,
      firstDtsTicks: first?.dts ?? null,
      lastDtsTicks: first === null ? null : this.#dts,
      endPtsTicks: first === null ? null : this.#latest + Math.round(this.#latestDuration ?? this.usualDistance() ?? 0),
      firstPtsStored: first?.stored ?? null,
      wraps: this.#wraps,
      gaps: this.#gaps.report(),
      jumps: this.#jumps.report(),
    }
  }
}
