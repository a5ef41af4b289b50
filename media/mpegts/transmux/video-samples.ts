/** Samples of video that wait for their fragment: which bytes of the buffer they are, and their times. */

export interface VideoSample {
  /** Ticks of 90 kHz, unwrapped. */
  dts: number
  pts: number
  /** With the length before each unit. */
  sizeBytes: number
  /** Sample flags of ISO/IEC 14496-12 8.8.3.1. */
  flags: number
}

/** The length before each NAL unit, lengthSizeMinusOne + 1. */
const LENGTH_BYTES = 4

/** Units are added until `end` makes a sample of all that were added since the last one. */
export class VideoSamples {
  samples: VideoSample[] = []
  /** Start and end of each unit in the buffer. */
  #units = new Int32Array(1024)
  unitCount = 0
  /** Units of `samples`. */
  #endedUnits = 0

  get count(): number {
    return this.samples.length
  }

  addUnit(start: number, end: number): void {
    if (this.unitCount * 2 === this.#units.length) {
      const larger = new Int32Array(this.#units.length * 2)
      larger.set(this.#units)
      this.#units = larger
    }
    this.#units[this.unitCount * 2] = start
    this.#units[this.unitCount * 2 + 1] = end
    this.unitCount += 1
  }

  /** Where the first unit begins; -1: there is none. */
  get firstByte(): number {
    return this.unitCount === 0 ? -1 : (this.#units[0] ?? 0)
  }

  /** Units that are in no sample yet. */
  get pending(): number {
    return this.unitCount - this.#endedUnits
  }

  dropPending(): void {
    this.unitCount = this.#endedUnits
  }

  /** Forgets some of the pending units, counted from the first of them, ascending. */
  removePending(indices: number[]): void {
    for (const index of indices.toReversed()) {
      const at = this.#endedUnits + index
      this.#units.copyWithin(at * 2, (at + 1) * 2, this.unitCount * 2)
      this.unitCount -= 1
    }
  }

  end(dts: number, pts: number, flags: number): void {
    let sizeBytes = 0
    for (let index = this.#endedUnits; index < this.unitCount; index += 1) {
      sizeBytes += LENGTH_BYTES + (this.#units[index * 2 + 1] ?? 0) - (this.#units[index * 2] ?? 0)
    }
    this.#endedUnits = this.unitCount
    this.samples.push({ dts, pts, sizeBytes, flags })
  }

  /** Writes the samples, length and unit by turns, from `at` on. */
  write(from: Uint8Array, to: Uint8Array, at: number): void {
    const view = new DataView(to.buffer, to.byteOffset)
    let written = at
    for (let index = 0; index < this.#endedUnits; index += 1) {
      const start = this.#units[index * 2] ?? 0
      const end = this.#units[index * 2 + 1] ?? 0
      view.setUint32(written, end - start)
      to.set(from.subarray(start, end), written + LENGTH_BYTES)
      written += LENGTH_BYTES + end - start
    }
  }

  /** The samples were written; units that are in none stay. */
  release(): void {
    this.#units.copyWithin(0, this.#endedUnits * 2, this.unitCount * 2)
    this.unitCount -= this.#endedUnits
    this.#endedUnits = 0
    this.samples = []
  }

  /** The buffer lost `by` bytes at its start. */
  move(by: number): void {
    for (let index = 0; index < this.unitCount * 2; index += 1) this.#units[index] = (this.#units[index] ?? 0) - by
  }

  clear(): void {
    this.samples = []
    this.unitCount = 0
    this.#endedUnits = 0
  }
}
