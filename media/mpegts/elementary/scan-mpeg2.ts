/** Pictures, keyframes and configuration of MPEG-1 and MPEG-2 video (ISO/IEC 11172-2, 13818-2). */
import type { CodecFacts } from '../analyze/report.ts'
import { findStartCode } from './nal-units.ts'
import { pictureText } from './picture-text.ts'
import type { Scanner, UnitContent } from './scanner.ts'

/** frame_rate_code, 13818-2 table 6-4. */
const FRAME_RATES = [null, 24_000 / 1001, 24, 25, 30_000 / 1001, 30, 50, 60_000 / 1001, 60]
const PROFILES: Readonly<Record<number, string>> = { 1: 'High', 2: 'Spatially Scalable', 3: 'SNR Scalable', 4: 'Main', 5: 'Simple' }
const LEVELS: Readonly<Record<number, string>> = { 4: 'High', 6: 'High 1440', 8: 'Main', 10: 'Low' }

export class Mpeg2Scanner implements Scanner {
  #sequence: { width: number; height: number; frameRate: number | null } | null = null
  #extension: { profile: number; level: number; progressive: boolean; chromaFormat: number } | null = null

  scan(payload: Uint8Array): UnitContent {
    let frames = 0
    let keyframe = false
    for (let start = findStartCode(payload, 0); start !== -1; start = findStartCode(payload, start + 3)) {
      const [code = 0, a = 0, b = 0, c = 0, d = 0] = payload.subarray(start + 3, start + 8)
      if (code === 0x00) {
        // picture_header: temporal_reference (10), picture_coding_type (3), 1 is I
        if (frames === 0) keyframe = ((b >> 3) & 7) === 1
        frames += 1
      } else if (code === 0xb3) {
        // sequence_header: horizontal_size_value (12), vertical_size_value (12), aspect_ratio_information (4), frame_rate_code (4)
        this.#sequence = { width: (a << 4) | (b >> 4), height: ((b & 0x0f) << 8) | c, frameRate: FRAME_RATES[d & 0x0f] ?? null }
      } else if (code === 0xb5 && a >> 4 === 1) {
        // sequence_extension: profile_and_level_indication (8), progressive_sequence (1), chroma_format (2)
        const indication = ((a & 0x0f) << 4) | (b >> 4)
        this.#extension = {
          ...{ profile: (indication >> 4) & 7, level: indication & 0x0f },
          ...{ progressive: (b & 0x08) !== 0, chromaFormat: (b >> 1) & 3 },
        }
      } else if (code === 0xb5 && a >> 4 === 8 && (c & 3) !== 3) {
        // picture_coding_extension: f_code (16), intra_dc_precision (2), picture_structure (2), 3 is a frame
        frames -= 0.5
      }
    }
    return { frames, keyframe, durationTicks: null }
  }

  facts(): CodecFacts | null {
    if (this.#sequence === null) return null
    const extension = this.#extension
    const head =
      extension === null
        ? 'MPEG-1 video'
        : `MPEG-2 ${PROFILES[extension.profile] ?? `profile ${extension.profile}`}@${LEVELS[extension.level] ?? extension.level}`
    const picture = { ...this.#sequence, chromaFormat: extension?.chromaFormat ?? 1, bitDepthLuma: 8 }
    return {
      codec: null,
      text: pictureText(head, picture, extension !== null && !extension.progressive),
      ...this.#sequence,
      ...{ channels: null, sampleRateHz: null },
    }
  }
}
