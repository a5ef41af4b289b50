/** Code points of colour (Rec. ITU-T H.273 = ISO/IEC 23091-2) in words. */
import type { ColourFacts } from '../container/model.ts'

/** ColourPrimaries, table 2. */
export const PRIMARIES: Readonly<Record<number, string>> = {
  ...{ 1: 'BT.709', 2: 'unspecified', 4: 'BT.470 M', 5: 'BT.601 625', 6: 'BT.601 525', 7: 'SMPTE 240M', 8: 'film' },
  ...{ 9: 'BT.2020', 10: 'XYZ', 11: 'DCI-P3', 12: 'Display P3', 22: 'EBU 3213' },
}

/** TransferCharacteristics, table 3. */
export const TRANSFER: Readonly<Record<number, string>> = {
  ...{ 1: 'BT.709', 2: 'unspecified', 4: 'gamma 2.2', 5: 'gamma 2.8', 6: 'BT.601', 7: 'SMPTE 240M', 8: 'linear', 9: 'log 100' },
  ...{ 10: 'log 316', 11: 'xvYCC', 12: 'BT.1361', 13: 'sRGB', 14: 'BT.2020 10-bit', 15: 'BT.2020 12-bit', 16: 'PQ' },
  ...{ 17: 'SMPTE 428', 18: 'HLG' },
}

/** MatrixCoefficients, table 4. */
export const MATRIX: Readonly<Record<number, string>> = {
  ...{ 0: 'RGB', 1: 'BT.709', 2: 'unspecified', 4: 'FCC', 5: 'BT.601 625', 6: 'BT.601 525', 7: 'SMPTE 240M', 8: 'YCgCo' },
  ...{ 9: 'BT.2020', 10: 'BT.2020 constant luminance', 11: 'SMPTE 2085', 12: 'chromaticity-derived', 14: 'ICtCp' },
}

/** `HDR (PQ), BT.2020`, `BT.709, full range`; null where nothing is said. */
export function colourWords({ primaries, transfer, fullRange }: ColourFacts): string | null {
  const words: string[] = []
  if (transfer === 16 || transfer === 18) words.push(`HDR (${TRANSFER[transfer] ?? ''})`)
  if (primaries !== 2) words.push(PRIMARIES[primaries] ?? `primaries ${primaries}`)
  if (fullRange) words.push('full range')
  return words.length === 0 ? null : words.join(', ')
}
