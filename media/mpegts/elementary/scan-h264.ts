/** Pictures, keyframes and configuration of H.264 in Annex B. */
import { type AvcSps, readAvcSps } from '../../codecs/avc-sps.ts'
import { hexByte } from '../../codecs/hex.ts'
import { MediaError } from '../../errors.ts'
import type { CodecFacts } from '../analyze/report.ts'
import { equal } from './equal.ts'
import { findStartCode, hasRecoveryPoint, isFieldSlice } from './nal-units.ts'
import { pictureText } from './picture-text.ts'
import type { Scanner, UnitContent } from './scanner.ts'

const PROFILES: Readonly<Record<number, string>> = {
  ...{ 44: 'CAVLC 4:4:4 Intra', 66: 'Baseline', 77: 'Main', 83: 'Scalable Baseline', 86: 'Scalable High', 88: 'Extended', 100: 'High' },
  ...{ 110: 'High 10', 118: 'Multiview High', 122: 'High 4:2:2', 128: 'Stereo High', 244: 'High 4:4:4 Predictive' },
}

export class H264Scanner implements Scanner {
  #sps: AvcSps | null = null
  #spsBytes = new Uint8Array(0)
  #facts: CodecFacts | null = null

  scan(payload: Uint8Array): UnitContent {
    let frames = 0
    let keyframe = false
    let recovery = false
    for (let start = findStartCode(payload, 0); start !== -1;) {
      const type = (payload[start + 3] ?? 0) & 0x1f
      // first_mb_in_slice is ue(v): a first bit of 1 is 0, the picture's first slice
      const opensPicture = (type === 1 || type === 5) && ((payload[start + 4] ?? 0) & 0x80) !== 0
      if (opensPicture) {
        if (frames === 0) keyframe = type === 5 || recovery
        frames += this.#isField(payload.subarray(start + 3, start + 35)) ? 0.5 : 1
      }
      const next = findStartCode(payload, start + 3)
      if (type === 7) this.#takeSps(payload.subarray(start + 3, next === -1 ? payload.length : next))
      else if (type === 6 && frames === 0 && hasRecoveryPoint(payload.subarray(start + 3, next === -1 ? payload.length : next)))
        recovery = true
      start = next
    }
    return { frames, keyframe, durationTicks: null }
  }

  #isField(slice: Uint8Array): boolean {
    if (this.#sps === null || !this.#sps.interlaced) return false
    return orElse(() => isFieldSlice(slice, this.#sps as AvcSps), false)
  }

  #takeSps(unit: Uint8Array): void {
    if (equal(unit, this.#spsBytes) || unit.length > 4096) return
    const sps = orElse(() => readAvcSps(unit), null)
    if (sps === null) return
    this.#sps = sps
    this.#spsBytes = unit.slice()
    this.#facts = describe(sps)
  }

  facts(): CodecFacts | null {
    return this.#facts
  }
}

function describe(sps: AvcSps): CodecFacts {
  const { profile, constraints, level, width, height } = sps
  const name = profile === 66 && constraints & 0x40 ? 'Constrained Baseline' : (PROFILES[profile] ?? `profile ${profile}`)
  // "level_idc equal to 11 and constraint_set3_flag equal to 1": level 1b, below High
  const levelName = level === 11 && constraints & 0x10 && profile < 100 ? '1b' : (level / 10).toFixed(1)
  return {
    codec: `avc1.${hexByte(profile)}${hexByte(constraints)}${hexByte(level)}`,
    text: pictureText(`H.264 ${name}, level ${levelName}`, sps, sps.interlaced),
    ...{ width, height, channels: null, sampleRateHz: null },
    frameRate: sps.frameRate === null ? null : sps.frameRate.numerator / sps.frameRate.denominator,
  }
}

/** What `read` answers; `otherwise` for bytes that are damaged. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof MediaError) return otherwise
    throw error
  }
}
