/** What a viewer of a <video> has to bear: how long until the first frame, how often it stops and for how long. */

export interface Experience {
  /** From the start to the first frame, milliseconds; null: none yet. */
  firstFrameMs: number | null
  stalls: number
  /** In stalls, the present one included, milliseconds. */
  stalledMs: number
  waiting: boolean
}

export class Viewing {
  readonly #video: HTMLVideoElement
  readonly #startMs = performance.now()
  readonly #ended = new AbortController()
  #firstFrameMs: number | null = null
  #stalls = 0
  #stalledMs = 0
  #sinceMs: number | null = null
  #started = false
  #sought = false

  constructor(video: HTMLVideoElement) {
    this.#video = video
    const listen = (type: string, act: () => void): void => video.addEventListener(type, act, { signal: this.#ended.signal })
    listen('loadeddata', () => (this.#firstFrameMs ??= performance.now() - this.#startMs))
    listen('playing', () => {
      this.#started = true
      this.#sought = false
      this.#resume()
    })
    // A wait after a seek is the seek's, not the network's.
    listen('seeking', () => (this.#sought = true))
    listen('waiting', () => {
      if (!this.#started || this.#sought || this.#sinceMs !== null) return
      this.#stalls += 1
      this.#sinceMs = performance.now()
    })
    for (const type of ['pause', 'ended', 'seeking', 'emptied']) listen(type, () => this.#resume())
  }

  get experience(): Experience {
    const now = this.#sinceMs === null ? 0 : performance.now() - this.#sinceMs
    const waiting = !this.#video.paused && this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !this.#video.ended
    return { firstFrameMs: this.#firstFrameMs, stalls: this.#stalls, stalledMs: this.#stalledMs + now, waiting }
  }

  stop(): void {
    this.#ended.abort()
  }

  #resume(): void {
    if (this.#sinceMs !== null) this.#stalledMs += performance.now() - this.#sinceMs
    this.#sinceMs = null
  }
}
