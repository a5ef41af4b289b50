/**
 * Finds the frames of a Matroska file while its bytes come, in pieces of any size and from where it asks for them: it wants
 * headers, never the bytes of frames (but the first few of the first keyframe of a track whose codec string is in there, VP9).
 * What it remembers is small, whatever the file: bytes of an unfinished header, or of an unfinished `Tracks`.
 */
import { MediaError } from '../errors.ts'
import type { Problem } from '../dissect/model.ts'
import { ElementWalker } from './element-walker.ts'
import { MAX_HEADER_BYTES } from './ebml.ts'
import type { HeaderParts, MatroskaHeader } from './header.ts'
import { type FoundSample, newState, type ScannerState } from './scanner-state.ts'

export class MatroskaScanner {
  readonly #state: ScannerState
  readonly #walker: ElementWalker
  /** `[0, #held)` of it are the bytes from `at` on; it doubles as an element comes in. */
  #buffer: Uint8Array
  #held: number

  /** `fileSize`: bytes in all, where that is known from the start; damaged sizes are then seen at once. */
  constructor(fileSize: number | null = null) {
    this.#state = newState(fileSize)
    this.#walker = new ElementWalker(this.#state)
    this.#buffer = this.#state.held
    this.#held = 0
  }

  /** Goes on where `state` was saved. */
  static restore(state: ScannerState): MatroskaScanner {
    const scanner = new MatroskaScanner()
    Object.assign(scanner.#state, structuredClone(state))
    scanner.#buffer = scanner.#state.held
    scanner.#held = scanner.#buffer.length
    return scanner
  }

  /** Everything there is to know, samples that were not drained included; plain values and bytes, no view of anything. */
  save(): ScannerState {
    return structuredClone({ ...this.#state, held: this.#buffer.slice(0, this.#held) })
  }

  /** The bytes without which nothing more can be said: `length` of them are enough for the next step. Null: the scan is over. */
  get wants(): { offset: number; length: number } | null {
    const { phase, at, need } = this.#state
    if (phase === 'done') return null
    return { offset: at + this.#held, length: Math.max(1, (this.#held === 0 ? MAX_HEADER_BYTES : need) - this.#held) }
  }

  /**
   * Bytes of the file from `offset` on, as many or few as there are; those before what is wanted are passed over. Throws
   * `MediaError` 'unsupported' for what is no Matroska, `RangeError` when bytes were left out.
   */
  give(bytes: Uint8Array, offset = this.#state.at + this.#held): void {
    const state = this.#state
    if (state.phase === 'done') return
    if (offset > state.at + this.#held) throw new RangeError(`bytes from ${state.at + this.#held} on are wanted, not from ${offset}`)
    while (!this.#isOver()) {
      if (this.#held === 0) {
        const from = state.at - offset
        if (from >= bytes.length) return
        state.need = this.#walker.step(bytes, from, bytes.length)
        if (state.need > 0) return this.#hold(bytes.subarray(state.at - offset))
        continue
      }
      const from = state.at + this.#held - offset
      if (from >= bytes.length) return
      this.#hold(bytes.subarray(from, from + Math.max(1, state.need - this.#held)))
      const before = state.at
      state.need = this.#walker.step(this.#buffer, 0, this.#held)
      if (state.at === before) continue
      // What is held of the next header: all of it, where the piece begins behind it; else the piece has it, too.
      const rest = state.at < offset ? Math.max(0, before + this.#held - state.at) : 0
      this.#buffer.copyWithin(0, this.#held - rest, this.#held)
      this.#held = rest
    }
  }

  /** There are no more bytes than `fileSize`: frames that are cut off are left out, and said to be. */
  end(fileSize: number): void {
    const state = this.#state
    if (state.phase === 'done') return
    state.fileSize = fileSize
    if (state.format === null) throw new MediaError('truncated', 'the file ends before anything of Matroska is complete')
    this.#walker.closeLevels()
    if (state.block !== null && state.block.end > fileSize) {
      this.#walker.problem(state.block.end, 0, `the last block ends at ${state.block.end}, the file at ${fileSize}`)
      state.block = null
    } else if (state.group !== null || this.#held > 0 || state.at > fileSize) {
      if (state.phase !== 'search') this.#walker.problem(state.at, 0, `the file ends at ${fileSize}, in the middle of an element`)
    }
    if (state.phase === 'search') this.#walker.searched(fileSize)
    this.#walker.release()
    state.phase = 'done'
    this.#held = 0
  }

  /** The frames found since the last call, in the order of the file. */
  drain(): FoundSample[] {
    const { found } = this.#state
    this.#state.found = []
    return found
  }

  /** Info, Tracks and Chapters as far as they were met; null until Tracks was, or for good when there are none. */
  get header(): MatroskaHeader | null {
    return this.#walker.header
  }

  get problems(): readonly Problem[] {
    return this.#state.problems
  }

  /** The body of Info, Tracks or Chapters, read from where SeekHead says it is; what is known already stays. */
  learn(part: keyof HeaderParts, body: Uint8Array): void {
    if (this.#state.parts[part] === undefined) this.#walker.keep(part, body.slice())
  }

  /** Cluster heads and such, for who opens a file; not to be changed. */
  get state(): Readonly<ScannerState> {
    return this.#state
  }

  #isOver(): boolean {
    return this.#state.phase === 'done'
  }

  /** Adds to the bytes that are kept. */
  #hold(more: Uint8Array): void {
    const length = this.#held + more.length
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(length, Math.min(this.#held * 2, this.#state.need)))
      grown.set(this.#buffer.subarray(0, this.#held))
      this.#buffer = grown
    }
    this.#buffer.set(more, this.#held)
    this.#held = length
  }
}
