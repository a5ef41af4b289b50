/**
 * The throughput rule of dash.js, with its insufficient-buffer rule: nine tenths of what was measured have to carry a segment
 * in its own duration, and a segment has to arrive before the buffer is empty. Gives up a download that takes much longer than
 * it plays. As in Sabre (K. Spiteri et al., MMSys 2018).
 */
import {
  type Choice,
  chooserRule,
  megabits,
  type Moment,
  type RungChooser,
  seconds,
  sustainable,
  type Transfer,
} from './chooser-session.ts'

/** Of what was measured. */
const SAFETY = 0.9
/** Part of the buffer that a segment's download may take: this at first, then each time less, down to the second. */
export const BUFFER_SAFETY_FIRST = 0.9
const BUFFER_SAFETY_LEAST = 0.5
/** A download is given up when in all it would take so many times the segment's duration, */
const ABANDON_FACTOR = 1.8
/** and not before it has run so long, ms. */
const ABANDON_GRACE_MS = 500

/** The insufficient-buffer rule: what may be loaded before the buffer is empty. It grows more cautious each time it is asked. */
export class BufferGuard {
  #safety = BUFFER_SAFETY_FIRST

  /** The choice, lowered where the next step up would not arrive in time. */
  limit(moment: Moment, index: number): number {
    const { kbps, bufferMs, latencyMs, throughputKbps, segmentMs } = moment
    const safeBits = this.#safety * (bufferMs - latencyMs) * throughputKbps
    this.#safety = Math.max(this.#safety * BUFFER_SAFETY_FIRST, BUFFER_SAFETY_LEAST)
    const unsafe = kbps.findIndex((rate, at) => at > 0 && at <= index && rate * segmentMs > safeBits)
    return unsafe === -1 ? index : unsafe - 1
  }
}

/** See the head of this file. */
export class ThroughputChooser implements RungChooser {
  readonly #guard = new BufferGuard()

  choose(moment: Moment): Choice {
    const { kbps, throughputKbps, bufferMs } = moment
    const fits = sustainable(moment, throughputKbps * SAFETY)
    const index = this.#guard.limit(moment, fits)
    if (index < fits) {
      const bigger = megabits(kbps[index + 1] ?? 0)
      return {
        index,
        reason: `${seconds(bufferMs)} of buffer is too little to be sure of a segment of ${bigger}`,
        numbers: { fitsBps: (kbps[fits] ?? 0) * 1000 },
      }
    }
    const rate = megabits(kbps[index] ?? 0)
    const enough = index > 0 || (kbps[0] ?? 0) <= throughputKbps * SAFETY
    return {
      index,
      reason: `${megabits(throughputKbps)} less a tenth ${enough ? `carries ${rate}` : 'carries none of them, so the smallest'}`,
    }
  }

  abandon(transfer: Transfer): number | null {
    const { elapsedMs, ttfbMs, bits, totalBits, segmentMs, kbps, index } = transfer
    const transferMs = elapsedMs - ttfbMs
    if (elapsedMs < ABANDON_GRACE_MS || transferMs <= 0) return null
    const rateKbps = bits / transferMs
    const left = totalBits - bits
    if (elapsedMs + left / rateKbps <= ABANDON_FACTOR * segmentMs) return null
    const instead = sustainable(transfer, rateKbps * SAFETY)
    const size = (totalBits * (kbps[instead] ?? 0)) / (kbps[index] ?? 1)
    return instead >= index || size >= left ? null : instead
  }
}

/** See the head of this file. */
export const throughputDashRule = chooserRule('throughput-dash', () => new ThroughputChooser())
