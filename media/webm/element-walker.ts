/**
 * Reads a Matroska file element by element: what a header says, what it keeps of a body, where the next one begins.
 *
 * Unknown sizes (RFC 8794 6.2): a Cluster ends where an element of the Segment's level begins, a Segment with the file or
 * where another document begins. Damage is passed: the scan goes on with the next Cluster, and says so in `problems`.
 */
import { MediaError } from '../errors.ts'
import { type BlockHead, readBlockHead } from './blocks.ts'
import { type ElementHeader, MAX_HEADER_BYTES, readElementHeader, readInt, readUint } from './ebml.ts'
import { findCluster, SEARCH_BYTES } from './find-cluster.ts'
import { type HeaderParts, type MatroskaHeader, readHeader } from './header.ts'
import { ID, isInCluster, isInSegment, printId } from './ids.ts'
import { Master } from './master.ts'
import type { FoundSample, ScannerState } from './scanner-state.ts'

/** Elements that are kept whole, and bytes that they may have. A `Tracks` with fonts in CodecPrivate has some megabytes. */
export const KEPT: ReadonlyMap<number, [keyof HeaderParts, number]> = new Map([
  [ID.info, ['info', 65_536]],
  [ID.tracks, ['tracks', 16 * 1024 * 1024]],
  [ID.chapters, ['chapters', 4 * 1024 * 1024]],
  [ID.seekHead, ['seekHead', 65_536]],
])
const MAX_EBML_BYTES = 4096
/** Of a first keyframe: the uncompressed header of VP9 begins with what is looked for. */
const FIRST_FRAME_BYTES = 16
const MAX_FIRST_FRAMES = 32
/** More than these say nothing new. */
const MAX_PROBLEMS = 100

export class ElementWalker {
  /** Changed by each step. */
  readonly state: ScannerState
  #header: MatroskaHeader | null = null

  constructor(state: ScannerState) {
    this.state = state
  }

  /** Info, Tracks and Chapters as far as they were met; null until Tracks was, or for good when there are none. */
  get header(): MatroskaHeader | null {
    const { format, parts, firstFrames } = this.state
    if (format === null || parts.tracks === undefined) return null
    this.#header ??= readHeader(format, parts, new Map(firstFrames))
    return this.#header
  }

  /**
   * Reads what begins at `at`, which is byte `from` of `bytes`, and moves `at` behind it. Answers 0, or how many bytes from `at`
   * on it takes to try again.
   */
  step(bytes: Uint8Array, from: number, end: number): number {
    const state = this.state
    this.closeLevels()
    this.release()
    if (state.segmentEnd !== null && state.at >= state.segmentEnd) {
      if (state.phase === 'search') this.searched(state.at)
      state.phase = 'done'
      return 0
    }
    if (state.phase === 'search') return this.#search(bytes, from, end)
    let header: ElementHeader | null
    try {
      header = readElementHeader(bytes, from, end)
      if (header === null) return MAX_HEADER_BYTES
      if (state.phase === 'ebml') return this.#ebml(header, bytes, from, end)
      if (state.phase === 'segment') return this.#segment(header)
      return this.#element(header, bytes, from, end)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      if (state.phase === 'ebml' && error.code !== 'unsupported') throw noMatroska()
      if (state.phase !== 'elements') throw error
      return this.#damage(error.message.replace(/ at \d+/, ` at ${state.at}`))
    }
  }

  #ebml({ id, headerBytes, bodyBytes }: ElementHeader, bytes: Uint8Array, from: number, end: number): number {
    const state = this.state
    if (id !== ID.ebml || bodyBytes === null || bodyBytes > MAX_EBML_BYTES) {
      throw noMatroska()
    }
    const total = headerBytes + bodyBytes
    if (end - from < total) return total
    const docType = new Master(bytes.subarray(from + headerBytes, from + total)).text(ID.docType, 'matroska')
    if (docType !== 'matroska' && docType !== 'webm')
      throw new MediaError('unsupported', `it is EBML of the type '${docType.slice(0, 32)}'`)
    state.format = docType
    state.phase = 'segment'
    state.at += total
    return 0
  }

  #segment({ id, headerBytes, bodyBytes }: ElementHeader): number {
    const state = this.state
    const body = state.at + headerBytes
    if (id === ID.segment) {
      state.segmentBody = body
      state.segmentEnd = bodyBytes === null ? null : body + bodyBytes
      state.unknownSizes ||= bodyBytes === null
      state.phase = 'elements'
      const { fileSize, segmentEnd } = state
      if (fileSize !== null && segmentEnd !== null && segmentEnd > fileSize) {
        this.problem(state.at, headerBytes, `the Segment ends at ${segmentEnd}, the file at ${fileSize}`)
      }
    }
    if (id === ID.segment) state.at = body
    else if (bodyBytes === null) throw new MediaError('malformed', `${printId(id)} at ${state.at}, where a Segment should be, has no size`)
    else state.at = body + bodyBytes
    return 0
  }

  #element(header: ElementHeader, bytes: Uint8Array, from: number, end: number): number {
    const state = this.state
    const { id, headerBytes, bodyBytes } = header
    if (state.group === null && (state.cluster === null || isInSegment(id))) return this.#inSegment(header, bytes, from, end)
    if (bodyBytes === null) return this.#damage(`${printId(id)} at ${state.at} has no size`)
    const next = state.at + headerBytes + bodyBytes
    const parentEnd = state.group?.end ?? state.cluster?.end ?? state.segmentEnd
    if (parentEnd !== null && next > parentEnd) {
      return this.#damage(`${printId(id)} at ${state.at} ends at ${next}, its parent at ${parentEnd}`)
    }
    if (this.#isCutOff(next)) return this.#damage(`${printId(id)} at ${state.at} ends at ${next}, the file at ${state.fileSize}`)
    if (id === ID.blockGroup && state.group === null) {
      state.group = { end: next, samples: [], durationTicks: null, references: false, discardNs: 0 }
      state.at += headerBytes
      return 0
    }
    const isBlock = id === (state.group === null ? ID.simpleBlock : ID.block)
    const need = headerBytes + (isBlock ? 0 : this.#fieldBytes(id, bodyBytes))
    if (end - from < need) return need
    if (isBlock) {
      const more = this.#block(bytes, from + headerBytes, end, bodyBytes, next)
      if (more > 0) return headerBytes + more
    } else if (need > headerBytes) this.#field(id, bytes.subarray(from + headerBytes, from + need))
    state.at = next
    return 0
  }

  /** Bytes of a body that is looked at; 0 for what is skipped. */
  #fieldBytes(id: number, bodyBytes: number): number {
    if (bodyBytes > 8) return 0
    if (this.state.group === null) return id === ID.timestamp ? bodyBytes : 0
    return id === ID.blockDuration || id === ID.referenceBlock || id === ID.discardPadding ? bodyBytes : 0
  }

  #field(id: number, body: Uint8Array): void {
    const { cluster, group } = this.state
    if (group === null) {
      if (cluster !== null) cluster.ticks = Math.min(readUint(body), Number.MAX_SAFE_INTEGER)
    } else if (id === ID.blockDuration) group.durationTicks = Math.min(readUint(body), Number.MAX_SAFE_INTEGER)
    else if (id === ID.discardPadding) group.discardNs = readInt(body)
    else group.references = true
  }

  /** A SimpleBlock or Block whose body is at `body` of `bytes`; answers 0, or how many bytes from the body on are wanted. */
  #block(bytes: Uint8Array, body: number, end: number, bodyBytes: number, next: number): number {
    const state = this.state
    let head: BlockHead | number
    try {
      head = readBlockHead(bytes, body, end, bodyBytes)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      // The element around it is sound: the next one is where it should be.
      this.problem(state.at, next - state.at, `the block at ${state.at} is damaged: ${error.message}`)
      return 0
    }
    if (typeof head === 'number') return head
    const first = Math.min(head.sizes[0] ?? 0, this.#wantedOfFirst(head))
    if (end - body < head.headBytes + first) return head.headBytes + first
    if (first > 0) {
      state.firstFrames.push([head.track, bytes.slice(body + head.headBytes, body + head.headBytes + first)])
      this.#header = null
    }
    const samples: FoundSample[] = []
    let offset = next - bodyBytes + head.headBytes
    const timestampTicks = (state.cluster?.ticks ?? 0) + head.relativeTicks
    for (const size of head.sizes) {
      // A laced frame of no bytes is none; without this, a few bytes could promise 256 of them.
      if (size > 0 || head.sizes.length === 1) {
        samples.push({ trackId: head.track, offset, size, timestampTicks, durationTicks: null, sync: head.keyframe })
      }
      offset += size
    }
    if (state.group === null) state.block = { end: next, samples }
    else state.group.samples = samples
    return 0
  }

  /** Bytes of this block's first frame that are worth a look. */
  #wantedOfFirst({ track, keyframe }: BlockHead): number {
    const { firstFrames, group } = this.state
    if ((!keyframe && group === null) || firstFrames.length === MAX_FIRST_FRAMES) return 0
    if (firstFrames.some(([id]) => id === track)) return 0
    const { header } = this
    // With the tracks still to come, it may be needed.
    const needed = header === null || header.tracks.some((one) => one.track.id === track && one.needsFirstFrame)
    return needed ? FIRST_FRAME_BYTES : 0
  }

  #inSegment({ id, headerBytes, bodyBytes }: ElementHeader, bytes: Uint8Array, from: number, end: number): number {
    const state = this.state
    const { at, cluster } = state
    if (cluster !== null && cluster.end !== null) {
      this.problem(cluster.start, 12, `the Cluster at ${cluster.start} says it ends at ${cluster.end}, but ${printId(id)} begins at ${at}`)
    }
    state.cluster = null
    if (id === ID.ebml || id === ID.segment) {
      state.phase = 'done'
      return 0
    }
    const next = bodyBytes === null ? null : at + headerBytes + bodyBytes
    if (id === ID.cluster) {
      state.firstCluster ??= at
      state.unknownSizes ||= next === null
      state.cluster = { start: at, end: next, ticks: 0 }
      this.#outgrow(next)
      state.at += headerBytes
      return 0
    }
    // All ids of this level have four bytes (RFC 9559 5.1); a shorter one is in the middle of something.
    const isGlobal = id === ID.void || id === ID.crc32
    if (next === null || (id < 0x10000000 && !isGlobal)) {
      return this.#damage(isInCluster(id) ? `${printId(id)} at ${at} is outside of a Cluster` : `no element at ${at}`)
    }
    if (this.#isCutOff(next)) return this.#damage(`${printId(id)} at ${at} ends at ${next}, the file at ${state.fileSize}`)
    const kept = KEPT.get(id)
    if (kept !== undefined && state.parts[kept[0]] === undefined) {
      const [part, limit] = kept
      const total = next - at
      if (total > limit) this.problem(at, total, `${printId(id)} at ${at} has ${total} bytes; more than ${limit} are not read`)
      else if (end - from < total) return total
      else this.keep(part, bytes.slice(from + headerBytes, from + total))
    }
    this.#outgrow(next)
    state.at = next
    return 0
  }

  /** The body of a part of the header. */
  keep(part: keyof HeaderParts, body: Uint8Array): void {
    const state = this.state
    state.parts[part] = body
    if (part === 'tracks') state.headerFirst = state.firstCluster === null
    this.#header = null
  }

  /** A Segment that ends before its elements was closed in a hurry: it is read as if it had no size. */
  #outgrow(next: number | null): void {
    const state = this.state
    if (next === null || state.segmentEnd === null || next <= state.segmentEnd) return
    this.problem(state.at, 12, `the element at ${state.at} ends at ${next}, the Segment at ${state.segmentEnd}`)
    state.segmentEnd = null
  }

  #isCutOff(next: number): boolean {
    const { fileSize } = this.state
    return fileSize !== null && next > fileSize
  }

  /** Closes what ends where the scan is. */
  closeLevels(): void {
    const state = this.state
    const { group, cluster } = state
    if (group !== null && state.at >= group.end) {
      const count = group.samples.length
      for (const [index, sample] of group.samples.entries()) {
        sample.sync = !group.references
        // Whole ticks, of which none is lost on the way.
        if (group.durationTicks !== null) {
          sample.durationTicks = Math.floor((group.durationTicks * (index + 1)) / count) - Math.floor((group.durationTicks * index) / count)
        }
        if (group.discardNs !== 0 && index === count - 1) sample.discardNs = group.discardNs
      }
      state.block = { end: group.end, samples: group.samples }
      state.group = null
    }
    if (state.group === null && cluster !== null && cluster.end !== null && state.at >= cluster.end) state.cluster = null
  }

  /** The scan is behind a block, and there are bytes here: the block is whole. */
  release(): void {
    const { block, found } = this.state
    if (block === null) return
    for (const sample of block.samples) found.push(sample)
    this.state.block = null
  }

  #damage(what: string): number {
    const state = this.state
    this.problem(state.at, 0, what)
    state.phase = 'search'
    state.group = null
    state.cluster = null
    state.at += 1
    return 0
  }

  #search(bytes: Uint8Array, from: number, end: number): number {
    const state = this.state
    const { offset, found } = findCluster(bytes, from, end)
    state.at += offset - from
    if (found) {
      this.searched(state.at)
      state.phase = 'elements'
      return 0
    }
    return offset === from ? SEARCH_BYTES : 0
  }

  /** What was damaged ends at `end`. */
  searched(end: number): void {
    const last = this.state.problems.at(-1)
    if (last !== undefined && last.length === 0) last.length = Math.max(0, end - last.offset)
  }

  problem(offset: number, length: number, what: string): void {
    const { problems } = this.state
    if (problems.length < MAX_PROBLEMS) problems.push({ offset, length, what, severity: 'error' })
  }
}

function noMatroska(): MediaError {
  return new MediaError('unsupported', 'it does not begin with an EBML header')
}
