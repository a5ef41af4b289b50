/**
 * How much a sender may have under way: CUBIC (RFC 9438), which servers run by default, with slow start from ten packets (RFC
 * 6928) that ends when the round trip grows (HyStart++, RFC 9406, without its conservative phase) or when acknowledgements come
 * back in a row for half a round trip (Ha and Rhee, "Taming the elephants: New TCP slow start", 2011). Windows are in packets.
 */

/** RFC 6928. */
export const INITIAL_WINDOW = 10
/** RFC 9438, 4.1 and 4.6. */
const C = 0.4
const BETA = 0.7
/** RFC 9438, 4.3: what makes the Reno-like estimate as fast as Reno. */
const ALPHA_CUBIC = (3 * (1 - BETA)) / (1 + BETA)
/** RFC 9406, 4.3: how much longer a round trip must be, ms, and how many samples a round needs. */
const MIN_GROWTH_MS = 4
const MAX_GROWTH_MS = 16
const ROUND_SAMPLES = 8
/** Acknowledgements closer than this are a row, ms. */
const ROW_GAP_MS = 2

/** See the head of this file. */
export class Congestion {
  #window = INITIAL_WINDOW
  #threshold = Infinity
  #epochMs: number | null = null
  #maxWindow = 0
  #renoWindow = 0
  #k = 0
  #minRttMs = Infinity
  #roundMinMs = Infinity
  #lastRoundMinMs = Infinity
  #roundSamples = 0
  #roundEndsAt = 0
  #roundStartMs = 0
  #lastInRowMs = 0

  get window(): number {
    return this.#window
  }

  get slowStart(): boolean {
    return this.#window < this.#threshold
  }

  /** A packet was acknowledged. `sent` and `acked` are packets counted since the beginning; they tell the rounds apart. */
  acknowledged(nowMs: number, rttMs: number, { sent, acked, limited }: { sent: number; acked: number; limited: boolean }): void {
    this.#minRttMs = Math.min(this.#minRttMs, rttMs)
    if (this.slowStart) this.#watchRound(nowMs, rttMs, sent, acked)
    // A window that was not used says nothing about whether there is room for more (RFC 7661).
    if (!limited) return
    if (this.slowStart) this.#window += 1
    else this.#grow(nowMs)
  }

  /** Packets were lost for the first time in this window. */
  lost(): void {
    this.#maxWindow = this.#window < this.#maxWindow ? (this.#window * (1 + BETA)) / 2 : this.#window
    this.#window = Math.max(2, this.#window * BETA)
    this.#threshold = this.#window
    this.#epochMs = null
  }

  /** Nothing came back for long: RFC 5681, 3.1, equation 4 and what follows it. */
  timedOut(): void {
    this.lost()
    this.#window = 1
  }

  /** Nothing was sent for so long: RFC 2861 halves the window for each timeout that passed. */
  idle(idleMs: number, timeoutMs: number): void {
    if (idleMs <= timeoutMs) return
    // Without a loss there is no threshold yet: the maximum leaves it endless.
    this.#threshold = Math.max(this.#threshold, this.#window * 0.75)
    this.#window = Math.max(Math.min(INITIAL_WINDOW, this.#window), this.#window / 2 ** Math.min(30, Math.floor(idleMs / timeoutMs)))
    this.#epochMs = null
  }

  #watchRound(nowMs: number, rttMs: number, sent: number, acked: number): void {
    if (acked > this.#roundEndsAt) {
      this.#lastRoundMinMs = this.#roundMinMs
      this.#roundMinMs = Infinity
      this.#roundSamples = 0
      this.#roundEndsAt = sent
      this.#roundStartMs = nowMs
      this.#lastInRowMs = nowMs
    }
    if (nowMs - this.#lastInRowMs <= ROW_GAP_MS) this.#lastInRowMs = nowMs
    if (this.#lastInRowMs - this.#roundStartMs > this.#minRttMs / 2) this.#threshold = this.#window
    this.#roundMinMs = Math.min(this.#roundMinMs, rttMs)
    this.#roundSamples += 1
    if (this.#roundSamples < ROUND_SAMPLES || this.#lastRoundMinMs === Infinity) return
    const growthMs = Math.min(MAX_GROWTH_MS, Math.max(MIN_GROWTH_MS, this.#lastRoundMinMs / 8))
    if (this.#roundMinMs >= this.#lastRoundMinMs + growthMs) this.#threshold = this.#window
  }

  #grow(nowMs: number): void {
    if (this.#epochMs === null) {
      this.#epochMs = nowMs
      this.#maxWindow = Math.max(this.#maxWindow, this.#window)
      this.#k = Math.cbrt((this.#maxWindow - this.#window) / C)
      this.#renoWindow = this.#window
    }
    const t = (nowMs - this.#epochMs + this.#minRttMs) / 1000
    const target = Math.min(C * (t - this.#k) ** 3 + this.#maxWindow, this.#window * 1.5)
    this.#renoWindow += (this.#renoWindow >= this.#maxWindow ? 1 : ALPHA_CUBIC) / this.#window
    this.#window = Math.max(this.#renoWindow, this.#window + Math.max(0, target - this.#window) / this.#window)
  }
}
