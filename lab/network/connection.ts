/**
 * One HTTP connection over a path, packet by packet: the sender is TCP with selective acknowledgement (RFC 6675: three later packets
 * tell of a loss; RFC 8985: a probe after two round trips when none are left), CUBIC's window (congestion.ts), and back-off when
 * nothing comes back (RFC 6298). The receiver hands bytes on in order, so a lost packet holds back what came behind it. Left out: delayed
 * acknowledgements, pacing, a limited receive window.
 */
import { ArrivalLog } from '../../player/abr/arrivals.ts'
import type { TransferSample } from '../../player/abr/estimator.ts'
import { Congestion } from './congestion.ts'
import { PACKET_BYTES, PAYLOAD_BYTES, type Path } from './path.ts'
import type { Timeline } from './timeline.ts'

/** Bytes that the server has from a moment on, ms. In order. */
export interface Release {
  atMs: number
  bytes: number
}

/** A finished transfer, as the viewer saw it. */
export interface Response {
  /** When the request was made. */
  startedMs: number
  sample: TransferSample
  /** Of this transfer: packets sent, those again included, and packets that did not arrive. */
  sent: number
  dropped: number
}

/** Packets that must arrive behind a missing one before it counts as lost (RFC 6675). */
const DUPLICATES = 3
/** Round trips before the first byte of a first request: TCP and TLS 1.3. */
const HANDSHAKE_ROUNDS = 2
const MIN_TIMEOUT_MS = 200
const MIN_PROBE_MS = 10
const MAX_TIMEOUT_MS = 60_000
/** A browser's reader takes what is there when it wakes: within this time, ms, and so much at most, bytes. */
const READ_MS = 1
const READ_BYTES = 65_536

interface Packet {
  /** Place in the stream. */
  sequence: number
  /** Place among all that was sent. */
  order: number
  bytes: number
  sentMs: number
  /** Packets acknowledged that were sent later. */
  later: number
}

interface Exchange {
  startedMs: number
  bytes: number
  done: (response: Response) => void
  left: number
  log: ArrivalLog
  read: { fromMs: number; atMs: number; bytes: number } | null
  firstMs: number
  lastMs: number
  sent: number
  dropped: number
}

/** See the head of this file. One request at a time. */
export class Connection {
  readonly #timeline: Timeline
  readonly #path: Path
  readonly #congestion = new Congestion()
  #exchange: Exchange | null = null
  #open = false
  /** Sender: to be sent, to be sent again, on the way and lost (nobody knows yet). */
  readonly #ready: Packet[] = []
  readonly #again: Packet[] = []
  #missing: Packet[] = []
  #inFlight = 0
  #nextSequence = 0
  #sent = 0
  #acked = 0
  #recoverUntil = -1
  #mostInFlight = 0
  #roundEndsAt = 0
  #lastSentMs = 0
  #smoothRttMs = 0
  #deviationMs = 0
  #deadlineMs = Infinity
  #watching = false
  #silentRounds = 0
  /** Receiver. */
  #expected = 0
  readonly #held = new Map<number, number>()

  constructor(timeline: Timeline, path: Path) {
    this.#timeline = timeline
    this.#path = path
  }

  /** Asks now for a body that the server has piece by piece. Throws `Error` while another answer is under way. */
  request(body: readonly Release[], done: (response: Response) => void): void {
    if (this.#exchange !== null) throw new Error('the connection is busy')
    const { nowMs } = this.#timeline
    const rttMs = this.#path.rttMs(nowMs)
    const bytes = body.reduce((sum, release) => sum + release.bytes, 0)
    if (!(bytes > 0)) throw new RangeError('a body has bytes')
    const exchange: Exchange = {
      ...{ startedMs: nowMs, bytes, done, left: bytes, log: new ArrivalLog(), read: null },
      ...{ firstMs: 0, lastMs: 0, sent: 0, dropped: 0 },
    }
    this.#exchange = exchange
    if (!this.#open) this.#smoothRttMs = rttMs
    const askedMs = nowMs + rttMs * (this.#open ? 0.5 : HANDSHAKE_ROUNDS + 0.5)
    this.#open = true
    for (const release of body) this.#timeline.at(Math.max(askedMs, release.atMs), () => this.#release(release.bytes))
  }

  get #timeoutMs(): number {
    return this.#smoothRttMs + Math.max(MIN_TIMEOUT_MS, 4 * this.#deviationMs)
  }

  #release(bytes: number): void {
    if (this.#inFlight === 0 && this.#ready.length === 0) {
      this.#congestion.idle(this.#timeline.nowMs - this.#lastSentMs, this.#timeoutMs)
    }
    for (let left = bytes; left > 0; left -= PAYLOAD_BYTES) {
      this.#ready.push({ sequence: this.#nextSequence, order: 0, bytes: Math.min(left, PAYLOAD_BYTES), sentMs: 0, later: 0 })
      this.#nextSequence += 1
    }
    this.#pump()
  }

  #pump(): void {
    while (this.#inFlight < Math.floor(this.#congestion.window)) {
      const packet = this.#again.shift() ?? this.#ready.shift()
      if (packet === undefined) return
      this.#send(packet)
    }
  }

  #send(packet: Packet): void {
    const { nowMs } = this.#timeline
    this.#sent += 1
    this.#inFlight += 1
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight)
    this.#lastSentMs = nowMs
    // Sent again it is another packet: what is known of the first way says nothing about it.
    const sent = { ...packet, order: this.#sent, sentMs: nowMs, later: 0 }
    const { atMs } = this.#path.send(nowMs, packet.bytes + PACKET_BYTES - PAYLOAD_BYTES)
    if (this.#exchange !== null) this.#exchange.sent += 1
    if (atMs === null) {
      if (this.#exchange !== null) this.#exchange.dropped += 1
      this.#missing.push(sent)
    } else {
      this.#timeline.at(atMs, () => this.#receive(sent))
    }
    this.#rearm()
  }

  #receive(packet: Packet): void {
    const { nowMs } = this.#timeline
    this.#timeline.at(nowMs + this.#path.rttMs(nowMs) / 2, () => this.#acknowledge(packet))
    this.#held.set(packet.sequence, packet.bytes)
    let bytes = 0
    for (let next = this.#held.get(this.#expected); next !== undefined; next = this.#held.get(this.#expected)) {
      this.#held.delete(this.#expected)
      this.#expected += 1
      bytes += next
    }
    if (bytes > 0) this.#deliver(bytes)
  }

  #deliver(bytes: number): void {
    const { nowMs } = this.#timeline
    const exchange = this.#exchange
    if (exchange === null) return
    if (exchange.left === exchange.bytes) exchange.firstMs = nowMs
    exchange.left -= bytes
    const { read } = exchange
    if (read !== null && nowMs - read.fromMs < READ_MS && read.bytes + bytes <= READ_BYTES) {
      read.atMs = nowMs
      read.bytes += bytes
    } else {
      if (read !== null) exchange.log.add(read.atMs - exchange.startedMs, read.bytes)
      exchange.read = { fromMs: nowMs, atMs: nowMs, bytes }
    }
    if (exchange.left > 0) return
    if (exchange.read !== null) exchange.log.add(exchange.read.atMs - exchange.startedMs, exchange.read.bytes)
    this.#exchange = null
    const { startedMs, firstMs, sent, dropped, log } = exchange
    const sample = { bytes: exchange.bytes, ttfbMs: firstMs - startedMs, durationMs: nowMs - firstMs, cached: false, arrivals: log.all }
    exchange.done({ startedMs, sample, sent, dropped })
  }

  #acknowledge(packet: Packet): void {
    const { nowMs } = this.#timeline
    const congestion = this.#congestion
    // The most that was under way in this round says whether the window held anything back, not what is left at its end.
    const limited = congestion.slowStart ? 2 * this.#mostInFlight > congestion.window : this.#mostInFlight >= Math.floor(congestion.window)
    this.#inFlight -= 1
    this.#acked = Math.max(this.#acked, packet.order)
    if (this.#acked > this.#roundEndsAt) {
      this.#roundEndsAt = this.#sent
      this.#mostInFlight = this.#inFlight
    }
    this.#silentRounds = 0
    const rttMs = nowMs - packet.sentMs
    this.#deviationMs = this.#deviationMs * 0.75 + Math.abs(this.#smoothRttMs - rttMs) * 0.25
    this.#smoothRttMs = this.#smoothRttMs * 0.875 + rttMs * 0.125
    this.#findLost(packet.order)
    // While what was lost is made up for, the window does not grow (RFC 6675).
    if (packet.order > this.#recoverUntil) congestion.acknowledged(nowMs, rttMs, { sent: this.#sent, acked: this.#acked, limited })
    this.#rearm()
    this.#pump()
  }

  #findLost(order: number): void {
    if (this.#missing.length === 0) return
    const kept: Packet[] = []
    for (const packet of this.#missing) {
      if (packet.order < order) packet.later += 1
      if (packet.later >= DUPLICATES) this.#giveUp(packet)
      else kept.push(packet)
    }
    this.#missing = kept
  }

  /** One loss in a window halves it; the others of that window belong to it. */
  #giveUp(packet: Packet): void {
    this.#inFlight -= 1
    this.#again.push(packet)
    if (packet.order <= this.#recoverUntil) return
    this.#congestion.lost()
    this.#recoverUntil = this.#sent
  }

  #rearm(): void {
    const probeMs = Math.max(MIN_PROBE_MS, 2 * this.#smoothRttMs)
    const waitMs = this.#silentRounds === 0 ? probeMs : this.#timeoutMs * 2 ** Math.min(10, this.#silentRounds - 1)
    this.#deadlineMs = this.#timeline.nowMs + Math.min(MAX_TIMEOUT_MS, waitMs)
    if (this.#watching) return
    this.#watching = true
    this.#timeline.at(this.#deadlineMs, () => this.#watch())
  }

  #watch(): void {
    const { nowMs } = this.#timeline
    this.#watching = false
    if (this.#inFlight === 0) return
    if (nowMs >= this.#deadlineMs) {
      // What is on its way is only late: senders notice that (RFC 5682) and go on as before.
      if (this.#inFlight > this.#missing.length) return this.#rearm()
      this.#silentRounds += 1
      const lost = this.#missing
      this.#missing = []
      for (const packet of lost) this.#giveUp(packet)
      if (this.#silentRounds > 1) this.#congestion.timedOut()
      this.#pump()
      return
    }
    this.#watching = true
    this.#timeline.at(this.#deadlineMs, () => this.#watch())
  }
}
