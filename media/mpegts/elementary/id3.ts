/** ID3v2 tags as HLS puts them in a stream (ID3v2.3, ID3v2.4; "Timed Metadata for HTTP Live Streaming"): their frames, in words. */

export interface Id3Frame {
  /** `TXXX`, `PRIV`, `TIT2`. */
  id: string
  /** What it says, at most 200 characters. */
  text: string
}

const MAX_FRAMES = 100
const MAX_CHARACTERS = 200

/** The frames of the tag that `bytes` start with; null when there is none. */
export function readId3(bytes: Uint8Array): Id3Frame[] | null {
  if (bytes.length < 10 || bytes[0] !== 0x49 || bytes[1] !== 0x44 || bytes[2] !== 0x33) return null
  const version = bytes[3] ?? 0
  const end = Math.min(bytes.length, 10 + syncsafe(bytes, 6))
  const frames: Id3Frame[] = []
  // The extended header counts itself in 2.4, and not in 2.3.
  let at = (bytes[5] ?? 0) & 0x40 ? 10 + (version === 4 ? syncsafe(bytes, 10) : 4 + plain(bytes, 10)) : 10
  while (at + 10 <= end && bytes[at] !== 0 && frames.length < MAX_FRAMES) {
    const id = String.fromCharCode(...bytes.subarray(at, at + 4))
    const size = version === 4 ? syncsafe(bytes, at + 4) : plain(bytes, at + 4)
    frames.push({ id, text: describe(id, bytes.subarray(at + 10, Math.min(end, at + 10 + size))).slice(0, MAX_CHARACTERS) })
    at += 10 + size
  }
  return frames
}

/** Four bytes of seven bits. */
function syncsafe(bytes: Uint8Array, at: number): number {
  return [0, 1, 2, 3].reduce((value, index) => value * 128 + ((bytes[at + index] ?? 0) & 0x7f), 0)
}

function plain(bytes: Uint8Array, at: number): number {
  return [0, 1, 2, 3].reduce((value, index) => value * 256 + (bytes[at + index] ?? 0), 0)
}

function describe(id: string, content: Uint8Array): string {
  if (id === 'PRIV') {
    const zero = content.indexOf(0)
    const owner = zero === -1 ? content.length : zero
    return `${decode(0, content.subarray(0, owner))} (${Math.max(0, content.length - owner - 1)} bytes)`
  }
  // The first byte of text frames is the encoding; TXXX has a description and a value behind a zero.
  if (id.startsWith('T')) {
    const parts = decode(content[0] ?? 0, content.subarray(1)).split('\0')
    return parts.filter((part) => part !== '').join(': ')
  }
  if (id.startsWith('W')) return decode(0, content).replaceAll('\0', '')
  return `${content.length} bytes`
}

/** text encoding description byte: 0 ISO-8859-1, 1 UTF-16 with BOM, 2 UTF-16BE, 3 UTF-8. */
function decode(encoding: number, bytes: Uint8Array): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-16be'
  const name = ['iso-8859-1', utf16, 'utf-16be', 'utf-8'][encoding] ?? 'utf-8'
  return new TextDecoder(name).decode(bytes).replaceAll('\uFEFF', '')
}
