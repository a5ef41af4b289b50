/** Transport packets (ISO/IEC 13818-1 2.4.3): where they lie in bytes, and what their headers say. */

/** Bytes of a transport packet. */
export const PACKET_BYTES = 188
export const SYNC_BYTE = 0x47

/**
 * How packets lie in a file. 192: an Annex B of BDAV, four bytes of arrival time before each packet (`.m2ts`); 204: sixteen
 * bytes of Reed-Solomon parity behind each (DVB recordings).
 */
export interface PacketLayout {
  /** From one sync byte to the next. */
  strideBytes: 188 | 192 | 204
  /** Of the first sync byte. */
  firstSync: number
}

/** Sync bytes in a row that are taken for packets. A file of fewer is believed when all of it fits. */
const ENOUGH = 5

/** The layout that `bytes` have from `from` on, or null when there are no packets. Looks at each offset, so garbage before the first is passed. */
export function findPackets(bytes: Uint8Array, from = 0): PacketLayout | null {
  for (let at = bytes.indexOf(SYNC_BYTE, from); at !== -1; at = bytes.indexOf(SYNC_BYTE, at + 1)) {
    for (const strideBytes of [188, 192, 204] as const) {
      if (inStep(bytes, at, strideBytes)) return { strideBytes, firstSync: at }
    }
  }
  return null
}

/** As `inStep`, but one of the sync bytes behind the first may be damaged when all of them can be seen. */
export function nearlyInStep(bytes: Uint8Array, at: number, strideBytes: number): boolean {
  if (inStep(bytes, at, strideBytes)) return true
  if (at + (ENOUGH - 1) * strideBytes >= bytes.length) return false
  let damaged = 0
  for (let place = 1; place < ENOUGH; place += 1) if (bytes[at + place * strideBytes] !== SYNC_BYTE) damaged += 1
  return damaged <= 1
}

/** Bytes from a sync byte on in which `inStep` sees all that it wants to see, whatever the stride. */
export const IN_STEP_BYTES = (ENOUGH - 1) * 204 + 1

/** Sync bytes stand at `at` and every stride behind it, as far as can be seen; at least one whole packet is there. */
export function inStep(bytes: Uint8Array, at: number, strideBytes: number): boolean {
  if (at + PACKET_BYTES > bytes.length) return false
  for (let place = 1; place < ENOUGH; place += 1) {
    const next = at + place * strideBytes
    if (next >= bytes.length) return true
    if (bytes[next] !== SYNC_BYTE) return false
  }
  return true
}

/** What the four bytes at the start of a packet say (2.4.3.2). */
export interface PacketHeader {
  /** The demodulator gave up on a bit of this packet. */
  transportError: boolean
  /** A PES packet or a section begins in this payload. */
  unitStart: boolean
  pid: number
  /** 0: not scrambled. */
  scrambling: number
  /** Four bits; counts packets of the PID that have a payload. */
  continuity: number
  /** From the start of `bytes`; a stuffing-only packet has none. */
  adaptation: AdaptationField | null
  /** First byte of the payload from the start of `bytes`; equal to the packet's end when there is none. */
  payload: number
  hasPayload: boolean
}

/** Adaptation field, 2.4.3.4. */
export interface AdaptationField {
  /** "the discontinuity state is true for the current transport stream packet": clock or counter jump here on purpose. */
  discontinuity: boolean
  randomAccess: boolean
  /** Program clock reference, ticks of 27 MHz; wraps after 26.5 hours. */
  pcr: number | null
  /** Pictures until a splice point; null when the packet does not say. */
  spliceCountdown: number | null
}

/** Reads the header of the packet whose sync byte is at `at`; all of its 188 bytes must be there. */
export function readPacketHeader(bytes: Uint8Array, at: number): PacketHeader {
  const second = bytes[at + 1] ?? 0
  const fourth = bytes[at + 3] ?? 0
  // adaptation_field_control: 01 payload only, 10 adaptation field only, 11 both
  const hasAdaptation = (fourth & 0x20) !== 0
  const end = at + PACKET_BYTES
  const adaptationLength = hasAdaptation ? (bytes[at + 4] ?? 0) : -1
  return {
    transportError: (second & 0x80) !== 0,
    unitStart: (second & 0x40) !== 0,
    pid: ((second & 0x1f) << 8) | (bytes[at + 2] ?? 0),
    scrambling: fourth >> 6,
    continuity: fourth & 0x0f,
    adaptation: hasAdaptation ? readAdaptation(bytes, at + 5, Math.min(end, at + 5 + adaptationLength)) : null,
    payload: Math.min(end, at + 5 + adaptationLength),
    hasPayload: (fourth & 0x10) !== 0,
  }
}

function readAdaptation(bytes: Uint8Array, start: number, end: number): AdaptationField {
  const field: AdaptationField = { discontinuity: false, randomAccess: false, pcr: null, spliceCountdown: null }
  if (start >= end) return field
  const flags = bytes[start] ?? 0
  field.discontinuity = (flags & 0x80) !== 0
  field.randomAccess = (flags & 0x40) !== 0
  let at = start + 1
  if (flags & 0x10 && at + 6 <= end) {
    field.pcr = readPcr(bytes, at)
    at += 6
  }
  // OPCR
  if (flags & 0x08) at += 6
  if (flags & 0x04 && at < end) field.spliceCountdown = ((bytes[at] ?? 0) << 24) >> 24
  return field
}

/** program_clock_reference_base (33 bits, 90 kHz) · 300 + program_clock_reference_extension (9 bits). */
function readPcr(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes.subarray(at, at + 6)
  const base = a * 2 ** 25 + b * 2 ** 17 + c * 2 ** 9 + d * 2 + (e >> 7)
  return base * 300 + (e & 1) * 256 + f
}
