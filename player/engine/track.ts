/**
 * One track: a loop around `planNext` that loads what is missing first, appends it and evicts what is far. Renditions
 * change between two segments without a flush. Everything that can be decided without the browser is decided in plan.ts.
 */
import type { AbrDecision, Download } from '../abr/rule.ts'
import type { Clock } from './clock.ts'
import { describe, PlayerError } from './errors.ts'
import type { TrackKind } from './events.ts'
import { copyIn, fallbacks } from './fallback.ts'
import { Feed } from './feed.ts'
import { Ledger } from './ledger.ts'
import { planNext, replaceFrom, undoesTooMuch, type Plan } from './plan.ts'
import type { Segment } from './presentation.ts'
import { bufferAhead } from './ranges.ts'
import { askAnother, furtherThan, lacks } from './reach.ts'
import { asPlayerError, pause, RequestError } from './request.ts'
import { Room } from './room.ts'
import type { TrackBuffer } from './source-buffer.ts'
import type { Stream, StreamHost } from './stream.ts'
import type { Packed, Unpacker } from './unpack.ts'

/** What a track asks of the engine. */
export interface TrackHost extends StreamHost {
  /** Where time stamps lie on the timeline; the same for all tracks. */
  clock: Clock
  /** Whether the main track has segments of a discontinuity. */
  mainHas: (discontinuity: number) => boolean
  playheadS: () => number
  /** The rendition for the next segment; the rule's or the viewer's choice. */
  choose: (track: Track, segment: Segment) => AbrDecision
  /** What to take instead of a download under way; null goes on. */
  abandon: (track: Track, download: Download, segment: Segment) => AbrDecision | null
  /** A segment arrived. */
  arrived: (track: Track, download: Download) => void
  /** The track got further: the engine looks whether that changes anything for it. */
  progressed: () => void
  fail: (error: PlayerError) => void
}

/** Ends the load of a segment without being a failure: planning begins again. */
class Replan extends Error {}

/** See the head of this file. */
export class Track {
  readonly kind: TrackKind
  readonly streams: readonly Stream[]
  readonly buffer: TrackBuffer
  readonly #feed: Feed
  readonly #host: TrackHost
  #current: Stream
  #lister: Stream
  readonly #ledger = new Ledger()
  readonly #room: Room
  #loading: { segment: Segment; stream: Stream; abort: AbortController } | null = null
  /** What was decided when a download was given up. */
  #instead: AbrDecision | null = null
  #wake: () => void = () => {}
  #moved: () => void = () => {}
  #lastAppended: string | null = null
  /** Since when the server gave no answer; null while it does. */
  #unreachableSinceMs: number | null = null
  /** What the loop planned last, for the watchdog and the end of the stream. */
  plan: Plan = { action: 'wait-for-playlist' }

  constructor(kind: TrackKind, streams: readonly Stream[], first: Stream, buffer: TrackBuffer, unpacker: Unpacker, host: TrackHost) {
    this.kind = kind
    this.streams = streams
    this.#current = first
    this.#lister = first
    this.buffer = buffer
    this.#host = host
    this.#room = new Room(kind, buffer, this.#ledger, host)
    this.#feed = new Feed(kind, buffer, unpacker, this.#room, host)
  }

  /** The rendition that loads. */
  get current(): Stream {
    return this.#current
  }
  /** The rendition whose playlist the plan goes by: the one that loads, unless its own ends early. */
  get lister(): Stream {
    return this.#lister
  }
  /** The segment in flight, in words; null when there is none. */
  get waitsFor(): string | null {
    return this.#loading && `segment ${this.#loading.segment.number} of ${this.#loading.stream.info.id}`
  }

  /** Everything to the end is in the buffer. */
  get isDone(): boolean {
    return this.plan.action === 'done' && this.#loading === null && this.buffer.idle
  }

  /** No hole lies between the playhead and the end of what is buffered. */
  get reachesEnd(): boolean {
    const { ranges } = this.buffer
    const playheadS = this.#host.playheadS()
    return playheadS + bufferAhead(ranges, playheadS) >= (ranges.at(-1)?.end ?? 0) - 0.01
  }

  get bufferAheadS(): number {
    return bufferAhead(this.buffer.ranges, this.#host.playheadS())
  }

  /** Runs until the host's signal ends it. */
  async run(): Promise<void> {
    const { signal } = this.#host
    while (!signal.aborted) {
      try {
        await this.#step()
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof Replan)) return this.#host.fail(asPlayerError(error))
      }
    }
  }

  /** The playhead moved or something else changed: plan again, and end a download that is no longer wanted. */
  poke(): void {
    const loading = this.#loading
    if (loading && !this.#wants(loading.segment)) loading.abort.abort(new Replan())
    this.#moved()
    this.#wake()
  }

  /** Plans again without ending what is in flight. */
  wake(): void {
    this.#wake()
  }

  /**
   * Loads what is buffered ahead again, from the next border on, so that a choice shows soon; null ends that. What is there
   * stays until its replacement is appended over it (MSE, coded frame processing), so that playback has something to go on with.
   */
  replaceAhead(rendition: string | null): void {
    this.#ledger.keepAll()
    if (rendition !== null) {
      const loading = this.#loading?.stream.info.id === rendition ? null : this.#loading
      // A download that playback needs soon goes on: begun anew it would come too late.
      const given = loading && this.bufferAheadS >= loading.segment.durationS
      if (given) loading.abort.abort(new Replan())
      const fromS = replaceFrom(this.#current.timeline?.segments ?? [], this.#host.playheadS(), 0.5)
      if (fromS !== null) this.#ledger.replace(rendition, fromS, given ? null : (loading?.segment ?? null))
    }
    this.#wake()
  }

  /** Whether nothing more will come into `[startS, endS]`. */
  holeIsFinal(startS: number, endS: number): boolean {
    return this.#ledger.isFinal({ start: startS, end: endS }, this.#lister.timeline?.segments ?? [], this.buffer.ranges)
  }

  #planNow(): Plan {
    const current = this.#current
    const [own, endS] = [this.#planBy(current), current.timeline?.durationS ?? Infinity]
    this.#lister = current
    // A segment before the playhead helps only where nothing comes behind it.
    const isEnough = own.action === 'load' ? this.#host.playheadS() < endS : own.action !== 'wait-for-playlist'
    const further = isEnough || this.kind !== 'main' ? null : furtherThan(current, this.streams, this.#host.now())
    const plan = further && this.#planBy(further)
    if (!plan || plan.action === 'wait-for-playlist') return own
    this.#lister = further
    return plan
  }

  #planBy({ timeline }: Stream): Plan {
    if (!timeline) return { action: 'wait-for-playlist' }
    const playheadS = this.#host.playheadS()
    return planNext({
      playheadS,
      ranges: this.buffer.ranges,
      segments: timeline.segments,
      ended: timeline.ended,
      forwardBufferS: this.#room.forwardBufferS,
      isAppended: (segment) => this.#ledger.isAppended(segment),
      isSkipped: (segment) => this.#ledger.isSkipped(segment),
      isTorn: (segment) => this.#ledger.isTorn(segment),
      isStale: (segment) => this.#ledger.isStale(segment),
    })
  }

  /** What is planned lies where the segment does, which may be of another rendition. */
  #wants(segment: Segment): boolean {
    const plan = this.#planNow()
    return plan.action === 'load' && plan.number === this.#lister.at(segment)?.number
  }

  async #step(): Promise<void> {
    await this.#room.evict()
    const woken = new Promise<void>((resolve) => (this.#wake = resolve))
    this.plan = this.#planNow()
    if (this.plan.action !== 'load') {
      const waits = this.plan.action === 'wait-for-playlist' && this.kind === 'main'
      if (waits) void askAnother(this.#current, this.streams, this.bufferAheadS, this.#host.now())?.then(() => this.#wake())
      this.#host.progressed()
      await woken
      return
    }
    const { number } = this.plan
    const before = this.#lister
    const wanted = before.timeline?.segments.find((segment) => segment.number === number)
    if (!wanted) return
    if (wanted.gap) return this.#skip(wanted, before, 'the playlist says that it is missing (EXT-X-GAP)')
    const stream = await this.#nextStream(wanted)
    // Its playlist took time: the playhead may be elsewhere by now.
    if (stream !== before && !this.#wants(wanted)) return
    const copy = stream.at(wanted)
    const [segment, from] = copy && !copy.gap ? [copy, stream] : [wanted, before]
    const stale = this.#ledger.isStale(wanted)
    if (!stale || this.#ledger.replacing === from.info.id) await this.#loadWithFallback(segment, from)
    // Replaced, or it cannot be: either way it is not asked for again.
    if (stale) this.#ledger.keep(wanted)
  }

  /** As long as the rule wants, but not when playback moves meanwhile. */
  async #waitFor(ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.#moved = resolve))
    await Promise.race([pause(ms, this.#host.signal), woken])
  }

  /** The rendition for the segment, its playlist read. One whose playlist fails is set aside; one that has it not yet is passed over. */
  async #nextStream(wanted: Segment): Promise<Stream> {
    for (const _ of this.streams) {
      const stream = await this.#chosenStream(wanted)
      if (stream) return stream
    }
    return this.#current
  }

  async #chosenStream(wanted: Segment): Promise<Stream | null> {
    const { id, waitMs = 0 } = this.#instead ?? this.#host.choose(this, wanted)
    this.#instead = null
    const stream = this.streams.find((candidate) => candidate.info.id === id) ?? this.#current
    if (waitMs > 0) await this.#waitFor(waitMs)
    if (stream === this.#current) return stream
    try {
      await stream.ready()
      if (lacks(stream, wanted, this.#current, this.streams)) return null
      const copy = stream.at(wanted)
      const behind = { playheadS: this.#host.playheadS(), ranges: this.buffer.ranges }
      if (copy && undoesTooMuch(copy, wanted.startS, behind)) return this.#current
      this.#current = stream
    } catch (error) {
      this.#host.signal.throwIfAborted()
      stream.setAside()
      if (!this.#current.timeline) throw error
    }
    return this.#current
  }

  /** Loads a segment; when it is lost, the other renditions' copies; when all are, playback goes over it. */
  async #loadWithFallback(segment: Segment, stream: Stream): Promise<void> {
    const failures: unknown[] = []
    // What is to be replaced is there already, in another rendition.
    const others = this.#ledger.isStale(segment) ? [] : fallbacks(this.streams, stream, this.#host.now())
    const tried = [stream, ...others].slice(0, 1 + this.#host.config.maxOtherRenditions)
    for (const candidate of tried) {
      const copy = candidate === stream ? segment : await copyIn(candidate, segment, this.#host.signal)
      if (!copy) continue
      if (candidate !== stream) {
        this.#host.emit({ type: 'segment-from-other', number: segment.number, from: stream.info.id, to: candidate.info.id })
      }
      try {
        await this.#load(copy, candidate)
        this.#ledger.arrived()
        this.#unreachableSinceMs = null
        return
      } catch (error) {
        if (error instanceof Replan || this.#host.signal.aborted || !(error instanceof RequestError)) throw error
        failures.push(error)
      }
    }
    const noAnswer = failures.every((error) => error instanceof RequestError && error.status === 0 && !error.timedOut)
    if (noAnswer && this.#mayWait()) {
      // The network is gone, not this segment.
      await pause(1_000, this.#host.signal)
      return
    }
    if (this.#ledger.isStale(segment)) return
    const reason = failures.map(describe).at(-1) ?? 'no rendition has it'
    if (noAnswer) throw new PlayerError('segments-unreachable', reason)
    this.#skip(segment, stream, reason)
  }

  /** While something is left to play, or playback has begun and the network is not gone for long. */
  #mayWait(): boolean {
    this.#unreachableSinceMs ??= this.#host.now()
    const goneMs = this.#host.now() - this.#unreachableSinceMs
    return this.bufferAheadS > 1 || (this.#lastAppended !== null && goneMs < this.#host.config.outageMs)
  }

  async #load(segment: Segment, stream: Stream): Promise<void> {
    const abort = new AbortController()
    const signal = AbortSignal.any([this.#host.signal, abort.signal])
    this.#loading = { segment, stream, abort }
    try {
      const init = stream.init(segment)
      const download = { rungId: stream.info.id, segment: segment.number, segmentDurationS: segment.durationS, cached: false }
      const [answer, initBytes] = await Promise.all([
        stream.media(segment, {
          signal,
          onProgress: (progress) => this.#considerAbandon({ ...download, ...progress }, segment, abort),
        }),
        init,
      ])
      const { bytes, ttfbMs, transferMs, cached, arrivals } = answer
      const size = bytes.byteLength
      const elapsedMs = ttfbMs + transferMs
      this.#host.arrived(this, { ...download, bytes: size, totalBytes: size, ttfbMs, elapsedMs, cached, arrivals })
      signal.throwIfAborted()
      const { id: rendition, type } = stream.info
      await this.#append({ segment, rendition, type, init: initBytes, bytes: answer.bytes }, signal)
    } finally {
      this.#loading = null
    }
  }

  #considerAbandon(download: Download, segment: Segment, abort: AbortController): void {
    if (this.kind !== 'main' || abort.signal.aborted) return
    const choice = this.#host.abandon(this, download, segment)
    if (!choice) return
    this.#instead = choice
    abort.abort(new Replan())
  }

  async #append(packed: Packed, signal: AbortSignal): Promise<void> {
    const { segment, rendition } = packed
    const { number, startS, durationS } = segment
    const bytes = packed.bytes.byteLength
    const startedMs = this.#host.now()
    await this.#feed.append(packed, signal)
    this.#ledger.add(segment, rendition)
    const [track, appendMs] = [this.kind, Math.round(this.#host.now() - startedMs)]
    this.#host.emit({ type: 'segment', track, rendition, number, startS, durationS, bytes, appendMs })
    if (this.#lastAppended !== null && this.#lastAppended !== rendition) {
      this.#host.emit({ type: 'switched', track, from: this.#lastAppended, to: rendition, atS: startS })
    }
    this.#lastAppended = rendition
    this.#host.progressed()
  }

  #skip(segment: Segment, stream: Stream, reason: string): void {
    if (this.kind === 'main') this.#host.clock.give(segment.discontinuity)
    const inRow = this.#ledger.skip(segment)
    const { number, startS, durationS } = segment
    this.#host.emit({ type: 'segment-skipped', track: this.kind, rendition: stream.info.id, number, startS, durationS, reason })
    if (inRow > this.#host.config.maxSkippedInRow) throw new PlayerError('segments-unreachable', reason)
  }
}
