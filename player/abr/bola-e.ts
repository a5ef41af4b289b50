/**
 * BOLA-E (K. Spiteri, R. Sitaraman, D. Sparacio, MMSys 2018): BOLA with a placeholder, media that is not there and counts as
 * if it were. It lets BOLA start at what the network carries, and keeps it from falling when a full buffer made the player wait.
 * With the insufficient-buffer rule, and downloads given up when a smaller one is worth more.
 */
import { bolaIndex } from './bola.ts'
import {
  type Choice,
  chooserRule,
  megabits,
  type Moment,
  type Outcome,
  type RungChooser,
  seconds,
  type Steps,
  sustainable,
  type Transfer,
} from './chooser-session.ts'
import { BufferGuard } from './throughput-dash.ts'

/** BOLA's parameters come from the level below which only the lowest rendition is taken, */
const MINIMUM_MS = 10_000
/** and from how much more the buffer is (virtually) long for each rendition. */
const PER_RUNG_MS = 2_000

/** BOLA's parameters for a ladder. */
interface Layout {
  gp: number
  vpMs: number
  /** Utilities begin at 1. */
  utilities: readonly number[]
  kbps: readonly number[]
}

/** See the head of this file. */
export class BolaEChooser implements RungChooser {
  #guard = new BufferGuard()
  #steady = false
  #placeholderMs = 0
  #lastId: string | null = null
  #goalMs = 0

  choose(moment: Moment): Choice {
    this.#goalMs = moment.goalMs
    const layout = layOut(moment, moment.goalMs)
    if (!layout) return { index: 0, reason: 'there is nothing to choose between: one bit rate' }
    const chosen = this.#steady ? this.#steadyChoice(moment, layout) : this.#firstChoice(moment, layout)
    return { ...chosen, numbers: { placeholderS: Math.round(this.#placeholderMs / 100) / 10 } }
  }

  #firstChoice(moment: Moment, layout: Layout): Choice {
    this.#steady = true
    this.#guard = new BufferGuard()
    const index = sustainable(moment, moment.throughputKbps)
    this.#placeholderMs = Math.max(0, leastLevel(layout, index) - moment.bufferMs)
    return { index, reason: `${megabits(moment.throughputKbps)} measured carries it; BOLA goes on from there` }
  }

  #steadyChoice(moment: Moment, layout: Layout): Choice {
    const { bufferMs, throughputKbps, kbps, rungs } = moment
    const last = Math.max(
      0,
      rungs.findIndex((rung) => rung.id === this.#lastId),
    )
    const wanted = bolaIndex(layoutSteps(moment, layout), layout.vpMs, layout.gp, bufferMs + this.#placeholderMs)
    const carried = sustainable(moment, throughputKbps)
    const held = wanted > last && wanted > carried
    const index = held ? Math.max(last, carried) + 1 : wanted
    const safe = this.#guard.limit(moment, index)
    const waitMs = this.#waitFor(bufferMs + this.#placeholderMs - mostLevel(layout, index), index === kbps.length - 1)
    if (safe < index) {
      this.#placeholderMs = Math.min(this.#placeholderMs, Math.max(0, leastLevel(layout, safe) - bufferMs))
      return {
        index: safe,
        reason: `${seconds(bufferMs)} of buffer is too little to be sure of a segment of ${megabits(kbps[safe + 1] ?? 0)}`,
      }
    }
    const level = `${seconds(bufferMs)} of buffer and ${seconds(this.#placeholderMs)} of placeholder`
    const rate = megabits(kbps[wanted] ?? 0)
    const reason = held
      ? `${level} would take ${rate}, the network carries ${megabits(throughputKbps)}`
      : `at ${level} ${rate} is worth most`
    return { index, reason, waitMs }
  }

  /** More than the rendition wants: the placeholder goes first, then time does. At the top nothing better comes of waiting. */
  #waitFor(overMs: number, atTop: boolean): number {
    if (overMs <= 0) return 0
    const taken = Math.min(overMs, this.#placeholderMs)
    this.#placeholderMs -= taken
    return atTop ? 0 : overMs - taken
  }

  ended(outcome: Outcome): void {
    const { index, abandonedTo, bufferMs, elapsedMs } = outcome
    this.#lastId = outcome.rungs[index]?.id ?? null
    const layout = layOut(outcome, outcome.goalMs)
    if (!layout) return
    if (abandonedTo !== null) {
      // Something went wrong: as little as the smaller one needs.
      const wanted = abandonedTo > 0 ? leastLevel(layout, abandonedTo) : MINIMUM_MS
      this.#placeholderMs = Math.min(this.#placeholderMs, Math.max(0, wanted - bufferMs))
      return
    }
    // As if BOLA had chosen what was loaded, at the level of then: not more than it takes that at, and not less.
    const wasMs = bufferMs + elapsedMs
    this.#placeholderMs = Math.min(this.#placeholderMs, Math.max(0, mostLevel(layout, index) - wasMs))
    if (bufferMs > 0) this.#placeholderMs = Math.max(this.#placeholderMs, leastLevel(layout, index) - wasMs)
  }

  idled(ms: number): void {
    this.#placeholderMs += ms
  }

  seeked(): void {
    this.#steady = false
  }

  abandon(transfer: Transfer): number | null {
    const { index, kbps, bits, totalBits, elapsedMs, ttfbMs, bufferMs } = transfer
    const layout = layOut(transfer, this.#goalMs)
    if (!layout || elapsedMs <= ttfbMs) return null
    // Another request begins with another latency; meanwhile this one goes on.
    const level = Math.max(0, bufferMs + this.#placeholderMs - ttfbMs)
    const left = totalBits - bits - (ttfbMs * bits) / (elapsedMs - ttfbMs)
    if (left <= 0) return null
    const worth = (at: number, size: number): number => (mostLevel(layout, at) - level) / size
    let [best, score] = [index, worth(index, left)]
    for (let at = 0; at < index; at += 1) {
      const size = (totalBits * (kbps[at] ?? 0)) / (kbps[index] ?? 1)
      // As in BOLA: what is larger than the rest of this one does not arrive sooner.
      if (size >= left || worth(at, size) <= score) continue
      ;[best, score] = [at, worth(at, size)]
    }
    return best === index ? null : best
  }
}

/** Null when all bit rates are one. */
function layOut({ utilities, kbps }: Steps, goalMs: number): Layout | null {
  const top = utilities.at(-1) ?? 0
  if (top <= 0) return null
  const virtualMs = Math.max(MINIMUM_MS + PER_RUNG_MS * kbps.length, goalMs)
  const gp = top / (virtualMs / MINIMUM_MS - 1)
  return { gp, vpMs: MINIMUM_MS / gp, utilities: utilities.map((utility) => utility + 1), kbps }
}

function layoutSteps({ rungs, kbps }: Moment, { utilities }: Layout): Steps {
  return { rungs, kbps, utilities }
}

/** The level from which BOLA takes this rendition rather than a lower one. */
function leastLevel({ utilities, kbps, gp, vpMs }: Layout, index: number): number {
  const [rate, utility] = [kbps[index] ?? 0, utilities[index] ?? 0]
  let level = 0
  for (let at = 0; at < index; at += 1) {
    const [lower, worth] = [kbps[at] ?? 0, utilities[at] ?? 0]
    if (worth < utility) level = Math.max(level, vpMs * (gp + (rate * worth - lower * utility) / (rate - lower)))
  }
  return level
}

/** The level above which nothing is gained by loading this rendition now. */
function mostLevel({ utilities, gp, vpMs }: Layout, index: number): number {
  return vpMs * ((utilities[index] ?? 0) + gp)
}

/** See the head of this file. */
export const bolaERule = chooserRule('bola-e', () => new BolaEChooser())
