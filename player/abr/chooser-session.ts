/**
 * What the rules of dash.js' family (throughput, BOLA, BOLA-E, Dynamic) share: the ladder as rising numbers, the history of the
 * session's transfers, and the order in which a rule hears of things. Each of them is a `RungChooser` that this session asks.
 * Rules that do not know the sizes of segments: all is decided by average bit rates. Formulas after K. Spiteri, R. Sitaraman
 * and D. Sparacio, "From Theory to Practice", MMSys 2018.
 */
import type { AbandonInput, AbrDecision, AbrInput, AbrRule, AbrSession, Download, Rung } from './rule.ts'
import { byBitrate, withinHeight } from './rule.ts'
import { TransferHistory } from './transfer-history.ts'

/** The renditions to choose from, by rising bit rate. */
export interface Steps {
  /** Never empty. */
  rungs: readonly Rung[]
  kbps: readonly number[]
  /** ln(bit rate / lowest bit rate). */
  utilities: readonly number[]
}

/** What a chooser knows when it is asked. */
export interface Moment extends Steps {
  bufferMs: number
  /** What the player fills the buffer to. */
  goalMs: number
  segmentMs: number
  /** Segments from the first one after start or seek to this one. */
  sinceSeek: number
  /** Segments to the end, this one included; infinite live. */
  left: number
  /** Throughput of media played at the present rate, without latency, kbit/s. */
  throughputKbps: number
  latencyMs: number
}

export interface Choice {
  index: number
  reason: string
  /** To wait before the request. */
  waitMs?: number
  numbers?: Record<string, number>
}

/** A download under way, as a chooser judges it. */
export interface Transfer extends Steps {
  /** Of the rendition that loads. */
  index: number
  bufferMs: number
  segmentMs: number
  /** That came, more than 0. */
  bits: number
  /** Of the whole segment, more than `bits`. */
  totalBits: number
  ttfbMs: number
  elapsedMs: number
  latencyMs: number
}

/** The end of a download. */
export interface Outcome extends Steps {
  index: number
  elapsedMs: number
  segmentMs: number
  goalMs: number
  /** Of the buffer, when it ended. */
  bufferMs: number
  /** What it was given up for; null when it is whole. */
  abandonedTo: number | null
}

/** A rule of the family. */
export interface RungChooser {
  choose(moment: Moment): Choice
  /** What to load instead; null to go on. Changes nothing. */
  abandon(transfer: Transfer): number | null
  ended?(outcome: Outcome): void
  /** The buffer was full and nothing was asked for so long. */
  idled?(ms: number): void
  seeked?(): void
}

/** A rule from its chooser. */
export function chooserRule(name: string, start: () => RungChooser): AbrRule {
  return { name, start: () => new ChooserSession(start()) }
}

/** The highest rendition of which a segment arrives in its own duration, latency included. */
export function sustainable(
  { kbps, segmentMs, latencyMs }: Pick<Moment, 'kbps' | 'segmentMs' | 'latencyMs'>,
  throughputKbps: number,
): number {
  const above = kbps.findIndex((rate, index) => index > 0 && !(latencyMs + (segmentMs * rate) / throughputKbps <= segmentMs))
  return above === -1 ? kbps.length - 1 : above - 1
}

/** Ended, or given up; told to the chooser with the next question, which knows the buffer. */
interface Ending {
  rungId: string
  elapsedMs: number
  abandonedToId: string | null
}

class ChooserSession implements AbrSession {
  readonly #chooser: RungChooser
  readonly #history = new TransferHistory()
  #steps: Steps & { of: readonly Rung[]; maxHeight: number | null } = { ...stepsOf([]), of: [], maxHeight: null }
  #firstSegment: number | null = null
  /** The chooser was asked for what loads. */
  #asked = false
  #ending: Ending | null = null
  /** When the last request went out, as it was planned. */
  #requestedMs = 0

  constructor(chooser: RungChooser) {
    this.#chooser = chooser
  }

  decide(input: AbrInput): AbrDecision {
    const steps = this.#stepsOf(input.rungs, input.maxHeight)
    this.#firstSegment ??= input.segment
    this.#tellEnding(input, steps)
    const choice = this.#choose(input, steps)
    this.#requestedMs = input.nowMs + (choice.waitMs ?? 0)
    const rung = steps.rungs[choice.index] ?? steps.rungs[0]
    if (!rung) throw new RangeError('there is no rendition to choose from')
    const known = this.#history.kbps
    const measured = known === null ? {} : { throughputBps: Math.round(known * 1000), latencyMs: Math.round(this.#history.latencyMs) }
    const numbers = { bufferS: Math.round(input.bufferS * 10) / 10, chosenBps: rung.averageBps, ...measured, ...choice.numbers }
    return { id: rung.id, reason: choice.reason, numbers, ...(choice.waitMs ? { waitMs: choice.waitMs } : {}) }
  }

  #choose(input: AbrInput, steps: Steps): Choice {
    const segmentMs = input.segmentDurationS * 1000
    const { kbps, latencyMs } = this.#history
    this.#asked = kbps !== null
    if (kbps === null) {
      const guess = input.estimate.bps
      if (guess === null) return { index: 0, reason: 'nothing is known about the network, so the smallest rendition starts' }
      const index = sustainable({ kbps: steps.kbps, segmentMs, latencyMs: 0 }, (guess / 1000 / input.playbackRate) * 0.9)
      return { index, reason: `nothing was measured yet; ${megabits(guess / 1000)} are known from before` }
    }
    return this.#chooser.choose({
      ...steps,
      bufferMs: input.bufferS * 1000,
      goalMs: input.bufferGoalS * 1000,
      segmentMs,
      sinceSeek: Math.max(0, input.segment - (this.#firstSegment ?? input.segment)),
      left: input.remainingS === null ? Infinity : input.remainingS / input.segmentDurationS,
      throughputKbps: kbps / input.playbackRate,
      latencyMs,
    })
  }

  arrived(download: Download): void {
    if (this.#asked) this.#ending = { rungId: download.rungId, elapsedMs: download.elapsedMs, abandonedToId: null }
    this.#history.add(download)
  }

  abandon({ rungs, bufferS, download }: AbandonInput): AbrDecision | null {
    const { rungId, bytes, totalBytes, segmentDurationS, ttfbMs, elapsedMs } = download
    const steps = this.#stepsOf(rungs, this.#steps.maxHeight)
    const index = steps.rungs.findIndex((rung) => rung.id === rungId)
    const segmentMs = segmentDurationS * 1000
    const totalBits = totalBytes === null ? (steps.kbps[index] ?? 0) * segmentMs : totalBytes * 8
    const bits = bytes * 8
    // Of a first download nothing can be said to be slower than expected.
    if (index <= 0 || bits <= 0 || bits >= totalBits || this.#history.kbps === null) return null
    const moment = { bufferMs: bufferS * 1000, segmentMs, bits, totalBits, ttfbMs, elapsedMs, latencyMs: this.#history.latencyMs }
    const instead = this.#chooser.abandon({ ...steps, index, ...moment })
    const rung = instead === null ? undefined : steps.rungs[instead]
    if (!rung) return null
    if (this.#asked) this.#ending = { rungId, elapsedMs, abandonedToId: rung.id }
    const rateKbps = bits / Math.max(elapsedMs - ttfbMs, 1)
    const share = Math.round((100 * bits) / totalBits)
    const reason = `${share} % came in ${seconds(elapsedMs)} at ${megabits(rateKbps)}; a smaller one arrives sooner than the rest`
    return { id: rung.id, reason, numbers: { bufferS, rateBps: Math.round(rateKbps * 1000), chosenBps: rung.averageBps } }
  }

  seeked(): void {
    this.#firstSegment = null
    this.#ending = null
    this.#chooser.seeked?.()
  }

  /** What happened since the last question, in its order: the download's end, then the wait for room in the buffer. */
  #tellEnding({ nowMs, bufferS, bufferGoalS, segmentDurationS, playbackRate }: AbrInput, steps: Steps): void {
    const ending = this.#ending
    this.#ending = null
    if (!ending) return
    const [bufferMs, goalMs, segmentMs] = [bufferS * 1000, bufferGoalS * 1000, segmentDurationS * 1000]
    const sinceMs = nowMs - this.#requestedMs - ending.elapsedMs
    // Only a buffer that was (nearly) full makes a wait for room; what else takes time is a retry, or a viewer's pause.
    const wasFull = sinceMs > 0.001 && bufferMs + sinceMs * playbackRate + segmentMs >= goalMs
    const idleMs = wasFull ? sinceMs : 0
    const index = indexOf(steps, ending.rungId)
    const abandonedTo = ending.abandonedToId === null ? null : indexOf(steps, ending.abandonedToId)
    const was = { ...steps, index, segmentMs, goalMs, bufferMs: bufferMs + idleMs * playbackRate }
    this.#chooser.ended?.({ ...was, elapsedMs: ending.elapsedMs, abandonedTo })
    if (idleMs > 0) this.#chooser.idled?.(idleMs)
  }

  #stepsOf(of: readonly Rung[], maxHeight: number | null): Steps {
    if (this.#steps.of === of && this.#steps.maxHeight === maxHeight) return this.#steps
    this.#steps = { ...stepsOf(byBitrate(withinHeight(of, maxHeight))), of, maxHeight }
    return this.#steps
  }
}

function stepsOf(rungs: readonly Rung[]): Steps {
  const kbps = rungs.map(({ averageBps }) => averageBps / 1000)
  const lowest = Math.log(kbps[0] ?? 1)
  return { rungs, kbps, utilities: kbps.map((rate) => Math.log(rate) - lowest) }
}

/** Of a rendition that may not be there any more: then the lowest. */
function indexOf({ rungs }: Steps, id: string): number {
  return Math.max(
    0,
    rungs.findIndex((rung) => rung.id === id),
  )
}

/** `12.3 s`, for reasons. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** `3.4 Mbit/s`, for reasons. */
export function megabits(kbps: number): string {
  return `${(kbps / 1000).toFixed(kbps < 1000 ? 2 : 1)} Mbit/s`
}
