/** HEVC: the lists in an SPS that have to be walked to reach what lies behind them (Rec. ITU-T H.265 7.3.4 and 7.3.7). */
import type { BitReader } from './bit-reader.ts'

/** scaling_list_data(), 7.3.4. */
export function skipScalingLists(reader: BitReader): void {
  for (let size = 0; size < 4; size += 1) {
    // "matrixId += (sizeId == 3) ? 3 : 1": also with 4:4:4, whose 32x32 chroma matrices are derived
    const step = size === 3 ? 3 : 1
    for (let matrix = 0; matrix < 6; matrix += step) skipScalingList(reader, size)
  }
}

function skipScalingList(reader: BitReader, size: number): void {
  // scaling_list_pred_mode_flag
  if (!reader.flag()) {
    // scaling_list_pred_matrix_id_delta
    reader.ue()
    return
  }
  const coefficients = Math.min(64, 1 << (4 + (size << 1)))
  // scaling_list_dc_coef_minus8
  if (size > 1) reader.se()
  for (let index = 0; index < coefficients; index += 1) reader.se()
}

/** num_short_term_ref_pic_sets and st_ref_pic_set(i) of each. */
export function skipReferencePictureSets(reader: BitReader): void {
  const count = reader.ueUpTo(64, 'num_short_term_ref_pic_sets')
  /** DeltaPocS0, then DeltaPocS1, of the set before. */
  let before: number[] = []
  for (let index = 0; index < count; index += 1) {
    // inter_ref_pic_set_prediction_flag
    before = index > 0 && reader.flag() ? predictedSet(reader, before) : explicitSet(reader)
  }
}

function explicitSet(reader: BitReader): number[] {
  const negative = reader.ueUpTo(16, 'num_negative_pics')
  const positive = reader.ueUpTo(16, 'num_positive_pics')
  const deltas: number[] = []
  for (const [pictures, sign] of [[negative, -1] as const, [positive, 1] as const]) {
    let delta = 0
    for (let picture = 0; picture < pictures; picture += 1) {
      // delta_poc_s0_minus1, used_by_curr_pic_s0_flag
      delta += sign * (reader.ue() + 1)
      reader.skip(1)
      deltas.push(delta)
    }
  }
  return deltas
}

/** From the set before (7-61, 7-62): every delta of it shifted by deltaRps, and deltaRps itself, where use_delta_flag says so. */
function predictedSet(reader: BitReader, before: number[]): number[] {
  // delta_rps_sign, abs_delta_rps_minus1
  const sign = reader.flag() ? -1 : 1
  const shift = sign * (reader.ueUpTo(32767, 'abs_delta_rps_minus1') + 1)
  const deltas: number[] = []
  for (const delta of [...before, 0]) {
    // used_by_curr_pic_flag, else use_delta_flag
    const used = reader.flag() || reader.flag()
    if (used && delta + shift !== 0 && deltas.length < 32) deltas.push(delta + shift)
  }
  // Nearest first, past before future: the order in which the next set's flags come
  const past = deltas.filter((delta) => delta < 0).toSorted((a, b) => b - a)
  const future = deltas.filter((delta) => delta > 0).toSorted((a, b) => a - b)
  return [...past, ...future]
}
