/** What a NAL unit does in its access unit, the same words for H.264 and HEVC; bits of one number. */

/** Part of a coded picture. */
export const PICTURE = 1
/** The first part of its picture. */
export const FIRST = 2
/** Starts an access unit when it stands behind a picture. */
export const STARTS = 4
/** Says nothing to a decoder of MP4: access unit delimiters (14496-15 5.3.2: "should not"), filler data. */
export const DROPPED = 8
/** VPS, SPS, PPS. */
export const PARAMETERS = 16
export const SEI = 32
/** Decoding can start at this picture. */
export const RANDOM_ACCESS = 64
/** Pictures behind it in decode order and before it in output order may need what was before it (CRA, BLA). */
export const OPEN = 128
/** Skipped when decoding starts at the random access point before it (RASL). */
export const SKIPPED_LEADING = 256
/** No other picture needs it. */
export const DISPOSABLE = 512

/** What differs between the codecs. */
export interface VideoSyntax {
  /** Bytes of a NAL unit's header. */
  headerBytes: number
  /** The bits of the unit whose header is at `at`; bytes of the slice header may be missing. */
  role(bytes: Uint8Array, at: number): number
}
