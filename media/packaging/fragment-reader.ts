/**
 * Fragmented MP4 of one track, streaming: bytes in any pieces go in, the `moov` and then the samples of each fragment come
 * out. Boxes between them (`sidx`, `styp`, `mfra`, …) are passed over without being kept. At most one fragment is held.
 */
import { MediaError } from '../errors.ts'
import { readTfdt, readTfhd, readTrun, SAMPLE } from '../mp4/fragment-boxes.ts'
import type { Trex } from '../mp4/movie-boxes.ts'
import { type Box, childrenOf, MAX_HEADER_BYTES, needBox, readBody, readBoxHeader, readBoxes } from '../mp4/read-box.ts'
import { concat } from '../bytes/write-bytes.ts'

/** One coded frame. */
export interface Sample {
  /** A view of the bytes that were pushed where they came in one piece. */
  data: Uint8Array
  durationTicks: number
  compositionOffsetTicks: number
  /** Sample flags of 8.8.3.1. */
  flags: number
}

export interface SourceFragment {
  /** `tfdt`. */
  decodeTicks: number
  samples: Sample[]
}

/** `moov` spans the box in `bytes`. */
export type ReaderOutput = { type: 'moov'; bytes: Uint8Array; moov: Box } | { type: 'fragment'; fragment: SourceFragment }

/** `moov` and `moof` are tables; 16 MiB hold more than a million samples. */
const MAX_TABLE_BYTES = 16 * 1024 * 1024

export class FragmentReader {
  readonly #maxFragmentBytes: number
  /** Bytes of the box that is not complete yet. */
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  /** Left to pass over. */
  #skip = 0
  /** From the start of the stream to the first pending byte. */
  #position = 0
  #trex: Trex | null = null
  #moof: { bytes: Uint8Array; position: number } | null = null

  constructor(maxFragmentBytes: number) {
    this.#maxFragmentBytes = maxFragmentBytes
  }

  /** The defaults that `moov` gives its fragments; needed before the first of them. */
  useDefaults(trex: Trex): void {
    this.#trex = trex
  }

  /** Takes the next bytes and yields what they complete. The bytes must not be changed afterwards. */
  *push(bytes: Uint8Array): Generator<ReaderOutput> {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    for (;;) {
      if (this.#skip > 0) this.#passOver()
      if (this.#skip > 0 || this.#pendingBytes === 0) return
      const head = this.#peek(MAX_HEADER_BYTES)
      const header = readBoxHeader(head, 0)
      if (header === null) return
      const { type, sizeBytes } = header
      if (sizeBytes === null) throw new MediaError('unsupported', `box '${type}' has no size of its own`)
      const limit = type === 'mdat' ? this.#maxFragmentBytes : type === 'moov' || type === 'moof' ? MAX_TABLE_BYTES : null
      if (limit === null) {
        this.#skip = sizeBytes
        continue
      }
      if (sizeBytes > limit) throw new MediaError('too-large', `box '${type}' of ${sizeBytes} bytes; the limit is ${limit}`)
      if (this.#pendingBytes < sizeBytes) return
      const position = this.#position
      const whole = this.#take(sizeBytes)
      if (type === 'moov') yield { type, bytes: whole, moov: { type, start: 0, body: header.headerBytes, end: sizeBytes } }
      else if (type === 'moof') this.#moof = { bytes: whole, position }
      else yield { type: 'fragment', fragment: this.#fragment(whole, position, header.headerBytes) }
    }
  }

  /** The stream is over: throws when it ended inside a box or between a `moof` and its `mdat`. */
  end(): void {
    if (this.#pendingBytes > 0 || this.#skip > 0)
      throw new MediaError('truncated', `the stream ends inside a box, at byte ${this.#position}`)
    if (this.#moof !== null) throw new MediaError('truncated', 'the stream ends after a moof without its mdat')
  }

  #fragment(mdat: Uint8Array, position: number, headerBytes: number): SourceFragment {
    const moof = this.#moof
    const trex = this.#trex
    if (moof === null || trex === null) throw new MediaError('malformed', `mdat without ${trex === null ? 'moov' : 'moof'} before it`)
    this.#moof = null
    return readFragment(moof.bytes, trex, moof.position, { bytes: mdat, position, headerBytes })
  }

  #passOver(): void {
    const first = this.#pending[0]
    while (this.#skip > 0 && this.#pendingBytes > 0) this.#take(Math.min(this.#skip, this.#pending[0]?.length ?? 0), true)
    if (first !== undefined && this.#pendingBytes === 0) this.#pending = []
  }

  /** The next bytes, as many as there are up to `length`, without taking them. */
  #peek(length: number): Uint8Array {
    const first = this.#pending[0]
    if (first !== undefined && first.length >= length) return first.subarray(0, length)
    const head: Uint8Array[] = []
    let missing = length
    for (const part of this.#pending) {
      if (missing <= 0) break
      head.push(part.subarray(0, missing))
      missing -= part.length
    }
    return concat(head)
  }

  #take(length: number, skipping = false): Uint8Array {
    const parts: Uint8Array[] = []
    let missing = length
    let used = 0
    for (const part of this.#pending) {
      if (missing === 0) break
      if (part.length > missing) {
        parts.push(part.subarray(0, missing))
        this.#pending[used] = part.subarray(missing)
        missing = 0
        break
      }
      parts.push(part)
      missing -= part.length
      used += 1
    }
    this.#pending.splice(0, used)
    this.#pendingBytes -= length
    this.#position += length
    if (skipping) this.#skip -= length
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : concat(parts)
  }
}

interface Mdat {
  bytes: Uint8Array
  position: number
  headerBytes: number
}

function readFragment(bytes: Uint8Array, trex: Trex, moofPosition: number, mdat: Mdat): SourceFragment {
  const [moof] = readBoxes(bytes)
  if (moof === undefined) throw new MediaError('truncated', 'an empty moof')
  const trafs = childrenOf(bytes, moof).filter(({ type }) => type === 'traf')
  const [traf] = trafs
  if (traf === undefined || trafs.length > 1) throw new MediaError('unsupported', `a moof of ${trafs.length} tracks`)
  const tfhd = readBody(bytes, needBox(bytes, traf, 'tfhd'), readTfhd)
  if (tfhd.trackId !== trex.trackId) throw new MediaError('malformed', `a fragment of track ${tfhd.trackId}`)
  const { baseMediaDecodeTime } = readBody(bytes, needBox(bytes, traf, 'tfdt'), readTfdt)
  const payload = mdat.bytes.length - mdat.headerBytes
  // "The base-data-offset … if not provided and the default-base-is-moof flag is not set, [for] the first track in the movie
  // fragment is the position of the first byte of the enclosing Movie Fragment Box": with one track both are `moof`.
  const base = tfhd.baseDataOffset ?? moofPosition
  const samples: Sample[] = []
  let at = mdat.headerBytes
  for (const run of childrenOf(bytes, traf).filter(({ type }) => type === 'trun')) {
    const trun = readBody(bytes, run, (reader) => readTrun(reader, mostSamples(payload) - samples.length))
    if (trun.dataOffset !== null) at = base + trun.dataOffset - mdat.position
    for (const sample of trun.samples) {
      const size = sample.size ?? tfhd.defaultSampleSize ?? trex.defaultSampleSize
      if (at < mdat.headerBytes || at + size > mdat.bytes.length || size === 0) {
        throw new MediaError('malformed', `a sample of ${size} bytes does not lie in its mdat`)
      }
      samples.push({
        data: mdat.bytes.subarray(at, at + size),
        durationTicks: sample.duration ?? tfhd.defaultSampleDuration ?? trex.defaultSampleDuration,
        compositionOffsetTicks: sample.compositionOffset,
        flags: sample.flags ?? tfhd.defaultSampleFlags ?? trex.defaultSampleFlags,
      })
      at += size
    }
  }
  if (samples.length === 0) throw new MediaError('malformed', 'a fragment without samples')
  return { decodeTicks: baseMediaDecodeTime, samples }
}

/**
 * A sample is an object of some 250 bytes here, and a run need not have a byte for each: so many are four times their `mdat`.
 * Frames of silence in Opus have a byte or three, but no fragment has four thousand of them.
 */
function mostSamples(payloadBytes: number): number {
  return Math.floor(4096 + payloadBytes / 64)
}

/** Decoding can start here. */
export function isSync(sample: Sample): boolean {
  return (sample.flags & SAMPLE.isNonSyncBit) === 0
}
