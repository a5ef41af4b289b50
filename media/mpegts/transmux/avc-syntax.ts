/** NAL unit types of H.264 (Rec. ITU-T H.264 table 7-1), and where access units begin (7.4.1.2.3). */
import { DISPOSABLE, DROPPED, FIRST, PARAMETERS, PICTURE, RANDOM_ACCESS, SEI, STARTS, type VideoSyntax } from './unit-role.ts'

/** By nal_unit_type. */
const ROLES = new Int32Array(32)
// Slices: non-IDR, data partition A, IDR. B and C (3 and 4) never come first.
ROLES[1] = PICTURE
ROLES[2] = PICTURE
ROLES[3] = PICTURE
ROLES[4] = PICTURE
ROLES[5] = PICTURE | RANDOM_ACCESS
ROLES[6] = SEI | STARTS
ROLES[7] = PARAMETERS | STARTS
ROLES[8] = PARAMETERS | STARTS
ROLES[9] = DROPPED | STARTS
ROLES[12] = DROPPED
for (let type = 15; type <= 18; type += 1) ROLES[type] = STARTS
// Prefix units and slices of SVC and MVC: layers that no browser decodes
ROLES[14] = DROPPED
ROLES[20] = DROPPED

export const AVC_SYNTAX: VideoSyntax = {
  headerBytes: 1,
  role(bytes, at) {
    // forbidden_zero_bit, nal_ref_idc (2), nal_unit_type (5)
    const header = bytes[at] ?? 0
    const role = ROLES[header & 0x1f] ?? 0
    if ((role & PICTURE) === 0) return role
    const type = header & 0x1f
    // first_mb_in_slice ue(v): 0 is the single bit 1. Arbitrary slice order is of the Baseline profile, and unused.
    const first = type !== 3 && type !== 4 && (bytes[at + 1] ?? 0) & 0x80 ? FIRST : 0
    return role | first | ((header & 0x60) === 0 ? DISPOSABLE : 0)
  },
}
