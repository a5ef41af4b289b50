/** Headers of PES packets (ISO/IEC 13818-1 2.4.3.6): the stream, the time stamps, where the payload begins. */

export interface PesHeader {
  streamId: number
  /** Bytes behind the length field; 0: to the next unit start, for video. */
  packetLength: number
  /** Ticks of 90 kHz, 33 bits as stored; null when there is none. */
  pts: number | null
  /** As stored; null when it is the PTS. */
  dts: number | null
  scrambling: number
  /** "the PES packet header is immediately followed by the … access unit". */
  dataAlignment: boolean
  /** From the start code to the first byte of the payload. */
  headerBytes: number
}

/** Stream ids without the optional header (2.4.3.7): maps, padding, private_stream_2, ECM, EMM, DSM-CC, directory. */
const BARE: ReadonlySet<number> = new Set([0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff])

/** Reads the header at `at`; null when it is not there whole or is none (no start code, wrong marker bits). */
export function readPesHeader(bytes: Uint8Array, at = 0, end = bytes.length): PesHeader | null {
  if (at + 6 > end || bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1) return null
  const streamId = bytes[at + 3] ?? 0
  const packetLength = ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0)
  if (BARE.has(streamId)) {
    return { streamId, packetLength, pts: null, dts: null, scrambling: 0, dataAlignment: false, headerBytes: 6 }
  }
  if (at + 9 > end) return null
  const flags = bytes[at + 6] ?? 0
  // '10'
  if (flags >> 6 !== 2) return null
  const contents = (bytes[at + 7] ?? 0) >> 6
  const headerBytes = 9 + (bytes[at + 8] ?? 0)
  if (at + headerBytes > end) return null
  const pts = contents & 2 && headerBytes >= 14 ? readTimestamp(bytes, at + 9) : null
  const dts = contents === 3 && headerBytes >= 19 ? readTimestamp(bytes, at + 14) : null
  return { streamId, packetLength, pts, dts, scrambling: (flags >> 4) & 3, dataAlignment: (flags & 4) !== 0, headerBytes }
}

/** Five bytes: four bits of prefix, then 3 + 15 + 15 bits, each followed by a marker bit. */
function readTimestamp(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = bytes.subarray(at, at + 5)
  return ((a >> 1) & 7) * 2 ** 30 + (b << 22) + ((c >> 1) << 15) + (d << 7) + (e >> 1)
}

/** Ticks per second of PTS and DTS. */
export const PTS_HZ = 90_000
/** PTS and DTS wrap here: 26.5 hours. */
export const PTS_WRAP = 2 ** 33

/** The time that `stored` (33 bits) means, nearest to `reference`, which may be days long. */
export function unwrap(stored: number, reference: number): number {
  return stored + Math.round((reference - stored) / PTS_WRAP) * PTS_WRAP
}
