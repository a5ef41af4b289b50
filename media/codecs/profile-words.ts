/** Profiles and levels of video codecs in words, as their standards and encoders' manuals spell them. */

/** profile_idc of H.264 (annexes A, F, G). */
const AVC: Readonly<Record<number, string>> = {
  ...{ 66: 'Baseline', 77: 'Main', 88: 'Extended', 100: 'High', 110: 'High 10', 122: 'High 4:2:2', 244: 'High 4:4:4 Predictive' },
  ...{ 44: 'CAVLC 4:4:4 Intra', 83: 'Scalable Baseline', 86: 'Scalable High', 118: 'Multiview High', 128: 'Stereo High' },
}

/** A.2: constraint flags make other profiles of some. */
export function avcProfile(profile: number, constraints: number): string | null {
  if (profile === 66 && constraints & 0x40) return 'Constrained Baseline'
  if (profile === 100 && (constraints & 0x0c) === 0x0c) return 'Constrained High'
  if (profile === 100 && constraints & 0x08) return 'Progressive High'
  if (constraints & 0x10) {
    if (profile === 110) return 'High 10 Intra'
    if (profile === 122) return 'High 4:2:2 Intra'
    if (profile === 244) return 'High 4:4:4 Intra'
  }
  return AVC[profile] ?? null
}

/** A.3: level_idc is ten times the level; 1b hides behind constraint_set3_flag. */
export function avcLevel(profile: number, constraints: number, level: number): string {
  const early = profile === 66 || profile === 77 || profile === 88
  return level === 9 || (level === 11 && early && (constraints & 0x10) !== 0) ? '1b' : (level / 10).toFixed(1)
}

/** general_profile_idc of HEVC (A.3, annexes G, H, I). */
const HEVC: Readonly<Record<number, string>> = {
  ...{ 1: 'Main', 2: 'Main 10', 3: 'Main Still Picture', 4: 'Range Extensions', 5: 'High Throughput', 6: 'Multiview Main' },
  ...{ 7: 'Scalable Main', 8: '3D Main', 9: 'Screen-Extended', 10: 'Scalable Range Extensions', 11: 'High Throughput Screen-Extended' },
}

/** Table A.2: in the range extensions the constraint flags say which profile it is. */
export function hevcProfile(profile: number, constraints: Uint8Array): string | null {
  const [first = 0, second = 0] = constraints
  // general_max_12bit, _10bit, _8bit, _422chroma | _420chroma, _monochrome, _intra, _one_picture_only
  if (profile !== 4 || (first & 0x0f) === 0) return HEVC[profile] ?? null
  const bits = first & 0x02 ? 8 : first & 0x04 ? 10 : first & 0x08 ? 12 : 16
  const intra = second & 0x20 ? ' Intra' : ''
  if (second & 0x40) return `Monochrome${bits === 8 ? '' : ` ${bits}`}${intra}`
  const chroma = second & 0x80 ? '' : first & 0x01 ? ' 4:2:2' : ' 4:4:4'
  return `Main${chroma}${bits === 8 ? '' : ` ${bits}`}${intra}`
}

/** A.4: general_level_idc is thirty times the level. */
export function hevcLevel(level: number): string {
  return (level / 30).toFixed(1)
}

/** seq_profile of AV1 (A.2). */
const AV1 = ['Main', 'High', 'Professional']

export function av1Profile(profile: number): string | null {
  return AV1[profile] ?? null
}

/** A.3: seq_level_idx; 31 is "maximum parameters". */
export function av1Level(index: number): string {
  return index === 31 ? 'maximum' : `${2 + (index >> 2)}.${index & 3}`
}

/** chroma_format_idc of H.264 and HEVC. */
export const CHROMA = ['monochrome', '4:2:0', '4:2:2', '4:4:4']

/** chromaSubsampling of `vpcC` and of codec strings of VP9: 0 and 1 differ in where the chroma samples lie. */
export const VP9_CHROMA = ['4:2:0', '4:2:0', '4:2:2', '4:4:4']

/** profile_and_level_indication of MPEG-4 Part 2 (ISO/IEC 14496-2 annex G). */
export function mpeg4Profile(indication: number): { profile: string | null; level: string | null } {
  if (indication === 0x08) return { profile: 'Simple', level: '0' }
  if (indication >= 0x01 && indication <= 0x06) return { profile: 'Simple', level: String(indication) }
  if (indication >= 0xf0 && indication <= 0xf5) return { profile: 'Advanced Simple', level: String(indication - 0xf0) }
  if (indication === 0xf7) return { profile: 'Advanced Simple', level: '3b' }
  return { profile: null, level: null }
}

/** Flavours of ProRes, by sample entry type. */
export const PRORES: Readonly<Record<string, string>> = {
  ...{ apco: '422 Proxy', apcs: '422 LT', apcn: '422', apch: '422 HQ', ap4h: '4444', ap4x: '4444 XQ', aprn: 'RAW', aprh: 'RAW HQ' },
}

/** dv_profile ("Dolby Vision Profiles and Levels" 1.3.2 and ISOBMFF 2.0). */
export const DOLBY_VISION: Readonly<Record<number, string>> = {
  ...{ 4: 'two layers, SDR-compatible', 5: 'single layer', 7: 'two layers, Blu-ray', 8: 'single layer with a compatible base' },
  ...{ 9: 'H.264, SDR-compatible', 10: 'AV1' },
}
