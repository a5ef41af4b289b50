/**
 * The bytes of a video stream as its packets come, and where start codes lie in them (Rec. ITU-T H.264 and H.265 annex B).
 *
 * This is the hot loop of the transmuxer. Most packets have 184 bytes of payload at an address divisible by four: those are
 * copied by words, and each four words are tested for a zero byte on the way; only the groups that have one (one in sixteen
 * of compressed data) are looked at again for 00 00 01. Copying and searching in one pass is three times as fast as either
 * `set` and a search with a step of three bytes.
 */

const FIRST_BYTES = 256 * 1024
/** Groups of words with a zero byte that one packet can have. */
const MOST_HITS = 64
/** Words of a packet without an adaptation field: 46 = 11 groups of 4, and 2. */
const PACKET_WORDS = 46
const GROUP_BYTES = 16

/** See the head of this file. All offsets count from the start of `bytes`; `discard` moves them. */
export class UnitBuffer {
  bytes = new Uint8Array(FIRST_BYTES)
  #words = new Int32Array(this.bytes.buffer)
  /** Bytes that are there. */
  length = 0
  /** Groups before this were tested; a multiple of four. */
  #tested = 0
  /** Offsets of tested groups that have a zero byte, ascending. */
  #hits = new Int32Array(1024)
  #hitCount = 0
  /** Start codes before this were found. */
  #searched = 0
  /** Found by `findStarts`: offsets of 00 00 01. */
  starts = new Int32Array(1024)

  /** Copies `[from, to)` of `source`. */
  append(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from)
    this.bytes.set(source.subarray(from, to), this.length)
    this.length += to - from
  }

  /** Copies the 184 bytes that start at a word of `source`; only while `aligned`. */
  appendPacket(source: Int32Array, firstWord: number): void {
    this.#reserve(PACKET_WORDS * 4)
    this.#test()
    const words = this.#words
    const hits = this.#hits
    let hitCount = this.#hitCount
    let to = this.length >> 2
    let from = firstWord
    for (const end = firstWord + PACKET_WORDS - 2; from < end; from += 4, to += 4) {
      // Inside the arrays by what was checked above: the assertions cost nothing, tests for undefined do
      const a = source[from] as number
      const b = source[from + 1] as number
      const c = source[from + 2] as number
      const d = source[from + 3] as number
      words[to] = a
      words[to + 1] = b
      words[to + 2] = c
      words[to + 3] = d
      if ((zeroByte(a) | zeroByte(b) | zeroByte(c) | zeroByte(d)) & 0x80808080) {
        hits[hitCount] = to << 2
        hitCount += 1
      }
    }
    const a = source[from] as number
    const b = source[from + 1] as number
    words[to] = a
    words[to + 1] = b
    if ((zeroByte(a) | zeroByte(b)) & 0x80808080) {
      hits[hitCount] = to << 2
      hitCount += 1
    }
    this.#hitCount = hitCount
    this.length += PACKET_WORDS * 4
    this.#tested = this.length
  }

  get aligned(): boolean {
    return (this.length & 3) === 0
  }

  /** Zero bytes, so that after `following` more bytes the end is aligned; before a start code they mean nothing (trailing_zero_8bits). */
  pad(following: number): void {
    this.#reserve(4)
    while (((this.length + following) & 3) !== 0) {
      this.bytes[this.length] = 0
      this.length += 1
    }
  }

  /** Looks for start codes among the bytes that came since the last call; how many `starts` has. One cut in two is found next time. */
  findStarts(): number {
    this.#test()
    const { bytes } = this
    const limit = this.length - 2
    let count = 0
    let at = this.#searched
    // Behind the end of the last search: the start code that was not there whole
    for (const end = Math.min(at + 2, limit); at < end; at += 1) {
      if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) count = this.#found(count, at)
    }
    for (let index = 0; index < this.#hitCount; index += 1) {
      const hit = this.#hits[index] as number
      if (hit > at) at = hit
      for (const end = Math.min(hit + GROUP_BYTES, limit); at < end; at += 1) {
        if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) count = this.#found(count, at)
      }
    }
    if (this.#tested > at) at = this.#tested
    for (; at < limit; at += 1) {
      if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) count = this.#found(count, at)
    }
    this.#hitCount = 0
    if (limit > this.#searched) this.#searched = limit
    return count
  }

  /** Forgets everything before `offset`. Answers by how much offsets shrink; a multiple of four, so that words stay words. */
  discard(offset: number): number {
    const by = offset & ~3
    if (by === 0) return 0
    this.bytes.copyWithin(0, by, this.length)
    this.length -= by
    this.#tested = Math.max(0, this.#tested - by)
    this.#searched = Math.max(0, this.#searched - by)
    return by
  }

  /** Takes back what came last. */
  truncate(length: number): void {
    this.length = length
    this.#tested = Math.min(this.#tested, length & ~3)
    this.#searched = Math.min(this.#searched, Math.max(0, length - 2))
    let kept = this.#hitCount
    while (kept > 0 && (this.#hits[kept - 1] as number) >= length) kept -= 1
    this.#hitCount = kept
  }

  clear(): void {
    this.length = 0
    this.#tested = 0
    this.#hitCount = 0
    this.#searched = 0
  }

  /** Tests the whole words that were not copied by `appendPacket`. */
  #test(): void {
    const words = this.#words
    const end = this.length >> 2
    for (let at = this.#tested >> 2; at < end; at += 4) {
      if (this.#hitCount + MOST_HITS > this.#hits.length) this.#hits = grown(this.#hits)
      // Words behind the end may be old: they cost a look, never a start code
      if ((zeroByte(words[at] ?? 0) | zeroByte(words[at + 1] ?? 0) | zeroByte(words[at + 2] ?? 0) | zeroByte(words[at + 3] ?? 0)) & 0x80808080) {
        this.#hits[this.#hitCount] = at << 2
        this.#hitCount += 1
      }
    }
    this.#tested = end << 2
  }

  #found(count: number, at: number): number {
    if (count === this.starts.length) this.starts = grown(this.starts)
    this.starts[count] = at
    return count + 1
  }

  #reserve(more: number): void {
    if (this.#hitCount + MOST_HITS > this.#hits.length) this.#hits = grown(this.#hits)
    if (this.length + more <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, (this.length + more + 3) & ~3))
    bytes.set(this.bytes.subarray(0, this.length))
    this.bytes = bytes
    this.#words = new Int32Array(bytes.buffer)
  }
}

/** Has 0x80 set in some byte when some byte of the word is zero ("Bit Twiddling Hacks", S. E. Anderson); other bits mean nothing. */
function zeroByte(word: number): number {
  return (word - 0x01010101) & ~word
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
