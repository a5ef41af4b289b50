/** Pictures, keyframes and configuration of HEVC in Annex B. */
import { type HevcSps, readHevcSps } from '../../codecs/hevc-sps.ts'
import { hexByte } from '../../codecs/hex.ts'
import { MediaError } from '../../errors.ts'
import type { CodecFacts } from '../analyze/report.ts'
import { equal } from './equal.ts'
import { findStartCode } from './nal-units.ts'
import { pictureText } from './picture-text.ts'
import type { Scanner, UnitContent } from './scanner.ts'

const PROFILES: Readonly<Record<number, string>> = {
  ...{ 1: 'Main', 2: 'Main 10', 3: 'Main Still Picture', 4: 'Range Extensions', 5: 'High Throughput', 6: 'Multiview Main' },
  ...{ 7: 'Scalable Main', 9: 'Screen Content Coding' },
}

export class HevcScanner implements Scanner {
  #sps: HevcSps | null = null
  #spsBytes = new Uint8Array(0)
  #facts: CodecFacts | null = null

  scan(payload: Uint8Array): UnitContent {
    let frames = 0
    let keyframe = false
    for (let start = findStartCode(payload, 0); start !== -1;) {
      const type = ((payload[start + 3] ?? 0) >> 1) & 0x3f
      // first_slice_segment_in_pic_flag is the first bit behind the two bytes of header; layers above the first are no pictures of their own
      const baseLayer = ((payload[start + 3] ?? 0) & 1) === 0 && (payload[start + 4] ?? 0) >> 3 === 0
      if (type < 32 && baseLayer && (payload[start + 5] ?? 0) & 0x80) {
        // IRAP: BLA, IDR, CRA
        if (frames === 0) keyframe = type >= 16 && type <= 23
        frames += this.#sps?.fields ? 0.5 : 1
      }
      const next = findStartCode(payload, start + 3)
      if (type === 33 && baseLayer) this.#takeSps(payload.subarray(start + 3, next === -1 ? payload.length : next))
      start = next
    }
    return { frames, keyframe, durationTicks: null }
  }

  #takeSps(unit: Uint8Array): void {
    if (equal(unit, this.#spsBytes) || unit.length > 4096) return
    try {
      this.#sps = readHevcSps(unit)
      this.#spsBytes = unit.slice()
      this.#facts = describe(this.#sps)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
    }
  }

  facts(): CodecFacts | null {
    return this.#facts
  }
}

function describe(sps: HevcSps): CodecFacts {
  const constraints = [...sps.constraints]
  // "with trailing zero bytes omitted" (ISO/IEC 14496-15 annex E.3)
  while (constraints.at(-1) === 0) constraints.pop()
  const space = ['', 'A', 'B', 'C'][sps.profileSpace] ?? ''
  const level = `${sps.highTier ? 'H' : 'L'}${sps.level}`
  const codec = ['hvc1', `${space}${sps.profile}`, reverseBits(sps.compatibility).toString(16), level, ...constraints.map(hexByte)]
  const tier = sps.highTier ? ' (high tier)' : ''
  const head = `HEVC ${PROFILES[sps.profile] ?? `profile ${sps.profile}`}, level ${(sps.level / 30).toFixed(1)}${tier}`
  const pictures = sps.frameRate === null ? null : sps.frameRate.numerator / sps.frameRate.denominator
  return {
    codec: codec.join('.'),
    text: pictureText(head, sps, sps.fields),
    ...{ width: sps.width, height: sps.height, channels: null, sampleRateHz: null },
    frameRate: pictures === null ? null : sps.fields ? pictures / 2 : pictures,
  }
}

/** general_profile_compatibility_flag[0] is the lowest bit of the string's number. */
function reverseBits(value: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit += 1) reversed = reversed * 2 + ((value >>> bit) & 1)
  return reversed
}
