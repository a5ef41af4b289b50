/**
 * The bytes of a video stream as its packets come, and where start codes lie in them (Rec. ITU-T H.264 and H.265 annex B).
 *
 * This is the hot loop of the transmuxer. Most packets have 184 bytes of payload at an address divisible by four: those are
 * copied by words, and each four words are tested for zero bytes on the way; only the groups in which two may follow each
 * other (one in two hundred of compressed data) are looked at again for 00 00 01. Copying and searching in one pass is three times as fast as either
 * `set` and a search with a step of three bytes.
 */

const FIRST_BYTES = 256 * 1024
/** Groups of words in a packet, each of which may have to be looked at again. */
const HITS_OF_PACKET = 12
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
  #hits = new Int32Array(4096)
  #hitCount = 0
  /** Start codes before this were found. */
  #searched = 0
  /** Found by `findStarts`: offsets of 00 00 01. */
  starts = new Int32Array(1024)

  /** Copies `[from, to)` of `source`. */
  append(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from, 0)
    this.bytes.set(source.subarray(from, to), this.length)
    this.length += to - from
  }

  /**
   * Copies the payloads of packets that follow each other: of one PID, without adaptation field, their counters in step. Only
   * while `aligned`. `source[first]` is the header of the first, which is such a packet; at most `most` are taken, and none
   * that starts behind `last`. Answers how many.
   */
  appendPackets(source: Int32Array, first: number, last: number, strideWords: number, most: number): number {
    // So many that nothing has to be checked on the way
    const fits = Math.min(most, 256, Math.floor((last - first) / strideWords) + 1)
    this.#reserve(fits * PACKET_WORDS * 4, fits * HITS_OF_PACKET)
    this.#test()
    const words = this.#words
    const hits = this.#hits
    let hitCount = this.#hitCount
    let to = this.length >> 2
    let at = first
    let header = source[first] as number
    let count = 0
    while (count < fits && source[at] === header) {
      let from = at + 1
      for (const end = from + PACKET_WORDS - 2; from < end; from += 4, to += 4) {
        // Inside the arrays by what was checked above: the assertions cost nothing, tests for undefined do
        const a = source[from] as number
        const b = source[from + 1] as number
        const c = source[from + 2] as number
        const d = source[from + 3] as number
        words[to] = a
        words[to + 1] = b
        words[to + 2] = c
        words[to + 3] = d
        if ((zeroByte(a) | zeroByte(b) | zeroByte(c) | zeroByte(d)) & 0x80808080 && hasPair(a, b, c, d)) {
          hits[hitCount] = to << 2
          hitCount += 1
        }
      }
      const a = source[from] as number
      const b = source[from + 1] as number
      words[to] = a
      words[to + 1] = b
      // The zero words stand for what comes next
      if ((zeroByte(a) | zeroByte(b)) & 0x80808080 && hasPair(a, b, 0, 0)) {
        hits[hitCount] = to << 2
        hitCount += 1
      }
      to += 2
      at += strideWords
      count += 1
      // continuity_counter is the low half of the fourth byte, which is the highest of the word
      header = (header & 0xf0ffffff) | ((header + 0x01000000) & 0x0f000000)
    }
    this.#hitCount = hitCount
    this.length = to << 2
    this.#tested = this.length
    return count
  }

  get aligned(): boolean {
    return (this.length & 3) === 0
  }

  /** Zero bytes, so that after `following` more bytes the end is aligned; before a start code they mean nothing (trailing_zero_8bits). */
  pad(following: number): void {
    this.#reserve(4, 0)
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

  /** Tests the whole words that were not copied by `appendPackets`. */
  #test(): void {
    const words = this.#words
    const end = this.length >> 2
    for (let at = this.#tested >> 2; at < end; at += 4) {
      if (this.#hitCount === this.#hits.length) this.#hits = grown(this.#hits)
      // Words behind the end may be old: they cost a look, never a start code
      const a = words[at] ?? 0
      const b = words[at + 1] ?? 0
      const c = words[at + 2] ?? 0
      const d = words[at + 3] ?? 0
      if ((zeroByte(a) | zeroByte(b) | zeroByte(c) | zeroByte(d)) & 0x80808080 && hasPair(a, b, c, d)) {
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

  #reserve(more: number, hits: number): void {
    while (this.#hitCount + hits > this.#hits.length) this.#hits = grown(this.#hits)
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

/**
 * Two zero bytes may follow each other in these words, or begin with the last byte. Words are little-endian, as on every
 * machine that browsers and Node run on: the first byte is the least significant.
 */
function hasPair(a: number, b: number, c: number, d: number): boolean {
  const zerosA = zeroByte(a) & 0x80808080
  const zerosB = zeroByte(b) & 0x80808080
  const zerosC = zeroByte(c) & 0x80808080
  const zerosD = zeroByte(d) & 0x80808080
  const within = (zerosA & (zerosA << 8)) | (zerosB & (zerosB << 8)) | (zerosC & (zerosC << 8)) | (zerosD & (zerosD << 8))
  const across = ((zerosA >>> 31) & (zerosB >>> 7)) | ((zerosB >>> 31) & (zerosC >>> 7)) | ((zerosC >>> 31) & (zerosD >>> 7))
  return within !== 0 || (across & 1) !== 0 || zerosD < 0
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
