/** What a segment is, told by its first bytes: names and types of files are not to be trusted. */

/** `transmuxed`: MPEG-TS or packed audio, which Media Source Extensions do not take everywhere; null: neither it nor MP4. */
export type Container = 'mp4' | 'transmuxed'

/** Boxes that a segment of MP4 may begin with (ISO/IEC 14496-12, 23009-1). */
const FIRST_BOXES = new Set(['ftyp', 'styp', 'moov', 'moof', 'sidx', 'ssix', 'emsg', 'prft', 'free', 'skip', 'uuid', 'mdat'])
const PACKET_BYTES = 188

/** Looks at the beginning of an initialization segment or a media segment. */
export function sniffContainer(bytes: Uint8Array): Container | null {
  const [first = 0, second = 0, third = 0] = bytes
  if (FIRST_BOXES.has(String.fromCharCode(...bytes.subarray(4, 8)))) return 'mp4'
  // An ID3 tag in front of packed audio; the sync words of AC-3, and of AAC and MP3
  if (first === 0x49 && second === 0x44 && third === 0x33) return 'transmuxed'
  if ((first === 0x0b && second === 0x77) || (first === 0xff && (second & 0xe0) === 0xe0)) return 'transmuxed'
  // Two transport packets in a row, near the beginning: some servers put a few bytes before them
  for (let at = bytes.indexOf(0x47); at !== -1 && at < PACKET_BYTES * 2; at = bytes.indexOf(0x47, at + 1)) {
    if (bytes[at + PACKET_BYTES] === 0x47 || at + PACKET_BYTES === bytes.length) return 'transmuxed'
  }
  return null
}
