/** The program clock of one PID (ISO/IEC 13818-1 2.4.2): how often it is sent, how even it runs, where it jumps. */
import type { PcrReport } from './report.ts'

const PCR_HZ = 27_000_000
/** program_clock_reference wraps here: 33 bits of 90 kHz, 300 ticks of 27 MHz each. */
const PCR_WRAP = 2 ** 33 * 300
/** The arrival stamps of a 192-byte layout: 30 bits. */
const ARRIVAL_WRAP = 2 ** 30
/** Stamps further from the clock than half a second are no stamps of arrival. */
const ARRIVAL_LIMIT = PCR_HZ / 2
/** More between two is a jump, not an interval. */
const JUMP_TICKS = 10 * PCR_HZ
const LIMIT_TICKS = PCR_HZ / 10
/** Rates that differ by less than this are one. */
const CONSTANT = 0.02

export class PcrClock {
  #count = 0
  #first = 0
  #last = 0
  #lastOffset = 0
  #lastArrival: number | null = null
  #intervals = 0
  #ticks = 0
  #squares = 0
  #max = 0
  #over = 0
  #bytes = 0
  #slowest = Infinity
  #fastest = 0
  #arrivalJitter: number | null = null
  #rateJitter = 0
  readonly #jumps = { announced: 0, unannounced: 0 }

  /** `offset`: of the packet in the file. `arrival`: its stamp, ticks of 27 MHz, 30 bits. True when the clock jumped without saying so. */
  take(pcr: number, offset: number, arrival: number | null, announced: boolean): boolean {
    this.#count += 1
    let jumped = false
    if (this.#count === 1) this.#first = pcr
    else jumped = this.#takeInterval(pcr, offset, arrival, announced)
    this.#last = pcr
    this.#lastOffset = offset
    this.#lastArrival = arrival
    return jumped
  }

  #takeInterval(pcr: number, offset: number, arrival: number | null, announced: boolean): boolean {
    const ticks = (pcr - this.#last + PCR_WRAP) % PCR_WRAP
    if (announced) this.#jumps.announced += 1
    else if (ticks > JUMP_TICKS) this.#jumps.unannounced += 1
    if (announced || ticks > JUMP_TICKS) return !announced
    const bytes = offset - this.#lastOffset
    this.#intervals += 1
    this.#ticks += ticks
    this.#squares += ticks * ticks
    this.#max = Math.max(this.#max, ticks)
    if (ticks > LIMIT_TICKS) this.#over += 1
    if (arrival !== null && this.#lastArrival !== null) {
      const waited = (arrival - this.#lastArrival + ARRIVAL_WRAP) % ARRIVAL_WRAP
      this.#arrivalJitter = Math.max(this.#arrivalJitter ?? 0, Math.abs(ticks - waited))
    }
    // Against the rate so far: the rate of the whole is not known yet.
    if (this.#bytes > 0) this.#rateJitter = Math.max(this.#rateJitter, Math.abs(ticks - (bytes * (this.#ticks - ticks)) / this.#bytes))
    this.#bytes += bytes
    if (ticks > 0) {
      this.#slowest = Math.min(this.#slowest, bytes / ticks)
      this.#fastest = Math.max(this.#fastest, bytes / ticks)
    }
    return false
  }

  /** Whether the arrival stamps beside the clock run as it does; null where there are none. FFmpeg's do not, unless it is given a mux rate. */
  get arrivalRuns(): boolean | null {
    return this.#arrivalJitter === null ? null : this.#arrivalJitter < ARRIVAL_LIMIT
  }

  /** Bits per second of the whole stream while this clock ran; null without two PCRs. */
  get bitrateBps(): number | null {
    return this.#ticks === 0 ? null : (this.#bytes * 8 * PCR_HZ) / this.#ticks
  }

  report(): PcrReport | null {
    if (this.#count === 0) return null
    const mean = this.#intervals === 0 ? 0 : this.#ticks / this.#intervals
    const constantRate = this.#intervals > 1 && this.#fastest <= this.#slowest * (1 + CONSTANT)
    const deviation = this.#intervals === 0 ? 0 : Math.sqrt(Math.max(0, this.#squares / this.#intervals - mean * mean))
    const arrivalJitter = this.arrivalRuns ? this.#arrivalJitter : null
    const jitterAgainst = arrivalJitter !== null ? 'arrival' : constantRate ? 'rate' : 'interval'
    const jitter = arrivalJitter ?? (constantRate ? this.#rateJitter : deviation)
    const milliseconds = (ticks: number): number => (ticks / PCR_HZ) * 1000
    return {
      ...{ count: this.#count, firstTicks27MHz: this.#first, lastTicks27MHz: this.#last },
      durationSeconds: this.#ticks / PCR_HZ,
      ...{ intervalMeanMs: milliseconds(mean), intervalMaxMs: milliseconds(this.#max), intervalsOver100Ms: this.#over },
      ...{ jitterMs: milliseconds(jitter), jitterAgainst, constantRate, jumps: this.#jumps },
    }
  }
}
