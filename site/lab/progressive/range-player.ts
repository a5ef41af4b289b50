/**
 * Plays one file by range requests, as the web did before adaptive streaming, with the rule in the open: fetch on from the
 * frame that is missing next, a megabyte a request, until half a minute is ahead; after a seek begin at the keyframe before.
 * What arrived is put into chunks for MediaSource; the picture itself is the browser's work.
 */
import { formatDuration } from '../../format.ts'
import type { Feed, OpenedFile } from './feed.ts'
import { openFile } from './open-file.ts'
import { RangeFile } from './range-file.ts'
import { PIECE_S } from './sample-feed.ts'

/** Bytes of a request. */
const REQUEST_BYTES = 1024 * 1024
/** Seconds that are kept ahead of the playhead. */
const READ_AHEAD_S = 30
/** What was played is taken out of the buffer after so long, seconds. */
const BEHIND_S = 20
/** A hole at the beginning that is jumped over, seconds. */
const JUMP_S = 0.5

interface Sink {
  feed: Feed
  buffer: SourceBuffer
}

export class RangePlayer {
  readonly file: RangeFile
  opened: OpenedFile | null = null
  /** Why it cannot go on; a sentence. */
  error: string | null = null
  readonly #video: HTMLVideoElement
  readonly #changed: () => void
  readonly #closed = new AbortController()
  #sinks: Sink[] = []
  #fetching = new AbortController()
  #seekTo: number | null = null
  #why = 'first frames'
  #wake: () => void = () => {}

  constructor(video: HTMLVideoElement, url: string, changed: () => void) {
    this.#video = video
    this.#changed = changed
    this.file = new RangeFile(url, () => {
      changed()
      this.#wake()
    })
  }

  /** Opens and plays; resolves when it is closed, or has failed. */
  async play(): Promise<void> {
    const url = new URLAttachment(this.#video)
    this.#closed.signal.addEventListener('abort', () => url.release())
    try {
      const source = await url.opened
      const opened = await openFile(this.file)
      this.#closed.signal.throwIfAborted()
      this.opened = opened
      source.duration = Math.max(opened.durationS, 0.1)
      this.#sinks = opened.feeds.map((feed) => ({ feed, buffer: addBuffer(source, feed) }))
      this.#changed()
      for (const { feed, buffer } of this.#sinks) {
        const init = await feed.init((offset, length) => this.file.read(offset, length))
        await append(buffer, Uint8Array.from(init))
      }
      for (const type of ['timeupdate', 'progress']) this.#listen(type, () => this.#wake())
      this.#listen('seeking', () => this.#lookAgain())
      // Playback may have come to a hole that an earlier seek left behind it.
      this.#listen('waiting', () => this.#isPassed() && this.#lookAgain())
      await Promise.all([this.#appendAll(source), this.#fetchAll()])
    } catch (error) {
      if (this.#closed.signal.aborted) return
      this.error = error instanceof Error ? error.message.replace(/^(it|its) /, 'The file cannot be played this way: $1 ') : String(error)
      this.close()
    } finally {
      this.#changed()
    }
  }

  close(): void {
    this.#closed.abort()
    this.#fetching.abort()
    this.file.close()
    this.#wake()
  }

  #listen(type: string, act: () => void): void {
    this.#video.addEventListener(type, act, { signal: this.#closed.signal })
  }

  /** Resolves when something happened: bytes, time, a seek. */
  #nextWake(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#wake
      this.#wake = () => {
        this.#wake = () => {}
        before()
        resolve()
      }
    })
  }

  #next(): Sink | null {
    let first: Sink | null = null
    for (const sink of this.#sinks) {
      const startS = sink.feed.next()?.startS
      if (startS !== undefined && startS < (first?.feed.next()?.startS ?? Infinity)) first = sink
    }
    return first
  }

  /** Where the next piece lacks a byte. */
  #missing(sink: Sink): number | null {
    for (const { start, end } of sink.feed.next()?.spans ?? []) {
      const at = this.file.store.missing(start, end - start)
      if (at !== null) return at
    }
    return null
  }

  async #fetchAll(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const sink = this.#next()
      const from = sink === null || this.#seekTo !== null || aheadOf(this.#video) >= READ_AHEAD_S ? null : this.#missing(sink)
      if (from === null) {
        await this.#nextWake()
        continue
      }
      this.#fetching = new AbortController()
      const why = this.#why
      this.#why = 'read ahead'
      const { store } = this.file
      await this.file.fetch(from, store.gapEnd(from, from + REQUEST_BYTES), why, this.#fetching.signal)
      store.trim(from)
    }
  }

  async #appendAll(source: MediaSource): Promise<void> {
    while (!this.#closed.signal.aborted) {
      this.#seekIfAsked(source)
      this.#jumpToStart()
      const sink = this.#next()
      if (sink === null && source.readyState === 'open') source.endOfStream()
      if (sink === null || aheadOf(this.#video) >= READ_AHEAD_S + 5 || this.#missing(sink) !== null) {
        await this.#nextWake()
        continue
      }
      await this.#append(
        sink.buffer,
        sink.feed.take((offset, length) => this.file.store.read(offset, length)),
      )
      await this.#forgetPlayed(sink.buffer, BEHIND_S)
      this.#wake()
    }
  }

  /** Where the playhead is now, something else may be wanted than what is under way. */
  #lookAgain(): void {
    const { currentTime } = this.#video
    const leads = this.#sinks.every(({ feed, buffer }) => leadsOn(buffer, currentTime, feed.next()?.startS ?? null))
    if (leads) return
    this.#seekTo = currentTime
    if (this.#video.seeking) this.#why = `seek to ${formatDuration(currentTime * 1000)}`
    this.#fetching.abort()
    this.#wake()
  }

  /** What is fed lies well ahead of what is waited for. */
  #isPassed(): boolean {
    const { currentTime, duration } = this.#video
    return this.#sinks.some(({ feed }) => (feed.next()?.startS ?? duration) > currentTime + 2 * PIECE_S)
  }

  #seekIfAsked(source: MediaSource): void {
    const seconds = this.#seekTo
    if (seconds === null) return
    for (const { feed, buffer } of this.#sinks) {
      if (source.readyState === 'open') buffer.abort()
      feed.seek(endOfRange(buffer, seconds) ?? seconds)
    }
    this.#seekTo = null
  }

  /** Sound that begins a moment later than the clock, or a picture: there is nothing to wait for. */
  #jumpToStart(): void {
    const { buffered, currentTime, readyState, seeking } = this.#video
    if (seeking || readyState >= HTMLMediaElement.HAVE_FUTURE_DATA || buffered.length === 0) return
    for (let index = 0; index < buffered.length; index += 1) {
      const start = buffered.start(index)
      if (start > currentTime && start - currentTime < JUMP_S) this.#video.currentTime = start
    }
  }

  /** A full buffer takes more when something was played; what was to be appended is dropped when the playhead goes elsewhere. */
  async #append(buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (;;) {
      try {
        return await append(buffer, bytes)
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error
        await this.#forgetPlayed(buffer, 1)
        await this.#nextWake()
        if (this.#closed.signal.aborted || this.#seekTo !== null) return
      }
    }
  }

  async #forgetPlayed(buffer: SourceBuffer, behindS: number): Promise<void> {
    const until = this.#video.currentTime - behindS
    if (buffer.buffered.length === 0 || buffer.buffered.start(0) > until - behindS || until <= 0) return
    await update(buffer, () => buffer.remove(0, until))
  }
}

/** Seconds of media ahead of the playhead, picture and sound. */
export function aheadOf({ buffered, currentTime }: HTMLMediaElement): number {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime + JUMP_S && currentTime <= buffered.end(index)) return buffered.end(index) - currentTime
  }
  return 0
}

/** The playhead is inside what ends where the feed goes on. */
function leadsOn({ buffered }: SourceBuffer, seconds: number, nextS: number | null): boolean {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) > seconds || seconds > buffered.end(index) + JUMP_S / 2) continue
    return nextS === null ? index === buffered.length - 1 : Math.abs(buffered.end(index) - nextS) < 1
  }
  return false
}

function endOfRange({ buffered }: SourceBuffer, seconds: number): number | null {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= seconds && seconds < buffered.end(index)) return buffered.end(index)
  }
  return null
}

function addBuffer(source: MediaSource, { type, timestampOffsetS }: Feed): SourceBuffer {
  const buffer = source.addSourceBuffer(type)
  buffer.timestampOffset = timestampOffsetS
  return buffer
}

async function append(buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await update(buffer, () => buffer.appendBuffer(bytes))
}

/** Resolves when the buffer has done it. */
function update(buffer: SourceBuffer, act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    // Throws before anything is listened for, when the buffer is full or the video element has failed.
    act()
    const settle = new AbortController()
    const { signal } = settle
    const failed = (): void => reject(new Error('The browser could not decode this file.'))
    buffer.addEventListener('error', failed, { signal })
    buffer.addEventListener('updateend', () => (settle.abort(), resolve()), { signal })
  })
}

/** A MediaSource on a <video>, and off it again. */
class URLAttachment {
  readonly opened: Promise<MediaSource>
  readonly #video: HTMLVideoElement
  readonly #url: string

  constructor(video: HTMLVideoElement) {
    const source = new MediaSource()
    this.#video = video
    this.#url = URL.createObjectURL(source)
    this.opened = new Promise((resolve) => source.addEventListener('sourceopen', () => resolve(source), { once: true }))
    video.src = this.#url
  }

  release(): void {
    URL.revokeObjectURL(this.#url)
    if (this.#video.src !== this.#url) return
    this.#video.removeAttribute('src')
    this.#video.load()
  }
}
