/** NAL unit types of HEVC (Rec. ITU-T H.265 table 7-1), and where access units begin (7.4.2.4.4). */
import {
  DISPOSABLE,
  DROPPED,
  FIRST,
  OPEN,
  PARAMETERS,
  PICTURE,
  RANDOM_ACCESS,
  SEI,
  SKIPPED_LEADING,
  STARTS,
  type VideoSyntax,
} from './unit-role.ts'

/** By nal_unit_type. */
const ROLES = new Int32Array(64)
// Even types up to 14 are sub-layer non-reference pictures: nothing of the same temporal layer needs them
for (let type = 0; type <= 9; type += 1) ROLES[type] = PICTURE | (type % 2 === 0 ? DISPOSABLE : 0)
for (const type of [8, 9]) ROLES[type] = (ROLES[type] ?? 0) | SKIPPED_LEADING
// BLA_W_LP, BLA_W_RADL, BLA_N_LP, IDR_W_RADL, IDR_N_LP, CRA_NUT
for (let type = 16; type <= 21; type += 1) ROLES[type] = PICTURE | RANDOM_ACCESS
for (const type of [16, 17, 18, 21]) ROLES[type] = (ROLES[type] ?? 0) | OPEN
// VPS, SPS, PPS, AUD, end of sequence, end of bitstream, filler, prefix SEI, suffix SEI
for (const type of [32, 33, 34]) ROLES[type] = PARAMETERS | STARTS
ROLES[35] = DROPPED | STARTS
ROLES[38] = DROPPED
ROLES[39] = SEI | STARTS
ROLES[40] = SEI
for (const type of [41, 42, 43, 44, 48, 49, 50, 51, 52, 53, 54, 55]) ROLES[type] = STARTS

export const HEVC_SYNTAX: VideoSyntax = {
  headerBytes: 2,
  role(bytes, at) {
    // forbidden_zero_bit, nal_unit_type (6), nuh_layer_id (6), nuh_temporal_id_plus1 (3)
    const header = bytes[at] ?? 0
    const role = ROLES[(header >> 1) & 0x3f] ?? 0
    // Units of other layers belong to the picture before them
    if (header & 1 || (bytes[at + 1] ?? 0) & 0xf8) return role & (DROPPED | PICTURE)
    // first_slice_segment_in_pic_flag
    return role & PICTURE && (bytes[at + 2] ?? 0) & 0x80 ? role | FIRST : role
  },
}
