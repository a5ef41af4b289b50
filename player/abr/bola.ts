/**
 * BOLA (K. Spiteri, R. Urgaonkar, R. Sitaraman, INFOCOM 2016): the rendition is a function of the buffer level alone, the one
 * with the highest (V·(utility + γp) − level) / bit rate. In the form BOLA-U: it goes up no further than one step above what
 * the network carries, and what it aims for is shorter near the beginning and the end of a presentation.
 */
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

/** γp: what keeping the buffer filled is worth against utility. */
const GAMMA_P = 5
/** Segments that the buffer is at least laid out for. */
const LEAST_SEGMENTS = 3

/** The index that BOLA takes at a buffer level; of equals the lowest. */
export function bolaIndex({ utilities, kbps }: Steps, vpMs: number, gp: number, levelMs: number): number {
  const scores = kbps.map((rate, index) => (vpMs * ((utilities[index] ?? 0) + gp) - levelMs) / rate)
  return scores.reduce((best, score, index) => (score > (scores[best] ?? 0) ? index : best), 0)
}

/** See the head of this file. */
export class BolaChooser implements RungChooser {
  #lastId: string | null = null
  #vpMs = 0

  choose(moment: Moment): Choice {
    const { kbps, rungs, bufferMs } = moment
    this.#vpMs = layOut(moment)
    const last = Math.max(
      0,
      rungs.findIndex((rung) => rung.id === this.#lastId),
    )
    const wanted = bolaIndex(moment, this.#vpMs, GAMMA_P, bufferMs)
    const carried = sustainable(moment, moment.throughputKbps)
    let index = wanted
    let reason = `at ${seconds(bufferMs)} of buffer ${megabits(kbps[wanted] ?? 0)} is worth most`
    if (wanted > last && wanted > carried) {
      index = last > carried ? last : carried + 1
      reason = `${seconds(bufferMs)} of buffer would take ${megabits(kbps[wanted] ?? 0)}, the network carries ${megabits(moment.throughputKbps)}`
    }
    this.#lastId = rungs[index]?.id ?? null
    return { index, reason, numbers: { vpMs: this.#vpMs } }
  }

  ended({ rungs, abandonedTo }: Outcome): void {
    if (abandonedTo !== null) this.#lastId = rungs[abandonedTo]?.id ?? null
  }

  abandon({ index, kbps, utilities, bufferMs, bits, totalBits }: Transfer): number | null {
    const left = totalBits - bits
    const worth = (at: number, size: number): number => (this.#vpMs * (GAMMA_P + (utilities[at] ?? 0)) - bufferMs) / size
    let [best, score] = [index, worth(index, left)]
    if (score < 0) return null
    for (let at = 0; at < index; at += 1) {
      const size = (totalBits * (kbps[at] ?? 0)) / (kbps[index] ?? 1)
      // Whatever it is worth, what is larger than the rest of this one does not arrive sooner.
      if (size >= left || worth(at, size) <= score) continue
      ;[best, score] = [at, worth(at, size)]
    }
    return best === index ? null : best
  }
}

/** V for the buffer that there is to use: half of what was played or is left, at most all of it. */
function layOut({ sinceSeek, left, segmentMs, goalMs, utilities }: Moment): number {
  const segments = Math.max(Math.min(sinceSeek, left) / 2, LEAST_SEGMENTS)
  const bufferMs = Math.min(goalMs, segments * segmentMs)
  // A buffer of one segment leaves nothing to control: the least there is.
  return Math.max(bufferMs - segmentMs, 1) / ((utilities.at(-1) ?? 0) + GAMMA_P)
}

/** See the head of this file. */
export const bolaRule = chooserRule('bola', () => new BolaChooser())
