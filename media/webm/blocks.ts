/**
 * The head of a SimpleBlock or Block (RFC 9559 10.1 and 10.2), and its lacing (10.3): where the frames in a block lie, read
 * without their bytes.
 */
import { MediaError } from '../errors.ts'
import { readVint } from './ebml.ts'

export type Lacing = 'none' | 'xiph' | 'fixed' | 'ebml'

/** Bits 0x06 of the flags. */
const LACINGS: readonly Lacing[] = ['none', 'xiph', 'fixed', 'ebml']

export interface BlockHead {
  track: number
  /** Ticks from the timestamp of the cluster, -32768 to 32767. */
  relativeTicks: number
  /** SimpleBlock: flag 0x80; of a Block it says nothing. */
  keyframe: boolean
  /** Flag 0x08: "the codec SHOULD decode this frame but not display it". */
  invisible: boolean
  /** SimpleBlock: flag 0x01, may be dropped when playing fast. */
  discardable: boolean
  lacing: Lacing
  /** From the first byte of the block's body to the first frame. */
  headBytes: number
  /** Bytes of each frame, as they lie behind each other; they fill the block to its end. */
  sizes: number[]
}

/** Sizes of up to 256 frames; Xiph's take a byte for each 255. More is no sound, and lacing is for sound. */
const MAX_HEAD_BYTES = 65_536

/**
 * The head of a block of `bodyBytes`, whose body begins at `offset` of `bytes`. A number when `bytes` end before the head:
 * how many bytes from `offset` on to try again with. Throws `MediaError` 'malformed' for a head that contradicts itself or
 * the size of the block.
 */
export function readBlockHead(bytes: Uint8Array, offset: number, end: number, bodyBytes: number): BlockHead | number {
  const stop = Math.min(end, offset + bodyBytes)
  const more = (): number => {
    if (stop === offset + bodyBytes) throw new MediaError('malformed', `the block's head is longer than its ${bodyBytes} bytes`)
    const next = Math.max(16, (stop - offset) * 2)
    if (next > MAX_HEAD_BYTES * 2) throw new MediaError('malformed', 'the sizes of its laced frames do not end')
    return Math.min(bodyBytes, next)
  }
  const track = readVint(bytes, offset, stop)
  if (track === null || offset + track.length + 3 > stop) return more()
  const at = offset + track.length
  // "timestamp, signed 16-bit integer, relative to Cluster timestamp"
  const relativeTicks = ((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)) << 16) >> 16
  const flags = bytes[at + 2] ?? 0
  const lacing = LACINGS[(flags >> 1) & 3] ?? 'none'
  const head = {
    track: track.value,
    relativeTicks,
    keyframe: (flags & 0x80) !== 0,
    invisible: (flags & 0x08) !== 0,
    discardable: (flags & 0x01) !== 0,
    lacing,
  }
  const frames = at + 3
  if (lacing === 'none') return { ...head, headBytes: frames - offset, sizes: [bodyBytes - (frames - offset)] }
  if (frames >= stop) return more()
  // "Number of frames in the lace minus one"
  const count = (bytes[frames] ?? 0) + 1
  const read = laceSizes(lacing, bytes, frames + 1, stop, count)
  if (read === null) return more()
  const headBytes = read.next - offset
  // "The size of the last frame is deduced from the size remaining in the Block"; all of them, where they are equal.
  const left = bodyBytes - headBytes - read.sizes.reduce((sum, size) => sum + size, 0)
  if (left < 0) throw new MediaError('malformed', `its laced frames are ${-left} bytes longer than the block`)
  if (lacing !== 'fixed') return { ...head, headBytes, sizes: [...read.sizes, left] }
  if (left % count !== 0) throw new MediaError('malformed', `${left} bytes cannot be ${count} frames of one size`)
  return { ...head, headBytes, sizes: Array.from({ length: count }, () => left / count) }
}

/** Sizes of all frames but the last, and the offset behind them; none for fixed-size lacing. Null when the bytes end before they do. */
function laceSizes(
  lacing: Lacing,
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
): { sizes: number[]; next: number } | null {
  if (lacing === 'fixed') return { sizes: [], next: offset }
  const sizes: number[] = []
  let at = offset
  while (sizes.length < count - 1) {
    if (lacing === 'xiph') {
      // "coded as [..] bytes of value 255 and a last byte less than 255", their sum
      let size = 0
      let byte: number
      do {
        if (at >= end) return null
        byte = bytes[at] ?? 0
        size += byte
        at += 1
      } while (byte === 255)
      sizes.push(size)
      continue
    }
    const number = readVint(bytes, at, end)
    if (number === null) return null
    at += number.length
    // The first is a size, the others differences: "the range is shifted: -(2^((7*n)-1) - 1) to 2^((7*n)-1) - 1".
    const bias = 2 ** (7 * number.length - 1) - 1
    const size = sizes.length === 0 ? number.value : (sizes.at(-1) ?? 0) + number.value - bias
    if (size < 0) throw new MediaError('malformed', 'a laced frame has a negative size')
    sizes.push(size)
  }
  return { sizes, next: at }
}
