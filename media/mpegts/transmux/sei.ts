/** Supplemental enhancement information (Rec. ITU-T H.264 annex D, H.265 annex D): captions, and where decoding can begin. */
import { BitReader, withoutEmulationPrevention } from '../../codecs/bit-reader.ts'
import { MediaError } from '../../errors.ts'

export interface SeiFacts {
  /** recovery_frame_cnt of H.264; 0: this picture is right when decoding starts here. Null: no recovery point. */
  recoveryFrames: number | null
  /** Payloads of user_data_registered_itu_t_t35 that carry `cc_data` (ATSC A/53 part 4, 6.2.3). */
  captions: Uint8Array<ArrayBuffer>[]
}

const REGISTERED_T35 = 4
const RECOVERY_POINT = 6

/** Reads an SEI NAL unit, its header included. What is malformed ends it. */
export function readSei(unit: Uint8Array, headerBytes: number): SeiFacts {
  const facts: SeiFacts = { recoveryFrames: null, captions: [] }
  const bytes = withoutEmulationPrevention(unit)
  let at = headerBytes
  // The last byte is rbsp_trailing_bits
  while (at + 2 < bytes.length) {
    // "ff_byte": 255 as often as it takes
    let type = 0
    for (; bytes[at] === 0xff; at += 1) type += 255
    type += bytes[at] ?? 0
    at += 1
    let size = 0
    for (; bytes[at] === 0xff; at += 1) size += 255
    size += bytes[at] ?? 0
    at += 1
    if (at + size > bytes.length) break
    const payload = bytes.subarray(at, at + size)
    if (type === REGISTERED_T35 && isCaptions(payload)) facts.captions.push(payload.slice())
    // HEVC's recovery point counts pictures in output order and may be negative: its random access is told by unit types
    if (type === RECOVERY_POINT && headerBytes === 1) facts.recoveryFrames = readRecovery(payload)
    at += size
  }
  return facts
}

/** itu_t_t35_country_code 0xB5 (USA), provider code 0x0031 (ATSC), user_identifier "GA94", user_data_type_code 3 (cc_data). */
const CAPTIONS = [0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03]

function isCaptions(payload: Uint8Array): boolean {
  return CAPTIONS.every((byte, index) => payload[index] === byte)
}

function readRecovery(payload: Uint8Array): number | null {
  try {
    return new BitReader(payload).ue()
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}
