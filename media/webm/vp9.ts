/**
 * VP9's codec string where the file does not have it ready: from the features in CodecPrivate ("WebM Container Guidelines",
 * VP9 Codec Feature Metadata), or from the first keyframe ("VP9 Bitstream & Decoding Process Specification" 6.2).
 */
import { BitReader } from '../codecs/bit-reader.ts'
import { twoDigits } from '../codecs/hex.ts'

export interface Vp9Facts {
  profile: number
  /** Ten times the level: 31 is 3.1; null where it is not told. */
  level: number | null
  bitDepth: number
  /** As vpcC counts: 0 and 1 are 4:2:0 (vertical, colocated), 2 is 4:2:2, 3 is 4:4:4. */
  chromaSubsampling: number
}

/** Features: id, length, value, a byte each. Null for none. */
export function readVp9Features(codecPrivate: Uint8Array): Vp9Facts | null {
  const features = new Map<number, number>()
  for (let at = 0; at + 2 < codecPrivate.length && codecPrivate[at + 1] === 1; at += 3) {
    features.set(codecPrivate[at] ?? 0, codecPrivate[at + 2] ?? 0)
  }
  if (features.size === 0) return null
  const profile = features.get(1) ?? 0
  return {
    profile,
    level: features.get(2) ?? null,
    bitDepth: features.get(3) ?? (profile < 2 ? 8 : 10),
    chromaSubsampling: features.get(4) ?? 1,
  }
}

/** From the first bytes of a keyframe (4 are enough for most profiles); null for what is none. */
export function readVp9Frame(frame: Uint8Array): Vp9Facts | null {
  if (frame.length < 6) return null
  const reader = new BitReader(frame)
  // frame_marker f(2) = 2; profile_low_bit, profile_high_bit; Profile 3: reserved_zero
  if (reader.bits(2) !== 2) return null
  const profile = reader.bits(1) + 2 * reader.bits(1)
  if (profile === 3) reader.skip(1)
  // show_existing_frame; frame_type: 0 is KEY_FRAME
  if (reader.flag() || reader.flag()) return null
  // show_frame, error_resilient_mode
  reader.skip(2)
  // frame_sync_code
  if (reader.bits(24) !== 0x498342) return null
  // color_config(): ten_or_twelve_bit
  const bitDepth = profile >= 2 ? (reader.flag() ? 12 : 10) : 8
  // color_space: 7 is CS_RGB; color_range
  const rgb = reader.bits(3) === 7
  if (!rgb) reader.skip(1)
  if (profile === 0 || profile === 2) return { profile, level: null, bitDepth, chromaSubsampling: 1 }
  if (rgb) return { profile, level: null, bitDepth, chromaSubsampling: 3 }
  // subsampling_x, subsampling_y
  const horizontal = reader.bits(1)
  const vertical = reader.bits(1)
  // 4:4:0 has no number of its own in vpcC
  return { profile, level: null, bitDepth, chromaSubsampling: horizontal === 0 ? 3 : vertical === 0 ? 2 : 1 }
}

/** Ten times the level, luma samples a second, luma samples a picture ("VP9 Levels", webmproject.org). */
const LEVELS: readonly (readonly [level: number, rate: number, size: number])[] = [
  [10, 829_440, 36_864],
  [11, 2_764_800, 73_728],
  [20, 4_608_000, 122_880],
  [21, 9_216_000, 245_760],
  [30, 20_736_000, 552_960],
  [31, 36_864_000, 983_040],
  [40, 83_558_400, 2_228_224],
  [41, 160_432_128, 2_228_224],
  [50, 311_951_360, 8_912_896],
  [51, 588_251_136, 8_912_896],
  [52, 1_176_502_272, 8_912_896],
  [60, 1_176_502_272, 35_651_584],
  [61, 2_353_004_544, 35_651_584],
]

/** The lowest level with room for a picture of so many pixels, so many times a second. */
export function vp9Level(pixels: number, fps: number): number {
  return LEVELS.find(([, rate, size]) => pixels <= size && pixels * fps <= rate)?.[0] ?? 62
}

/** `vp09.PP.LL.DD`, and `.CC` behind it where chroma is not 4:2:0. */
export function printVp9(facts: Vp9Facts, level: number): string {
  const short = ['vp09', ...[facts.profile, facts.level ?? level, facts.bitDepth].map(twoDigits)]
  // The long form names colour as well: unspecified, in Track.video.colour where the container says it.
  return (facts.chromaSubsampling <= 1 ? short : [...short, twoDigits(facts.chromaSubsampling), '02', '02', '02', '00']).join('.')
}
