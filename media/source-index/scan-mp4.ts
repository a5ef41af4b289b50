/**
 * Watches an MP4 go by and takes down its fragments. A file with one `moov` for everything needs no watching: that box is
 * found and read at the end, in two or three reads.
 */
import { concat } from '../bytes/write-bytes.ts'
import { MediaError } from '../errors.ts'
import { type FragmentTrack, readMovieFragment } from '../mp4/fragments.ts'
import { MAX_HEADER_BYTES, readBoxHeader } from '../mp4/read-box.ts'
import { fragmentTracks, readMovie } from '../mp4/read-movie.ts'
import { fromBase64, toBase64 } from './base64.ts'
import type { FoundSample } from './sample-log.ts'
import type { Scanner } from './scan.ts'

/** A `moov` that is larger is one of tables; a `moof` that is larger is left to whoever reads the file at the end. */
const MAX_BOX_BYTES = 1024 * 1024
/** No fragment of coded sound or picture has more; others are read at the end. */
const MAX_SAMPLES = 65_536

/** What is saved. */
interface State {
  /** Where the next box begins. */
  at: number
  /** Base64: what there is of that box so far, when it is needed whole. */
  held: string
  /** Base64. */
  moov: string | null
  tracks: [number, FragmentTrack][]
  /** Bytes that all samples so far say they have. */
  claimed?: number
}

/** See the head of this file. */
export class Mp4Scanner implements Scanner {
  #at: number
  #held: Uint8Array
  #moov: Uint8Array | null
  #tracks: Map<number, FragmentTrack>
  #claimed: number
  #found: FoundSample[] = []

  constructor(saved: string | null) {
    const state = saved === null ? null : (JSON.parse(saved) as State)
    this.#at = state?.at ?? 0
    this.#held = fromBase64(state?.held ?? '')
    this.#moov = state === null || state.moov === null ? null : fromBase64(state.moov)
    this.#tracks = new Map(state?.tracks)
    this.#claimed = state?.claimed ?? 0
  }

  give(bytes: Uint8Array, offset: number): void {
    let rest = bytes
    let at = offset
    while (rest.length > 0) {
      const skip = Math.min(rest.length, this.#at + this.#held.length - at)
      rest = rest.subarray(skip)
      at += skip
      if (rest.length === 0) return
      const known = this.#held.length === 0 ? rest : concat([this.#held, rest.subarray(0, MAX_HEADER_BYTES)])
      const header = readBoxHeader(known.subarray(0, MAX_HEADER_BYTES), 0)
      if (header === null) {
        this.#hold(rest)
        return
      }
      // "To the end of the file": nothing comes behind it.
      const size = header.sizeBytes ?? Infinity
      const wanted = header.type === 'moov' || (header.type === 'moof' && this.#tracks.size > 0)
      if (!wanted || size > MAX_BOX_BYTES) {
        this.#pass(size)
        continue
      }
      const missing = rest.subarray(0, size - this.#held.length)
      this.#hold(missing)
      if (this.#held.length < size) return
      this.#take(header.type, this.#held)
      this.#pass(size)
    }
  }

  drain(): FoundSample[] {
    return this.#found.splice(0)
  }

  save(): string {
    const state: State = {
      at: this.#at === Infinity ? Number.MAX_SAFE_INTEGER : this.#at,
      held: toBase64(this.#held),
      moov: this.#moov === null ? null : toBase64(this.#moov),
      tracks: [...this.#tracks],
      claimed: this.#claimed,
    }
    return JSON.stringify(state)
  }

  /** The `moov` box of a file of fragments; null for any other. */
  get moov(): Uint8Array | null {
    return this.#tracks.size === 0 ? null : this.#moov
  }

  #hold(more: Uint8Array): void {
    this.#held = concat([this.#held, more])
  }

  #pass(size: number): void {
    this.#at += size
    this.#held = new Uint8Array()
  }

  #take(type: string, bytes: Uint8Array): void {
    if (type === 'moov') {
      const movie = readMovie(bytes)
      this.#moov = movie.fragmented ? bytes : null
      this.#tracks = movie.fragmented ? fragmentTracks(bytes, movie) : new Map()
      return
    }
    // A run of a hundred bytes can count any number of samples; that they cannot have been in the file is known by now.
    if (this.#claimed > this.#at)
      throw new MediaError('malformed', `samples of ${this.#claimed} bytes in the first ${this.#at} of the file`)
    for (const { trackId, samples } of readMovieFragment(bytes, this.#at, this.#tracks, MAX_SAMPLES)) {
      for (let row = 0; row < samples.count; row += 1) {
        this.#claimed += Math.max(1, samples.size[row] ?? 0)
        this.#found.push({
          trackId,
          offset: samples.offset[row] ?? 0,
          sizeBytes: samples.size[row] ?? 0,
          presentationTicks: samples.presentationTicks[row] ?? 0,
          decodeTicks: samples.decodeTicks[row] ?? 0,
          durationTicks: samples.durationTicks[row] ?? 0,
          sync: samples.sync[row] === 1,
        })
      }
    }
  }
}
